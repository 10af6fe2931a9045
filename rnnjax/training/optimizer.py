"""Optax optimizers by the numbers that flags give."""

from typing import NamedTuple

import jax.numpy as jnp
import optax

from rnnjax.typing import Array

OPTIMIZERS = {
    "adam": optax.adam,
    "adamw": optax.adamw,
    "muon": optax.contrib.muon,
    "rmsprop": optax.rmsprop,
    "sgd": optax.sgd,
}
SCHEDULES = ("constant", "cosine")
_WITH_DECAY = ("adamw", "muon")


class OptimizerSettings(NamedTuple):
    """How the parameters are changed.

    Attributes:
        name: one of `OPTIMIZERS`; every other setting of it is Optax's default.
        learning_rate: the highest rate of the schedule.
        schedule: "constant", or "cosine", which falls to zero at the last update.
        warmup_steps: updates over which the rate rises from zero first.
        clip_norm: the largest norm that a gradient may have; longer ones are scaled. None for any.
        weight_decay: of adamw and muon; None for Optax's default.
    """

    name: str = "adam"
    learning_rate: float = 1e-3
    schedule: str = "constant"
    warmup_steps: int = 0
    clip_norm: float | None = None
    weight_decay: float | None = None


def learning_rate_at(
    count: Array | int, *, peak: Array | float, warmup_steps: Array | int, steps: int, cosine: bool
) -> Array:
    """Returns the learning rate of one update: a linear rise, then constant or half a cosine.

    Optax's schedules want Python numbers; these may be arrays, one for each member of a population.

    Args:
        count: the number of updates made.
        peak: the highest rate.
        warmup_steps: updates over which it is reached.
        steps: updates in all.
        cosine: whether the rate falls to zero at the last of them.
    """
    risen = count / jnp.maximum(warmup_steps, 1)
    done = jnp.clip((count - warmup_steps) / (steps - warmup_steps), 0, 1)
    fallen = 0.5 * (1 + jnp.cos(jnp.pi * done)) if cosine else 1.0
    return peak * jnp.where(count < warmup_steps, risen, fallen)


def make_optimizer(settings: OptimizerSettings, steps: int) -> optax.GradientTransformation:
    """Returns the optimizer of a run of `steps` updates.

    Its numbers are arrays in its state (`optax.inject_hyperparams`), so runs that differ in nothing
    else share one compiled program; see `hyperparameters`.

    Raises:
        ValueError: if the warm-up takes all of the `steps`, the schedule is unknown, or a weight
            decay is given to a rule that has none.
    """
    if settings.schedule not in SCHEDULES:
        raise ValueError(f"unknown schedule {settings.schedule!r}; one of {', '.join(SCHEDULES)}")
    if settings.warmup_steps >= steps:
        raise ValueError(f"warmup_steps {settings.warmup_steps} must be less than steps {steps}")
    if settings.weight_decay is not None and settings.name not in _WITH_DECAY:
        raise ValueError(f"{settings.name} has no weight decay; {', '.join(_WITH_DECAY)} have")

    def rule(learning_rate, warmup_steps, clip_norm, weight_decay) -> optax.GradientTransformation:
        def rate(count: Array) -> Array:
            cosine = settings.schedule == "cosine"
            return learning_rate_at(
                count, peak=learning_rate, warmup_steps=warmup_steps, steps=steps, cosine=cosine
            )

        decay = {} if weight_decay is None else {"weight_decay": weight_decay}
        update = OPTIMIZERS[settings.name](rate, **decay)
        if clip_norm is None:
            return update
        return optax.chain(optax.clip_by_global_norm(clip_norm), update)

    return optax.inject_hyperparams(rule)(**_numbers(settings))


def hyperparameters(state: optax.OptState, settings: OptimizerSettings) -> dict[str, Array]:
    """Returns what makes other settings of `hyperparams` in a state of `make_optimizer`'s rule.

    Where the state's rule clips and the settings do not, the limit is infinite.
    """
    old = state.hyperparams  # pyright: ignore[reportAttributeAccessIssue]
    numbers = _numbers(settings) | ({"clip_norm": jnp.inf} if settings.clip_norm is None else {})
    return {name: jnp.asarray(numbers[name], value.dtype) for name, value in old.items()}


def _numbers(settings: OptimizerSettings) -> dict[str, float | None]:
    """Returns what may differ between runs of one program; `None` is not a number, but a choice."""
    return {
        "learning_rate": settings.learning_rate,
        "warmup_steps": settings.warmup_steps,
        "clip_norm": settings.clip_norm,
        "weight_decay": settings.weight_decay,
    }
