import math

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState

from rnnjax import sweeps
from rnnjax.sweeps.folder import study_of
from rnnjax.sweeps.study import open_queue, open_results
from rnnjax.sweeps.units import tries_of
from rnnjax.sweeps.workers import own_name
from tests.sweeps.small import SETTINGS


def swept(folder, text, settings=SETTINGS, storage="study.journal", **options):
    """Sweeps; the journal is the faster storage."""
    where = str(folder / "swept" / storage)
    return sweeps.run(settings, text, folder / "swept", storage=where, show=False, **options)


def study(folder, storage="study.journal"):
    name = study_of(folder / "swept")
    return open_results(str(folder / "swept" / storage), name, higher_is_better=False)


def loss(rate, seed, step=4):
    return abs(math.log10(rate) + 2) + 0.1 * seed + 1 / step


@pytest.mark.parametrize("storage", ["study.db", "study.journal"])
def test_each_point_of_a_grid_is_a_trial_with_its_settings_value_and_curve(
    tmp_path, formula, storage
):
    text = "learning_rate=1e-3,1e-1;bidirectional=false,true;clip_norm=none,0.5;seed=0,3"
    swept(tmp_path, text, storage=storage)
    assert [len(run) for run in formula.runs] == [8, 8]
    trials = study(tmp_path, storage).trials
    assert len(trials) == 16
    choices = {
        "learning_rate": (0.001, 0.1),
        "bidirectional": (False, True),
        "clip_norm": (None, 0.5),
        "seed": (0, 3),
    }
    kinds = {name: CategoricalDistribution(values) for name, values in choices.items()}
    for number, trial in enumerate(trials):
        rate, seed = trial.params["learning_rate"], trial.params["seed"]
        assert trial.distributions == kinds
        assert trial.value == pytest.approx(loss(rate, seed))
        assert trial.user_attrs == {"points": [number], "test_loss": pytest.approx(trial.value + 1)}
        curve = {2: loss(rate, seed, 2), 4: loss(rate, seed, 4)}
        assert trial.intermediate_values == pytest.approx(curve)
        assert trial.duration is not None
        assert 1.4 < trial.duration.total_seconds() < 2.5


@pytest.mark.parametrize("sampler", ["random", "qmc", "tpe"])
def test_a_point_of_a_search_is_a_trial_worth_the_mean_over_its_seeds(tmp_path, formula, sampler):
    text = "learning_rate=log(1e-3,1e-1);length=int(3,5);cell=choice(Elman(2),GRU(2));seed=1,2,3"
    found = swept(tmp_path, text, sampler=sampler, trials=4)
    assert found.counts() == {"finished": 12}
    trials = study(tmp_path).trials
    assert [trial.state for trial in trials] == [TrialState.COMPLETE] * 4
    for trial in trials:
        assert trial.distributions == {
            "learning_rate": FloatDistribution(1e-3, 1e-1, log=True),
            "length": IntDistribution(3, 5),
            "cell": CategoricalDistribution(["Elman(2)", "GRU(2)"]),
        }
        assert trial.value == pytest.approx(loss(trial.params["learning_rate"], 2))
        assert list(trial.intermediate_values) == [2, 4]
        own = [found.points[number].settings for number in trial.user_attrs["points"]]
        assert [point["seed"] for point in own] == ["1", "2", "3"]
        for point in own:
            assert float(point["learning_rate"]) == trial.params["learning_rate"]
            assert point["cell"] == trial.params["cell"]
            assert int(point["length"]) == trial.params["length"]


def test_a_diverged_point_is_the_worst_there_is(tmp_path, formula):
    found = swept(tmp_path, "learning_rate=1e-2,1e38;seed=0:2")
    assert found.counts() == {"finished": 2, "diverged": 2}
    values = {t.params["learning_rate"]: t.value for t in study(tmp_path).trials}
    assert values[1e38] == math.inf
    assert study(tmp_path).best_params == {"learning_rate": 0.01, "seed": 0}


@pytest.mark.full
def test_a_search_learns_from_its_results_and_stops_hopeless_points(tmp_path, formula):
    found = swept(
        tmp_path, "learning_rate=log(1e-6,1e-1)", sampler="tpe", trials=24, pruner="median"
    )
    counts = found.counts()
    assert counts["pruned"] >= 3
    assert counts["finished"] == 24 - counts["pruned"]
    states = [trial.state for trial in study(tmp_path).trials]
    assert states.count(TrialState.PRUNED) == counts["pruned"]
    assert all(state is TrialState.COMPLETE for state in states[:5])  # as Optuna's pruner begins
    last = [abs(math.log10(trial.params["learning_rate"]) + 2) for trial in study(tmp_path).trials]
    assert sum(last[12:]) < sum(last[:12])


def test_a_search_that_goes_on_draws_no_point_again(tmp_path, formula):
    text = "learning_rate=log(1e-6,1e-1)"
    swept(tmp_path, text, sampler="tpe", trials=3)
    found = swept(tmp_path, text, sampler="tpe", trials=6)
    assert len({point.settings["learning_rate"] for point in found.points}) == 6
    assert len(formula.runs) == 6


@pytest.mark.parametrize("sampler", ["random", "tpe"])
@pytest.mark.full
def test_a_stopped_search_goes_on_with_the_points_that_it_had(tmp_path, formula, sampler):
    def stop():
        if len(formula.runs) == 2:
            raise KeyboardInterrupt

    text, options = "learning_rate=log(1e-6,1e-1);length=4,5", {"sampler": sampler, "trials": 6}
    formula.before = stop
    with pytest.raises(KeyboardInterrupt):
        swept(tmp_path, text, **options, population=1)
    before = {p.number: p.settings for p in sweeps.read_sweep(tmp_path / "swept").points}
    assert len(before) == 3
    formula.before = lambda: None
    found = swept(tmp_path, text, **options, population=1)
    assert found.counts() == {"finished": 6}
    assert {n: found.points[n].settings for n in before} == before
    assert len(formula.runs) == 6
    assert sorted(t.user_attrs["points"] for t in study(tmp_path).trials) == [[n] for n in range(6)]


def test_points_keep_their_settings_where_the_study_was_lost(tmp_path, formula):
    options = {"text": "learning_rate=log(1e-6,1e-1)", "sampler": "tpe", "trials": 3}
    before = swept(tmp_path, **options)
    (tmp_path / "swept" / "study.journal").unlink()
    after = swept(tmp_path, **options)
    assert [p.settings for p in after.points] == [p.settings for p in before.points]
    for trial, point in zip(study(tmp_path).trials, before.points, strict=True):
        assert trial.params["learning_rate"] == float(point.settings["learning_rate"])
        assert list(trial.intermediate_values) == [2, 4]


def test_a_program_that_fails_leaves_the_others_and_its_trial_fails(tmp_path, formula):
    def fail():
        if len(formula.runs) == 1:
            formula.before = lambda: None
            raise RuntimeError("out of memory")

    formula.before = fail
    with pytest.raises(RuntimeError, match=r"^1 program failed, the first because out of memory;"):
        swept(tmp_path, "learning_rate=log(1e-3,1e-1)", sampler="tpe", trials=3)
    found = sweeps.read_sweep(tmp_path / "swept")
    assert [point.status for point in found.points] == ["finished", "failed", "finished"]
    assert [trial.state.name for trial in study(tmp_path).trials] == [
        "COMPLETE",
        "FAIL",
        "COMPLETE",
    ]


def test_a_grid_that_grows_has_all_its_trials_in_one_study(tmp_path, formula):
    swept(tmp_path, "learning_rate=1e-3,1e-2;seed=0")
    found = swept(tmp_path, "learning_rate=0.001,1e-2,1e-1;seed=0:3")
    assert formula.runs == [
        [(0, 1e-3), (0, 1e-2)],
        [(1, 1e-3), (2, 1e-3), (1, 1e-2), (2, 1e-2), (0, 1e-1), (1, 1e-1), (2, 1e-1)],
    ]
    assert [point.settings for point in found.points[:2]] == [
        {"learning_rate": "1e-3", "seed": "0"},
        {"learning_rate": "1e-2", "seed": "0"},
    ]
    trials = study(tmp_path).trials
    assert sorted(t.user_attrs["points"] for t in trials) == [[n] for n in range(9)]
    assert {t.distributions["learning_rate"].choices for t in trials} == {(0.001, 0.01, 0.1)}
    assert all(t.value == pytest.approx(loss(**rate(t))) for t in trials)


def rate(trial):
    return {"rate": trial.params["learning_rate"], "seed": trial.params["seed"]}


def test_more_steps_go_on_with_every_point(tmp_path, formula):
    swept(tmp_path, "learning_rate=1e-3,1e-2")
    longer = SETTINGS.replace(steps=8)
    for _ in range(2):
        swept(tmp_path, "learning_rate=1e-3,1e-2", longer)
    assert len(formula.runs) == 2
    trials = study(tmp_path).trials
    assert [list(t.intermediate_values) for t in trials] == [[2, 4, 6, 8]] * 2
    assert trials[0].value == pytest.approx(loss(1e-3, 0, 8))
    assert "--steps=8\n" in (tmp_path / "swept" / "flags.txt").read_text()


def test_a_sweep_is_not_extended_while_its_workers_run(tmp_path, formula):
    swept(tmp_path, "seed=0:2")
    queue = open_queue(str(tmp_path / "swept" / "study.journal"), study_of(tmp_path / "swept"))
    about = {"unit": 0, "worker": own_name()}
    queue.add_trial(optuna.create_trial(state=TrialState.RUNNING, user_attrs=about))
    before = (tmp_path / "swept" / "sweep.json").read_text()
    with pytest.raises(ValueError, match=r"workers of this sweep still run; extend it after them$"):
        swept(tmp_path, "seed=0:3")
    assert (tmp_path / "swept" / "sweep.json").read_text() == before
    assert len(tries_of(queue)) == 1


def test_other_settings_are_refused_and_named(tmp_path, formula):
    swept(tmp_path, "seed=0:2")
    with pytest.raises(ValueError, match=r"other settings: batch_size is 4 there, 8 here$"):
        swept(tmp_path, "seed=0:2", SETTINGS.replace(batch_size=8))
