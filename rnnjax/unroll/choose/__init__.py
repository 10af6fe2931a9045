"""The automatic choice of an engine, by measurements."""
