import pytest

from rnnjax.sweeps.begun import Begun, read_begun
from rnnjax.sweeps.criterion import Criterion
from rnnjax.sweeps.folder import write_plan
from rnnjax.sweeps.plan import make_plan
from tests.sweeps.small import SETTINGS

RATES = "learning_rate=log(1e-3,1e-1);seed=0:2"


def extended(folder, first, second, *, settings=SETTINGS, then=SETTINGS, **options):
    """Plans a sweep, and then another one in its folder; returns both plans."""
    own = options.pop("own", {})
    before = make_plan(settings, first, **(options | own))
    write_plan(folder, before, Criterion("loss", "validation"), "study")
    return before, make_plan(then, second, begun=read_begun(folder), **options)


def points(plan):
    return [point for unit in plan.units for point in unit]


def test_an_empty_folder_has_begun_nothing(tmp_path):
    assert read_begun(tmp_path) is None
    (tmp_path / "sweep.json").write_text("{}")
    with pytest.raises(ValueError, match=r"sweep\.json describes no sweep: 'sweep'$"):
        read_begun(tmp_path)


def test_the_same_plan_extends_nothing_whatever_the_workers(tmp_path):
    before, after = extended(tmp_path, "seed=0:8", "seed=0:8", own={"workers": 4})
    assert (after.units, after.extended) == (before.units, False)


def test_points_keep_their_numbers_and_spelling_and_new_ones_come_after(tmp_path):
    first = "learning_rate=1e-3,1e-2;length=4,5"
    second = "length=5,4;learning_rate=0.01,0.1,0.001"
    before, after = extended(tmp_path, first, second)
    assert after.extended
    assert points(after)[:4] == points(before)
    new = [(point["learning_rate"], point["length"]) for point in points(after)[4:]]
    assert sorted(new) == [("0.1", "4"), ("0.1", "5")]
    write_plan(tmp_path, after, Criterion("loss", "validation"), "study")
    third = make_plan(
        SETTINGS, "length=4,5,6;learning_rate=1e-1,1e-2,1e-3", begun=read_begun(tmp_path)
    )
    assert points(third)[:6] == points(after)
    assert {tuple(point.items()) for point in points(third)[6:]} == {
        (("length", "6"), ("learning_rate", rate)) for rate in ("1e-3", "1e-2", "0.1")
    }


@pytest.mark.parametrize("sampler", ["random", "qmc"])
def test_more_trials_of_drawn_points_are_those_that_more_would_have_been(tmp_path, sampler):
    _, after = extended(
        tmp_path, RATES, RATES, sampler=sampler, trials=8, own={"trials": 4, "workers": 2}
    )
    at_once = make_plan(SETTINGS, RATES, sampler=sampler, trials=8)
    assert after.extended
    assert points(after) == points(at_once)


def test_points_that_were_drawn_twice_are_done_twice(tmp_path):
    text = "hidden=choice(2,3);cell=choice(GRU)"
    _, after = extended(tmp_path, text, text, sampler="random", trials=9, own={"trials": 5})
    at_once = make_plan(SETTINGS, text, sampler="random", trials=9)
    assert sorted(p["hidden"] for p in points(after)) == sorted(
        p["hidden"] for p in points(at_once)
    )


def test_more_trials_of_tpe(tmp_path):
    _, after = extended(tmp_path, RATES, RATES, sampler="tpe", trials=5, own={"trials": 2})
    assert after.units == [[{"seed": "0"}, {"seed": "1"}]] * 5
    assert after.extended


def test_more_steps_of_a_constant_rate(tmp_path):
    before, after = extended(tmp_path, "seed=0:2", "seed=0:2", then=SETTINGS.replace(steps=8))
    assert (after.units, after.extended) == (before.units, True)


def test_steps_that_are_swept_are_like_other_settings(tmp_path):
    before, after = extended(tmp_path, "steps=4,8", "steps=4,8,16")
    assert after.units == [*before.units, [{"steps": "16"}]]


FALLING = SETTINGS.replace(schedule="cosine")
SEARCH = {"sampler": "random", "trials": 2}


@pytest.mark.parametrize(
    ("first", "second", "options", "line"),
    [
        ("seed=0:4", "seed=0:2", {}, "--sweep: the folder's sweep has seed=2 as well: give it too"),
        ("seed=0:4", "seed=0:4;length=4,5", {}, "--sweep: the folder's sweep varies seed: name a"),
        (
            RATES,
            RATES.replace("0:2", "0:3"),
            SEARCH,
            "--sweep: the folder's search is of 'learning_rate=log(1e-3,1e-1);seed=0:2', and only",
        ),
        (RATES, RATES.replace("1e-1", "1"), SEARCH, "--sweep: the folder's search is of 'learning"),
        (RATES, RATES, {**SEARCH, "own": {"trials": 3}}, "--trials: the folder's search has 3: "),
        (
            RATES,
            RATES,
            {**SEARCH, "own": {"sampler": "qmc"}},
            "--sampler: the folder's sweep is of",
        ),
        (
            "learning_rate=log(1e-3,1e-1)",
            "learning_rate=log(1e-3,1e-1)",
            {**SEARCH, "then": SETTINGS.replace(seed=1)},
            "--sampler: the folder's points were drawn otherwise: name another --workdir",
        ),
        (
            "seed=0:2",
            "seed=0:2",
            {"then": SETTINGS.replace(steps=2)},
            "--steps=2: the folder's runs have 4: name another --workdir",
        ),
        (
            "seed=0:2",
            "seed=0:2",
            {"settings": FALLING, "then": FALLING.replace(steps=8)},
            "--steps=8: the rate of --schedule=cosine depends on the 4 steps of the folder's runs",
        ),
        (
            "schedule=constant,linear",
            "schedule=constant,linear",
            {"then": SETTINGS.replace(steps=8)},
            "--steps=8: the rate of --schedule=linear depends on the 4 steps of the folder's runs",
        ),
        (
            RATES,
            RATES,
            {"sampler": "tpe", "trials": 2, "then": SETTINGS.replace(steps=8)},
            "--steps=8: tpe has learned from runs of 4 steps: name another --workdir",
        ),
    ],
)
def test_what_would_not_keep_the_points_is_refused_with_the_reason(
    tmp_path, first, second, options, line
):
    with pytest.raises(ValueError, match=r"^[^\n]+$") as caught:
        extended(tmp_path, first, second, **options)
    assert str(caught.value).startswith(line)
    assert str(caught.value).endswith("name another --workdir")


def test_begun_is_what_was_written(tmp_path):
    plan, _ = extended(tmp_path, "seed=0:2", "seed=0:2")
    assert read_begun(tmp_path) == Begun("seed=0:2", ("seed",), "grid", 4, plan.units)
