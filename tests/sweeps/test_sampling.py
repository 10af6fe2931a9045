import math

import numpy as np
import optuna
import pytest
import scipy.stats

from rnnjax.sweeps import read_space
from rnnjax.sweeps.sampling import draw, grid, suggest

MIXED = "lr=log(1e-4,1e-1);u=uniform(-1,3);n=int(1,4);cell=LSTM,GRU"


def column(points, name):
    return np.array([float(point[name]) for point in points])


def test_a_grid_is_every_combination_and_its_last_axis_is_fastest():
    assert grid(read_space("cell=LSTM,GRU;hidden=8;seed=0:3")) == [
        {"cell": "LSTM", "hidden": "8", "seed": "0"},
        {"cell": "LSTM", "hidden": "8", "seed": "1"},
        {"cell": "LSTM", "hidden": "8", "seed": "2"},
        {"cell": "GRU", "hidden": "8", "seed": "0"},
        {"cell": "GRU", "hidden": "8", "seed": "1"},
        {"cell": "GRU", "hidden": "8", "seed": "2"},
    ]


def test_a_grid_needs_lists_and_an_end():
    with pytest.raises(ValueError, match=r"^b is a range, not a list: a grid needs lists$"):
        grid(read_space("a=1,2;b=log(1,2)"))
    with pytest.raises(ValueError, match=r"^a grid of 1,000,000 points is more than 10,000$"):
        grid(read_space("a=0:1000;b=0:1000"))


@pytest.mark.parametrize("sampler", ["random", "qmc"])
def test_draws_lie_in_the_space_and_read_back_exactly(sampler):
    points = draw(read_space(MIXED), 64, sampler, 3)
    assert [list(point) for point in points] == [["lr", "u", "n", "cell"]] * 64
    assert all(1e-4 <= value <= 1e-1 for value in column(points, "lr"))
    assert all(-1 <= value <= 3 for value in column(points, "u"))
    assert {point["n"] for point in points} == {"1", "2", "3", "4"}
    assert {point["cell"] for point in points} == {"LSTM", "GRU"}
    assert all(repr(float(point[name])) == point[name] for point in points for name in ("lr", "u"))


@pytest.mark.parametrize("sampler", ["random", "qmc"])
def test_the_seed_decides_the_draws(sampler):
    space = read_space(MIXED)
    points = draw(space, 16, sampler, 3)
    assert draw(space, 16, sampler, 3) == points
    assert draw(space, 8, sampler, 3) == points[:8]
    assert draw(space, 16, sampler, 4) != points


def test_random_draws_have_the_distributions_that_the_axes_name():
    points = draw(read_space(MIXED), 1000, "random", 0)
    logs = (np.log10(column(points, "lr")) + 4) / 3
    assert scipy.stats.kstest(logs, "uniform").pvalue > 0.01
    assert scipy.stats.kstest((column(points, "u") + 1) / 4, "uniform").pvalue > 0.01
    counts = np.bincount(column(points, "n").astype(int), minlength=5)[1:]
    assert scipy.stats.chisquare(counts).pvalue > 0.01
    assert scipy.stats.binomtest(sum(p["cell"] == "GRU" for p in points), 1000).pvalue > 0.01


def test_quasi_random_draws_are_a_scrambled_sobol_sequence_from_its_beginning():
    points = draw(read_space("lr=log(1e-4,1e-1);u=uniform(-1,3)"), 32, "qmc", 5)
    places = np.stack([(np.log10(column(points, "lr")) + 4) / 3, (column(points, "u") + 1) / 4], 1)
    np.testing.assert_allclose(places, scipy.stats.qmc.Sobol(2, seed=5).random(32), atol=1e-12)
    for axis in places.T:  # a net: each of 32 equal intervals has one point
        assert sorted((axis * 32).astype(int)) == list(range(32))


def test_quasi_random_categories_are_even():
    points = draw(read_space("cell=LSTM,GRU;n=int(1,4)"), 32, "qmc", 0)
    assert sorted(p["cell"] for p in points) == ["GRU"] * 16 + ["LSTM"] * 16
    assert np.bincount(column(points, "n").astype(int)).tolist() == [0, 8, 8, 8, 8]


def test_a_trial_suggests_values_as_text():
    trial = optuna.trial.FixedTrial({"lr": 1e-3, "u": 0.1 + 0.2, "n": 2, "cell": "GRU"})
    assert suggest(trial, read_space(MIXED)) == {
        "lr": "0.001",
        "u": "0.30000000000000004",
        "n": "2",
        "cell": "GRU",
    }
    distributions = trial.distributions
    assert distributions["lr"] == optuna.distributions.FloatDistribution(1e-4, 1e-1, log=True)
    assert distributions["n"] == optuna.distributions.IntDistribution(1, 4)


def test_drawing_is_silent_and_leaves_optunas_log_as_it_was(capfd):
    before = optuna.logging.get_verbosity()
    draw(read_space(MIXED), 4, "qmc", 0)
    draw(read_space(MIXED), 4, "random", 0)
    assert capfd.readouterr() == ("", "")
    assert optuna.logging.get_verbosity() == before


def test_what_cannot_be_drawn_is_refused():
    space = read_space("a=uniform(0,1)")
    with pytest.raises(ValueError, match=r"^no sampler 'tpe' draws in advance: random and qmc do$"):
        draw(space, 4, "tpe", 0)
    with pytest.raises(ValueError, match=r"^0 points cannot be drawn: from 1 to 10,000 can$"):
        draw(space, 0, "random", 0)


def test_a_log_uniform_number_is_as_likely_in_each_decade():
    values = column(draw(read_space("a=log(1,1000)"), 512, "qmc", 1), "a")
    decades = [int(math.log10(value)) for value in values if value < 1000]
    assert max(abs(decades.count(d) - 512 / 3) for d in range(3)) <= 1
