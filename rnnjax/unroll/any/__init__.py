"""Engines that run any cell."""
