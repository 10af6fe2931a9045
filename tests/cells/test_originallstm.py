import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import OriginalLSTM
from rnnjax.cells.gated.lstm import LSTMState
from tests.cells.loops import follows, sigmoid
from tests.cells.reference import XS, H, vector, wide

C = np.array([-0.3, 0.8])


def later(cell, p, state, x):
    i, g, o = np.split(x @ p.w_x + state.h @ p.w_h + p.b, 3)
    c = state.c + sigmoid(i) * np.tanh(g)
    h = sigmoid(o) * np.tanh(c)
    return (h, c), h


def of_1997(cell, p, state, x):
    i, g, o = np.split(x @ p.w_x + state.h @ p.w_h + p.b, 3)
    c = state.c + sigmoid(i) * (4 * sigmoid(g) - 2)
    h = sigmoid(o) * (2 * sigmoid(c) - 1)
    return (h, c), h


def test_the_equations_with_later_squashings():
    follows(OriginalLSTM(3), later)


def test_the_equations_with_the_papers_squashings():
    follows(OriginalLSTM(3, scale=2.0), of_1997)


@pytest.mark.parametrize(
    ("scale", "h", "c"),
    [
        (1.0, [-0.071805128447, 0.450812825711], [-0.378819199235, 0.599558011547]),
        (2.0, [-0.025930091170, 0.257303988815], [-0.286948011825, 0.624241485368]),
    ],
)
def test_the_references_numbers(x64, scale, h, c):
    params = OriginalLSTM.params_type(wide(0, 2, 3), wide(4, 6, 7), vector(8, 10, 11))
    final, _ = unroll.scan(OriginalLSTM(2, scale=scale), params, LSTMState(H, C), XS)
    np.testing.assert_allclose(final.h, h, rtol=1e-10)
    np.testing.assert_allclose(final.c, c, rtol=1e-10)


@pytest.mark.parametrize("scale", [0.0, -1.0])
def test_scales_that_are_none_are_refused(scale):
    with pytest.raises(ValueError, match="scale must be above 0"):
        OriginalLSTM(3, scale=scale)
