"""Pairs of sequences: one is read, and another one, of a length of its own, is written."""
