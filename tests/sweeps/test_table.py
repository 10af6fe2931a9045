import io

import pytest
from rich.console import Console

from rnnjax.sweeps.estimates import Estimate
from rnnjax.sweeps.report.table import format_estimate, print_report
from tests.sweeps.made import Made, write_sweep

CELL = "Stack((LSTM(128), Elman(64, activation=relu)))"


def made(result, status="finished", **settings):
    curve = ((5, result), (10, None if result is None else 100.0))  # the best is not the last
    return Made({k: str(v) for k, v in settings.items()}, status, curve)


TEST = "Ranked by validation loss, less is better, at each run's best step; the test column is of"


def printed(folder, points, width=80, **about):
    """The lines of the report, without what pads them."""
    file = io.StringIO()
    print_report(write_sweep(folder, points, **about), Console(file=file, width=width))
    return [line.rstrip() for line in file.getvalue().splitlines()]


def rows(lines):
    """The cells of each row of the table."""
    rule = next(i for i, line in enumerate(lines) if "───" in line)
    end = lines.index("", rule)
    return [line.split("  ") for line in map(str.strip, lines[rule + 1 : end])]


def cells(lines):
    return [[cell.strip() for cell in row if cell.strip()] for row in rows(lines)]


def head(lines):
    rule = next(i for i, line in enumerate(lines) if "───" in line)
    return [cell.strip() for cell in lines[rule - 1].split("  ") if cell.strip()]


def test_groups_are_ranked_with_means_intervals_and_best_point(tmp_path):
    points = [made(r, lr=lr, seed=s) for lr, r, s in [("1e-2", 4.0, 0), ("1e-2", 2.0, 1)]]
    points += [made(float(1 + s), lr="1e-3", seed=s) for s in range(3)]
    points += [made(None, "diverged", lr="1e-3", seed=3), made(None, "diverged", lr=1, seed=0)]
    lines = printed(tmp_path, points, text="lr=1e-2,1e-3,1;seed=0:4")
    assert lines[0] == "adding: lr=1e-2,1e-3,1;seed=0:4"
    assert head(lines) == ["rank", "lr", "validation", "test", "seeds", "best point"]
    assert cells(lines) == [
        ["1", "1e-3", "2.0 ± 2.5", "0.61 ± 0.86", "3, 1 diverged", "1 (0002)"],
        ["2", "1e-2", "3 ± 13", "0.4 ± 1.6", "2", "2 (0001)"],
        ["-", "1", "diverged", "1 diverged"],
    ]
    assert "7 points: 5 finished, 2 diverged." in lines
    assert f"{TEST} the same step." in lines
    assert "Means over seeds ± 95 % confidence intervals." in lines


def test_losses_over_decades_have_geometric_means(tmp_path):
    points = [made(10.0**n, a=a, seed=s) for a in (0, 1) for s, n in enumerate((-a, -a - 1))]
    lines = printed(tmp_path, points)
    assert [row[2:4] for row in cells(lines)] == [
        ["0.032 ×/÷ 2.3e+06", "32 ×/÷ 2.3e+06"],  # noqa: RUF001
        ["0.32 ×/÷ 2.3e+06", "3.2 ×/÷ 2.3e+06"],  # noqa: RUF001
    ]
    assert any(line.startswith("Geometric means over seeds") for line in lines)


def test_points_of_one_seed_are_ranked_by_themselves(tmp_path):
    points = [made(0.5, a=1), made(0.0625, a=2), made(0, "pruned", a=3), made(0, "failed", a=4)]
    lines = printed(tmp_path, points, planned=9)
    assert head(lines) == ["rank", "a", "validation", "test", "point"]
    assert cells(lines) == [
        ["1", "2", "0.0625", "16", "0001"],
        ["2", "1", "0.5", "2", "0000"],
        ["-", "3", "pruned", "0002"],
        ["-", "4", "failed", "0003"],
    ]
    assert "4 of 9 points: 2 finished, 1 pruned, 1 failed." in lines
    assert not any("seeds" in line for line in lines)


def test_where_nothing_was_held_out_the_last_test_result_counts_and_the_report_says_so(tmp_path):
    points = [made(0.5, a=1), made(0.25, a=2)._replace(curve=((5, 0.25), (10, 0.75)))]
    lines = printed(tmp_path, points, split="test", metric="accuracy", higher_is_better=True)
    assert head(lines) == ["rank", "a", "test", "point"]
    assert cells(lines) == [["1", "1", "100", "0000"], ["2", "2", "0.75", "0001"]]
    assert any(line.endswith("Nothing was held out to choose by.") for line in lines)


def test_a_sweep_all_of_whose_points_diverged_has_no_result_and_says_so(tmp_path):
    points = [made(None, "diverged", a=a, seed=s) for a in (1, 2) for s in (0, 1)]
    lines = printed(tmp_path, points)
    assert cells(lines) == [
        ["-", "1", "diverged", "2 diverged"],
        ["-", "2", "diverged", "2 diverged"],
    ]
    assert lines[-2:] == [
        "4 points: 4 diverged. None has a result.",
        f"Each point has its flags.txt in {tmp_path}/points.",
    ]


def test_the_best_three_can_be_repeated_by_a_line_each(tmp_path):
    folder = tmp_path / ("a_long_name" * 10)
    lines = printed(folder, [made(float(-n), a=n) for n in range(5)])
    commands = [line.strip() for line in lines if "--flagfile" in line]
    assert commands == [f"rnnjax --flagfile={folder}/points/000{n}/flags.txt" for n in (4, 3, 2)]
    assert lines[-1] == f"Each point has its flags.txt in {folder}/points."


def test_twenty_rows_are_shown(tmp_path):
    lines = printed(tmp_path, [made(float(n), a=n) for n in range(25)])
    assert [row[0] for row in cells(lines)] == [str(n) for n in range(1, 21)]
    assert "... and 5 more" in lines


def test_long_values_are_folded_and_no_number_is_cut(tmp_path):
    points = [
        made(r, learning_rate=lr, cell=CELL, hidden=128)
        for r, lr in [(0.0123456, 0.0033229473), (0.123456, 0.00345678)]
    ]
    lines = printed(tmp_path, points)
    assert max(map(len, lines[1 : lines.index("2 points: 2 finished.")])) <= 80
    first = next(row for row in cells(lines) if row[0] == "1")
    assert first == ["1", "0.003323", "Stack((LSTM(128),", "128", "0.01235", "81", "0000"]
    assert "".join("".join(row) for row in cells(lines)).count("activation=relu)))") == 2


def test_many_settings_share_a_column(tmp_path):
    settings = {f"setting_number_{n}": n for n in range(6)}
    lines = printed(tmp_path, [made(0.25, **settings), made(0.5, **settings | {"seed": 1})])
    text = " ".join(line.strip() for line in lines)
    assert "setting_number_0=0," in text
    assert "settings" in text
    for width in (20, 40, 80, 200):
        narrow = " ".join(printed(tmp_path / str(width), [made(0.2468, **settings)], width))
        assert "0.2468" in narrow
        assert "0000" in narrow


def test_a_result_that_is_not_finite_says_so(tmp_path):
    assert cells(printed(tmp_path, [made(None, a=1)])) == [["-", "1", "not finite", "0000"]]


def test_a_sweep_of_no_points_and_of_one(tmp_path):
    assert printed(tmp_path / "none", []) == ["No points yet."]
    lines = printed(tmp_path / "one", [made(0.5, a="[red]x")])
    assert "1 point: 1 finished." in lines
    assert cells(lines)[0][1] == "[red]x"
    assert lines[-2] == "To repeat it:"


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate(0.0123456, 0.00123), "0.0123 ± 0.0012"),
        (Estimate(0.0123456, 0.000996), "0.01235 ± 0.00100"),
        (Estimate(123.456, 12.3), "123 ± 12"),
        (Estimate(1234.56, 123.0), "1235 ± 123"),
        (Estimate(1.23456e-9, 1.23e-10), "1.235e-09 ± 1.2e-10"),
        (Estimate(0.5, 0.0), "0.5"),
        (Estimate(0.5, None), "0.5"),
        (Estimate(0.000634, 2.345, geometric=True), "0.00063 ×/÷ 2.3"),  # noqa: RUF001
        (Estimate(0.000634, 305.4, geometric=True), "0.00063 ×/÷ 305"),  # noqa: RUF001
        (Estimate(0.00063412, 1.0123, geometric=True), "0.0006341 ×/÷ 1.012"),  # noqa: RUF001
        (Estimate(0.00063412, 1e30, geometric=True), "0.00063 ×/÷ 1.0e+30"),  # noqa: RUF001
        (Estimate(0.5, 1.0, geometric=True), "0.5"),
        (Estimate(0.5, None, geometric=True), "0.5"),
    ],
)
def test_a_mean_has_as_many_digits_as_its_interval_allows(estimate, text):
    assert format_estimate(estimate) == text
