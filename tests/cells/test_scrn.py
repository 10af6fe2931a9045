import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import SCRN
from rnnjax.cells.gated.scrn import SCRNParams, SCRNState
from tests.cells.loops import follows, sigmoid
from tests.cells.reference import SINE_XS, sines


def step(cell, p, state, x):
    s = (1 - cell.alpha) * (x @ p.w_s) + cell.alpha * state.s
    h = sigmoid(s @ p.w_p + x @ p.w_x + state.h @ p.w_h)
    return (h, s), np.concatenate([h, s])


def test_the_papers_equations():
    follows(SCRN(3, context=2), step)


def test_the_references_numbers(x64):
    params = SCRNParams(
        w_s=sines(2, 2, 1), w_p=sines(2, 2, 2), w_x=sines(2, 2, 3), w_h=sines(2, 2, 4)
    )
    start = SCRNState(np.zeros(2), np.zeros(2))
    final, ys = unroll.scan(SCRN(2, context=2), params, start, SINE_XS)
    np.testing.assert_allclose(final.s, [0.0547916735, 0.0118575716], rtol=1e-8)
    np.testing.assert_allclose(final.h, [0.4973691832, 0.3492829584], rtol=1e-9)
    np.testing.assert_array_equal(ys[-1], [*final.h, *final.s])


@pytest.mark.parametrize("alpha", [-0.1, 1.0])
def test_a_context_keeps_some_and_changes(alpha):
    with pytest.raises(ValueError, match="alpha must be 0 or more and below 1"):
        SCRN(3, alpha=alpha)
