"""The twenty rules of Yang et al.: when what is shown in a trial, and what is wanted."""

import functools
from collections.abc import Callable
from typing import Literal, NamedTuple, get_args

import jax
import jax.numpy as jnp

from rnnjax.typing import Array

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
    """All chance of a trial, uniform numbers in [0, 1), each used once, and how they are read.

    Attributes:
        shared: `[6]`, for durations and modalities, which trials of a batch may share.
        own: `[10]`, for places and strengths.
        rule: index into `RULES`, may be traced.
        dt: milliseconds of a step.
        easy: how many times as large coherences are.
    """

    shared: Array
    own: Array
    rule: Array | int
    dt: int
    easy: float

    def one_of(self, place: int, *durations: int) -> Array:
        """Returns one of several durations in ms, as steps, by the number at `place`."""
        return _pick(self.shared[place], jnp.array([self.steps(d) for d in durations]))

    def between(self, place: int, low: int, high: int) -> Array:
        """Returns a duration from an interval in ms, as steps, by the number at `place`."""
        return ((low + (high - low) * self.shared[place]) / self.dt).astype(int)

    def ring(self, place: int) -> Array:
        """Returns a modality, one-hot `[R]`, by the number at `place`."""
        second = (self.shared[place] < 0.5).astype(float)
        return jnp.stack([1 - second, second])

    def steps(self, duration: int) -> int:
        """Returns the steps of a duration in ms."""
        return duration // self.dt


def _pick(number: Array, values: Array) -> Array:
    """Returns one of `values` by a uniform number; of several numbers so many."""
    return values[(number * len(values)).astype(int)]


def _sign(number: Array) -> Array:
    return jnp.where(number < 0.5, 1.0, -1.0)


def _reach(draws: Draws, on: Array, off: Array, dark: Array, go: Array) -> Trial:
    """One stimulus, and a response to its place, or opposite to it: `anti`."""
    angle = 2 * jnp.pi * draws.own[0]
    anti = jnp.asarray(draws.rule) >= RULES.index("fdanti")
    ring = draws.ring(5)
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
    angle, apart = 2 * jnp.pi * draws.own[0], jnp.pi * (0.5 + draws.own[1])
    mean = 0.8 + 0.4 * draws.own[2:4]
    contrast = draws.easy * _pick(draws.own[4:6], jnp.array(coherences)) * _sign(draws.own[6:8])
    apiece = jnp.stack([mean + contrast, mean - contrast])  # [S, R]
    counts = jnp.where(form == 4, 0, form % 2)
    judged = jnp.take(apiece, counts, axis=1)
    # Either .1 to .4 of a stimulus more in one ring and less in the other.
    share = 2 * draws.own[8:10] - 1
    split = (0.1 + 0.3 * jnp.abs(share)) * jnp.sign(share)
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
        jnp.stack([draws.ring(4), draws.ring(5)]),
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
    match = draws.own[0] < 0.5
    angle, apart = 2 * jnp.pi * draws.own[1], jnp.pi / 9 * (1 + 16 * draws.own[2])
    angles = jnp.stack([angle, angle + jnp.where(match, 0.0, apart)])
    return _match(draws, angles, match, jnp.array(draws.steps(500)))


def match_to_category(draws: Draws) -> Trial:
    """A match is the same half of the circle, of ten places."""
    places = jnp.floor(10 * draws.own[:2])
    angles = (2 * places + 1) * (jnp.pi / 10)
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
