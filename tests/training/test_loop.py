import math

import numpy as np
import pytest

from rnnjax.training import DivergedError, Listener, Plan, make_mesh
from rnnjax.training.loop import begin, run
from rnnjax.training.program import make_program
from tests.laws.draws import assert_identical
from tests.training import scripted, small

SEEDS = range(24)


@pytest.mark.parametrize(
    ("plan", "stops"),
    [
        (Plan(10, 4, 5), [4, 5, 8, 10]),
        (Plan(10, 5, 5), [5, 10]),
        (Plan(7, 100, 100), [7]),
        (Plan(3, 1, 2), [1, 2, 3]),
        (Plan(9, 4, 100), [4, 8, 9]),
    ],
)
def test_a_run_stops_at_logs_evaluations_and_the_end(plan, stops):
    step, found = 0, []
    while step < plan.steps:
        step = plan.next_stop(step)
        found.append(step)
    assert found == stops
    # From wherever one goes on, the next stop is the same.
    for step in range(plan.steps):
        assert plan.next_stop(step) == min(stop for stop in stops if stop > step)


def test_evaluations_come_every_so_often_and_last():
    assert [s for s in range(1, 11) if Plan(10, 2, 4).evaluates_at(s)] == [4, 8, 10]
    assert [s for s in range(1, 9) if Plan(8, 3, 4).evaluates_at(s)] == [4, 8]


@pytest.mark.parametrize("name", Plan._fields)
@pytest.mark.parametrize("value", [0, -1, 1.0, True, "1"])
def test_a_plan_has_whole_numbers(name, value):
    with pytest.raises(ValueError, match=f"^{name} must be a whole number of 1 or more; got"):
        Plan(10)._replace(**{name: value}).check()
    Plan(10).check()


def expected(seed, plan, metric):
    """Returns the lines, the best score, when it was found, and where the member has ended."""
    script, sign = scripted.script(seed), -1 if metric == "loss" else 1
    values = {"score": script.scores, "loss": script.losses}[metric]
    lines, best, at, step = [], math.nan, 0, 0
    while step < plan.steps:
        start, step = step, plan.next_stop(step)
        if start <= script.lost[0] < step:
            return lines, best, at, -step
        lines.append((step, "train"))
        if plan.evaluates_at(step):
            if math.isnan(script.losses[step]):
                return lines, best, at, -step
            lines += [(step, "validation"), (step, "test")]
            if sign * values[step] > sign * best or (math.isnan(best) and values[step] >= 0):
                best, at = float(values[step]), step
            if plan.patience and step - at >= plan.patience * plan.eval_every:
                return lines, best, at, step
    return lines, best, at, 0


def steps_of(member):
    """Returns step and part of each line."""
    return [(int(step), part) for step, line in member["lines"] for part in line]


PLANS = [
    (Plan(20, 3, 2, 2), "score"),
    (Plan(20, 3, 2, 3), "loss"),
    (Plan(20, 7, 6, 1), "score"),
    (Plan(20, 4, 1), "score"),
]


def ends(plan, metric):
    problem = scripted.problem(plan, metric)
    return problem, small.trained(problem, [scripted.member(seed) for seed in SEEDS])


@pytest.mark.parametrize(("plan", "metric"), PLANS, ids=str)
@pytest.mark.full
def test_each_member_has_its_best_and_ends_where_validation_or_divergence_says(plan, metric):
    problem, found = ends(plan, metric)
    kinds = set()
    for seed, member in zip(SEEDS, found, strict=True):
        lines, best, at, ended = expected(seed, plan, metric)
        assert steps_of(member) == lines
        assert member["ended"] == ended
        assert float(member["best"]["metric"]) == pytest.approx(best, nan_ok=True)
        assert member["best"]["step"] == member["best"]["params"]["count"] == at
        assert member["params"]["count"] == (abs(ended) or plan.steps)
        kinds.add((math.copysign(1, ended) if ended else 0, at > 0))
        if ended < 0:
            with pytest.raises(DivergedError):
                small.trained(problem, [scripted.member(seed)])
        elif seed < 12:
            (alone,) = small.trained(problem, [scripted.member(seed)])
            assert_identical(alone, member)
    assert len(kinds) >= 3  # ended early or not, diverged, with a best or without


def test_without_validation_there_is_no_best():
    problem = scripted.problem(Plan(20, 5, 10))
    problem = problem._replace(held_out={"test": problem.held_out["test"]})
    seed = next(seed for seed in SEEDS if expected(seed, problem.plan, "score")[3] == 0)
    (found,) = small.trained(problem, [scripted.member(seed)])
    assert found["best"]["step"] == 0
    assert math.isnan(found["best"]["metric"])
    assert found["best"]["params"] is None
    parts = ["train", "train", "test"]
    assert [part for _, part in steps_of(found)] == parts * 2


def lost(plan, part):
    """Returns a seed whose member diverges in a part and no earlier, and where."""
    for seed in range(1000):
        lines, _, _, ended = expected(seed, plan, "score")
        is_held_out = bool(lines) and lines[-1] == (-ended, "train")
        if ended < 0 and is_held_out == (part != "train"):
            return seed, -ended
    raise AssertionError


def test_a_run_alone_that_diverges_says_where_and_what_helps():
    plan = Plan(20, 5, 10)
    seed, step = lost(plan, "train")
    wanted = (
        f"^the loss is nan between steps {step - 5} and {step}: lower the learning rate or clip"
    )
    with pytest.raises(DivergedError, match=wanted):
        small.trained(scripted.problem(plan), [scripted.member(seed)])
    seed, step = lost(plan, "validation")
    with pytest.raises(
        DivergedError, match=f"^the validation loss is nan after step {step}: lower"
    ):
        small.trained(scripted.problem(plan), [scripted.member(seed)])


def test_a_population_of_which_nothing_is_left_ends():
    plan = Plan(20, 5, 10)
    seeds = [lost(plan, part) for part in ("train", "validation")]
    last = max(step for _, step in seeds)
    with pytest.raises(
        DivergedError, match=f"^all 2 runs of the population .* by step {last}: low"
    ):
        small.trained(scripted.problem(plan), [scripted.member(seed) for seed, _ in seeds])


def test_nobody_is_told_when_nobody_is_left():
    # The one has ended by patience when the other diverges, between two evaluations.
    plan = Plan(20, 2, 4, 1)
    found = {seed: expected(seed, plan, "score")[3] for seed in range(200)}
    first = min((end, seed) for seed, end in found.items() if end > 0)[1]
    second = next(s for s, end in found.items() if end < -found[first] and end % 4 == 2)

    class Told(Listener):
        def logged(self, moment):
            assert moment.mean("train")["loss"] < 0

        def evaluated(self, moment):
            steps.append(moment.step)

    steps = []
    problem = scripted.problem(plan)
    members = [scripted.member(seed) for seed in (first, second)]
    program = make_program(problem, members, make_mesh())
    end, _ = run(problem, program, begin(problem, program), [Told()])
    assert end.ended.tolist() == [found[first], found[second]]
    assert steps[-1] == -found[second] - 2


def test_what_a_listener_raises_ends_training_and_those_before_it_were_told():
    told = []

    class Watch(Listener):
        def __init__(self, name, last=math.inf):
            self.name, self.last = name, last

        def logged(self, moment):
            told.append((self.name, moment.step, "train"))
            assert set(moment.metrics) == {"train"}
            assert moment.members.state.step == moment.step

        def evaluated(self, moment):
            told.append((self.name, moment.step, "evaluated"))
            assert set(moment.metrics) == {"train", "validation", "test"}
            if moment.step >= self.last:
                raise LookupError

    plan = Plan(20, 2, 4)
    seed = next(s for s in SEEDS if not -9 <= expected(s, plan, "score")[3] < 0)
    problem = scripted.problem(plan)
    program = make_program(problem, [scripted.member(seed)], make_mesh())
    listeners = [Watch("a"), Watch("b", last=8), Watch("c")]
    with pytest.raises(LookupError):
        run(problem, program, begin(problem, program), listeners)
    steps = [(step, "train") for step in (2, 4, 6, 8)]
    steps[2:2], steps[5:] = [(4, "evaluated")], [(8, "evaluated")]
    assert told == [(name, *step) for step in steps for name in "abc"][:-1]


def test_means_of_a_log_are_over_the_updates_since_the_one_before():
    plan = Plan(20, 7, 10)
    seed = next(s for s in SEEDS if expected(s, plan, "score")[3] == 0)
    (found,) = small.trained(scripted.problem(plan), [scripted.member(seed)])
    losses = {int(step): line["train"]["loss"] for step, line in found["lines"] if "train" in line}
    wanted = {7: -3, 10: -8, 14: -11.5, 20: -16.5}
    assert losses == {step: pytest.approx(loss) for step, loss in wanted.items()}


def test_speed_leaves_compilation_out():
    plan = Plan(20, 7, 10)
    seed = next(s for s in SEEDS if expected(s, plan, "score")[3] == 0)

    def speed(plan):
        problem = scripted.problem(plan)
        program = make_program(problem, [scripted.member(seed)], make_mesh())
        return run(problem, program, begin(problem, program))[1]

    found = speed(plan)
    assert 0 < 13 / found.examples_per_second < found.seconds
    assert speed(Plan(20, 20, 20)).examples_per_second == 0
    assert np.isfinite(found.seconds)
