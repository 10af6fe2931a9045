import pytest

from rnnjax.sweeps.records import read_sweep
from rnnjax.sweeps.report.scales import make_scale, setting_scales
from rnnjax.sweeps.space import Choices, Integers, LogUniform, Uniform
from tests.sweeps.made import Made, write_sweep


@pytest.mark.parametrize(
    ("values", "is_log"),
    [
        (["1e-4", "1e-3", "1e-2"], True),
        (["32", "64", "128"], True),
        (["3e-4", "1e-3", "3e-3", "1e-2"], True),
        (["1", "2", "3", "4", "5", "6"], False),
        (["0", "1", "10", "100"], False),
        (["-1", "1", "10"], False),
        (["0.1", "0.9"], False),
        (["5"], False),
    ],
)
def test_numbers_of_a_list_lie_by_their_logarithm_where_that_spaces_them_evenly(values, is_log):
    assert make_scale(values).is_log == is_log
    assert make_scale(values, Choices(tuple(values))) == make_scale(values)


def test_numbers_of_a_range_lie_as_they_were_drawn():
    values = ["1e-4", "1e-3", "1e-2"]
    assert not make_scale(values, Uniform(0.0, 1.0)).is_log
    assert make_scale(["1", "2", "3"], LogUniform(1.0, 3.0)).is_log
    assert not make_scale(["16", "32", "128"], Integers(16, 128)).is_log


def test_a_list_is_short_and_named_one_by_one():
    assert make_scale([str(n) for n in range(8)]).is_list
    assert not make_scale([str(n) for n in range(9)]).is_list
    assert not make_scale(["1", "2"], Integers(1, 2)).is_list
    assert make_scale(["b", "a"], Choices(("a", "b"))).is_list


def test_numbers_ascend_and_names_lie_in_the_order_of_their_list():
    scale = make_scale(["1e-2", "1e-4", "1e-3", "1e-4"])
    assert (scale.values, scale.numbers) == (("1e-4", "1e-3", "1e-2"), (1e-4, 1e-3, 1e-2))
    names = make_scale(["1.0", "LSTM", "none", "LSTM"], Choices(("none", "x", "LSTM", "1.0")))
    assert (names.values, names.numbers) == (("none", "LSTM", "1.0"), None)
    assert make_scale(["b", "a", "b"]).values == ("b", "a")
    assert make_scale(["1", "nan"]).numbers is None


def test_what_lies_beside_a_value_stays_nearer_to_it_than_to_its_neighbour():
    names, numbers = make_scale(["b", "a"]), make_scale(["1", "3", "2"])
    assert [names.place(v, aside) for v, aside in (("b", 0), ("a", -1), ("a", 1))] == [0, 0.5, 1.5]
    assert [numbers.place("2", aside) for aside in (-1, 0, 1)] == [1.5, 2, 2.5]
    logs = make_scale(["1", "100", "10000"])
    assert [logs.place("100", aside) for aside in (-1, 0, 1)] == pytest.approx([10, 100, 1000])


def test_the_sweep_says_what_values_were_drawn_from(tmp_path):
    points = [Made({"a": a, "b": b}) for a, b in (("1", "y"), ("10", "x"), ("100", "x"))]
    text = "a=uniform(1,100);b=x,y"
    sweep = read_sweep(write_sweep(tmp_path / "said", points, text=text))
    a, b = setting_scales(sweep, ["a", "b"], sweep.points).values()
    assert (a.is_log, a.is_list, b.values) == (False, False, ("x", "y"))
    sweep = read_sweep(write_sweep(tmp_path / "unsaid", points, text="twice"))
    a, b = setting_scales(sweep, ["a", "b"], sweep.points).values()
    assert (a.is_log, a.is_list, b.values) == (True, True, ("y", "x"))
