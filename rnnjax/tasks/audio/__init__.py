"""Tasks of sound."""
