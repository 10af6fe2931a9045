"""Tasks of series: systems that are integrated, signals to generate, and measured ones."""
