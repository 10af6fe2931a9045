"""Orthogonal and unitary networks: `h_t = f(x_t w_x + h_{t-1} Q + b)`, `Q Q^T = I`."""
