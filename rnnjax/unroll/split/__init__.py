"""Engines that run a `SplitCell`."""
