"""Evolution strategies: gradients of any function by how it is where parameters are moved to."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from rnnjax.numbers import numbers_of, with_numbers
from rnnjax.typing import Array, Key, Params


def directions(key: Key, params: Params, pairs: int) -> list[Array]:
    """Draws standard normal directions of parameters, `[M, *leaf]` for each that is a number.

    Example:
        >>> [z.shape for z in directions(jax.random.key(0), {"w": jnp.ones((2, 3))}, pairs=5)]
        [(5, 2, 3)]
    """
    numbers = numbers_of(params)
    keys = jax.random.split(key, max(1, len(numbers)))

    def drawn(key: Key, x: Array) -> Array:
        z = jax.random.normal(key, (pairs, *x.shape), x.dtype)
        # A complex number of JAX's has variance 1 in all; here each of its parts does.
        return z * 2**0.5 if jnp.iscomplexobj(x) else z

    return [drawn(key, x) for key, x in zip(keys, numbers, strict=False)]


def key_bits(key: Key, leading: tuple[int, ...]) -> Array:
    """Draws the bits of keys that are arrays of the noise of a run, `[*leading, 2]`."""
    return jax.random.bits(key, (*leading, 2), jnp.uint32)  # also in double precision


def key_of(bits: Array) -> Key:
    """Returns the key of bits `[2]`, whichever generator JAX has by default."""
    return jax.random.wrap_key_data(bits, impl="threefry2x32")


def evolution_gradient(
    loss: Callable[[Params], Array],
    params: Params,
    z: list[Array],
    sigma: float,
    *,
    shaping: Callable[[Array], Array] | None = None,
) -> Params:
    """Returns the gradient of evolution strategies, with M antithetic pairs.

        g = 1 / (2 M sigma) sum_m (L(theta + sigma z_m) - L(theta - sigma z_m)) z_m

    With normal `z` that is on average the gradient of the loss smoothed, `E L(theta + sigma z)`;
    of a quadratic loss each pair is the forward gradient, whatever `sigma`. All pairs are run at
    once. Whatever chance is in the loss should be the same for all: close over its key.

    Args:
        loss: of parameters.
        params: where the gradient is taken.
        z: directions, see `directions`.
        sigma: how far parameters are moved.
        shaping: makes something else of all losses together, `[2 M]`, such as `centred_ranks`.

    Raises:
        ValueError: if `sigma` is not above 0, or `z` are no directions of these parameters.

    Example:
        >>> z = [jnp.array([[1.0, 0.0], [0.0, 1.0]])]
        >>> evolution_gradient(lambda w: jnp.sum(w**2), jnp.array([1.0, 3.0]), z, 0.5)
        Array([1., 3.], dtype=float32)

    References:
        Salimans, Ho, Chen, Sidor & Sutskever (2017), Evolution strategies as a scalable
        alternative to reinforcement learning, arXiv:1703.03864.
    """
    check_sigma(sigma)
    shapes, wanted = [x.shape[1:] for x in z], [x.shape for x in numbers_of(params)]
    counts = {len(x) for x in z}
    if shapes != wanted or len(counts) != 1 or 0 in counts:
        raise ValueError(
            f"z must be one or more directions, [M, *leaf] for leaves {wanted}; "
            f"got {[x.shape for x in z]}"
        )
    losses = jax.vmap(lambda step: loss(moved(params, step)))(pairs_of(z, sigma))
    ahead, behind = jnp.split(losses if shaping is None else shaping(losses), 2)
    return with_numbers(params, along(z, (ahead - behind) / (2 * sigma)), jnp.zeros_like)


def centred_ranks(losses: Array) -> Array:
    """Returns ranks of losses `[N]`, from -1/2 for the least to 1/2; equal ones share theirs.

    What is learned from them does not depend on the scale of the loss, and is no gradient.

    Example:
        >>> centred_ranks(jnp.array([7.0, 1.0, 2.0, 2.0, 90.0])).tolist()
        [0.25, -0.5, -0.125, -0.125, 0.5]
    """
    order = jnp.sort(losses)
    first, past = (jnp.searchsorted(order, losses, side=side) for side in ("left", "right"))
    return (first + past - 1) / (2 * max(1, losses.size - 1)) - 0.5


def check_sigma(sigma: float) -> None:
    """Refuses what is no distance, as far as its value is known."""
    is_number = isinstance(sigma, int | float) and not isinstance(sigma, bool)
    if not isinstance(sigma, Array) and not (is_number and 0 < sigma < float("inf")):
        raise ValueError(f"sigma must be a finite number above 0; got {sigma!r}")


def pairs_of(z: list[Array], sigma: float) -> list[Array]:
    """Returns `sigma z` and then `-sigma z`, `[2 M, *leaf]` each."""
    return [jnp.concatenate([sigma * x, -sigma * x]) for x in z]


def moved(params: Params, step: list[Array]) -> Params:
    """Returns `params` with a step added to its numbers."""
    numbers = zip(numbers_of(params), step, strict=True)
    return with_numbers(params, [x + d.astype(x.dtype) for x, d in numbers])


def along(z: list[Array], slopes: Array) -> list[Array]:
    """Returns the mean over directions `[M, *leaf]` of each times the slope along it, `[M]`."""
    count = len(slopes)
    return [jnp.tensordot(slopes.astype(x.real.dtype), x.conj(), 1) / count for x in z]
