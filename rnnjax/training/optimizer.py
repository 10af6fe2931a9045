"""Optax optimizers by the numbers that flags give."""

from typing import NamedTuple

import optax

OPTIMIZERS = {
    "adam": optax.adam,
    "adamw": optax.adamw,
    "muon": optax.contrib.muon,
    "rmsprop": optax.rmsprop,
    "sgd": optax.sgd,
}
SCHEDULES = ("constant", "cosine")


class OptimizerSettings(NamedTuple):
    """How the parameters are changed.

    Attributes:
        name: one of `OPTIMIZERS`; every other setting of it is Optax's default.
        learning_rate: the highest rate of the schedule.
        schedule: "constant", or "cosine", which falls to zero at the last update.
        warmup_steps: updates over which the rate rises from zero first.
        clip_norm: the largest norm that a gradient may have; longer ones are scaled. None for any.
    """

    name: str = "adam"
    learning_rate: float = 1e-3
    schedule: str = "constant"
    warmup_steps: int = 0
    clip_norm: float | None = None


def make_schedule(settings: OptimizerSettings, steps: int) -> optax.Schedule:
    """Returns the learning rate as a function of the number of updates made.

    Raises:
        ValueError: if the warm-up takes all of the `steps`, or the schedule is unknown.
    """
    if settings.schedule not in SCHEDULES:
        raise ValueError(f"unknown schedule {settings.schedule!r}; one of {', '.join(SCHEDULES)}")
    if settings.warmup_steps >= steps:
        raise ValueError(f"warmup_steps {settings.warmup_steps} must be less than steps {steps}")
    rate, left = settings.learning_rate, steps - settings.warmup_steps
    if settings.schedule == "cosine":
        main = optax.cosine_decay_schedule(rate, left)
    else:
        main = optax.constant_schedule(rate)
    if settings.warmup_steps == 0:
        return main
    rise = optax.linear_schedule(0.0, rate, settings.warmup_steps)
    return optax.join_schedules([rise, main], [settings.warmup_steps])


def make_optimizer(settings: OptimizerSettings, steps: int) -> optax.GradientTransformation:
    """Returns the optimizer of a run of `steps` updates; see `make_schedule` for what is raised."""
    rule = OPTIMIZERS[settings.name](make_schedule(settings, steps))
    if settings.clip_norm is None:
        return rule
    return optax.chain(optax.clip_by_global_norm(settings.clip_norm), rule)
