import jax
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import TapeRNN
from rnnjax.cells.memory.tapernn import TapeRNNState
from tests.cells.loops import follows
from tests.laws.draws import params_of


def step(cell, p, state, x):
    h = np.maximum(x @ p.w_x + state.M[0] @ p.w_m + state.h @ p.w_h + p.b, 0)
    written = h
    for w, b in p.layers[:-1]:
        written = np.maximum(written @ w + b, 0)
    written = written @ p.layers[-1].w + p.layers[-1].b
    tape = np.concatenate([written[None], state.M[1:]])
    M = np.zeros_like(tape)
    for j in range(cell.tapes):
        logits = (h @ p.w_a + p.b_a)[j :: cell.tapes]
        a = np.exp(logits) / np.exp(logits).sum()
        own = slice(j * cell.width, (j + 1) * cell.width)
        jump = () if cell.jump is None else (-cell.jump, cell.jump)
        for weight, offset in zip(a, (0, -1, 1, *jump), strict=True):
            for i in range(cell.slots):
                M[i, own] += weight * tape[(i - offset) % cell.slots, own]
    return (h, M), h


@pytest.mark.parametrize(
    "cell",
    [
        TapeRNN(3, width=2, slots=5, tapes=2, jump=2, layers=(4,)),
        TapeRNN(3, width=2, slots=4, layers=()),
    ],
    ids=repr,
)
def test_the_papers_equations(cell):
    follows(cell, step)


@pytest.mark.parametrize(("action", "turned"), [(0, 0), (1, -1), (2, 1), (3, -2), (4, 2)])
def test_a_sure_action_writes_and_turns_the_tape(action, turned):
    cell = TapeRNN(3, width=2, slots=5, jump=2, layers=())
    params = jax.tree.map(np.zeros_like, params_of(cell))
    params.b_a[action], params.layers[0].b[:] = 200, 7
    tape = np.arange(10, dtype=np.float32).reshape(5, 2)
    state, _ = cell.step(params, TapeRNNState(np.zeros(3, np.float32), tape), np.zeros(2))
    tape[0] = 7
    np.testing.assert_array_equal(state.M, np.roll(tape, turned, axis=0))


def test_one_set_of_parameters_serves_every_length():
    short, long = TapeRNN(3, slots=6, jump=2), TapeRNN(3, slots=12, jump=5)
    params, xs = params_of(short), np.ones((4, 2), np.float32)
    _, ys = unroll.scan(long, params, long.initial_state(params), xs)
    assert ys.shape == (4, 3)
    assert jax.tree.map(np.shape, params_of(long)) == jax.tree.map(np.shape, params)


@pytest.mark.parametrize("jump", [0, 1.5, True])
def test_jumps_are_counts(jump):
    with pytest.raises(ValueError, match="jump must be a whole number of 1 or more"):
        TapeRNN(3, jump=jump)


@pytest.mark.parametrize("layers", [(0,), [4], 4])
def test_layers_are_counts(layers):
    with pytest.raises(ValueError, match="layers must be a tuple of whole numbers"):
        TapeRNN(3, layers=layers)
