import jax
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import GRU, LRU, LSTM
from rnnjax.compose import Residual, Stack
from tests.filled import params_of
from tests.laws.draws import assert_close, assert_identical, normal, weigh

T, B, D = 6, 2, 3


@pytest.mark.parametrize("cell", [LSTM(3), LRU(3), Stack((GRU(5), LSTM(3)))], ids=repr)
def test_the_input_is_added_to_the_output(cell):
    residual, xs = Residual(cell), normal(1, (T, B, D))
    params = params_of(cell, D)
    start = residual.initial_state(params, (B,))
    assert_identical(start, cell.initial_state(params, (B,)))
    state, ys = unroll.scan(residual, params, start, xs)
    plain_state, plain_ys = unroll.scan(cell, params, start, xs)
    assert_close(state, plain_state, atol=1e-6)
    assert_close(ys, xs + np.asarray(plain_ys), atol=1e-6)


def test_it_has_the_parameters_of_its_cell():
    key = jax.random.key(0)
    assert_identical(Residual(GRU(3)).init(key, D), GRU(3).init(key, D))


def test_the_gradient_takes_both_ways():
    cell, xs, ws = LSTM(3), normal(1, (T, B, D)), normal(2, (T, B, D))
    params = params_of(cell, D)
    start = cell.initial_state(params, (B,))

    def total(cell, xs):
        return (ws * unroll.scan(cell, params, start, xs)[1]).sum()

    gradient = jax.jit(jax.grad(total, argnums=1))
    around, through = gradient(Residual(cell), xs), gradient(cell, xs)
    assert_close(around, ws + np.asarray(through), atol=1e-6)
    assert np.abs(through).min() > 0


def test_residual_cells_stack():
    stack, xs = Stack((LSTM(3), Residual(GRU(3)), Residual(GRU(3)))), normal(1, (T, B, 5))
    params = params_of(stack, 5)
    state = stack.initial_state(params, (B,))
    _, ys = unroll.scan(stack, params, state, xs)
    hs = xs
    for cell, p, s in zip((LSTM(3), GRU(3), GRU(3)), params, state, strict=True):
        _, out = unroll.scan(cell, p, s, hs)
        hs = out if cell == LSTM(3) else hs + out
    assert_close(ys, hs, atol=1e-6)
    assert np.isfinite(weigh(ys))


def test_inputs_of_another_size_than_the_outputs_are_refused():
    with pytest.raises(ValueError, match=r"D = 5 but K = 3$"):
        Residual(LSTM(3)).init(jax.random.key(0), 5)
