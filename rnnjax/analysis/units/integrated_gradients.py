"""What each input contributes to an output, added up from a baseline."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.analysis.units.saliency import gradients
from rnnjax.typing import Array


class IntegratedGradients(NamedTuple):
    """What inputs contribute.

    Attributes:
        attributions: `[T, ..., D]`, in the unit of the output; they add up to its change from the
            baseline.
        gap: by how much they do not, `[...]`: make it small by more steps.

    Example:
        >>> IntegratedGradients(jnp.ones((5, 2)), jnp.zeros(())).attributions.shape
        (5, 2)
    """

    attributions: Array
    gap: Array


def integrated_gradients(
    function: Callable[[Array], Array],
    xs: Array,
    baseline: Array | float = 0.0,
    *,
    steps: int = 50,
) -> IntegratedGradients:
    """Returns `(x - x') * integral of df/dx at x' + a (x - x')` over a from 0 to 1.

    By the midpoint rule, whose gap falls with the square of the steps; one step after another, in
    the memory of one gradient. Networks that saturate need more of them.

    Args:
        function: maps `xs` to one number a sequence, `[...]`, each from its own inputs alone: a
            logit at one step, or a loss.
        xs: inputs, `[T, ..., D]`; of symbols their embeddings.
        baseline: x', what says nothing: zeros, the mean input, or a blank; it must broadcast to
            `xs`.
        steps: between the baseline and the inputs.

    Raises:
        ValueError: if the function gives other than a number a sequence, or there is no step.

    Example:
        >>> found = integrated_gradients(lambda xs: xs.prod((0, 2)), jnp.array([[[2.0, 3.0]]]))
        >>> found.attributions.round(4).tolist(), found.gap.round(4).item()
        ([[[3.0, 3.0]]], 0.0)

    References:
        Sundararajan, Taly & Yan (2017), Axiomatic attribution for deep networks, ICML,
        arXiv:1703.01365, eqs. 1-3.
    """
    if steps < 1:
        raise ValueError(f"steps must be 1 or more; got {steps}")
    start = jnp.broadcast_to(jnp.asarray(baseline, xs.dtype), xs.shape)
    change = xs - start

    def add(total: Array, along: Array) -> tuple[Array, None]:
        return total + gradients(function, start + along * change), None

    along = (jnp.arange(steps, dtype=xs.dtype) + 0.5) / steps
    total, _ = jax.lax.scan(add, jnp.zeros_like(xs), along)
    attributions = change * total / steps
    gap = function(xs) - function(start) - attributions.sum((0, -1))
    return IntegratedGradients(attributions, gap)
