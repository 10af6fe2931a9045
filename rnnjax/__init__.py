"""Recurrent networks in JAX: one cell, every way of running, training and studying it."""

__version__ = "0.1.0"
