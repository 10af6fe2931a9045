"""Plain networks: `h_t = f(x_t w_x + h_{t-1} w_h + b)`."""
