import itertools
import math

import numpy as np
import pytest

from rnnjax.sweeps.records import read_sweep
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
    assert found == pytest.approx({"a": 1 / 5, "b": 4 / 5}, abs=1e-6)


def test_names_matter_as_numbers_do(tmp_path):
    axes = {"cell": ["LSTM", "GRU"], "lr": [1e-4, 1e-3, 1e-2, 1e-1]}
    found = shares(tmp_path, axes, lambda cell, lr: 10 + (cell == "GRU") + 0 * lr)
    assert found == pytest.approx({"cell": 1.0, "lr": 0.0}, abs=1e-6)


def test_many_names_are_as_many_values(tmp_path):
    axes = {"cell": [f"cell {n}" for n in range(30)], "lr": [1, 2, 3]}
    found = shares(tmp_path, axes, lambda cell, lr: 10 + int(cell[5:]) % 5 + lr)
    assert found == pytest.approx({"cell": 2 / (2 + 2 / 3), "lr": 1 / 4}, abs=1e-6)


def test_a_loss_over_decades_counts_by_its_logarithm(tmp_path):
    # Variances of the logarithm: 1.5² 15 / 12 and 3.873² 3 / 16, which is the same.
    axes = {"a": range(4), "b": range(4)}
    found = shares(tmp_path, axes, lambda a, b: math.exp(1.5 * a - 3.873 * (b == 3)))
    assert found == pytest.approx({"a": 0.5, "b": 0.5}, abs=1e-4)


@pytest.mark.parametrize("text", ["rate=log(1e-5,1e-1);dropout=uniform(0,0.5)", ""])
def test_a_rate_on_a_logarithmic_scale_counts_by_its_logarithm(tmp_path, text):
    # The variance of a uniform number over a range r is r² / 12: 4² of the decades to 2².
    uniform = np.random.default_rng(0).uniform
    points = [
        Made({"rate": str(10**log), "dropout": str(dropout)}, curve=((1, 4 * dropout - log),))
        for log, dropout in np.stack([uniform(-5, -1, 300), uniform(0, 0.5, 300)], 1).tolist()
    ]
    found = importances(read_sweep(write_sweep(tmp_path, points, text=text)))
    assert found == pytest.approx({"rate": 0.8, "dropout": 0.2}, abs=0.02)


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
        ({"a": range(2), "b": range(2)}, lambda a, b: 5.0 + (a != b)),
    ],
)
def test_too_little_has_no_importance(tmp_path, axes, loss):
    assert shares(tmp_path, axes, loss) == {}
