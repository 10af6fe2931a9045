"""Linear recurrences: `h_t = a_t * h_{t-1} + b_t`, elementwise, `a` and `b` from the input alone."""
