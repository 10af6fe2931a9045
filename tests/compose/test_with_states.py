import jax
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import GRU, LRU, LSTM, Elman, GRUResetBefore, PeepholeLSTM
from rnnjax.cells.noise import pack
from rnnjax.compose import Residual, Stack, learned_start, probed, with_states, zoneout
from tests.compose.wrapped import MASK, RESET, XS, B, D, T, engines_agree, outcome, results
from tests.filled import params_of
from tests.laws.draws import assert_close

SOME = [
    LRU(3),
    GRUResetBefore(3),
    Stack((LSTM(3), Residual(GRU(3)))),
    zoneout(learned_start(LSTM(3)), 0.3),
]


def step_by_step(cell, params):
    """Returns the states after each step, by an engine that is given one step a call."""
    state, states = cell.initial_state(params, (B,)), []
    for t in range(T):
        flags = {"mask": MASK[t : t + 1], "reset": RESET[t : t + 1]}
        state, _ = unroll.scan(cell, params, state, XS[t : t + 1], **flags)
        states.append(state)
    return jax.tree.map(lambda *leaves: np.stack(leaves), *states)


@pytest.mark.parametrize("cell", SOME, ids=repr)
def test_states_and_outputs_are_those_of_the_cell(cell):
    params = params_of(cell, D)
    state, seen = outcome(unroll.scan, with_states(cell), params, XS)
    own_state, ys = outcome(unroll.scan, cell, params, XS)
    assert_close((state, seen.y), (own_state, ys))
    wanted = jax.tree.map(
        lambda s: np.where(MASK.reshape(T, B, *[1] * (s.ndim - 2)), s, 0),
        step_by_step(cell, params),
    )
    assert_close(seen.state, wanted)


@pytest.mark.full
@pytest.mark.parametrize("cell", [LRU(3), SOME[2]], ids=repr)
def test_every_engine_shows_the_same(cell):
    assert engines_agree(with_states(cell), params_of(cell, D), train=False) >= 1


@pytest.mark.full
def test_the_kernel_shows_the_same():
    params = params_of(LSTM(3), D)
    actual, expected = (
        results(engine, with_states(LSTM(3)), params, XS) for engine in (unroll.fused, unroll.scan)
    )
    assert_close(actual, expected)


@pytest.mark.parametrize("cell", [LSTM(3), PeepholeLSTM(3), GRU(3)], ids=repr)
def test_gates_make_the_state(cell):
    params = params_of(cell, D)
    _, seen = outcome(unroll.scan, with_states(cell), params, XS, mask=None, reset=None)
    h, gates = seen.state.h, seen.gates
    before = jax.tree.map(lambda s: np.concatenate([np.zeros_like(s[:1]), s[:-1]]), seen.state)
    if isinstance(cell, GRU):
        assert_close((1 - gates.z) * gates.n + gates.z * before.h, h)
    else:
        assert_close(gates.f * before.c + gates.i * gates.g, seen.state.c)
        assert_close(gates.o * np.tanh(seen.state.c), h)


def test_of_a_stack_each_part_has_its_place():
    cell = Stack((LSTM(3), Elman(2)))
    _, seen = outcome(unroll.deferred, with_states(cell), params_of(cell, D), XS)
    assert seen.state[0].c.shape == (T, B, 3)
    assert seen.state[1].h.shape == (T, B, 2)
    assert seen.gates[0].f.shape == (T, B, 3)
    assert seen.gates[1] is None


@pytest.mark.parametrize("engine", [unroll.scan, unroll.Deferred(chunk=4), unroll.checkpointed])
def test_the_gradient_by_each_state_is_that_by_the_papers_recursion(engine):
    # Elman: dL/dh_t = dL/dy_t + w_h (1 - h_{t+1}^2) * dL/dh_{t+1}, nothing through a mask or reset.
    cell = probed(Elman(3))
    params = params_of(cell, D)
    probes = cell.draw(jax.random.key(0), params, (T, B))
    weights = np.cos(np.arange(T * B * 3.0)).reshape(T, B, 3)

    @jax.jit
    def total(probes):
        state = cell.initial_state(params, (B,))
        _, ys = engine(cell, params, state, pack(XS, probes), mask=MASK, reset=RESET)
        return (weights * ys).sum(), ys

    gradient, ys = jax.grad(total, has_aux=True)(probes)
    expected, d_h = np.zeros((T, B, 3)), np.zeros((B, 3))  # d_h: by the state after step t
    for t in reversed(range(T)):
        on = MASK[t][:, None]
        d_new = np.where(on, d_h + weights[t], 0)
        expected[t] = d_new
        back = (d_new * (1 - np.asarray(ys[t], float) ** 2)) @ np.asarray(params.w_h, float).T
        d_h = np.where(on, np.where(RESET[t][:, None], 0, back), d_h)
    assert_close(gradient.own.h, expected)


def test_probes_of_a_linear_cell_are_on_its_engines():
    cell = probed(LRU(3))
    assert engines_agree(cell, params_of(cell, D), train=True) == 1
