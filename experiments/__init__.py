"""Experiments, one a file: a docstring and one value."""
