"""The twenty rules of Yang et al.: when what is shown in a trial, and what is wanted."""

import functools
from collections.abc import Callable
from typing import Literal, NamedTuple, get_args

import jax
import jax.numpy as jnp

from rnnjax.typing import Array, Key

Rule = Literal[
    "all", "fdgo", "reactgo", "delaygo", "fdanti", "reactanti", "delayanti",
    "dm1", "dm2", "contextdm1", "contextdm2", "multidm",
    "delaydm1", "delaydm2", "contextdelaydm1", "contextdelaydm2", "multidelaydm",
    "dmsgo", "dmsnogo", "dmcgo", "dmcnogo",
]  # fmt: skip
RULES: tuple[str, ...] = get_args(Rule)[1:]  # in the order of their inputs

FINE = (0.01, 0.02, 0.04, 0.08)  # coherences of two stimuli at once
COARSE = (0.08, 0.16, 0.32)  # of one after the other


class Trial(NamedTuple):
    """What happens in a trial. Times are steps; S two stimuli, R two rings, modalities.

    Attributes:
        angles: `[S]`, where stimuli are.
        strengths: `[S, R]`, 0 where there is none.
        on: `[S]`, the first step of each.
        off: `[S]`, the first step without.
        dark: the first step without the fixation point.
        go: the first step in which to respond.
        end: T.
        answer: the angle of the response.
        responds: whether to respond, or to keep fixating.
    """

    angles: Array
    strengths: Array
    on: Array
    off: Array
    dark: Array
    go: Array
    end: Array
    answer: Array
    responds: Array


class Draws(NamedTuple):
    """How a trial is drawn.

    Attributes:
        shared: key of durations and modalities, which trials of a batch may share.
        own: key of places and strengths.
        rule: index into `RULES`, may be traced.
        dt: milliseconds of a step.
        easy: how many times as large coherences are.
    """

    shared: Key
    own: Key
    rule: Array | int
    dt: int
    easy: float

    def one_of(self, place: int, *durations: int) -> Array:
        """Draws one of several durations in ms, as steps; `place` tells draws apart."""
        steps = jnp.array([duration // self.dt for duration in durations])
        return jax.random.choice(jax.random.fold_in(self.shared, place), steps)

    def between(self, place: int, low: int, high: int) -> Array:
        """Draws a duration in ms from an interval, as steps."""
        key = jax.random.fold_in(self.shared, place)
        return (jax.random.uniform(key, (), minval=low, maxval=high) / self.dt).astype(int)

    def ring(self, place: int) -> Array:
        """Draws a modality, one-hot `[R]`."""
        key = jax.random.fold_in(self.shared, place)
        return jax.nn.one_hot(jax.random.randint(key, (), 0, 2), 2)

    def steps(self, duration: int) -> int:
        """Returns the steps of a duration in ms."""
        return duration // self.dt


def _reach(draws: Draws, on: Array, off: Array, dark: Array, go: Array) -> Trial:
    """One stimulus, and a response to its place, or opposite to it: `anti`."""
    angle = jax.random.uniform(draws.own, (), maxval=2 * jnp.pi)
    anti = jnp.asarray(draws.rule) >= RULES.index("fdanti")
    ring = draws.ring(9)
    return Trial(
        jnp.stack([angle, angle]),
        jnp.stack([ring, jnp.zeros_like(ring)]),
        jnp.stack([on, on]),
        jnp.stack([off, off]),
        dark,
        go,
        go + draws.steps(500),
        angle + jnp.where(anti, jnp.pi, 0.0),
        jnp.array(True),
    )


def fixed_delay(draws: Draws) -> Trial:
    """A stimulus stays on, and the fixation point goes out some time later."""
    on = draws.between(0, 300, 700)
    go = on + draws.between(1, 500, 1500)
    return _reach(draws, on, go + draws.steps(500), go, go)


def reaction(draws: Draws) -> Trial:
    """The stimulus is the sign to respond; the fixation point stays on."""
    go = draws.between(0, 500, 2500)
    end = go + draws.steps(500)
    return _reach(draws, go, end, end, go)


def memory(draws: Draws) -> Trial:
    """The stimulus is gone before the fixation point."""
    on = draws.one_of(0, 300, 500, 700)
    off = on + draws.one_of(1, 200, 400, 600)
    go = off + draws.one_of(2, 200, 400, 800, 1600)
    return _reach(draws, on, off, go, go)


def _compare(
    draws: Draws, first: str, coherences: tuple[float, ...], on: Array, off: Array, go: Array
) -> Trial:
    """Two stimuli, and a response to the place of the stronger one.

    Of the five rules from `first` on there is one ring in the first two, in the next two one counts
    and the other is to be ignored, and in the last the rings are to be added.
    """
    form = jnp.asarray(draws.rule) - RULES.index(first)
    keys = jax.random.split(draws.own, 7)
    angle = jax.random.uniform(keys[0], (), maxval=2 * jnp.pi)
    apart = jax.random.uniform(keys[1], (), minval=0.5 * jnp.pi, maxval=1.5 * jnp.pi)
    mean = jax.random.uniform(keys[2], (2,), minval=0.8, maxval=1.2)
    contrast = jax.random.choice(keys[3], draws.easy * jnp.array(coherences), (2,))
    contrast *= jax.random.rademacher(keys[4], (2,)).astype(contrast.dtype)
    apiece = jnp.stack([mean + contrast, mean - contrast])  # [S, R]
    counts = jnp.where(form == 4, 0, form % 2)
    judged = jnp.take(apiece, counts, axis=1)
    split = jax.random.uniform(keys[5], (2,), minval=0.2, maxval=0.8) / 2
    split *= jax.random.rademacher(keys[6], (2,)).astype(split.dtype)
    multi = judged[:, None] * jnp.stack([1 + split, 1 - split], axis=1)
    alone = apiece * jax.nn.one_hot(counts, 2)[None]
    strengths = jnp.where(form == 4, multi, jnp.where(form < 2, alone, apiece))
    angles = jnp.stack([angle, angle + apart])
    answer = jnp.where(judged[0] > judged[1], angles[0], angles[1])
    end = go + draws.steps(500)
    return Trial(angles, strengths, on, off, go, go, end, answer, jnp.array(True))


def decision(draws: Draws) -> Trial:
    """Two stimuli at once."""
    on = draws.between(0, 100, 400)
    go = on + draws.one_of(1, 400, 800, 1600)
    return _compare(draws, "dm1", FINE, jnp.stack([on, on]), jnp.stack([go, go]), go)


def delayed_decision(draws: Draws) -> Trial:
    """Two stimuli, one after the other."""
    on, off = _two(draws)
    last = on[1] + draws.one_of(3, 200, 400, 600)
    go = last + draws.between(4, 100, 300)
    return _compare(draws, "delaydm1", COARSE, on, jnp.stack([off, last]), go)


def _two(draws: Draws) -> tuple[Array, Array]:
    """Returns when two stimuli come, one after the other, and when the first goes."""
    first = draws.one_of(0, 200, 400, 600)
    off = first + draws.one_of(1, 200, 400, 600)
    return jnp.stack([first, off + draws.one_of(2, 200, 400, 800, 1600)]), off


def _match(draws: Draws, angles: Array, match: Array, end: Array) -> Trial:
    """The second of two stimuli is the sign to respond to it, if it matches, or if it does not."""
    on, off = _two(draws)
    go, end = on[1], on[1] + end
    goes_if_match = jnp.asarray(draws.rule) % 2 == RULES.index("dmsgo") % 2
    return Trial(
        angles,
        jnp.stack([draws.ring(8), draws.ring(9)]),
        on,
        jnp.stack([off, end]),
        end,
        go,
        end,
        angles[1],
        match == goes_if_match,
    )


def match_to_sample(draws: Draws) -> Trial:
    """A match is the same place; else the second is 20 degrees off or more."""
    keys = jax.random.split(draws.own, 3)
    match = jax.random.bernoulli(keys[0])
    angle = jax.random.uniform(keys[1], (), maxval=2 * jnp.pi)
    apart = jax.random.uniform(keys[2], (), minval=jnp.pi / 9, maxval=17 * jnp.pi / 9)
    angles = jnp.stack([angle, angle + jnp.where(match, 0.0, apart)])
    return _match(draws, angles, match, jnp.array(draws.steps(500)))


def match_to_category(draws: Draws) -> Trial:
    """A match is the same half of the circle, of ten places."""
    places = jax.random.randint(draws.own, (2,), 0, 10)
    angles = (2.0 * places.astype(float) + 1.0) * (jnp.pi / 10)
    match = (places[0] < 5) == (places[1] < 5)
    return _match(draws, angles, match, draws.one_of(3, 200, 400, 600))


# Each rule's way of drawing a trial, and the longest of a kind in ms.
KINDS: tuple[Callable[[Draws], Trial], ...] = (
    fixed_delay, reaction, memory, decision, delayed_decision, match_to_sample, match_to_category
)  # fmt: skip
LONGEST = (2700, 3000, 3400, 2500, 4200, 3300, 3400)
KIND_OF = (0, 1, 2, 0, 1, 2, *[3] * 5, *[4] * 5, 5, 5, 6, 6)


def draw_trial(draws: Draws) -> Trial:
    """Draws a trial of a rule."""
    if isinstance(draws.rule, int):
        return KINDS[KIND_OF[draws.rule]](draws)
    branches = [functools.partial(kind, draws) for kind in KINDS]
    return jax.lax.switch(jnp.array(KIND_OF)[draws.rule], branches)
