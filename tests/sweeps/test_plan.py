import pytest

from rnnjax.settings import FeedForward, Recurrent, Settings
from rnnjax.sweeps.checks import check_plan
from rnnjax.sweeps.criterion import Criterion
from rnnjax.sweeps.plan import make_plan
from rnnjax.sweeps.space import LogUniform
from tests.sweeps.small import SETTINGS

BOTH = Settings(
    "both",
    type(SETTINGS.experiment)(
        SETTINGS.task, {"a": FeedForward((2,)), "b": Recurrent("Elman", hidden=2)}
    ),
)


def test_points_of_a_grid_that_differ_in_numbers_alone_share_a_unit():
    plan = make_plan(SETTINGS, "learning_rate=1e-3,1e-2;length=4,5;clip_norm=none,1.0;seed=0:2")
    assert [len(unit) for unit in plan.units] == [8, 8]
    assert [{point["length"] for point in unit} for unit in plan.units] == [{"4"}, {"5"}]
    assert plan.axes == ["learning_rate", "length", "clip_norm", "seed"]
    assert plan.size == 16
    assert list(plan.numbers(1)) == list(range(8, 16))
    assert plan.trials_of(1)[:2] == [[8], [9]]


@pytest.mark.parametrize(
    ("options", "sizes"),
    [
        ({}, [12, 12]),
        ({"population": 5}, [4] * 6),
        ({"workers": 4}, [6] * 4),
        ({"population": 1}, [1] * 24),
    ],
)
def test_units_are_no_larger_than_a_population_and_there_is_one_for_each_worker(options, sizes):
    plan = make_plan(SETTINGS, "seed=0:12;length=4,5", **options)
    assert [len(unit) for unit in plan.units] == sizes
    points = [tuple(point.items()) for unit in plan.units for point in unit]
    assert len(set(points)) == 24


def test_time_over_devices_leaves_one_run_a_program():
    plan = make_plan(SETTINGS.replace(time_devices=2), "seed=0:3")
    assert [len(unit) for unit in plan.units] == [1, 1, 1]


@pytest.mark.parametrize("sampler", ["random", "qmc"])
def test_the_seeds_of_a_drawn_point_are_one_trial_and_stay_together(sampler):
    text = "learning_rate=log(1e-3,1e-1);seed=3,4,5"
    plan = make_plan(SETTINGS, text, sampler=sampler, trials=4, population=7)
    assert [len(unit) for unit in plan.units] == [6, 6]
    assert plan.trials_of(1) == [[6, 7, 8], [9, 10, 11]]
    for unit in plan.units:
        for first in range(0, 6, 3):
            trial = unit[first : first + 3]
            assert [point["seed"] for point in trial] == ["3", "4", "5"]
            assert len({point["learning_rate"] for point in trial}) == 1


def test_tpe_knows_the_seeds_alone():
    plan = make_plan(SETTINGS, "learning_rate=log(1e-3,1e-1)", sampler="tpe", trials=3)
    assert plan.units == [[{"seed": "0"}]] * 3
    assert plan.space == {"learning_rate": LogUniform(1e-3, 1e-1)}
    assert plan.axes == ["learning_rate"]


SEARCH = {"sampler": "random", "trials": 2}
RATES = "learning_rate=log(1e-3,1e-1)"


@pytest.mark.parametrize(
    ("text", "options", "line"),
    [
        ("learning_rat=1", {}, "--sweep: no flag 'learning_rat' to vary; did you mean learning_r"),
        ("data_dir=a,b", {}, "--sweep: no flag 'data_dir' to vary; one of alike, batch_size, "),
        ("learning_rate=1e-3,nan", {}, "flag --learning_rate=nan: nan is not a finite number"),
        ("learning_rate=uniform(-1,1)", SEARCH, "flag --learning_rate=-1.0: -1.0 is not a finite"),
        ("hidden=uniform(8,16)", SEARCH, "flag --hidden=8.0: 8.0 is not a whole number"),
        (RATES, {}, "--sweep: learning_rate is a range, for --sampler=random, qmc or tpe"),
        ("seed=1,2", {"given": {"seed"}}, "--seed is in --sweep: leave the flag itself out"),
        ("bidirectional=true,True", {}, "bidirectional has the value true twice, also as True"),
        ("hidden=2,3", {}, "--sweep: hidden=2 and hidden=3 are the same run"),
        ("cell=GRU,GRU(128)", {}, "--sweep: cell=GRU and cell=GRU(128) are the same run"),
        ("seed=0:2", {"trials": 3}, "--trials is for a search"),
        (RATES, {"sampler": "tpe"}, "--sampler=tpe needs --trials, the number of points"),
        ("seed=0:2", SEARCH, "--sweep varies nothing but the seed: that is a grid"),
        (RATES, {**SEARCH, "pruner": "median"}, "--pruner compares points one after another"),
        (f"{RATES};seed=0:3", {**SEARCH, "population": 2}, "--population: a search trains the 3 "),
        ("seed=0:2", {"sampler": "best"}, "no sampler 'best': grid, qmc, random, tpe"),
        ("seed=0:2", {"pruner": "hyper"}, "no pruner 'hyper': median, none"),
    ],
)
def test_what_is_no_plan_gets_one_line(text, options, line):
    with pytest.raises(ValueError, match=r"^[^\n]+$") as caught:
        make_plan(SETTINGS, text, **options)
    assert str(caught.value).startswith(line)
    assert "\n" not in str(caught.value)


def test_a_comparison_of_networks_is_not_swept():
    with pytest.raises(ValueError, match=r"^--sweep: the experiment compares several networks;"):
        make_plan(BOTH, "seed=0:2")


@pytest.mark.parametrize(
    ("text", "options", "line"),
    [
        ("warmup_steps=0,4", {}, "warmup_steps 4 must be less than steps 4"),
        ("dropout=0.0,0.5", {}, "--dropout is between layers: it needs --layers=2 or more"),
        ("weight_decay=0.1,0.2", {}, "adam has no weight decay: --weight_decay is for others"),
        ("unroll=scan,scann", {}, "unknown name 'scann'"),
        (f"unroll=scan,scann;{RATES}", {"sampler": "tpe", "trials": 2}, "unknown name 'scann'"),
        ("learning_rate=1e-3,1e-50", {}, "flag --learning_rate=1e-50: 1e-50 is 0 in single pr"),
    ],
)
def test_what_cannot_be_trained_is_found_before_anything_is(text, options, line):
    with pytest.raises(ValueError, match=r"^[^\n]+$") as caught:
        check_plan(make_plan(SETTINGS, text, **options))
    assert str(caught.value).startswith(line)


def test_a_grid_can_be_ranked_by_test_and_a_search_cannot(monkeypatch):
    source = type(SETTINGS.task).source
    monkeypatch.setattr(
        type(SETTINGS.task),
        "source",
        lambda task, part, size: None if part == "validation" else source(task, part, size),
    )
    assert check_plan(make_plan(SETTINGS, "seed=0:2")) == Criterion("loss", "test")
    plan = make_plan(SETTINGS, RATES, **SEARCH)
    with pytest.raises(ValueError, match=r"^--sampler=random chooses by validation, and Adding\("):
        check_plan(plan)
