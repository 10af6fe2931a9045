"""Tasks of memory: what was seen is wanted later."""
