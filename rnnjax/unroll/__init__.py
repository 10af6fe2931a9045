"""Engines: the ways of running a cell over time. Each is a value with `Engine`'s signature."""

from rnnjax.unroll.associative import associative
from rnnjax.unroll.auto import auto
from rnnjax.unroll.auto import explain as explain
from rnnjax.unroll.base import Engine as Engine
from rnnjax.unroll.checkpointed import checkpointed
from rnnjax.unroll.deferred import deferred
from rnnjax.unroll.fused import fused
from rnnjax.unroll.linear_scan import linear_scan
from rnnjax.unroll.newton import newton
from rnnjax.unroll.reading import read_engine as read_engine
from rnnjax.unroll.sequential import scan
from rnnjax.unroll.time_sharded import time_sharded

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
