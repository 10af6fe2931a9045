import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import GatedState, LiGRU, relu, tanh
from tests.cells.loops import follows, sigmoid
from tests.cells.reference import XS, H, vector, wide


def step(cell, p, state, x):
    z, n = np.split(x @ p.w_x + state.h @ p.w_h + p.b, 2)
    h = sigmoid(z) * state.h + (1 - sigmoid(z)) * np.maximum(n, 0)
    return (h,), h


def test_the_papers_equations():
    follows(LiGRU(3), step)


@pytest.mark.parametrize(
    ("activation", "expected"),
    [  # with tanh the reference has these also for a JANET of beta 0
        (relu, [0.893377149543, -0.004459331829]),
        (tanh, [0.547223177464, -0.717499814554]),
    ],
)
def test_the_references_numbers(x64, activation, expected):
    params = LiGRU.params_type(wide(0, 1), wide(2, 3), vector(4, 5))
    cell = LiGRU(2, activation=activation)
    final, _ = unroll.scan(cell, params, GatedState(H), XS)
    np.testing.assert_allclose(final.h, expected, rtol=1e-9)
