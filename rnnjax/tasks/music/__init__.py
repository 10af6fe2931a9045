"""Tasks of music."""
