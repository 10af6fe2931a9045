"""The twenty rules, read back from what is shown."""

import dataclasses
import itertools
import math

import numpy as np
import pytest

from rnnjax.tasks import YangTask
from rnnjax.tasks.neuro.yangrules import RULES
from tests.tasks.compiled import judge, sample

SAMPLES = 800
MS = 20  # of a step
UNITS = np.arange(32) * 2 * np.pi / 32
FIRST, SECOND, DELAY = {200, 400, 600}, {200, 400, 600}, {200, 400, 800, 1600}


def bump(angle):
    distance = np.abs(np.angle(np.exp(1j * (UNITS - angle))))
    return 0.8 * np.exp(-((distance / (np.pi / 8)) ** 2) / 2)


def direction(ring):
    return np.angle((ring * np.exp(1j * UNITS)).sum()) % (2 * np.pi)


def apart(a, b):
    return abs(np.angle(np.exp(1j * (a - b))))


def both(ring, answer):
    """Returns the strengths of two bumps, of which one is at the answer, and where the other is."""
    first = ring @ bump(answer) / (bump(answer) @ bump(answer))
    for _ in range(8):
        other = direction(ring - first * bump(answer))
        bumps = np.stack([bump(answer), bump(other)])
        first, second = np.linalg.lstsq(bumps.T, ring, rcond=None)[0]
    assert np.abs(ring - first * bumps[0] - second * bumps[1]).max() < 1e-3
    return first, second, other


class Seen:
    """A trial as one sees it who knows the layout of inputs and outputs alone."""

    def __init__(self, batch, b):
        self.end = batch.steps[:, b].sum()
        inputs, wanted = batch.inputs[: self.end, b], batch.targets[: self.end, b]
        self.rule = RULES[inputs[0, 65:].argmax()]
        assert (inputs[:, 65:] == np.eye(20)[RULES.index(self.rule)]).all()
        self.rings = inputs[:, 1:65].reshape(-1, 2, 32)
        self.lit = (inputs[:, 0] == 1).sum()
        assert (inputs[: self.lit, 0] == 1).all()
        self.mask = batch.mask[:, b]
        fixates = np.isclose(wanted[:, 0], 0.8)
        assert np.allclose(wanted[~fixates, 0], 0.05)
        assert np.allclose(wanted[fixates, 1:], 0.05)
        self.responds = not fixates.all()
        # The sign to go is followed by 100 ms that do not count.
        gap = np.flatnonzero(~self.mask[5 : self.end]) + 5
        assert gap.tolist() == list(range(gap[0], gap[0] + 5))
        assert not self.mask[:5].any()
        assert not self.mask[self.end :].any()
        self.go = gap[0]
        if self.responds:
            assert fixates.tolist() == [t < self.go for t in range(self.end)]
            self.answer = direction(wanted[-1, 1:])
            assert np.allclose(wanted[self.go :, 1:], 0.05 + bump(self.answer), atol=1e-5)

    def runs(self):
        """Returns stretches of steps in which the rings show the same: from, to, activity."""
        changes = np.flatnonzero(np.any(np.diff(self.rings, axis=0) != 0, axis=(1, 2))) + 1
        edges = [0, *changes.tolist(), self.end]
        found = [(a, b, self.rings[a]) for a, b in itertools.pairwise(edges)]
        return [run for run in found if run[2].any()]


def alone(activity):
    """Returns ring and angle of one stimulus of strength 1."""
    (ring,) = np.flatnonzero(activity.any(1))
    angle = direction(activity[ring])
    assert np.allclose(activity[ring], bump(angle), atol=1e-4)
    return ring, angle


def reach(trial, kind, anti):
    ((on, off, activity),) = trial.runs()
    _, angle = alone(activity)
    assert apart(trial.answer, angle + np.pi * anti) < 1e-3
    assert (trial.end - trial.go) * MS == 500
    if kind == "fd":
        assert 300 - MS < on * MS < 700
        assert 500 - MS < (trial.go - on) * MS < 1500
        assert (off, trial.lit) == (trial.end, trial.go)
    elif kind == "react":
        assert 500 - MS < on * MS < 2500
        assert (on, off, trial.lit) == (trial.go, trial.end, trial.end)
    else:
        assert on * MS in {300, 500, 700}
        assert (off - on) * MS in FIRST
        assert (trial.go - off) * MS in DELAY
        assert trial.lit == trial.go
    return "go"


def compare(trial, form, delayed):
    runs = trial.runs()
    assert trial.lit == trial.go == trial.end - 500 // MS
    if delayed:
        (on, off, one), (more, last, two) = runs
        assert on * MS in FIRST
        assert (off - on) * MS in SECOND
        assert (more - off) * MS in DELAY
        assert (last - more) * MS in SECOND
        assert 100 - MS < (trial.go - last) * MS < 300
        activity, coherences = one + two, (0.08, 0.16, 0.32)
    else:
        ((on, off, activity),) = runs
        assert 100 - MS < on * MS < 400
        assert (off - on) * MS in {400, 800, 1600}
        assert off == trial.go
        coherences = (0.01, 0.02, 0.04, 0.08)
    shown = [both(ring, trial.answer) if ring.any() else None for ring in activity]
    assert [ring is not None for ring in shown] == {
        "1": [True, False], "2": [False, True]
    }.get(form, [True, True])  # fmt: skip
    others = [ring[2] for ring in shown if ring]
    assert apart(others[0], trial.answer) > math.pi / 2 - 1e-2
    assert apart(others[0], others[-1]) < 1e-2
    if form == "multi":
        stronger, weaker = (sum(ring[i] for ring in shown) / 2 for i in (0, 1))
        for i, strength in enumerate((stronger, weaker)):
            assert 0.1 - 1e-3 <= abs(shown[0][i] / strength - 1) <= 0.4 + 1e-3
    else:
        stronger, weaker, _ = shown[int(form[-1]) - 1]
    assert stronger > weaker
    coherence, mean = (stronger - weaker) / 2, (stronger + weaker) / 2
    assert min(abs(coherence - c) for c in coherences) < 1e-3
    assert 0.8 - 1e-3 < mean < 1.2 + 1e-3
    if form in ("context1", "context2"):
        total = [sum(ring[i] for ring in shown) for i in (0, 1)]
        return 0.5 if abs(total[0] - total[1]) < 5e-3 else float(total[0] > total[1])
    return "go"


def match(trial, same, goes_if_match, ends):
    (on, off, one), (go, end, two) = trial.runs()
    (_, first), (_, second) = alone(one), alone(two)
    assert on * MS in FIRST
    assert (off - on) * MS in SECOND
    assert (go - off) * MS in DELAY
    assert (go, end, trial.lit) == (trial.go, trial.end, trial.end)
    assert (end - go) * MS in ends
    assert trial.responds == (same(first, second) == goes_if_match)
    if trial.responds:
        assert apart(trial.answer, second) < 1e-3
    return "go" if trial.responds else "fixate"


def place(first, second):
    assert apart(first, second) < 1e-3 or apart(first, second) > math.pi / 9 - 1e-3
    return apart(first, second) < 1e-3


def category(first, second):
    for angle in (first, second):
        assert abs(angle / (0.2 * math.pi) % 1 - 0.5) < 1e-2
    return (first < math.pi) == (second < math.pi)


FORMS = {
    "1": "{}1", "2": "{}2", "context1": "context{}1", "context2": "context{}2", "multi": "multi{}"
}  # fmt: skip
CHECKS = {
    **{
        kind + ("go", "anti")[anti]: (lambda t, k=kind, a=anti: reach(t, k, a))
        for kind in ("fd", "react", "delay")
        for anti in (0, 1)
    },
    **{
        name.format(text): (lambda t, f=form, d=delayed: compare(t, f, d))
        for delayed, text in enumerate(("dm", "delaydm"))
        for form, name in FORMS.items()
    },
    **{
        f"dm{letter}{('no', '')[goes]}go": (
            lambda t, s=same, g=bool(goes), e=ends: match(t, s, g, e)
        )
        for letter, same, ends in (("s", place, {500}), ("c", category, {200, 400, 600}))
        for goes in (0, 1)
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def trials():
    return sample(YangTask(noise=0.0), SAMPLES)


def test_all_trials_follow_their_rules(trials):
    assert set(CHECKS) == set(RULES)
    found = {rule: [] for rule in RULES}
    for b in range(SAMPLES):
        trial = Seen(trials, b)
        found[trial.rule].append(CHECKS[trial.rule](trial))
    for rule, results in found.items():
        assert abs(len(results) / SAMPLES - 0.05) < 4 * (0.05 * 0.95 / SAMPLES) ** 0.5
        if rule.startswith(("dms", "dmc")):
            share = results.count("fixate") / len(results)
            assert abs(share - 0.5) < 4 * 0.5 / len(results) ** 0.5
    # Whoever adds both rings, and so ignores the context, is right in three of four.
    added = np.concatenate([found[rule] for rule in RULES if rule.startswith("context")])
    assert abs(added.mean() - 0.75) < 4 * (0.75 * 0.25 / len(added)) ** 0.5


def test_noise_is_in_all_inputs():
    clean, noisy = (sample(YangTask("fdgo", noise=noise), 300).inputs for noise in (0.0, 0.01))
    assert (noisy - clean).std((0, 1)) == pytest.approx(0.01 * math.sqrt(10), rel=0.02)


def test_trials_of_a_batch_may_be_alike():
    batch = sample(YangTask(alike=True, noise=0.0), 20)
    assert (batch.steps == batch.steps[:, :1]).all()
    assert (
        batch.inputs[..., [0, *range(65, 85)]] == batch.inputs[:, :1, [0, *range(65, 85)]]
    ).all()
    rings = batch.inputs[..., 1:65].reshape(-1, 20, 2, 32)
    assert (rings.any(-1) == rings[:, :1].any(-1)).all()
    assert len(np.unique(rings.max(0).argmax(-1))) > 2


def test_one_rule_has_trials_as_long_as_it_needs():
    for rule, length in {"fdgo": 2700, "dm1": 2500, "delaydm2": 4200, "dmcgo": 3400}.items():
        task = YangTask(rule)
        assert task.length == length // MS
    batch = sample(dataclasses.replace(YangTask("dmcnogo"), dt=50, noise=0.0), 300)
    assert batch.inputs.shape == (68, 300, 85)
    assert (batch.inputs[..., 65:].argmax(-1)[batch.steps] == 19).all()
    assert set(batch.steps.sum(0) * 50) <= {
        a + b + c + d for a in FIRST for b in SECOND for c in DELAY for d in SECOND
    }


def logistic(numbers):
    return 1 / (1 + np.exp(-numbers))


def test_the_loss_has_the_weights_of_the_epochs(trials):
    task = YangTask()
    outputs = np.random.default_rng(0).normal(size=trials.targets.shape).astype(np.float32)
    few = type(trials)(*(None if part is None else part[:, :30] for part in trials))
    total, count = 0.0, 0
    for b in range(30):
        trial = Seen(few, b)
        for t in np.flatnonzero(few.mask[:, b]):
            error = logistic(outputs[t, b].astype(float)) - few.targets[t, b]
            error[0] *= 2
            total += ((error * (5 if t >= trial.go else 1)) ** 2).mean()
            count += 1
    loss, _, _ = judge(task, outputs[:, :30], few)
    assert loss == pytest.approx(total / count, rel=1e-4)


def said(targets, rotated=0.0, fixation=None):
    """Returns outputs that say what is wanted, with the response rotated by degrees."""
    wanted = np.array(targets, float)
    goes = wanted[..., 0] < 0.5
    angles = np.angle((wanted[goes][:, 1:] * np.exp(1j * UNITS)).sum(-1))
    wanted[goes, 1:] = 0.05 + np.stack([bump(a) for a in angles + np.radians(rotated)])
    if fixation is not None:
        wanted[..., 0] = fixation
    return np.log(wanted / (1 - wanted)).astype(np.float32)


def test_responses_within_36_degrees_are_right_at_the_last_step(trials):
    task, few = YangTask(), type(trials)(*(p if p is None else p[:, :60] for p in trials))
    last = few.steps.sum(0) - 1
    goes = few.targets[last, np.arange(60), 0] < 0.5
    assert 0 < goes.mean() < 1
    for degrees, right in ((-35.5, 1), (35.5, 1), (36.5, 0), (-90, 0)):
        wanted = np.where(goes, right, 1).mean()
        assert judge(task, said(few.targets, degrees), few)[2] == pytest.approx(wanted)
    fixating = said(few.targets, fixation=0.8)
    assert judge(task, fixating, few)[2] == pytest.approx(1 - goes.mean())
    before = said(few.targets, 90.0)
    before[last, np.arange(60)] = said(few.targets)[last, np.arange(60)]
    assert judge(task, before, few)[2] == 1


def test_to_respond_at_random_is_right_in_a_fifth(trials):
    only = np.isin(trials.inputs[0, :, 65:].argmax(-1), range(16))
    batch = trials._replace(mask=trials.mask & only)
    outputs = said(trials.targets)
    guesses = np.random.default_rng(0).uniform(0, 2 * np.pi, SAMPLES)
    outputs[..., 1:] = np.stack([bump(angle) for angle in guesses])
    share = judge(YangTask(), outputs, batch)[2]
    assert abs(share - 0.2) < 4 * (0.16 / only.sum()) ** 0.5


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"rule": "dm3"}, "rule must be one of all, fdgo, reactgo"),
        ({"dt": 0}, "dt must be from 1 to 100 ms, not 0"),
        ({"dt": 101}, "dt must be from 1 to 100 ms, not 101"),
        ({"noise": -1.0}, "noise must be 0 or more, not -1.0"),
        ({"weight": -1.0}, "weight must be 0 or more"),
        ({"easy": -1.0}, "easy must be 0 or more"),
    ],
)
def test_what_cannot_be_is_refused(fields, said):
    with pytest.raises(ValueError, match=said):
        YangTask(**fields)
