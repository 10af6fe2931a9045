"""Engines: the ways of running a cell over time, in folders by the contract that they serve.

Each is a value with `Engine`'s signature, and has a class, which has its settings: `deferred` is
`Deferred()`. `__all__` lists the engines that `--unroll` accepts.
"""

from rnnjax.unroll.any.checkpointed import Checkpointed as Checkpointed
from rnnjax.unroll.any.checkpointed import checkpointed
from rnnjax.unroll.any.newton import Newton as Newton
from rnnjax.unroll.any.newton import newton
from rnnjax.unroll.any.scan import Scan as Scan
from rnnjax.unroll.any.scan import scan
from rnnjax.unroll.base import Engine as Engine
from rnnjax.unroll.choose.auto import Auto as Auto
from rnnjax.unroll.choose.auto import ByPart as ByPart
from rnnjax.unroll.choose.auto import auto
from rnnjax.unroll.choose.auto import choose as choose
from rnnjax.unroll.choose.auto import explain as explain
from rnnjax.unroll.fused import Fused as Fused
from rnnjax.unroll.fused import fused
from rnnjax.unroll.linear.associative import Associative as Associative
from rnnjax.unroll.linear.associative import associative
from rnnjax.unroll.linear.linear_scan import LinearScan as LinearScan
from rnnjax.unroll.linear.linear_scan import linear_scan
from rnnjax.unroll.linear.time_sharded import TimeSharded as TimeSharded
from rnnjax.unroll.linear.time_sharded import time_sharded
from rnnjax.unroll.reading import read_engine as read_engine
from rnnjax.unroll.split.deferred import Deferred as Deferred
from rnnjax.unroll.split.deferred import deferred

__all__ = [
    "associative",
    "auto",
    "checkpointed",
    "deferred",
    "fused",
    "linear_scan",
    "newton",
    "scan",
    "time_sharded",
]
