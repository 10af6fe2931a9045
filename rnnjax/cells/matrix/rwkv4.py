"""RWKV-4: softmax attention over all of the past whose weights decay, as a recurrent network."""

from dataclasses import field
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells.activations import fast_sigmoid
from rnnjax.cells.base import AssociativeCell
from rnnjax.cells.broadcast import repeat
from rnnjax.cells.initializers import Glorot
from rnnjax.numbers import single_or_wider
from rnnjax.typing import Array, Key

_NOTHING = -1e30  # for the logarithm of zero, so that differences of two are numbers


class RWKV4Params(NamedTuple):
    """Parameters of `RWKV4`."""

    w_r: Array  # [D, H]
    w_k: Array  # [D, H]
    w_v: Array  # [D, H]
    d: Array  # [H], decays by exp(-exp(d))
    u: Array  # [H], the bonus of the latest token


class RWKV4State(NamedTuple):
    """State of `RWKV4`: the sums before the latest token, decayed, and that token."""

    a: Array  # [..., H], the sum of exp(k) v is exp(m) a
    b: Array  # [..., H], the sum of exp(k) is exp(m) b
    m: Array  # [..., H]
    k: Array  # [..., H]
    v: Array  # [..., H]


class RWKV4Element(NamedTuple):
    """One step of `RWKV4`, or several.

    The token of the state is added to its sums, those decay by `exp(F)`, the element's are added,
    and the token of the element is that of the state from there on.
    """

    F: Array  # [..., H]
    a: Array  # [..., H]
    b: Array  # [..., H]
    m: Array  # [..., H]
    k: Array  # [..., H]
    v: Array  # [..., H]


class RWKV4(AssociativeCell):
    """Time mixing of RWKV-4.

        r_t, k_t, v_t = x_t w_r, x_t w_k, x_t w_v
        a_t = exp(-exp(d)) * a_{t-1} + exp(k_{t-1}) * v_{t-1},  b_t the same without v
        y_t = sigmoid(r_t) * (a_t + exp(u + k_t) * v_t) / (b_t + exp(u + k_t))

    Outputs are averages of the values: the sums `a_t`, `b_t` are those before the token of step t,
    which has the bonus u instead of a decay. They are kept as multiples of `exp(m)`, which alone
    would overflow, decayed already, and beside them the one token that is not yet in them. Decays
    and bonuses start as the authors' for a layer at `depth`, from 0, the first, to 1, the last.
    The token shift is left to what comes before: of inputs `[x_t, x_{t-1}]` the two halves of a map
    are `mu W` and `(1 - mu) W`. The product after the output belongs to the layer.

    References:
        Peng et al. (2023), RWKV: reinventing RNNs for the transformer era, EMNLP,
        arXiv:2305.13048, eqs. 11 to 17 and appendix D (the scale).

    Example:
        >>> RWKV4(64, depth=0.5)
        RWKV4(hidden=64, depth=0.5)
    """

    hidden: int
    depth: float = field(default=0.0, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses places outside of the network.

        Raises:
            ValueError: if not `0 <= depth <= 1`.
        """
        super().__post_init__()
        if not 0 <= self.depth <= 1:
            raise ValueError(f"{self}: depth must be in [0, 1]")

    @property
    def output_dim(self) -> int:
        """H."""
        return self.hidden

    def init(self, key: Key, input_dim: int) -> RWKV4Params:
        """Draws Glorot weights; decays are spread out."""
        unit = jnp.arange(self.hidden, dtype=float)
        place = unit / max(self.hidden - 1, 1)
        return RWKV4Params(
            *(Glorot()(k, (input_dim, self.hidden)) for k in jax.random.split(key, 3)),
            d=8 * place ** (0.7 + 1.3 * self.depth) - 5,
            u=jnp.log(0.3) + 0.5 * ((unit + 1) % 3 - 1),
        )

    def initial_state(self, params: RWKV4Params, batch_shape: tuple[int, ...] = ()) -> RWKV4State:
        """Sums and a token that weigh nothing; of single precision where parameters are of less."""
        zeros = jnp.zeros((*batch_shape, self.hidden), _wide(params))
        nothing = jnp.full_like(zeros, _NOTHING)
        return RWKV4State(a=zeros, b=zeros, m=nothing, k=nothing, v=zeros)

    def element(self, params: RWKV4Params, x: Array) -> RWKV4Element:
        """Returns the decay and the token."""
        wide = _wide(params)
        k, v = ((x @ w).astype(wide) for w in (params.w_k, params.w_v))
        zeros, nothing = jnp.zeros_like(k), jnp.full_like(k, _NOTHING)
        F = repeat(-jnp.exp(params.d.astype(wide)), k)
        return RWKV4Element(F=F, a=zeros, b=zeros, m=nothing, k=k, v=v)

    def compose(self, earlier: RWKV4Element, later: RWKV4Element) -> RWKV4Element:
        """Adds the earlier token to the sums."""
        a, b, m = _decayed(earlier, later)
        return RWKV4Element(F=earlier.F + later.F, a=a, b=b, m=m, k=later.k, v=later.v)

    def apply(self, element: RWKV4Element, state: RWKV4State) -> RWKV4State:
        """Adds the state's token to its sums, and takes the element's."""
        return RWKV4State(*_decayed(state, element), k=element.k, v=element.v)

    def readout(self, params: RWKV4Params, state: RWKV4State, x: Array) -> Array:
        """Returns the average of the values times `sigmoid(r)`, `[..., H]`."""
        a, b, m, k, v = state
        before = m + repeat(jnp.exp(params.d.astype(m.dtype)), m)  # the sums, not decayed
        now = k + repeat(params.u.astype(k.dtype), k)
        a, b, _ = _sum((a, b, before), (v, jnp.ones_like(v), now))
        r = x @ params.w_r
        return fast_sigmoid(r) * (a / b).astype(r.dtype)


def _wide(params: RWKV4Params) -> jnp.dtype:
    return single_or_wider(params.w_r.dtype)


def _decayed(before: RWKV4State | RWKV4Element, later: RWKV4Element) -> tuple:
    """Returns the sums with the token of `before`, decayed as `later` does, and what it adds."""
    token = before.v, jnp.ones_like(before.v), before.k
    a, b, m = _sum((before.a, before.b, before.m), token)
    return _sum((a, b, m + later.F), (later.a, later.b, later.m))


def _sum(one: tuple, other: tuple) -> tuple[Array, Array, Array]:
    """Adds numbers `exp(m) a` and `exp(m) b`, at the scale of the larger."""
    (a_1, b_1, m_1), (a_2, b_2, m_2) = one, other
    m = jnp.maximum(m_1, m_2)
    first, second = jnp.exp(m_1 - m), jnp.exp(m_2 - m)
    return first * a_1 + second * a_2, first * b_1 + second * b_2, m
