import json
import re
import sys

import numpy as np
import pytest

from rnnjax.sweeps.records import read_sweep
from rnnjax.sweeps.report.table import summary_lines
from tests.sweeps.made import Made, write, write_sweep


def point(result, status="finished", **settings):
    return Made({name: str(value) for name, value in settings.items()}, status, ((10, result),))


def test_a_sweep_is_read_as_it_was_written(tmp_path):
    made = [point(0.25, lr="1e-3", seed=0), point(None, "running", lr="1e-3", seed=1)]
    sweep = read_sweep(write_sweep(tmp_path, made, planned=8, text="lr=1e-3;seed=0:8"))
    assert (sweep.experiment, sweep.text, sweep.metric) == ("adding", "lr=1e-3;seed=0:8", "loss")
    assert (sweep.axes, sweep.higher_is_better, sweep.planned) == (("lr", "seed"), False, 8)
    assert (sweep.split, sweep.fixed) == ("validation", {})
    first, second = sweep.points
    assert (first.number, first.status, first.seconds) == (0, "finished", 1.5)
    assert first.settings == {"lr": "1e-3", "seed": "0"}
    assert first.best == {"step": 10, "validation": {"loss": 0.25}, "test": {"loss": 4.0}}
    assert first.final == first.best | {"train": {"loss": 99.0}}
    assert first.folder == tmp_path / "points" / "0000"
    assert (second.status, second.final, second.seconds) == ("running", None, None)
    assert sweep.counts() == {"finished": 1, "running": 1}


def test_what_all_configurations_share_is_known(tmp_path):
    made = [point(0.25, lr=1), point(0.5, lr=2)]
    sweep = read_sweep(write_sweep(tmp_path, made, config={"task": "Adding(60)"}))
    assert sweep.fixed == {"cell": "LSTM(8)", "task": "Adding(60)"}


@pytest.mark.parametrize(
    ("program", "said"),
    [("/src/launch.py", "python launch.py"), ("/bin/rnnjax", "rnnjax"), ("/me/mine.py", "rnnjax")],
)
def test_a_command_repeats_a_point_whatever_its_folder_is_called(
    tmp_path, monkeypatch, program, said
):
    monkeypatch.setattr(sys, "argv", [program, "--experiment=adding"])
    folder = tmp_path / "my sweep"
    sweep = read_sweep(write_sweep(folder, [point(0.25, lr=1)]))
    assert sweep.points[0].command == f"{said} --flagfile='{folder}/points/0000/flags.txt'"


def test_a_sweep_is_found_at_home_and_known_by_its_whole_path(tmp_path, monkeypatch):
    write_sweep(tmp_path / "s", [point(0.25, lr=1)])
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for said in ("~/s", "s"):
        sweep = read_sweep(said)
        assert sweep.folder == tmp_path / "s"
        assert sweep.points[0].folder == tmp_path / "s" / "points" / "0000"


@pytest.mark.parametrize(
    ("higher", "split", "order"),
    [
        (False, "validation", [1, 0, 5]),
        (True, "validation", [5, 0, 1]),
        (False, "test", [5, 0, 1]),
        (True, "test", [1, 0, 5]),
    ],
)
def test_points_are_ranked_by_their_chosen_state_and_those_without_come_last(
    tmp_path, higher, split, order
):
    """By the last step, or by test data, they would be ranked the other way round."""
    best = {0: 0.5, 1: 0.25, 5: 0.75}
    last = {0: 0.1, 1: 0.2, 5: 0.05} if higher else {0: 2.0, 1: 3.0, 5: 1.0}
    lost = {2: "diverged", 3: "finished", 4: "pruned", 6: "running"}
    made = [
        Made({"a": str(a)}, "finished", ((5, best[a]), (10, last[a])))
        if a in best
        else point(None if lost[a] == "finished" else 0.0, lost[a], a=a)
        for a in range(7)
    ]
    sweep = read_sweep(write_sweep(tmp_path, made, higher_is_better=higher, split=split))
    assert [p.number for p in sweep.ranked()] == [*order, 3, 6, 4, 2]
    assert [p.number for p in sweep.finished()] == order
    chosen = [best[0], 1 / best[0]] if split == "validation" else [last[0], last[0]]
    assert [sweep.result(sweep.points[0]), sweep.test_result(sweep.points[0])] == chosen
    assert [p.number for p in sweep.ended()] == [0, 1, 2, 3, 5]


def test_points_that_differ_in_their_seed_alone_are_a_group(tmp_path):
    results = {("a", 0): 4.0, ("a", 1): 2.0, ("b", 0): 1.0, ("b", 1): 2.0, ("b", 2): 3.0}
    made = [point(value, cell=cell, seed=seed) for (cell, seed), value in results.items()]
    made += [point(None, "diverged", cell="b", seed=3), point(None, "diverged", cell="c", seed=0)]
    sweep = read_sweep(write_sweep(tmp_path, made))
    first, second, third = sweep.groups()
    assert not sweep.is_logarithmic
    assert (first.settings, first.result.mean) == ({"cell": "b"}, 2.0)
    assert first.result.interval == pytest.approx(4.302653 / 3**0.5)  # a table of Student's t
    assert first.test.mean == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)
    assert [p.number for p in first.points] == [2, 3, 4, 5]
    assert (second.settings, second.result.mean) == ({"cell": "a"}, 3.0)
    assert second.result.interval == pytest.approx(12.70620)
    assert (third.settings, third.result, third.test) == ({"cell": "c"}, None, None)


def test_losses_over_a_decade_are_averaged_by_their_logarithms_and_accuracies_are_not(tmp_path):
    made = [point(value, seed=seed) for seed, value in enumerate([0.01, 0.1, 1.0])]
    sweep = read_sweep(write_sweep(tmp_path / "loss", made))
    result = sweep.groups()[0].result
    assert (sweep.is_logarithmic, result.geometric) == (True, True)
    assert result.mean == pytest.approx(0.1)
    assert result.interval == pytest.approx(10 ** (4.302653 / 3**0.5))
    sweep = read_sweep(write_sweep(tmp_path / "accuracy", made, higher_is_better=True))
    assert sweep.groups()[0].result.mean == pytest.approx(0.37)


def test_settings_vary_where_points_differ(tmp_path):
    made = [point(1.0, a=0, b=0, seed=0), point(1.0, a=1, b=0, seed=1)]
    sweep = read_sweep(write_sweep(tmp_path, made))
    assert sweep.varied(sweep.points) == ["a"]
    assert sweep.varied(sweep.points[:1]) == []


def test_a_frame_has_a_row_a_point_and_numbers_as_numbers(tmp_path):
    values = {
        "lr": ("1e-3", "0.1", "0.010000000000000002"),
        "hidden": ("8", "16", "32"),
        "clip_norm": ("none", "0.5", "None"),
        "bidirectional": ("true", "False", "none"),
        "cell": ("LSTM", "none", "GRU(8)"),
    }
    rows = [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]
    made = [
        Made(rows[0], "finished", ((5, 0.25), (10, 0.5))),
        Made(rows[1], "finished", ((5, None), (10, None))),
        Made(rows[2], "diverged"),
    ]
    frame = read_sweep(write_sweep(tmp_path, made)).to_frame()
    metrics = ["best_step", "best_validation_loss", "best_test_loss", "final_step"]
    metrics += [f"final_{split}_loss" for split in ("train", "validation", "test")]
    assert [*frame] == ["number", "status", *values, *metrics, "seconds", "folder"]
    assert frame["lr"].tolist() == [0.001, 0.1, 0.010000000000000002]
    assert frame["hidden"].dtype == np.int64
    np.testing.assert_array_equal(frame["clip_norm"], [np.nan, 0.5, np.nan])
    assert frame["bidirectional"].tolist() == [True, False, None]
    assert frame["cell"].tolist() == ["LSTM", "none", "GRU(8)"]
    np.testing.assert_array_equal(frame["best_step"], [5, np.nan, np.nan])
    np.testing.assert_array_equal(frame["best_test_loss"], [4, np.nan, np.nan])
    np.testing.assert_array_equal(frame["final_validation_loss"], [0.5, np.nan, np.nan])
    np.testing.assert_array_equal(frame["final_train_loss"], [99, 99, np.nan])
    assert frame["folder"][2] == str(tmp_path / "points" / "0002")
    assert (len(frame), frame["best_step"].dtype, frame["seconds"].dtype) == (3, float, float)


def test_a_point_that_is_being_made_is_not_there_yet(tmp_path):
    write_sweep(tmp_path, [point(1.0, a=0)])
    (tmp_path / "points" / "0001").mkdir()
    assert len(read_sweep(tmp_path).points) == 1
    empty = read_sweep(write_sweep(tmp_path / "empty", []))
    assert (empty.points, len(empty.to_frame())) == ((), 0)


def test_numbers_beyond_four_digits_keep_their_order(tmp_path):
    write_sweep(tmp_path, [point(1.0, a=0)])
    for number in (10000, 9999):
        about = {"number": number, "settings": {"a": "1"}, "status": "running"}
        write(tmp_path / "points" / f"{number:04d}.json", about)
    assert [p.number for p in read_sweep(tmp_path).points] == [0, 9999, 10000]


def test_a_point_that_cannot_be_read_is_left_out_and_the_summary_says_so(tmp_path):
    write_sweep(tmp_path, [point(1.0, a=0), point(2.0, a=1)], config={})
    whole = read_sweep(tmp_path)
    assert whole.left_out == ()
    file, run = tmp_path / "points" / "0000.json", tmp_path / "points" / "0000"
    harms = [
        ("{", r"0000.json cannot be read as JSON: .*$"),
        ("[]", r"0000.json holds no JSON object$"),
        ('{"number": 0, "settings": {}}', r"describes no point of this sweep: 'a'$"),
        (
            '{"number": 0, "settings": {"a": 1}, "status": "lost"}',
            r"unknown status 'lost'; there are finished, running, stopped, pruned, failed, div",
        ),
    ]
    cases = [(file, text, message) for text, message in harms]
    cases.append((run / "summary.json", "{", r"0000/summary.json cannot be read as JSON: .*$"))
    cases.append((run / "config.json", "{", r"0000/config.json cannot be read as JSON: .*$"))
    for harmed, text, message in cases:
        before = harmed.read_text()
        harmed.write_text(text)
        found = read_sweep(tmp_path)
        (fault,) = found.left_out
        assert re.search(message, fault)
        assert found.points == whole.points[1:]
        last = summary_lines(found)[-1]
        assert last == f"Left out, the sweep's command makes it again: {fault}"
        harmed.write_text(before)
    (run / "summary.json").unlink()
    assert read_sweep(tmp_path).left_out == (f"{run / 'summary.json'} is missing",)


def test_what_is_no_sweep_is_refused_in_one_line(tmp_path):
    with pytest.raises(ValueError, match=r"^.* holds no sweep: there is no sweep.json in it$"):
        read_sweep(tmp_path)
    write_sweep(tmp_path, [])
    about = json.loads((tmp_path / "sweep.json").read_text())
    write(tmp_path / "sweep.json", about | {"split": "train"})
    with pytest.raises(ValueError, match=r"sweep.json: split is 'train', not one of validation, t"):
        read_sweep(tmp_path)
    about.pop("split")
    write(tmp_path / "sweep.json", about)
    with pytest.raises(ValueError, match=r"sweep.json lacks 'split'$"):
        read_sweep(tmp_path)
