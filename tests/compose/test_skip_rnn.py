import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import CTRNN, LRU, LSTM, GRUResetBefore
from rnnjax.compose import SkipRNN, Stack, skip_rnn, with_states, zoneout
from rnnjax.testing.cell_laws import CELL_LAWS, has_the_gradients_of_finite_differences
from rnnjax.testing.cell_results import CellResults
from tests.compose.wrapped import XS, B, D, outcome
from tests.filled import params_of
from tests.laws.draws import assert_close, normal

LAWS = [law for law in CELL_LAWS if law is not has_the_gradients_of_finite_differences]


def with_increment(cell, d):
    """Parameters with which each update is followed by increments of `d`."""
    params = params_of(cell, D)
    return params._replace(w=0 * params.w, b=jnp.full(1, np.log(d / (1 - d)), jnp.float32))


def updates(cell, params, steps):
    state = cell.initial_state(params, (2,))
    _, seen = unroll.scan(with_states(cell), params, state, normal(1, (steps, 2, D)))
    return np.asarray(seen.state.u[:, 0])


@pytest.mark.parametrize(
    ("d", "expected"), [(0.2, "10010010"), (0.25, "10010010"), (0.3, "10101010"), (0.6, "11111111")]
)
def test_an_update_is_due_when_increments_have_gathered_to_more_than_a_half(d, expected):
    cell = skip_rnn(LSTM(3))
    made = updates(cell, with_increment(cell, d), 8)
    assert "".join(str(int(u)) for u in made) == expected


@pytest.mark.parametrize("cell", [LSTM(3), LRU(3), GRUResetBefore(3), CTRNN(3)], ids=repr)
def test_the_papers_equations(cell):
    skipping = skip_rnn(cell)
    params = params_of(skipping, D)
    params = params._replace(b=params.b - 0.8)
    now, d, q = cell.initial_state(params.cell, (B,)), np.ones(B), np.zeros(B)
    ys, seen = [], []
    for x_t in XS:
        gathered = q + np.minimum(d, 1 - q)
        u = np.round(gathered)
        made, _ = cell.step(params.cell, now, x_t)
        now = jax.tree.map(lambda new, old, u=u: np.where(u[:, None], new, old), made, now)
        leaves = [np.asarray(leaf) for leaf in jax.tree.leaves(made)]
        parts = [p for x in leaves for p in ((x.real, x.imag) if np.iscomplexobj(x) else (x,))]
        due = 1 / (1 + np.exp(-(np.concatenate(parts, -1) @ params.w + np.asarray(params.b)[None])))
        d, q = np.where(u, due[:, 0], d), (1 - u) * gathered
        seen.append(u)
        if isinstance(cell, LRU):
            ys.append(cell.readout(params.cell, jnp.asarray(now.h), x_t))
        else:
            ys.append(np.tanh(now.h) if isinstance(cell, CTRNN) else now.h)
    assert 0 < np.mean(seen) < 1
    state, found = outcome(unroll.scan, skipping, params, XS, mask=None, reset=None)
    assert_close((state.cell, found), (now, np.stack(ys)), atol=1e-5)
    assert_close((state.d, state.q, state.u), (d, q, u), atol=1e-5)


def test_rounding_has_the_derivative_one():
    cell = skip_rnn(LSTM(3))
    params = with_increment(cell, 0.2)
    state = cell.initial_state(params)._replace(d=jnp.float32(0.2))

    def step(d):
        after, _ = cell.step(params, state._replace(d=d), XS[0, 0])
        return after.cell, after.u

    _, (by_state, by_u) = jax.jvp(step, (state.d,), (jnp.float32(1),))
    made, _ = LSTM(3).step(params.cell, state.cell, XS[0, 0])
    assert by_u == 1
    assert_close(by_state, jax.tree.map(lambda new, old: new - old, made, state.cell))


def test_without_skips_it_is_the_cell():
    cell = skip_rnn(LSTM(3))
    params = with_increment(cell, 0.6)
    state, ys = outcome(unroll.scan, cell, params, XS)
    assert_close((state.cell, ys), outcome(unroll.scan, LSTM(3), params.cell, XS), atol=1e-6)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@pytest.mark.full
def test_it_obeys_the_laws_but_that_of_finite_differences(law):
    law(RESULTS)


RESULTS = CellResults(skip_rnn(GRUResetBefore(3)))


def test_of_a_cell_made_of_cells_each_part_skips():
    assert skip_rnn(Stack((LSTM(3), LRU(2)))) == Stack((SkipRNN(LSTM(3)), SkipRNN(LRU(2))))


def test_what_changes_states_belongs_within():
    cell = zoneout(skip_rnn(LSTM(3)), 0.5)
    params = cell.init(jax.random.key(0), 2)
    with pytest.raises(TypeError, match=r"belongs within: skip_rnn\(zoneout"):
        cell.step(params, cell.initial_state(params), jnp.ones(2))
