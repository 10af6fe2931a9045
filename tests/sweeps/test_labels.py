import pytest
from matplotlib.figure import Figure

from rnnjax.sweeps.records import read_sweep
from rnnjax.sweeps.report.labels import (
    label_names,
    label_numbers,
    lie_level,
    name_run,
    round_numbers,
    widen,
    wrap,
)
from rnnjax.sweeps.report.scales import make_scale
from rnnjax.sweeps.space import LogUniform
from tests.sweeps.made import Made, write_sweep

STACK = "Stack((LSTM(128),GRU(64, reset_after=True)))"


def labelled(label, what, inches):
    panel = Figure().subplots()
    height = label(panel, what, inches)
    return panel, [text.get_text() for text in panel.get_xticklabels()], height


def test_a_list_has_its_own_labels_and_a_range_round_ones():
    panel, texts, _ = labelled(label_numbers, make_scale(["8", "32", "16"]), 5)
    assert (texts, panel.get_xscale()) == (["8", "16", "32"], "log")
    many = [repr(1.5e-4 * 1.3**k) for k in range(25)]  # to 0.081
    panel, texts, _ = labelled(label_numbers, make_scale(many), 5)
    assert (texts, panel.get_xscale()) == (["1e-3", "0.01", "0.1"], "log")
    assert panel.get_xlim() == pytest.approx(widen(1.5e-4, 1.5e-4 * 1.3**24, True, 0.06, 0.06))
    _, texts, _ = labelled(
        label_numbers, make_scale(["0.0012", "0.007"], LogUniform(0.001, 0.01)), 5
    )
    assert texts == ["2e-3", "5e-3"]


def test_numbers_without_room_are_left_out():
    close = make_scale(["1000", "1001", "1100", "2000"])
    assert labelled(label_numbers, close, 5)[1] == ["1000", "1100", "2000"]
    assert labelled(label_numbers, close, 1)[1] == ["1000", "2000"]


def test_names_lie_level_where_there_is_room_and_slant_where_there_is_none():
    names = [STACK, "LSTM", "GRU"]
    assert [lie_level(names, inches) for inches in (6, 2)] == [True, False]
    panel, texts, height = labelled(label_names, names, 6)
    assert (height, {text.get_rotation() for text in panel.get_xticklabels()}) == (0, {0})
    assert texts == ["Stack((LSTM(128),GRU(64,\nreset_after=True)))", "LSTM", "GRU"]
    panel, texts, height = labelled(label_names, names, 2)
    assert {round(text.get_rotation()) for text in panel.get_xticklabels()} == {50}
    assert 0.5 < height < 2
    assert max(map(len, texts[0].splitlines())) <= 24
    assert (
        labelled(label_names, names, 0.8)[1][0].count("\n") == 0
    )  # each line would lie on a neighbour's


def test_round_numbers_lie_within_the_ends():
    assert round_numbers(0.2, 0.5, is_log=True) == [0.2, 0.5]
    assert round_numbers(1e-5, 1e5, is_log=True) == pytest.approx([1e-5, 1e-3, 0.1, 10, 1e3, 1e5])
    assert round_numbers(0.9871, 0.9874, is_log=False) == pytest.approx(
        [0.9871, 0.9872, 0.9873, 0.9874]
    )


def test_an_axis_has_a_width_even_for_one_value():
    assert widen(2.0, 2.0, False, 0.5, 1) == (1.0, 4.0)
    assert widen(0.0, 0.0, False, 0.5, 1) == (-0.5, 1.0)
    assert widen(1.0, 100.0, True, 0.5, 1) == pytest.approx((0.1, 1e4))


def test_long_texts_are_wrapped_where_they_can_be():
    assert wrap("LSTM", 20) == "LSTM"
    assert wrap(STACK, 12) == "Stack((LSTM(\n128),GRU(64,\nreset_after=True)))"
    assert wrap(STACK, 100) == STACK


def test_a_run_is_named_by_its_experiment_its_cell_and_its_task(tmp_path):
    def name(folder, *settings, **config):
        points = [Made(setting) for setting in settings]
        return name_run(read_sweep(write_sweep(tmp_path / folder, points, **config)))

    assert name("a", {"lr": "1"}) == "adding"
    task = {"config": {"task": "Adding(60)"}}
    assert name("b", {"lr": "1"}, {"lr": "2"}, **task) == "adding (LSTM(8), Adding(60))"
    assert name("c", {"cell": "GRU(8)"}, {"cell": "Elman(8)"}, **task) == "adding (Adding(60))"
    assert name("d", {"cell": "GRU(8)"}, **task) == "adding (Adding(60))"
