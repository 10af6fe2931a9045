"""The twenty tasks of Yang et al."""

import dataclasses
import math

import jax
import jax.numpy as jnp

from rnnjax.batch import Batch, masked_mean, remaining
from rnnjax.tasks.generated import GeneratedTask
from rnnjax.tasks.neuro.yangrules import KIND_OF, LONGEST, RULES, Draws, Rule, Trial, draw_trial
from rnnjax.typing import Array, Key

UNITS = 32  # of a ring
TAU = 100  # ms, by which the authors' input noise is scaled
NEAR = 0.2 * math.pi  # a response as near as that is right


class YangTask(GeneratedTask):
    """Fixate, then respond by the rule of the trial: one of twenty tasks, or all of them.

    Inputs are the fixation point, two rings of 32 units, modalities, and the rule, one-hot, in all
    steps. A stimulus at an angle is a bump in a ring, `0.8 exp(-(d / (pi / 8))^2 / 2)` at the
    distance d, times its strength. All inputs are noisy. Outputs are a unit for fixation and a ring
    for responses. Wanted is fixation, .8, until the sign to go, then .05 and a bump of .8 on .05 at
    the place to respond to. With the rule delaygo, and of the rings only some units:

        fixation   1 1  1 1 1  1 1  0 0
        ring 1     0 0  . . .  0 0  0 0      . is a bump at an angle
        wanted     F F  F F F  F F  . .      F is .8 for the unit of fixation

    The rules: fdgo, reactgo, delaygo respond to the place of a stimulus that stays on until after
    the fixation point is out, is the sign to go itself, or is gone before; fdanti, reactanti,
    delayanti to the opposite place. dm1, dm2: to the stronger of two in ring 1 or 2; contextdm1, 2:
    in that ring, while the other one misleads; multidm: in the sum of both. delaydm1 to
    multidelaydm: the same, with one stimulus after the other. dmsgo, dmsnogo: to the second of two
    stimuli if it is, or is not, at the place of the first; dmcgo, dmcnogo: if it is in the same
    half of the circle, or is not; otherwise to go on fixating.

    Outputs are numbers that a logistic function maps to those above. A response is right if it is
    at the last step: fixation below .5, and the population vector of the ring within 36 degrees of
    the place wanted. To respond at random is right in .2 of the trials where a response is
    wanted; always to fixate in half of those of dms and dmc. Who ignores the context is right in
    three of four of contextdm.

    Attributes:
        rule: one of the twenty; or "all", one drawn for each sequence.
        alike: whether all sequences of a batch have the same rule, durations and modalities, as the
            authors train; another one in each batch.
        easy: how many times as large coherences, differences of stimuli, are; the authors' easy
            tasks have 10, and 2 where there is a delay.
        dt: milliseconds of a step, at most 100.
        noise: standard deviation of input noise, for `dt` of 200 ms; in a step it is
            `noise * sqrt(200 / dt)`.
        weight: of errors in the response, where those before the sign to go have 1; squared with
            them in the loss.

    References:
        Yang, Joglekar, Song, Newsome & Wang (2019), Task representations in neural networks trained
        to perform many cognitive tasks, Nature Neuroscience 22; durations and strengths by the
        authors' code, gyyang/multitask, which says more than the paper. Recurrent noise, .05 there,
        is the network's.

    Example:
        >>> task = YangTask("delaygo", noise=0.0)
        >>> batch = task.sample(jax.random.key(0), batch_size=1)
        >>> batch.inputs.shape, batch.targets.shape
        ((170, 1, 85), (170, 1, 33))
    """

    rule: Rule = "all"
    alike: bool = False
    easy: float = dataclasses.field(default=1.0, kw_only=True)
    dt: int = dataclasses.field(default=20, kw_only=True)
    noise: float = dataclasses.field(default=0.01, kw_only=True)
    weight: float = dataclasses.field(default=5.0, kw_only=True)

    def __post_init__(self) -> None:
        """Refuses what is no rule, and numbers that cannot be.

        Raises:
            ValueError: if `rule` is unknown, `dt` is not from 1 to 100, or `easy`, `noise` or
                `weight` is negative.
        """
        super().__post_init__()
        if not 1 <= self.dt <= 100:
            raise ValueError(f"{self}: dt must be from 1 to 100 ms, not {self.dt}")
        for name in ("easy", "noise", "weight"):
            if getattr(self, name) < 0:
                raise ValueError(f"{self}: {name} must be 0 or more, not {getattr(self, name)}")

    # A guess from one noisy input has no loss in closed form: there is no `baseline`.

    @property
    def input_dim(self) -> int:
        """The fixation point, two rings, the rules."""
        return 1 + 2 * UNITS + len(RULES)

    @property
    def output_dim(self) -> int:
        """The unit of fixation and a ring."""
        return 1 + UNITS

    @property
    def length(self) -> int:
        """T of the longest trial."""
        rules = RULES if self.rule == "all" else (self.rule,)
        return max(LONGEST[KIND_OF[RULES.index(rule)]] for rule in rules) // self.dt

    def sample(self, key: Key, batch_size: int) -> Batch:
        """Draws `batch_size` trials."""
        keys = jax.random.split(key, 3)
        alike = 1 if self.alike else batch_size
        shared = jnp.broadcast_to(jax.random.uniform(keys[0], (alike, 7)), (batch_size, 7))
        own = jax.random.uniform(keys[1], (batch_size, 10))
        noise = jax.random.split(keys[2], batch_size)
        return jax.vmap(self._draw, out_axes=1)(shared, own, noise)

    def _draw(self, shared: Array, own: Array, key: Key) -> Batch:
        if self.rule == "all":
            rule = (shared[6] * len(RULES)).astype(int)
        else:
            rule = RULES.index(self.rule)
        trial = draw_trial(Draws(shared[:6], own, rule, self.dt, self.easy))
        return self._render(trial, rule, key)

    def _render(self, trial: Trial, rule: Array | int, key: Key) -> Batch:
        """Returns the inputs of a trial and what is wanted."""
        t = jnp.arange(self.length)
        there = t < trial.end
        images = trial.strengths[:, :, None] * jax.vmap(bump)(trial.angles)[:, None, :]
        images = images.reshape(2, 1, 2 * UNITS)
        shown = (t[None] >= trial.on[:, None]) & (t[None] < trial.off[:, None])
        rings = jnp.where(shown[:, :, None], images, 0).sum(0)
        fixation = (t < trial.dark)[:, None].astype(rings.dtype)
        rules = jnp.broadcast_to(jax.nn.one_hot(rule, len(RULES)), (len(t), len(RULES)))
        inputs = jnp.concatenate([fixation, rings, rules], axis=-1)
        if self.noise:
            deviation = self.noise * math.sqrt(2 * TAU / self.dt)
            inputs += deviation * jax.random.normal(key, inputs.shape)

        goes = (t >= trial.go) & trial.responds
        fixates = jnp.where(goes, 0.05, 0.8)[:, None]
        ring = 0.05 + jnp.where(goes[:, None], bump(trial.answer)[None], 0)
        grace = 100 // self.dt
        judged = (t >= grace) & ((t < trial.go) | (t >= trial.go + grace)) & there
        return Batch(inputs, jnp.concatenate([fixates, ring], axis=-1), judged, steps=there)

    def loss(self, outputs: Array, batch: Batch) -> Array:
        """Mean over steps and units of the squared error, times the square of its weight.

        An error of the response has `weight`, that of the unit of fixation twice that of others.
        The response begins after the gap in the steps that count. Unlike the authors' mean it is
        over the steps that count alone, not those of weight 0.
        """
        there = batch.mask[..., None]
        errors = jax.nn.sigmoid(jnp.where(there, outputs, 0)) - jnp.where(there, batch.targets, 0)
        began = jnp.cumsum(batch.mask.astype(int), axis=0) > 0
        after = jnp.cumsum((began & ~batch.mask).astype(int), axis=0) > 0
        weights = jnp.where(after, self.weight, 1.0)[..., None]
        errors = weights * jnp.concatenate([2 * errors[..., :1], errors[..., 1:]], axis=-1)
        return masked_mean((errors**2).mean(-1), batch.mask)

    def metrics(self, outputs: Array, batch: Batch) -> dict[str, Array]:
        """The share of trials in which the last step that counts is right."""
        last = batch.mask & (remaining(batch.mask) == 1)
        said = jax.nn.sigmoid(jnp.where(last[..., None], outputs, 0))
        wanted = jnp.where(last[..., None], batch.targets, 0)
        fixates, goes = said[..., 0] > 0.5, wanted[..., 0] < 0.5
        off = population_vector(said[..., 1:]) - population_vector(wanted[..., 1:])
        near = jnp.cos(off) > math.cos(NEAR)
        right = jnp.where(goes, near & ~fixates, fixates)
        return {"accuracy": masked_mean(right.astype(outputs.dtype), last)}


def bump(angle: Array) -> Array:
    """Returns the activity of a ring for an angle, `[UNITS]`.

    Example:
        >>> [round(x, 3) for x in bump(jnp.pi / 16)[:3].tolist()]
        [0.706, 0.8, 0.706]
    """
    off = 2 * jnp.pi / UNITS * jnp.arange(UNITS) - angle
    distance = jnp.abs(jnp.mod(off + jnp.pi, 2 * jnp.pi) - jnp.pi)
    return 0.8 * jnp.exp(-((distance / (jnp.pi / 8)) ** 2) / 2)


def population_vector(ring: Array) -> Array:
    """Returns the angle that the activity `[..., UNITS]` of a ring stands for, `[...]`.

    Example:
        >>> round(population_vector(0.05 + bump(jnp.pi / 3)).item() / jnp.pi, 4)
        0.3333
    """
    angles = 2 * jnp.pi / UNITS * jnp.arange(UNITS)
    axes = jnp.stack([jnp.cos(angles), jnp.sin(angles)], axis=-1)
    x, y = jnp.moveaxis(jnp.matmul(ring, axes, precision="highest"), -1, 0)
    return jnp.arctan2(y, x)
