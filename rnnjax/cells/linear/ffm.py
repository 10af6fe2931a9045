"""Fast and forgetful memory: every input, fading at many rates and frequencies at once."""

from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.cells.activations import fast_sigmoid
from rnnjax.cells.base import LinearCell, LinearState
from rnnjax.cells.broadcast import affine, complex_dtype, repeat
from rnnjax.cells.initializers import Glorot
from rnnjax.numbers import single_or_wider
from rnnjax.typing import Array, Key

_FASTEST = float(np.log(np.finfo(np.float64).max) / 1024)
_SLOWEST = float(np.log(0.01) / 1024)


class FFMParams(NamedTuple):
    """Parameters of `FFM`; `m = memory`, `c = contexts`."""

    w_1: Array  # [D, m], what is written
    b_1: Array  # [m]
    w_2: Array  # [D, m], whether it is
    b_2: Array  # [m]
    alpha: Array  # [m], logarithms of decays
    omega: Array  # [c], radians a step
    w_3: Array  # [2 m c, H], what is read
    b_3: Array  # [H]
    w_4: Array  # [D, H], whether it is
    b_4: Array  # [H]
    w_5: Array  # [D, H], what is shown instead
    b_5: Array  # [H]


class FFMPrepared(NamedTuple):
    """Parameters of `FFM` with the decays, `[m, c]` each."""

    params: FFMParams
    decay_re: Array
    decay_im: Array


class FFM(LinearCell):
    """Fast and forgetful memory.

        v_t = (x_t w_1 + b_1) * sigmoid(x_t w_2 + b_2)
        h_t = exp(alpha_j + 1j * omega_k) * h_{t-1} + v_j           h [m, c], its entry j, k
        z_t = [real(h_t), imag(h_t)] w_3 + b_3,  o_t = sigmoid(x_t w_4 + b_4)
        y_t = norm(z_t) * o_t + (x_t w_5 + b_5) * (1 - o_t)

    `norm` makes the mean of a vector 0 and its variance 1. Where training takes `alpha` above zero,
    zero is used. The authors' JAX code norms `z * o` instead of `z`; in their PyTorch code the real
    and imaginary part of a number are neighbours in `w_3`. The first frequency is `2 pi`, which is
    none at whole steps.

    References:
        Morad et al. (2023), Reinforcement learning with fast and forgetful memory, NeurIPS,
        arXiv:2310.04128.

    Example:
        >>> from rnnjax import cells
        >>> cells.FFM(64)
        FFM(hidden=64, memory=32, contexts=4)
    """

    hidden: int
    memory: int = 32
    contexts: int = 4
    eps: float = field(default=1e-5, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses what makes roots of negative numbers.

        Raises:
            ValueError: if `eps` is not above 0.
        """
        super().__post_init__()
        if not self.eps > 0:
            raise ValueError(f"{self}: eps must be above 0")

    @property
    def output_dim(self) -> int:
        """H."""
        return self.hidden

    def init(self, key: Key, input_dim: int) -> FFMParams:
        """Draws Glorot weights; decays from 1.5 to 222 steps, periods of 1 to 1024."""
        keys = jax.random.split(key, 5)
        sizes = [(input_dim, self.memory)] * 2 + [(2 * self.memory * self.contexts, self.hidden)]
        sizes += [(input_dim, self.hidden)] * 2
        ws = [Glorot()(k, size) for k, size in zip(keys, sizes, strict=True)]
        bs = [jnp.zeros(size[1]) for size in sizes]
        return FFMParams(
            w_1=ws[0],
            b_1=bs[0],
            w_2=ws[1],
            b_2=bs[1],
            alpha=jnp.linspace(0.02 - _FASTEST, _SLOWEST, self.memory),
            omega=2 * np.pi / jnp.linspace(1.0, 1024.0, self.contexts),
            w_3=ws[2],
            b_3=bs[2],
            w_4=ws[3],
            b_4=bs[3],
            w_5=ws[4],
            b_5=bs[4],
        )

    def initial_state(
        self, params: FFMParams | FFMPrepared, batch_shape: tuple[int, ...] = ()
    ) -> LinearState:
        """Zeros, complex; of single precision where the parameters are of less."""
        params = params.params if isinstance(params, FFMPrepared) else params
        dtype = complex_dtype(params.alpha.dtype)
        return LinearState(jnp.zeros((*batch_shape, self.memory, self.contexts), dtype))

    def prepare(self, params: FFMParams | FFMPrepared) -> FFMPrepared:
        """Finds the decays."""
        if isinstance(params, FFMPrepared):
            return params
        wide = single_or_wider(params.alpha.dtype)
        size = jnp.exp(jnp.minimum(params.alpha.astype(wide), 0.0))[:, None]
        phase = params.omega.astype(wide)[None]
        return FFMPrepared(params, size * jnp.cos(phase), size * jnp.sin(phase))

    def coefficients(self, params: FFMParams | FFMPrepared, x: Array) -> tuple[Array, Array]:
        """Returns the decays and `v` in each context, complex `[..., m, c]`."""
        p = self.prepare(params)
        decay = jax.lax.complex(p.decay_re, p.decay_im)
        params = p.params
        v = affine(x, params.w_1, params.b_1) * fast_sigmoid(affine(x, params.w_2, params.b_2))
        v = jnp.broadcast_to(v[..., None], (*v.shape, self.contexts)).astype(decay.dtype)
        return repeat(decay, v), v

    def readout(self, params: FFMParams | FFMPrepared, h: Array, x: Array) -> Array:
        """Returns `norm(z) * o + (x w_5 + b_5) * (1 - o)`, `[..., H]`."""
        p = self.prepare(params).params
        flat = h.reshape(*h.shape[:-2], self.memory * self.contexts)
        parts = jnp.concatenate([flat.real, flat.imag], axis=-1)
        z = affine(parts.astype(jnp.result_type(x, p.w_3)), p.w_3, p.b_3)
        o = fast_sigmoid(affine(x, p.w_4, p.b_4))
        return self._norm(z) * o + affine(x, p.w_5, p.b_5) * (1 - o)

    def _norm(self, z: Array) -> Array:
        z = z - jnp.mean(z, axis=-1, keepdims=True)
        return z * jax.lax.rsqrt(jnp.mean(z * z, axis=-1, keepdims=True) + self.eps)
