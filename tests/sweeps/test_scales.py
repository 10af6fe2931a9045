import pytest

from rnnjax.sweeps.report.scales import make_metric_scale, make_scale, shorten, wrap


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
def test_numbers_lie_by_their_logarithm_where_that_spaces_them_evenly(values, is_log):
    assert make_scale(values).is_log == is_log


def test_numbers_lie_in_proportion():
    scale = make_scale(["1e-2", "1e-4", "1e-3", "1e-4"])
    assert scale.values == ("1e-4", "1e-3", "1e-2")
    assert [scale.place(v) for v in scale.values] == pytest.approx([0, 0.5, 1])
    assert make_scale(["0", "10", "4"]).place("4") == pytest.approx(0.4)
    assert make_scale(["7"]).place("7") == 0.5


def test_names_lie_in_the_order_they_came():
    scale = make_scale(["LSTM", "GRU", "LSTM", "Elman(8)"])
    assert [scale.place(v) for v in ("LSTM", "GRU", "Elman(8)")] == [0, 0.5, 1]
    assert scale.ticks() == [(0, "LSTM"), (0.5, "GRU"), (1, "Elman(8)")]
    assert make_scale(["1", "nan"]).numbers is None


def test_few_numbers_get_a_tick_each_and_many_get_round_ones():
    assert [label for _, label in make_scale(["8", "32", "16"]).ticks()] == ["8", "16", "32"]
    many = make_scale([repr(1.5e-4 * 1.3**k) for k in range(25)])  # to 0.081
    assert [label for _, label in many.ticks()] == ["0.001", "0.01"]
    assert [place for place, _ in many.ticks()] == pytest.approx([0.3013, 0.6670], abs=1e-4)
    narrow = make_scale([repr(0.1 * 1.1**k) for k in range(20)])  # to 0.61
    assert [label for _, label in narrow.ticks()] == ["0.1", "0.2", "0.5"]


def test_many_numbers_fall_into_bins():
    bins = make_scale([str(n) for n in range(13)]).bins(3)
    assert [label for label, _ in bins] == ["0 to 4", "4 to 8", "8 to 12"]
    assert [len(members) for _, members in bins] == [4, 4, 5]
    assert make_scale(["8", "16"]).bins(3) == [("8", ["8"]), ("16", ["16"])]


def test_a_loss_over_more_than_a_decade_bends_and_an_accuracy_does_not():
    assert make_metric_scale([0.01, 1.0], higher_is_better=False).is_log
    assert not make_metric_scale([0.01, 1.0], higher_is_better=True).is_log
    assert not make_metric_scale([0.0, 1.0], higher_is_better=False).is_log


def test_long_values_are_shortened_and_wrapped():
    assert shorten("0.0033229473") == "0.003323"
    assert shorten("1e-3") == "1e-3"
    assert shorten("Stack((LSTM(128), GRU(64)))") == "Stack((LSTM(128), GRU(64)))"
    assert wrap("Stack((LSTM(128),GRU(64)))", 20) == "Stack((LSTM(128),\nGRU(64)))"
    assert wrap("LSTM", 20) == "LSTM"
