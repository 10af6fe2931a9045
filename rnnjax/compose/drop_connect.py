"""Dropout of recurrent weights, with one mask for a run."""

import itertools

import jax
import jax.numpy as jnp

from rnnjax.cells.base import Cell
from rnnjax.compose.base import wrap
from rnnjax.compose.chance import check_rate
from rnnjax.compose.matrix import MatrixWrapper, change_matrices
from rnnjax.typing import Array, Key, Params


def drop_connect(cell: Cell, rate: float) -> Cell:
    """Returns `cell` with DropConnect on its recurrent matrix, or each of its parts so.

    Example:
        >>> from rnnjax.cells import LSTM
        >>> drop_connect(LSTM(2), 0.5)
        DropConnect(cell=LSTM(hidden=2, forget_bias=1.0), rate=0.5)
    """
    return wrap(cell, lambda part: DropConnect(part, rate))


class DropConnect(MatrixWrapper):
    """A cell some of whose recurrent weights are dropped, for a whole run.

    In training the recurrent matrix is `m * w_h`, with each entry of `m` 0 with the chance `rate`
    and `1 / (1 - rate)` else, drawn once a run: all steps and all sequences of a batch share it,
    as those of AWD-LSTM do. Else nothing is dropped.

    The mask is not among the noise of `compose.noisy`, which has an entry for each step and
    sequence; it is in the parameters: `Cell.perturb` returns those with the weights dropped,
    which layers run with when called with `train=True`.

    Example:
        >>> from rnnjax.cells import LSTM
        >>> cell = DropConnect(LSTM(20), 0.5)
        >>> params = cell.init(jax.random.key(0), 3)
        >>> dropped = cell.perturb(jax.random.key(1), params)
        >>> bool(0.4 < (dropped.w_h == 0).mean() < 0.6)
        True

    References:
        Wan, Zeiler, Zhang, LeCun & Fergus (2013), Regularization of neural networks using
        DropConnect, ICML (a mask for each example, of layers that do not recur).
        Merity, Keskar & Socher (2018), Regularizing and optimizing LSTM language models, ICLR,
        arXiv:1708.02182, section 2.
    """

    rate: float = 0.5

    def __post_init__(self) -> None:
        """Refuses what is no chance.

        Raises:
            ValueError: if not `0 <= rate < 1`.
        """
        super().__post_init__()
        check_rate(self, self.rate)

    def perturb(self, key: Key, params: Params) -> Params:
        """Returns the parameters with some recurrent weights dropped."""
        key, key_inner = jax.random.split(key)
        drawn = itertools.count()  # of more than one matrix each has its own

        def drop(w: Array) -> Array:
            own = jax.random.fold_in(key, next(drawn))
            kept = jax.random.bernoulli(own, 1 - self.rate, w.shape)
            return jnp.where(kept, w / (1 - self.rate), 0)

        return change_matrices(self.cell, super().perturb(key_inner, params), drop)
