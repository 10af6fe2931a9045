"""Tasks of measured time series."""
