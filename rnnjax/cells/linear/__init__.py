"""Linear recurrences: `h_t = a_t * h_{t-1} + b_t`, elementwise, both from the input alone."""
