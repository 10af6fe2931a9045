import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import CfC, GatedState, Timed, identity
from rnnjax.cells.leaky.cfc import CfCParams
from tests.cells.loops import XS, follows, sigmoid
from tests.laws.draws import assert_close, params_of, state_of


def step(cell, p, state, x):
    q = 1.7159 * np.tanh(0.666 * (x @ p.w_x + state.h @ p.w_h + p.b))
    f, g, a, b = np.split(q @ p.w_q + p.b_q, 4)
    s = sigmoid(a + b)
    h = np.tanh(f) * (1 - s) + s * np.tanh(g)
    return (h,), h


def test_the_authors_equations():
    follows(CfC(3, backbone=5), step)


@pytest.mark.parametrize(
    ("elapsed", "expected"),
    [(None, -0.103512705079), (1.0, -0.103512705079), (-1.0, -0.007522094483)],
)
def test_the_references_numbers(x64, elapsed, expected):
    cell = CfC(1, backbone=2, backbone_activation=identity)
    params = CfCParams(
        w_x=np.array([[1.0, 0]]),
        w_h=np.array([[0, 1.0]]),
        b=np.zeros(2),
        w_q=np.array([[0.5, -0.4, 0.7, -0.1], [-0.3, 0.6, 0.2, 0.3]]),
        b_q=np.array([0.1, -0.2, 0.05, 0.15]),
    )
    xs = np.array([[1.0], [-0.5]])
    given = xs if elapsed is None else Timed(xs, np.full((2, 1), elapsed))
    final, _ = unroll.scan(cell, params, GatedState(np.zeros(1)), given)
    np.testing.assert_allclose(final.h, [expected], rtol=1e-9)


def test_times_differ_from_step_to_step():
    cell = CfC(3)
    params, state = params_of(cell), state_of(cell)
    times = np.linspace(0, 2, len(XS))[:, None]
    _, ys = unroll.scan(cell, params, state, Timed(XS.astype(np.float32), times))
    for x_t, time, y_t in zip(XS.astype(np.float32), times, ys, strict=True):
        state, expected = cell.step(params, state, Timed(x_t, time.astype(np.float32)))
        assert_close(y_t, expected)
