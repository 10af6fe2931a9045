"""Eigenvalues during training: their sums, the circular law, and who is who."""

import jax
import numpy as np
import pytest

from rnnjax import cells, tasks, training
from rnnjax.analysis import Spectra, match_eigenvalues, plot_spectra


class Weights(training.Listener):
    """Keeps the recurrent weights beside."""

    def __init__(self):
        self.kept = []

    def logged(self, moment):
        params = moment.members.state.judged
        self.kept.append(np.asarray(params["layers_0"]["cell"]["w_h"], np.float64))


def recurrent(params):
    return params["layers_0"]["cell"]["w_h"]


@pytest.fixture(scope="module")
def trained():
    spectra, second, weights = Spectra(recurrent), Spectra(recurrent, member=1), Weights()
    seeds = [training.Hyperparameters(seed=seed, learning_rate=0.02) for seed in range(2)]
    training.fit_members(
        cells.Elman(100, recurrent_init=cells.Normal(0.09)),
        tasks.Adding(4),
        6,
        seeds,
        batch_size=8,
        log_every=2,
        listeners=[spectra, second, weights],
    )
    return spectra, second, weights.kept


def test_sums_of_eigenvalues_are_traces_of_each_members_weights(trained):
    *both, weights = trained
    for member, spectra in enumerate(both):
        assert spectra.steps == [2, 4, 6]
        for values, kept in zip(spectra.eigenvalues, weights, strict=True):
            w_h = kept[member]
            assert values.sum() == pytest.approx(np.trace(w_h), abs=1e-9)
            assert (values**2).sum() == pytest.approx(np.trace(w_h @ w_h), abs=1e-9)
            np.testing.assert_allclose(np.sort(values.conj()), np.sort(values), atol=1e-9)
    assert np.abs(both[0].eigenvalues[0] - both[1].eigenvalues[0]).max() > 0.1


def test_eigenvalues_keep_their_places(trained):
    first, second, third = trained[0].eigenvalues
    moved = np.abs(second - first).mean()
    assert 0 < moved < np.abs(np.sort(second) - first).mean()
    assert np.abs(third - second).mean() < np.abs(np.roll(third, 1) - second).mean()


def test_the_circular_law():
    """Of independent weights of variance `g^2 / N` the part within radius r is `(r / g)^2`."""
    n, g = 400, 0.5
    matrix = cells.Normal(g / n**0.5)(jax.random.key(0), (n, n))
    spectra = Spectra(lambda params: params)
    moment = training.Moment(
        1, {}, np.array([True]), _members(matrix[None]), examples_per_second=1.0
    )
    spectra.logged(moment)
    sizes = np.abs(spectra.eigenvalues[0])
    for r in (0.2, 0.35, 0.5):
        assert np.mean(sizes < r) == pytest.approx((r / g) ** 2, abs=0.04)
    assert sizes.max() == pytest.approx(g, rel=0.08)
    # One direction more is an outlier at its overlap.
    u = np.random.default_rng(0).choice([-1.0, 1.0], n) / n**0.5
    spectra.logged(moment._replace(members=_members((matrix + 2 * np.outer(u, u))[None])))
    assert np.sort(np.abs(spectra.eigenvalues[1]))[-1] == pytest.approx(2, abs=0.15)
    assert np.sort(np.abs(spectra.eigenvalues[1]))[-2] == pytest.approx(g, rel=0.1)


def _members(params):
    state = training.state.TrainState(0, params, None, None, None)
    return training.loop.Members(state, None, None)


def test_who_has_ended_and_what_is_no_matrix():
    spectra = Spectra(lambda params: params)
    moment = training.Moment(1, {}, np.array([False]), _members(np.ones((1, 2, 2))), 1.0)
    spectra.logged(moment)
    assert spectra.steps == []
    with pytest.raises(ValueError, match=r"a square matrix has eigenvalues; got \(2, 3\)"):
        spectra.logged(moment._replace(here=np.array([True]), members=_members(np.ones((1, 2, 3)))))


def test_a_crossing_is_followed():
    """Two of equal size, which an order by sizes would exchange."""
    angles = np.linspace(0.3, 2.8, 12)
    before = np.array([1.0, -1.0 + 0j])
    for angle in angles:
        after = np.exp(1j * angle) * np.array([1 - 0.001 * angle, -1 - 0.001 * angle])
        before = match_eigenvalues(before, after[::-1])
        np.testing.assert_array_equal(before, after)
    with pytest.raises(ValueError, match=r"as many as before; got \(3,\) after \(2,\)"):
        match_eigenvalues([1, 2], [1, 2, 3])


def test_the_plot_has_the_plane_and_the_radius():
    values = np.array([[0.5 + 0.1j, 0.5 - 0.1j], [0.9j, -0.9j], [1.2j, -1.2j]])
    figure = plot_spectra([1, 10, 20], values)
    plane, radius = figure.axes
    np.testing.assert_allclose(radius.lines[0].get_ydata(), np.abs(values[:, 0]))
    np.testing.assert_allclose(plane.lines[1].get_ydata(), values[:, 0].imag)  # its way
    np.testing.assert_allclose(plane.lines[-1].get_ydata(), values[-1].imag)
    labels = [text.get_text() for text in plane.get_legend().get_texts()]
    assert labels == ["unit circle", "update 1", "update 20"]
    with pytest.raises(ValueError, match=r"got \(3, 2\), \(2,\)"):
        plot_spectra([1, 2], values)
