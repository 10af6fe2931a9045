"""Truncated backpropagation through time."""

from typing import Any

import jax.numpy as jnp

from rnnjax.learning.base import Rule
from rnnjax.learning.step import Step
from rnnjax.typing import Array


class TBPTT(Rule):
    """Truncated backpropagation through time: windows that know nothing of the past.

    The gradient of each window of `window` steps is that with its first state held; a loss reaches
    back `(window + 1) / 2` steps on average. With all of time in one window it is exact.

    Example:
        >>> TBPTT(window=20)
        TBPTT(window=20)

    References:
        Williams & Peng (1990), An efficient gradient-based algorithm for on-line training of
        recurrent network trajectories, Neural Computation 2.
    """

    def begin(self, step: Step) -> tuple:
        """Returns nothing."""
        del step
        return ()

    def advance(self, step: Step, memory: tuple, noise: Any) -> tuple:
        """Returns nothing."""
        del step, noise
        return memory

    def contract(self, step: Step, memory: tuple, cotangents: Array) -> tuple[list[Array], None]:
        """Returns zeros."""
        del memory, cotangents
        return [jnp.zeros(x.shape, x.dtype) for x in step.theta], None
