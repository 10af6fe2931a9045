"""Attention: what is written looks back at what was read."""

import flax.linen as nn
import jax
import jax.numpy as jnp

from rnnjax.axes import grown
from rnnjax.models.precision import Precision
from rnnjax.numbers import single_or_wider
from rnnjax.typing import Array


class Attention(nn.Module):
    """Global attention with the "general" score, after a recurrent layer.

        a_ts = softmax_s(h_t w_a y_s)
        c_t  = sum_s a_ts y_s
        out  = tanh([c_t, h_t] w_c)

    The output does not go back into the layer (no input feeding), so that all steps are computed at
    once where all inputs are known.

    Attributes:
        precision: what products are in half precision.

    References:
        Luong, Pham & Manning (2015), Effective approaches to attention-based neural machine
        translation, EMNLP, arXiv:1508.04025, sections 3.1 and 3.

    Example:
        >>> hs, ys = jnp.ones((2, 4, 8)), jnp.ones((5, 4, 3))
        >>> out, _ = jax.eval_shape(Attention().init_with_output, jax.random.key(0), hs, ys)
        >>> out.shape
        (2, 4, 8)
    """

    precision: Precision = Precision.F32

    @nn.compact
    def __call__(self, hs: Array, ys: Array, mask: Array | None = None) -> Array:
        """Looks at `ys` from each step of `hs`.

        The weights, `[T, S, ...]`, are sown as "weights" in the collection "intermediates".

        Args:
            hs: outputs of the layer that looks, `[T, ..., H]`.
            ys: what is looked at, `[S, ..., K]`.
            mask: boolean `[S, ...]`, False where there is no step to look at.

        Returns:
            `[T, ..., H]`.
        """
        query = self.precision.dense(ys.shape[-1], bias=False)(hs)
        scores = jnp.einsum("t...k,s...k->ts...", query, ys)
        scores = scores.astype(single_or_wider(scores.dtype))
        if mask is not None:
            there = grown(mask, scores.ndim - 1)[None]
            scores = jnp.where(there, scores, jnp.finfo(scores.dtype).min)
        weights = jax.nn.softmax(scores, axis=1)
        self.sow("intermediates", "weights", weights)
        context = jnp.einsum("ts...,s...k->t...k", weights.astype(ys.dtype), ys)
        both = jnp.concatenate([context, hs], axis=-1)
        return nn.tanh(self.precision.dense(hs.shape[-1], bias=False)(both))
