"""Runs in folders: begun, resumed, written, drawn, and read again."""

from rnnjax.runs.load import LoadedRun, load

__all__ = ["LoadedRun", "load"]
