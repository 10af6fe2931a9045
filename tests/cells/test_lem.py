import jax
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import LEM
from rnnjax.cells.leaky.oscillators import OscillatorState
from tests.cells.loops import follows, sigmoid


def step(cell, p, state, x):
    y, z = state
    (v1, v2, vz, vy), (w1, w2, wz, wy) = (np.split(w, 4, axis=1) for w in (p.w_x, p.w_h))
    b1, b2, bz, by = np.split(p.b, 4)
    d = cell.dt * sigmoid(y @ w1 + x @ v1 + b1)
    e = cell.dt * sigmoid(y @ w2 + x @ v2 + b2)
    z = (1 - d) * z + d * np.tanh(y @ wz + x @ vz + bz)
    y = (1 - e) * y + e * np.tanh(z @ wy + x @ vy + by)
    return (y, z), y


def test_the_papers_equations():
    follows(LEM(3, dt=0.7), step)


def test_the_references_numbers(x64):
    w = [[[0.1, 0.2], [0.3, -0.1]], [[-0.2, 0.1], [0.2, 0.3]]]
    w += [[[0.5, -0.4], [0.1, 0.2]], [[0.3, 0.6], [-0.5, 0.4]]]
    params = LEM.params_type(
        w_x=np.array([[0.5, 0.5, -0.5, 0.5, 1, -1, 0.2, 0.3]]),
        w_h=np.concatenate(w, axis=1),
        b=np.zeros(8),
    )
    zero = OscillatorState(np.zeros(2), np.zeros(2))
    final, _ = unroll.scan(LEM(2), params, zero, np.array([[1.0], [-0.5]]))
    np.testing.assert_allclose(final.y, [0.065014484448, 0.069094864798], rtol=1e-9)
    np.testing.assert_allclose(final.z, [0.089884577757, -0.071795538437], rtol=1e-9)


def test_all_weights_start_evenly_within_the_authors_bound():
    for w in LEM(100).init(jax.random.key(0), 25):
        assert -0.1 <= w.min() < -0.095 < 0.095 < w.max() <= 0.1


@pytest.mark.parametrize("dt", [0.0, 1.5])
def test_steps_that_go_too_far_are_refused(dt):
    with pytest.raises(ValueError, match="dt must be above 0 and not above 1"):
        LEM(3, dt=dt)
