"""Leaky units: `h_t = (1 - a) * h_{t-1} + a * f(x_t, h_{t-1})`, time that flows between steps."""
