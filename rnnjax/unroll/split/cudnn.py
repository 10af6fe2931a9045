"""NVIDIA's own LSTM."""

from typing import Any

import jax
import jax.numpy as jnp
from jax.experimental import rnn

from rnnjax.cells.activations import fast_sigmoid
from rnnjax.cells.base import Cell
from rnnjax.cells.gated.lstm import LSTM, LSTMParams, LSTMState
from rnnjax.typing import Array, State
from rnnjax.unroll.base import EngineValue
from rnnjax.unroll.masks import grow, hide
from rnnjax.unroll.split.deferred import deferred

_SIGMOIDS = (fast_sigmoid, jax.nn.sigmoid)
_FORM = {"num_layers": 1, "dropout": 0.0, "bidirectional": False}


class Cudnn(EngineValue):
    """Runs an `LSTM` in single precision with cuDNN; see `unroll.Engine`.

    The steps that a mask leaves are moved together, since cuDNN knows lengths alone. Calls with
    resets, of which it knows nothing, and of no steps run on `deferred`.

    On machines without an NVIDIA GPU jax's own reference of it runs. A program that calls cuDNN can
    be compiled only where there is such a GPU. Its products are of single precision and not TF32,
    unless `jax.default_matmul_precision` says otherwise. Reverse mode only.

    Example:
        >>> Cudnn().serves(LSTM(64)), Cudnn().serves(LSTM(64, activation=jax.nn.relu))
        (True, False)

    References:
        Appleyard, Kocisky & Blunsom (2016), Optimizing performance of recurrent neural networks on
        GPUs, arXiv:1604.01946.
    """

    contracts = (LSTM,)

    def runs(self, cell: Cell) -> bool:
        """Says whether it is cuDNN's: an `LSTM`, none of its relatives, with the usual gates."""
        if type(cell) is not LSTM:
            return False
        return cell.gate_activation in _SIGMOIDS and cell.activation is jnp.tanh

    def run(
        self,
        cell: LSTM,
        params: LSTMParams,
        state: LSTMState,
        xs: Array,
        mask: Array | None,
        reset: Array | None,
    ) -> tuple[State, Any]:
        """Runs `cell` over `xs`; see `unroll.Engine`.

        Raises:
            TypeError: also if the numbers are not of single precision.
        """
        dtypes = {str(x.dtype) for x in jax.tree.leaves((params, state))}
        if dtypes != {"float32"}:
            raise TypeError(f"unroll.cudnn is of float32; got {', '.join(sorted(dtypes))}")
        if xs.size == 0 or reset is not None:
            return deferred.run(cell, params, state, xs, mask, reset)
        steps, (*batch_shape, input_dim) = xs.shape[0], xs.shape[1:]
        rows = hide(xs, mask).astype(jnp.float32).reshape(steps, -1, input_dim)
        there = jnp.ones(rows.shape[:2], bool)
        if mask is not None:
            there = grow(mask, xs[..., 0]).reshape(there.shape)
            # Steps that happen come first, each where its number among them says.
            order = jnp.argsort(~there, axis=0, stable=True)
            rows = jnp.take_along_axis(rows, order[..., None], axis=0)
        lengths = there.sum(0, dtype=jnp.int32)
        h, c = (x.reshape(1, -1, cell.hidden) for x in state)
        run = _cudnn if jax.default_backend() == "gpu" else _reference
        ys, h, c = run(cell.hidden, jnp.moveaxis(rows, 0, 1), h, c, pack(params), lengths)
        ys = jnp.moveaxis(ys, 0, 1)
        if mask is not None:
            place = jnp.maximum(jnp.cumsum(there, axis=0) - 1, 0)
            ys = hide(jnp.take_along_axis(ys, place[..., None], axis=0), there)
        h, c = (x.reshape(*batch_shape, cell.hidden) for x in (h, c))
        return LSTMState(h, c), ys.reshape(steps, *batch_shape, cell.hidden)


cudnn = Cudnn()


def pack(params: LSTMParams) -> Array:
    """Returns the parameters as cuDNN has them: one vector, matrices transposed, two biases."""
    w_x, w_h, b = params
    return jnp.concatenate([w_x.T.ravel(), w_h.T.ravel(), b, jnp.zeros_like(b)])


def _cudnn(hidden: int, xs: Array, h: Array, c: Array, weights: Array, lengths: Array) -> tuple:
    precision = jax.config.jax_default_matmul_precision or "highest"  # pyright: ignore[reportAttributeAccessIssue]
    return rnn.lstm(xs, h, c, weights, lengths, xs.shape[-1], hidden, **_FORM, precision=precision)


def _reference(hidden: int, xs: Array, h: Array, c: Array, weights: Array, lengths: Array) -> tuple:
    parts = rnn.unpack_lstm_weights(weights, xs.shape[-1], hidden, 1, False)
    return rnn.lstm_ref(xs, h, c, *parts, lengths, xs.shape[-1], hidden, 1, 0.0, False)
