"""NVIDIA's own LSTM."""

import jax
import jax.numpy as jnp
from jax.experimental import rnn

from rnnjax.cells.base import Cell
from rnnjax.cells.lstm import LSTM, LSTMParams, LSTMState
from rnnjax.typing import Array
from rnnjax.unroll.checks import check_call

_FORM = {"num_layers": 1, "dropout": 0.0, "bidirectional": False}


def cudnn(
    cell: Cell,
    params: LSTMParams,
    state: LSTMState,
    xs: Array,
    *,
    mask: Array | None = None,
    reset: Array | None = None,
) -> tuple[LSTMState, Array]:
    """Runs an `LSTM` in single precision with cuDNN; see `unroll.Engine`, but without flags.

    On machines without an NVIDIA GPU jax's own reference of it runs. A program that calls cuDNN can
    be compiled only where there is such a GPU. Its products are of single precision and not TF32,
    unless `jax.default_matmul_precision` says otherwise.

    Raises:
        TypeError: if the cell is no `LSTM`, or its numbers are not of single precision.
        ValueError: if there is a mask or a reset.

    References:
        Appleyard, Kocisky & Blunsom (2016), Optimizing performance of recurrent neural networks on
        GPUs, arXiv:1604.01946.
    """
    if not isinstance(cell, LSTM):
        raise TypeError(f"cuDNN runs an LSTM; got {cell}")
    check_call(cell, params, state, xs, mask, reset)
    dtypes = {str(x.dtype) for x in jax.tree.leaves((params, state, xs))}
    if dtypes != {"float32"}:
        raise TypeError(f"cuDNN's LSTM is one of float32; got {', '.join(sorted(dtypes))}")
    if mask is not None or reset is not None:
        raise ValueError("cuDNN's LSTM has neither mask nor reset: use unroll.fused")
    steps, (*batch_shape, input_dim) = xs.shape[0], xs.shape[1:]
    if xs.size == 0:
        raise ValueError(f"cuDNN's LSTM runs one step or more of one sequence or more: {xs.shape}")

    rows = jnp.moveaxis(xs.reshape(steps, -1, input_dim), 0, 1)  # [B, T, D]
    h, c = (x.reshape(1, -1, cell.hidden) for x in state)
    lengths = jnp.full(len(rows), steps, jnp.int32)
    run = _cudnn if jax.default_backend() == "gpu" else _reference
    ys, h, c = run(cell.hidden, rows, h, c, pack(params), lengths)
    state = LSTMState(*(x.reshape(*batch_shape, cell.hidden) for x in (h, c)))
    return state, jnp.moveaxis(ys, 0, 1).reshape(steps, *batch_shape, cell.hidden)


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
