"""What becomes of a small change over many steps: growth, decay, and for how long it lasts."""
