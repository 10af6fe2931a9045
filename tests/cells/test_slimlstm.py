import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import SlimLSTM
from rnnjax.cells.gated.lstm import LSTMState
from rnnjax.cells.gated.slimlstm import SlimLSTMParams
from tests.cells.loops import follows, sigmoid
from tests.cells.reference import XS, H, vector, wide


def step(cell, p, state, x):
    h, v = state.h, cell.variant
    w_i, w_f, w_g, w_o = np.split(p.w_h, 4, 1) if v in (1, 2) else (0, 0, p.w_h, 0)
    b_i, b_f, b_g, b_o = np.split(p.b, 4) if v in (1, 3, 5) else (0, 0, p.b, 0)
    p_i, p_f, p_o = np.split(p.p, 3) if v in (4, 5) else (0, 0, 0)

    def gate(w, own, b):
        return sigmoid((h @ w if v in (1, 2) else 0) + own * h + b)

    c = gate(w_f, p_f, b_f) * state.c
    c = c + gate(w_i, p_i, b_i) * np.tanh(x @ p.w_x + h @ w_g + b_g)
    h = gate(w_o, p_o, b_o) * np.tanh(c)
    return (h, c), h


@pytest.mark.parametrize("variant", [1, 2, 3, 4, 5])
def test_the_papers_equations(variant):
    follows(SlimLSTM(3, variant=variant), step)


@pytest.mark.parametrize(
    ("variant", "expected"),
    [
        (1, [-0.031084642681, -0.169333469917]),
        (2, [0.041987524415, -0.066418653423]),
        (3, [0.025487798626, -0.124431363054]),
        (4, [0.119469686831, -0.038729005288]),
        (5, [0.051013125653, -0.146461141187]),
    ],
)
def test_the_references_numbers(x64, variant, expected):
    params = SlimLSTMParams(
        w_x=wide(2),
        w_h=wide(4, 5, 6, 7) if variant in (1, 2) else wide(6),
        b=vector(8, 9, 10, 11) if variant in (1, 3, 5) else vector(10),
        p=vector(12, 13, 14) if variant in (4, 5) else None,
    )
    state = LSTMState(H, jnp.array([-0.3, 0.8]))
    final, _ = unroll.scan(SlimLSTM(2, variant=variant), params, state, XS)
    np.testing.assert_allclose(final.h, expected, rtol=1e-9)


def test_variants_that_are_none_are_refused():
    with pytest.raises(ValueError, match="variant must be 1 to 5"):
        SlimLSTM(3, variant=6)
