import itertools
import math

import pytest

from rnnjax.sweeps import read_sweep
from rnnjax.sweeps.report.importance import importances
from tests.sweeps.made import Made, write_sweep


def shares(folder, axes, loss, **about):
    """The importances where each combination of the axes' values has the loss that is given."""
    points = []
    for values in itertools.product(*axes.values()):
        settings = dict(zip(axes, map(str, values), strict=True))
        points.append(Made(settings, curve=((10, loss(*values)),)))
    return importances(read_sweep(write_sweep(folder, points, **about)))


def test_a_sum_is_taken_apart_into_the_variances_of_its_terms(tmp_path):
    eight = range(8)
    found = shares(tmp_path, {"a": eight, "b": eight}, lambda a, b: 100 + a + 2 * b)
    assert list(found) == ["b", "a"]
    assert found == pytest.approx({"a": 1 / 5, "b": 4 / 5}, abs=0.05)


def test_names_matter_as_numbers_do(tmp_path):
    axes = {"cell": ["LSTM", "GRU"], "lr": [1e-4, 1e-3, 1e-2, 1e-1]}
    found = shares(tmp_path, axes, lambda cell, lr: 10 + (cell == "GRU") + 0 * lr)
    assert found == pytest.approx({"cell": 1.0, "lr": 0.0}, abs=0.05)


def test_a_loss_over_decades_counts_by_its_logarithm(tmp_path):
    # Variances of the logarithm: 1.5² 15 / 12 and 3.873² 3 / 16, which is the same.
    axes = {"a": range(4), "b": range(4)}
    found = shares(tmp_path, axes, lambda a, b: math.exp(1.5 * a - 3.873 * (b == 3)))
    assert found == pytest.approx({"a": 0.5, "b": 0.5}, abs=0.1)


def test_the_seed_is_noise(tmp_path):
    axes = {"a": range(4), "b": range(2), "seed": range(3)}
    assert set(shares(tmp_path, axes, lambda a, b, seed: 10 + a + b + 5 * seed)) == {"a", "b"}


@pytest.mark.parametrize(
    ("axes", "loss"),
    [
        ({"a": range(8), "seed": range(2)}, lambda a, seed: a + seed),
        ({"a": range(3), "b": range(1)}, lambda a, b: a + b),
        ({"a": range(1, 4), "b": range(2)}, lambda a, b: None if b else a),
        ({"a": range(4), "b": range(2)}, lambda a, b: 0.5),
        ({"a": range(4), "b": range(2)}, lambda a, b: None),
    ],
)
def test_too_little_has_no_importance(tmp_path, axes, loss):
    assert shares(tmp_path, axes, loss) == {}
