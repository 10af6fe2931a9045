"""What states hold: past inputs, and in how many directions."""
