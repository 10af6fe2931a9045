"""Where a step moves states least, and what it does near there."""
