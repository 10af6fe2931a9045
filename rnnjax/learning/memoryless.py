"""Rules that carry nothing from window to window."""

import abc
from typing import Any

import jax.numpy as jnp

from rnnjax.learning.base import Rule
from rnnjax.learning.step import Step
from rnnjax.typing import Array


class Memoryless(Rule, abc.ABC):
    """A rule all of which happens within windows; what was before one has no gradient.

    Example:
        >>> from rnnjax import learning
        >>> isinstance(learning.ES(pairs=8), Memoryless)
        True
    """

    def begin(self, step: Step) -> tuple:
        """Returns nothing."""
        del step
        return ()

    def advance(self, step: Step, memory: tuple, noise: Any) -> tuple:
        """Returns the memory, which is nothing."""
        del step, noise
        return memory

    def contract(self, step: Step, memory: tuple, cotangents: Array) -> tuple[list[Array], None]:
        """Returns zeros."""
        del memory, cotangents
        return [jnp.zeros(x.shape, x.dtype) for x in step.theta], None
