"""Gated cells: `c_t = f_t * c_{t-1} + i_t * g_t`, gates that see the input and the state."""
