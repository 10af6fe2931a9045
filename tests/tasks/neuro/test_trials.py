"""Trials with a decision, by rules in plain Python."""

import itertools
import math
from statistics import NormalDist

import numpy as np
import pytest

from rnnjax import tasks
from tests.catalogue import name
from tests.tasks.compiled import judge, sample

SAMPLES = 1000
OBSERVED = 10_000


def strongest(values):
    """Returns the number of the greatest value, and what it and the least one are."""
    return values.index(max(values)), max(values), min(values)


def contrasts(task):
    return [round(coherence / 200, 4) for coherence in task.coherences]


def perceptual(task, shown):
    (stimulus,) = shown
    direction, most, least = strongest(stimulus)
    assert round(most - 0.5, 4) in contrasts(task)
    assert most + least == pytest.approx(1)
    return 1 + direction


def context(task, shown):
    n = task.choices
    (stimulus,) = shown
    if task.context == "explicit":
        assert sorted(stimulus[2 * n :]) == [0, 1]
        which = stimulus[2 * n :].index(1)
    else:
        assert len(stimulus) == 2 * n
        which = {"first": 0, "second": 1}[task.context]
    for either in (0, 1):
        assert round(max(stimulus[either * n : (either + 1) * n]) - 0.5, 4) in contrasts(task)
    return 1 + strongest(stimulus[which * n : (which + 1) * n])[0]


def match(task, shown):
    seen, test = (strongest(stimulus) for stimulus in shown)
    assert {round(value, 4) for value in (*seen[1:], *test[1:])} == {0, 1}
    assert (test[0] - seen[0]) % task.directions in (0, task.directions // 2)
    return 1 if seen[0] == test[0] else 2


def go(task, shown):
    (stimulus,) = shown
    assert sorted(stimulus) == [0, 1]
    return stimulus.index(1)


def reach(task, shown):
    (stimulus,) = shown
    place, most, _ = strongest(stimulus)
    assert most == pytest.approx(1)
    return 1 + (place + task.anti * task.places // 2) % task.places


def comparison(task, shown):
    first, second = (10 + 24 * (2 * stimulus[0] - 1) for stimulus in shown)
    pair = round(first), round(second)
    assert [first, second] == pytest.approx(pair, abs=1e-3)
    assert min(pair) in task.lower
    assert max(pair) - min(pair) == task.difference
    return 1 if first > second else 2


# Without noise; of mixed sizes. The stimuli's epochs, and the rule.
RULES = [
    (tasks.PerceptualDecision(
        stimulus=800, shortest=100, choices=4, coherences=(9.0, 60.0), noise=0.0
    ), ["stimulus"], perceptual),
    (tasks.ContextDecision(delay=1500, noise=0.0), ["stimulus"], context),
    (tasks.ContextDecision(
        0, delay=400, shortest=0, choices=4, context="second", mean_delay=None, dt=50, noise=0.0
    ), ["stimulus"], context),
    (tasks.DelayedMatch(delay=700, shortest=0, directions=6, noise=0.0),
     ["stimulus", "test"], match),
    (tasks.GoNoGo(70, delay=400, shortest=0), ["stimulus"], go),
    (tasks.AntiReach(delay=300, shortest=0, places=8), ["stimulus"], reach),
    (tasks.AntiReach(dt=20, anti=False), ["stimulus"], reach),
    (tasks.DelayComparison(delay=900, shortest=150, noise=0.0), ["first", "second"], comparison),
]  # fmt: skip
every_rule = pytest.mark.parametrize(("task", "epochs", "rule"), RULES, ids=name)


@every_rule
def test_the_choice_follows_from_what_was_shown(task, epochs, rule):
    batch = sample(task, SAMPLES)
    T = len(batch.inputs)
    steps = np.full(SAMPLES, T) if batch.steps is None else batch.steps.sum(0)
    answers, sizes = set(), set()
    for b in range(SAMPLES):
        inputs, n = batch.inputs[:, b].round(6).tolist(), steps[b]
        # The durations, all but that of the size, which is what is left of the trial.
        lengths = {
            name: max(1, getattr(task, name) // task.dt) if getattr(task, name) else 0
            for name in task.epochs
        }
        lengths[task.size_field] = n - sum(
            length for name, length in lengths.items() if name != task.size_field
        )
        sizes.add(lengths[task.size_field])
        start, shown = 0, []
        for epoch, length in lengths.items():
            rows = inputs[start : start + length]
            start += length
            assert all(row[0] == (epoch != "decision") for row in rows)
            if epoch in epochs:
                assert all(row == rows[0] for row in rows)
                shown.append(rows[0][1:])
            elif epoch == "decision" or not isinstance(task, tasks.ContextDecision):
                assert not any(any(row[1:]) for row in rows)
        answer = rule(task, shown)
        answers.add(answer)
        decision = lengths["decision"]
        assert batch.targets[:n, b].tolist() == [0] * (n - decision) + [answer] * decision
        assert batch.mask[:, b].tolist() == [t < n for t in range(T)]
    durations, chances = task.sizes_and_chances
    wanted = np.bincount(task.steps_in(durations), chances)
    assert set(np.flatnonzero(wanted > 0.02)) <= sizes <= set(np.flatnonzero(wanted))
    assert len(answers) == task.output_dim - 1 + isinstance(task, tasks.GoNoGo)


def test_the_contexts_are_shown_until_the_decision():
    batch = sample(tasks.ContextDecision(delay=600), 20)
    cue, fixation = batch.inputs[..., -2:], batch.inputs[..., 0]
    assert (cue.sum(-1) == fixation).all()
    assert (cue.max(0).sum(-1) == 1).all()


def near(share, wanted, count=OBSERVED):
    """Says whether a share is within four standard errors of the one that is wanted."""
    return abs(share - wanted) < 4 * (wanted * (1 - wanted) / count) ** 0.5


@pytest.mark.parametrize("dt", [100, 20])
def test_an_ideal_observer_of_a_perceptual_decision(dt):
    batch = sample(tasks.PerceptualDecision(dt=dt), OBSERVED)
    first, second = batch.inputs[..., 1:].sum(0).T
    share = ((second > first) == (batch.targets[-1] == 2)).mean()
    each = [NormalDist().cdf(coherence / math.sqrt(10)) for coherence in (0, 6.4, 12.8, 25.6, 51.2)]
    assert [round(chance, 4) for chance in each] == [0.5, 0.9785, 1, 1, 1]
    assert near(share, sum(each) / 5)
    assert round(sum(each) / 5, 4) == 0.8957


def test_an_ideal_observer_of_a_context_decision():
    batch = sample(tasks.ContextDecision(), OBSERVED)
    evidence = batch.inputs[..., 1:5].sum(0)
    towards_second = evidence[:, 1::2] > evidence[:, ::2]
    cue = batch.inputs[0, :, 5:].argmax(-1)
    right = towards_second == (batch.targets.max(0) == 2)[:, None]
    each = [NormalDist().cdf(0.07 * c / (0.1 * math.sqrt(14))) for c in (5, 15, 50)]
    assert [round(chance, 4) for chance in each] == [0.8252, 0.9975, 1]
    assert near(right[np.arange(OBSERVED), cue].mean(), sum(each) / 3)
    assert near(right[np.arange(OBSERVED), 1 - cue].mean(), 0.5)


def test_what_can_be_known_of_a_comparison():
    task = tasks.DelayComparison(delay=100, decision=100)
    batch = sample(task, OBSERVED)
    felt = batch.inputs[..., 1]
    first, second, answer = felt[5:10].mean(0), felt[11:16].mean(0), batch.targets[-1]
    observer = NormalDist().cdf(8 / 48 / (0.1 * math.sqrt(2 / 5)))
    assert round(observer, 3) == 0.996
    assert near(((first > second) == (answer == 1)).mean(), observer)
    assert batch.inputs[5:10, :, 0].std() == pytest.approx(0.1, rel=0.03)
    # Without noise: the best guess from either frequency alone.
    batch = sample(tasks.DelayComparison(delay=100, noise=0.0), OBSERVED)
    for t in (5, 11):
        known = batch.inputs[t, :, 1].round(3)
        right = sum(
            np.bincount(batch.targets[-1, known == value]).max() for value in np.unique(known)
        )
        assert near(right / OBSERVED, 0.7)


def test_delays_are_exponential_and_cut_off():
    task = tasks.ContextDecision()
    sizes, chances = task.sizes_and_chances
    mean = 900 - 2700 * math.exp(-4.5) / (1 - math.exp(-4.5))
    assert chances @ sizes == pytest.approx(mean, abs=1)
    steps = sample(task, OBSERVED).steps.sum(0)
    wanted = np.bincount(task.steps_of(sizes), chances)
    share = np.bincount(steps, minlength=len(wanted)) / OBSERVED
    assert np.abs(share - wanted).max() < 4 * (wanted.max() / OBSERVED) ** 0.5
    assert steps.min() == 14
    assert 38 <= steps.max() <= 41


BASELINES = [
    tasks.PerceptualDecision(stimulus=600, shortest=100, choices=3, waiting=0.25),
    tasks.ContextDecision(),
    tasks.DelayedMatch(delay=500, shortest=0, waiting=0.0),
    tasks.GoNoGo(),
    tasks.AntiReach(),
    tasks.DelayComparison(delay=300),
]


@pytest.mark.parametrize("task", BASELINES, ids=repr)
def test_the_baseline_is_the_loss_of_the_best_guess_from_the_step_and_its_input(task):
    batch = sample(task, 4000)
    logits = np.full((*batch.targets.shape, task.output_dim), -30.0, np.float32)
    dark = ~batch.inputs.any(-1)  # stimuli are independent of the choice where it is wanted
    for t, seen in itertools.product(range(len(dark)), (False, True)):
        here = (dark[t] == seen) & batch.mask[t]
        classes, counts = np.unique(batch.targets[t, here], return_counts=True)
        logits[t][np.ix_(here, classes)] = np.log(counts / max(here.sum(), 1))
    assert judge(task, logits, batch)[0] == pytest.approx(task.baseline, rel=0.02)


def test_baselines_of_the_usual_trials():
    assert tasks.PerceptualDecision().baseline == pytest.approx(math.log(2) / 22)
    assert tasks.AntiReach().baseline == pytest.approx(math.log(32) * 5 / 15)
    assert tasks.GoNoGo(waiting=0.0).baseline == pytest.approx(math.log(2))


def test_weights_are_those_of_the_epochs_and_the_decision_alone_is_scored():
    task = tasks.PerceptualDecision(stimulus=600, shortest=100, decision=200, waiting=0.1)
    batch = sample(task, 30)
    outputs = np.random.default_rng(0).normal(size=(*batch.targets.shape, 3)).astype(np.float32)
    T, n = len(batch.inputs), batch.steps.sum(0)
    decided = (np.arange(T)[:, None] >= n - 2) & batch.steps
    surprise = -np.log(np.exp(outputs) / np.exp(outputs).sum(-1, keepdims=True))
    surprise = np.take_along_axis(surprise, batch.targets[..., None], -1)[..., 0]
    weights = np.where(decided, 1, 0.1) * batch.steps
    loss, _, accuracy = judge(task, outputs, batch)
    assert loss == pytest.approx((weights * surprise).sum() / weights.sum(), rel=1e-5)
    right = outputs.argmax(-1) == batch.targets
    assert accuracy == pytest.approx(right[decided].mean())
    alone = sample(tasks.PerceptualDecision(waiting=0.0), 3)
    assert alone.mask.sum() == 3
    assert alone.mask[-1].all()


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        (tasks.PerceptualDecision, {"choices": 1}, "choices must be 2 or more, not 1"),
        (tasks.PerceptualDecision, {"coherences": ()}, "coherences must be one or more"),
        (tasks.PerceptualDecision, {"coherences": (5.0, -1.0)}, "none of them negative"),
        (tasks.PerceptualDecision, {"dt": 0}, "dt must be 1 ms or more, not 0"),
        (tasks.PerceptualDecision, {"fixation": -1}, "fixation must be 0 or more, not -1"),
        (tasks.PerceptualDecision, {"decision": 0}, "decision must be more than 0 ms"),
        (tasks.PerceptualDecision, {"stimulus": 0}, "stimulus must be 1 or more"),
        (tasks.PerceptualDecision, {"shortest": 0}, "shortest must be from 1 to stimulus, 2000"),
        (tasks.PerceptualDecision, {"noise": -0.1}, "noise must be 0 or more, not -0.1"),
        (tasks.ContextDecision, {"context": "third"}, "must be one of explicit, first, second"),
        (tasks.ContextDecision, {"stimulus": 0}, "stimulus must be more than 0 ms"),
        (tasks.ContextDecision, {"mean_delay": 0.0}, "mean_delay must be more than 0"),
        (tasks.ContextDecision, {"delay": 200}, "shortest must be from 0 to delay, 200"),
        (tasks.DelayedMatch, {"directions": 3}, "directions must be an even number, not 3"),
        (tasks.DelayedMatch, {"test": 0}, "test must be more than 0 ms"),
        (tasks.GoNoGo, {"waiting": -1.0}, "waiting must be 0 or more, not -1.0"),
        (tasks.AntiReach, {"places": 1}, "places must be 2 or more, not 1"),
        (tasks.DelayComparison, {"lower": ()}, "lower must be one frequency or more"),
        (tasks.DelayComparison, {"first": 0}, "first must be more than 0 ms"),
        (tasks.DelayComparison, {"difference": 0}, "difference must be 1 or more, not 0"),
    ],
)
def test_what_cannot_be_is_refused(kind, fields, said):
    with pytest.raises(ValueError, match=said):
        kind(**fields)
