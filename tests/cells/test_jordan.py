import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import Elman, Jordan, identity
from rnnjax.cells.plain.elman import ElmanState
from rnnjax.cells.plain.jordan import JordanParams, JordanState
from tests.cells.loops import XS, follows
from tests.cells.reference import XS as REFERENCE_XS
from tests.cells.reference import H, vector, wide
from tests.laws.draws import params_of


def step(cell, p, state, x):
    u = cell.mu * state.u + state.y
    y = np.tanh(np.tanh(x @ p.w_x + u @ p.w_h + p.b) @ p.w_y + p.b_y)
    return (y, u), y


def test_the_papers_equations():
    follows(Jordan(3, context=2, mu=0.5), step)


def test_the_references_numbers(x64):
    params = JordanParams(wide(0), wide(1), vector(2), wide(3), vector(4))
    state = JordanState(y=H, u=np.zeros(2))
    final, _ = unroll.scan(Jordan(2), params, state, REFERENCE_XS)
    np.testing.assert_allclose(final.y, [0.452814102525, -0.407592364049], rtol=1e-10)

    final, _ = unroll.scan(Jordan(2, mu=0.5), params, state, REFERENCE_XS)
    np.testing.assert_allclose(final.u, [0.651584940979, -0.496758547177], rtol=1e-10)
    np.testing.assert_allclose(final.y, [0.412078664794, -0.350556393408], rtol=1e-10)


def test_where_the_outputs_are_the_units_it_is_an_elman():
    w_x, w_h, b = params_of(Elman(3))
    params, h = JordanParams(w_x, w_h, b, jnp.eye(3), jnp.zeros(3)), np.ones(3)
    cell = Jordan(3, output_activation=identity)
    _, ys = unroll.scan(cell, params, JordanState(h, np.zeros(3)), XS)
    _, expected = unroll.scan(Elman(3), Elman.params_type(w_x, w_h, b), ElmanState(h), XS)
    np.testing.assert_allclose(ys, expected, rtol=1e-5)


def test_there_are_as_many_outputs_as_units_if_it_is_not_said():
    for context, size in ((None, 4), (2, 2)):
        params = Jordan(4, context).init(jax.random.key(0), 3)
        assert params.w_h.shape == (size, 4)
        assert params.w_y.shape == (4, size)


@pytest.mark.parametrize("context", [0, 2.0, True])
def test_a_context_is_a_whole_number(context):
    with pytest.raises(ValueError, match="context must be a whole number of 1 or more"):
        Jordan(3, context)


@pytest.mark.parametrize("mu", [-0.1, 1.0])
def test_contexts_that_do_not_fade_are_refused(mu):
    with pytest.raises(ValueError, match="mu must be 0 or more and below 1"):
        Jordan(3, mu=mu)
