import json
import math

import numpy as np
import pytest
import scipy.stats

from rnnjax.sweeps import mean_and_interval, read_sweep
from tests.sweeps.made import Made, write, write_sweep


def point(result, status="finished", **settings):
    return Made({name: str(value) for name, value in settings.items()}, status, ((10, result),))


def test_a_sweep_is_read_as_it_was_written(tmp_path):
    made = [point(0.25, lr="1e-3", seed=0), point(None, "running", lr="1e-3", seed=1)]
    sweep = read_sweep(write_sweep(tmp_path, made, planned=8, text="lr=1e-3;seed=0:8"))
    assert (sweep.experiment, sweep.text, sweep.metric) == ("adding", "lr=1e-3;seed=0:8", "loss")
    assert (sweep.axes, sweep.higher_is_better, sweep.planned) == (("lr", "seed"), False, 8)
    first, second = sweep.points
    assert (first.number, first.status, first.seconds) == (0, "finished", 1.5)
    assert first.settings == {"lr": "1e-3", "seed": "0"}
    assert first.final == {"step": 10, "split": "test", "loss": 0.25}
    assert first.folder == tmp_path / "points" / "0000"
    assert (second.status, second.final, second.seconds) == ("running", None, None)
    assert sweep.counts() == {"finished": 1, "running": 1}


def test_a_command_repeats_a_point_whatever_its_folder_is_called(tmp_path):
    folder = tmp_path / "my sweep"
    sweep = read_sweep(write_sweep(folder, [point(0.25, lr=1)]))
    assert sweep.points[0].command == (
        f"python launch.py --flagfile='{folder}/points/0000/flags.txt'"
    )


@pytest.mark.parametrize(("higher", "order"), [(False, [1, 0, 5]), (True, [5, 0, 1])])
def test_points_are_ranked_by_their_last_metric_and_those_without_come_last(
    tmp_path, higher, order
):
    made = [
        point(0.5, a=0),
        point(0.25, a=1),
        point(0.0, "diverged", a=2),
        point(None, a=3),
        point(0.0, "pruned", a=4),
        point(0.75, a=5),
        point(0.0, "running", a=6),
    ]
    sweep = read_sweep(write_sweep(tmp_path, made, higher_is_better=higher))
    assert [p.number for p in sweep.ranked()] == [*order, 3, 6, 4, 2]
    assert [p.number for p in sweep.finished()] == order


def test_points_that_differ_in_their_seed_alone_are_a_group(tmp_path):
    results = {("a", 0): 4.0, ("a", 1): 2.0, ("b", 0): 1.0, ("b", 1): 2.0, ("b", 2): 3.0}
    made = [point(value, cell=cell, seed=seed) for (cell, seed), value in results.items()]
    made += [point(None, "diverged", cell="b", seed=3), point(None, "diverged", cell="c", seed=0)]
    first, second, third = read_sweep(write_sweep(tmp_path, made)).groups()
    assert (first.settings, first.mean) == ({"cell": "b"}, 2.0)
    assert first.interval == pytest.approx(4.302653 / math.sqrt(3))  # a table of Student's t
    assert [p.number for p in first.points] == [2, 3, 4, 5]
    assert (second.settings, second.mean) == ({"cell": "a"}, 3.0)
    assert second.interval == pytest.approx(12.70620)
    assert (third.settings, third.mean, third.interval) == ({"cell": "c"}, None, None)


def test_the_interval_is_scipys():
    values = np.random.default_rng(0).normal(size=9)
    mean, interval = mean_and_interval(values.tolist())
    low, high = scipy.stats.ttest_1samp(values, 0).confidence_interval(0.95)
    np.testing.assert_allclose((mean - interval, mean + interval), (low, high), rtol=1e-12)


def test_one_value_has_no_interval_and_none_no_mean():
    assert mean_and_interval([2.5]) == (2.5, None)
    assert mean_and_interval([]) == (None, None)
    assert mean_and_interval([2.5, 2.5]) == (2.5, 0.0)


def test_settings_vary_where_points_differ(tmp_path):
    made = [point(1.0, a=0, b=0, seed=0), point(1.0, a=1, b=0, seed=1)]
    sweep = read_sweep(write_sweep(tmp_path, made))
    assert sweep.varied(sweep.points) == ["a"]
    assert sweep.varied(sweep.points[:1]) == []


def test_a_point_that_is_being_made_is_not_there_yet(tmp_path):
    write_sweep(tmp_path, [point(1.0, a=0)])
    (tmp_path / "points" / "0001").mkdir()
    assert len(read_sweep(tmp_path).points) == 1
    assert read_sweep(write_sweep(tmp_path / "empty", [])).points == ()


def test_numbers_beyond_four_digits_keep_their_order(tmp_path):
    write_sweep(tmp_path, [point(1.0, a=0)])
    for number in (10000, 9999):
        about = {"number": number, "settings": {"a": "1"}, "status": "running"}
        write(tmp_path / "points" / f"{number:04d}.json", about)
    assert [p.number for p in read_sweep(tmp_path).points] == [0, 9999, 10000]


def test_what_is_no_sweep_is_refused_in_one_line(tmp_path):
    with pytest.raises(ValueError, match=r"^.* holds no sweep: there is no sweep.json in it$"):
        read_sweep(tmp_path)
    write_sweep(tmp_path, [point(1.0, a=0)])
    file = tmp_path / "points" / "0000.json"
    for text, message in [
        ("{", r"0000.json cannot be read as JSON: .*$"),
        ("[]", r"0000.json holds no JSON object$"),
        ('{"number": 0, "settings": {}}', r"describes no point of this sweep: 'a'$"),
        (
            '{"number": 0, "settings": {"a": 1}, "status": "lost"}',
            r"unknown status 'lost'; there are finished, running, stopped, pruned, failed, div",
        ),
    ]:
        file.write_text(text)
        with pytest.raises(ValueError, match=message):
            read_sweep(tmp_path)
    about = json.loads((tmp_path / "sweep.json").read_text())
    about.pop("metric")
    file.unlink()
    write(tmp_path / "sweep.json", about)
    with pytest.raises(ValueError, match=r"sweep.json lacks 'metric'$"):
        read_sweep(tmp_path)
