import jax
import numpy as np
import pytest

from rnnjax.cells import GLA, RetNet
from rnnjax.cells.matrix.memories import DecayElement, MatrixState
from tests.cells.matrices import agrees_with, composes, heads_of
from tests.laws.draws import normal, params_of


def numbers(cell, z):
    z = heads_of(cell, z)
    half = z.shape[1] // 2
    return z[:, :half] + 1j * z[:, half:]


def step(cell, p, state, x):
    (S,) = state
    q, k, v = numbers(cell, x @ p.w_q), numbers(cell, x @ p.w_k), heads_of(cell, x @ p.w_v)
    pairs = cell.dk // 2
    theta = 10000 ** -np.linspace(0, 1, pairs)
    S = np.array(S)
    for h in range(cell.heads):
        gamma = 1 - 2.0 ** (-5 - h)
        for i in range(pairs):
            S[h, i] = gamma * np.exp(1j * theta[i]) * S[h, i]
            S[h, i] += np.conj(k[h, i]) / np.sqrt(cell.dk) * v[h]
    return (S,), np.concatenate([(q[h] @ S[h]).real for h in range(cell.heads)])


def test_the_papers_equations_on_every_engine():
    agrees_with(step, RetNet(4, heads=2, key_dim=4))


def test_steps_compose():
    composes(RetNet(4, heads=2, key_dim=4))


def turned(z, angle):
    """Turns the pairs (i, i + half) of rows by angles [T, half], in real numbers."""
    a, b = np.split(z, 2, axis=1)
    return np.concatenate(
        [a * np.cos(angle) - b * np.sin(angle), a * np.sin(angle) + b * np.cos(angle)], axis=1
    )


@pytest.mark.parametrize("rotate", [True, False])
def test_it_is_attention_of_queries_and_keys_turned_by_their_places(x64, rotate):
    cell = RetNet(3, key_dim=6, rotate=rotate)
    params = cell.init(jax.random.key(0), 2)
    xs = normal(1, (7, 2)).astype(float)
    _, ys = jax.lax.scan(lambda s, x: cell.step(params, s, x), cell.initial_state(params), xs)
    place = np.arange(7)
    angle = rotate * np.outer(place, 10000 ** -np.linspace(0, 1, 3))
    q, k = (turned(np.asarray(xs @ w), angle) for w in (params.w_q, params.w_k))
    fading = np.tril(0.96875 ** (place[:, None] - place[None]))
    expected = (q @ k.T * fading) @ (xs @ params.w_v) / np.sqrt(6)
    np.testing.assert_allclose(ys, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.full
def test_without_rotation_it_is_gated_linear_attention_of_one_decay(x64):
    cell, other = RetNet(3, key_dim=2, rotate=False), GLA(3, key_dim=2)
    p, xs = params_of(cell), normal(1, (5, 2)).astype(float)
    elements = other.element(params_of(other)._replace(w_k=p.w_k, w_v=p.w_v), xs)
    state, S = cell.initial_state(p), np.zeros((1, 2, 3))
    of_gla = params_of(other)._replace(w_q=p.w_q)
    for t, x in enumerate(xs):
        state, y = cell.step(p, state, x)
        element = DecayElement(np.full((1, 2), 0.96875), elements.drive[t])
        S = other.apply(element, MatrixState(S)).S
        found = other.readout(of_gla, MatrixState(S), x)
        np.testing.assert_allclose(y, found, rtol=1e-5)


def test_keys_that_are_no_pairs_are_refused():
    assert (RetNet(3).dk, RetNet(8, heads=2).dk) == (4, 4)
    with pytest.raises(ValueError, match="key_dim must be even"):
        RetNet(4, key_dim=3)
