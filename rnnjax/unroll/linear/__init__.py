"""Engines that run an `AssociativeCell`, of which a `LinearCell` is the elementwise case."""
