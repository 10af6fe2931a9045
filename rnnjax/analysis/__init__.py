"""What a trained network has learned: tools that look inside of it."""
