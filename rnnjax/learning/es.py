"""Evolution strategies as an engine."""

import dataclasses
import sys

import jax
import jax.numpy as jnp

from rnnjax.cells.base import Cell
from rnnjax.learning.evolution import along, check_sigma, directions, key_bits, key_of, moved
from rnnjax.learning.memoryless import Memoryless
from rnnjax.learning.windows import Window, Within, window_of
from rnnjax.numbers import numbers_of
from rnnjax.typing import Array, Key, Params, State


class ES(Memoryless):
    """Evolution strategies: outputs where parameters are moved to, in the place of a derivative.

        g = 1 / (2 M sigma) sum_m <y*, y(theta + sigma z_m) - y(theta - sigma z_m)> z_m

    with the cotangents `y*` of the outputs that the rule is given, M antithetic `pairs` and
    standard normal `z`, the same for all sequences. So it is evolution strategies on the loss as
    it is linear in the outputs there: the network is moved, the loss is not. On the loss itself
    they are `evolution_gradient`. The gradient varies as that of M tangents of `ForwardGradient`,
    and is that of the outputs smoothed over `sigma`.

    With a `window` the state before each is held, as truncated evolution strategies have it; by
    default there is one. Inputs and the first state have the gradients of backpropagation, where
    anything asks for them. In a `Learner`, which draws the directions.

    Example:
        >>> ES(pairs=16, sigma=0.01)
        ES(pairs=16, sigma=0.01)

    References:
        Salimans, Ho, Chen, Sidor & Sutskever (2017), Evolution strategies as a scalable
        alternative to reinforcement learning, arXiv:1703.03864.
    """

    needs_noise = True

    pairs: int = 8
    sigma: float = 0.01
    window: int = dataclasses.field(default=sys.maxsize, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses settings that are none.

        Raises:
            ValueError: if `pairs` is no count, or `sigma` is not above 0.
        """
        super().__post_init__()
        check_sigma(self.sigma)

    def draw(self, key: Key, count: int, leading: tuple[int, ...]) -> Array:
        """Draws the bits of keys, `[*leading, 2]`, of which a window uses its first."""
        del count
        return key_bits(key, leading)

    def within(
        self, cell: Cell, params: Params, state: State, window: Window, d_end: list[Array]
    ) -> Within:
        """Estimates the gradient of the parameters within a window."""
        run = window_of(cell, params, state, window.inputs)
        theta, h, x = numbers_of(params), numbers_of(state), numbers_of(window.inputs[0])
        bits = window.noise.reshape(-1, window.noise.shape[-1])[0]
        z = directions(key_of(bits), params, self.pairs)

        def slope(z: list[Array]) -> Array:
            ends = ([s * self.sigma * d for d in z] for s in (1, -1))
            ahead, behind = (run(numbers_of(moved(params, step)), h, x)[0] for step in ends)
            weights = d_end, window.d_ys
            apart = jax.tree.map(lambda a, b, d: _real(d * (a - b)), ahead, behind, weights)
            return sum(jax.tree.leaves(apart), start=jnp.zeros(())) / (2 * self.sigma)

        d_theta = along(z, jax.vmap(slope)(z))
        _, pull, after = jax.vjp(lambda h, x: run(theta, h, x), h, x, has_aux=True)
        return Within(after, d_theta, *pull((d_end, window.d_ys)))


def _real(x: Array) -> Array:
    return jnp.sum(x.real.astype(float))
