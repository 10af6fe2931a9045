"""A `SplitCell` over time in one GPU kernel."""
