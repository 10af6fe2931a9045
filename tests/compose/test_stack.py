import functools

import jax
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import CTRNN, GRU, LRU, LSTM, Elman
from rnnjax.compose import Stack
from tests.filled import params_of
from tests.laws.draws import assert_close, assert_identical, normal, shaken, weigh

T, B, D = 6, 3, 2
STACK = Stack((LSTM(3), LRU(5), GRU(2), CTRNN(4)))


def chained(params, state, xs):
    """Runs each cell over the whole sequence before the next one begins."""
    after = []
    for cell, p, s in zip(STACK.cells, params, state, strict=True):
        s, xs = jax.lax.scan(functools.partial(cell.step, p), s, xs)
        after.append(s)
    return tuple(after), xs


def test_a_stack_is_its_cells_one_after_the_other():
    params, xs = params_of(STACK, D), normal(2, (T, B, D))
    state = shaken(3, STACK.initial_state(params, (B,)), 0.5)
    run = jax.jit(unroll.scan)
    assert_close(run(STACK, params, state, xs), chained(params, state, xs), atol=1e-6)


def test_a_stack_has_the_gradients_of_the_chain():
    params, xs = params_of(STACK, D), normal(2, (T, B, D))
    state = shaken(3, STACK.initial_state(params, (B,)), 0.5)
    run = functools.partial(unroll.scan, STACK)
    of_stack, of_chain = (
        jax.jit(jax.grad(lambda *a, f=f: weigh(f(*a)), (0, 1, 2)))(params, state, xs)
        for f in (run, chained)
    )
    assert_close(of_stack, of_chain)
    assert all(np.abs(leaf).max() > 0 for leaf in jax.tree.leaves(of_stack))


def test_each_cell_is_initialised_for_the_outputs_of_the_one_below_with_a_key_of_its_own():
    stack = Stack((GRU(3), Elman(3), Elman(3)))
    params = stack.init(jax.random.key(0), D)
    keys = jax.random.split(jax.random.key(0), 3)
    for cell, key, dim, own in zip(stack.cells, keys, (D, 3, 3), params, strict=True):
        assert_identical(own, cell.init(key, dim))
    assert np.abs(params[1].w_x - params[2].w_x).min() > 0


def test_a_stack_starts_where_its_cells_start():
    params = params_of(STACK, D)
    state = STACK.initial_state(params, (B,))
    own = tuple(c.initial_state(p, (B,)) for c, p in zip(STACK.cells, params, strict=True))
    assert_identical(state, own)
    assert STACK.output_dim == 4


def test_stacks_may_be_nested():
    nested = Stack((Stack((LSTM(3), LRU(5))), Stack((GRU(2), CTRNN(4)))))
    p, xs = params_of(STACK, D), normal(2, (T, B, D))
    state, ys = unroll.scan(STACK, p, STACK.initial_state(p, (B,)), xs)
    p = ((p[0], p[1]), (p[2], p[3]))
    nested_state, nested_ys = unroll.scan(nested, p, nested.initial_state(p, (B,)), xs)
    assert_close(nested_ys, ys, atol=1e-6)
    assert_close(nested_state, ((state[0], state[1]), (state[2], state[3])), atol=1e-6)


@pytest.mark.parametrize("cells", [(), [LSTM(3)], LSTM(3), (LSTM(3), 4), (LSTM,)])
def test_what_is_no_tuple_of_cells_is_refused(cells):
    with pytest.raises(TypeError, match=r"^Stack takes a tuple of cells, as Stack\("):
        Stack(cells)
