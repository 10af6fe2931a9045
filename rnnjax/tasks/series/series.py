"""What tasks of real numbers in time share: a normalised error, and forecasts."""

import abc
from collections.abc import Callable
from typing import TypeVar

import jax
import jax.numpy as jnp

from rnnjax.batch import Batch, masked_mean, squared_error
from rnnjax.tasks.sized import SizedTask
from rnnjax.typing import Array, Key

Drawn = TypeVar("Drawn")

_MOST_DRAWS = 1000


class Series(SizedTask):
    """A sequence of real numbers for a sequence of real numbers, judged by the squared error.

    Attributes:
        length: steps of a sequence, the most in training.
    """

    length: int = 500

    def metrics(self, outputs: Array, batch: Batch) -> dict[str, Array]:
        """The normalised error `nrmse`; always answering the mean of each target has 1."""
        return {"nrmse": nrmse(outputs, batch.targets, batch.mask)}


class Forecast(Series):
    """Predict at each step the value that a series has some steps later.

        inputs   x_0 x_1 x_2 x_3
        targets  x_2 x_3 x_4 x_5      with `ahead` 2

    Attributes:
        ahead: steps from a value to the one that is to be predicted from it: the horizon.
    """

    ahead: int = 1

    def __post_init__(self) -> None:
        """Refuses what is no forecast.

        Raises:
            ValueError: if `ahead` is below 1, or see `SizedTask`.
        """
        super().__post_init__()
        least(self, ahead=1)

    @property
    @abc.abstractmethod
    def features(self) -> int:
        """How many numbers a value of the series has."""

    @property
    def input_dim(self) -> int:
        """A value of the series."""
        return self.features

    @property
    def output_dim(self) -> int:
        """A value of the series."""
        return self.features

    @abc.abstractmethod
    def series(self, key: Key, steps: int) -> Array:
        """Draws a series `[steps, features]`."""

    def draw(self, key: Key, size: Array | int) -> Batch:
        """Draws a series, and what it is `ahead` steps later."""
        del size
        xs = self.series(key, self.length + self.ahead)
        return Batch(xs[: self.length], xs[self.ahead :], jnp.ones(self.length, bool))


def nrmse(outputs: Array, targets: Array, mask: Array) -> Array:
    """Returns the root of the mean squared error, over the standard deviation of the targets.

    Both are `[..., K]`. Squared errors are averaged over the K numbers, and so are the variances of
    the targets, before the root is taken. 0 where nothing counts.

    Example:
        >>> targets = jnp.array([[1.0], [3.0]])
        >>> nrmse(targets + 0.5, targets, jnp.ones(2, bool)).item()
        0.5
    """
    kept = mask[..., None]
    whole = tuple(range(mask.ndim))
    means = jnp.where(kept, targets, 0).sum(whole) / jnp.maximum(mask.sum(), 1)
    means = jnp.broadcast_to(means, targets.shape)
    spread = masked_mean((jnp.where(kept, targets - means, 0) ** 2).mean(-1), mask)
    error = squared_error(outputs, targets, mask)
    return jnp.sqrt(error / jnp.where(spread > 0, spread, 1))


def redrawn(draw: Callable[[Key], Drawn], fits: Callable[[Drawn], Array], key: Key) -> Drawn:
    """Returns the first of independent draws that fits; can be compiled.

    Where none of a thousand fits it is NaN, which training tells as a fault of the data, so that a
    task with hopeless parameters ends.

    Args:
        draw: draws real numbers, arrays in a pytree.
        fits: whether what is drawn will do, a scalar; it should be likely.
        key: of all draws.

    Example:
        >>> number = redrawn(jax.random.uniform, lambda x: x > 0.9, jax.random.key(0))
        >>> bool(number > 0.9)
        True
    """
    nothing = jax.tree.map(lambda a: jnp.full(a.shape, jnp.nan, a.dtype), jax.eval_shape(draw, key))

    def goes_on(carry: tuple[Array, Array, Drawn]) -> Array:
        count, found, _ = carry
        return ~found & (count < _MOST_DRAWS)

    def again(carry: tuple[Array, Array, Drawn]) -> tuple[Array, Array, Drawn]:
        count, _, before = carry
        drawn = draw(jax.random.fold_in(key, count))
        found = fits(drawn)
        kept = jax.tree.map(lambda new, old: jnp.where(found, new, old), drawn, before)
        return count + 1, found, kept

    first = jnp.array(0), jnp.array(False), nothing
    return jax.lax.while_loop(goes_on, again, first)[2]


def least(task: SizedTask, **bounds: float) -> None:
    """Refuses a field below its bound.

    Raises:
        ValueError: in a line that names the field.
    """
    for name, bound in bounds.items():
        if not getattr(task, name) >= bound:
            raise ValueError(f"{task}: {name} must be {bound} or more")
