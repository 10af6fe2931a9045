"""Engines: the ways of running a cell over time. Each is a value with `Engine`'s signature."""

from rnnjax.unroll.associative import associative
from rnnjax.unroll.base import Engine as Engine
from rnnjax.unroll.checkpointed import checkpointed
from rnnjax.unroll.sequential import scan

__all__ = ["associative", "checkpointed", "scan"]
