"""Flax: weights of linen's cells and of nnx's, and any cell as one of linen's.

Both are nested dicts. With linen they are a cell's own `params`; those of an `RNN` are
`{"cell": ...}`, which is what a `models.Recurrent` is, and those of a `Bidirectional` have
`forward_rnn` and `backward_rnn`, which is a `models.Bidirectional`. A `Stack` is a tuple of dicts,
one a cell: Flax has no name for it. Activations are no weights: those of the two cells have to be
the same, and no check is made of it.
"""

from rnnjax.interop.flax import linen, nnx
from rnnjax.interop.flax.rnncell import as_rnn_cell

__all__ = ["as_rnn_cell", "linen", "nnx"]
