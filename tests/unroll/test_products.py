import functools

import jax
import jax.numpy as jnp
import pytest

from rnnjax.cells import LSTM, SplitCell
from rnnjax.compose import mixed_precision
from rnnjax.unroll.split import products
from tests.catalogue import CELLS, COUNTING
from tests.laws.draws import assert_close, doubled, normal, params_of, state_of

FORMS = {  # the sizes that `products` goes by, in rows, so that 4 rows take each of its ways
    "rows": {},
    "columns": {"_LARGE": 0, "_LEAST": 4},
    "columns backward": {"_LARGE": 0, "_LEAST": 5},
    "many rows": {"_LARGE": 0, "_FEW": 3},
}


# One for each way in which cells multiply.
MULTIPLYING = {
    type(c).recur: c for c in CELLS if isinstance(c, SplitCell) and type(c).__name__ not in COUNTING
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("cell", MULTIPLYING.values(), ids=repr)
def test_every_form_is_the_cell_s_own_product_and_its_pullback(monkeypatch, cell, form):
    for name, value in FORMS[form].items():
        monkeypatch.setattr(products, name, value)
    params, state = doubled((params_of(cell), state_of(cell, (4,))))
    with jax.enable_x64(True):
        expected, pull = jax.vjp(functools.partial(cell.recur, params), state)
        dv = jax.tree.map(lambda v: normal(1, v.shape, v.dtype), expected)
        assert_close(products.make_recur(cell, params, state)(state), expected, 1e-13, 1e-13)
        pulled = products.make_recur_pullback(cell, params, state)(state, dv)
        assert_close(pulled, pull(dv)[0], 1e-13, 1e-13)


def has_columns(cell, hidden, batch_shape):
    """Says of the forward and of the backward loop whether states are columns there."""
    params = jax.eval_shape(lambda: cell.init(jax.random.key(0), 1))
    state = jax.eval_shape(lambda params: cell.initial_state(params, batch_shape), params)
    v = jax.ShapeDtypeStruct((*batch_shape, 4 * hidden), jnp.float32)

    def forward(params, state):
        return products.make_recur(cell, params, state)(state)

    def backward(params, state, v):
        return products.make_recur_pullback(cell, params, state)(state, v)

    def turns(made):
        turned = [e for e in made.eqns if e.primitive.name == "optimization_barrier"]
        return any(e.invars[0].aval.shape == (hidden, *batch_shape) for e in turned)

    made = jax.make_jaxpr(forward)(params, state), jax.make_jaxpr(backward)(params, state, v)
    return tuple(map(turns, made))


@pytest.mark.parametrize(
    ("hidden", "batch_shape", "columns"),
    [
        (512, (15,), (False, True)),
        (512, (16,), (True, True)),
        (512, (64,), (True, True)),
        (512, (65,), (False, False)),
        (512, (4, 4), (False, False)),
        (512, (), (False, False)),
        (256, (16,), (False, False)),
    ],
)
def test_states_are_columns_where_weights_are_large_and_rows_few(hidden, batch_shape, columns):
    assert has_columns(LSTM(hidden), hidden, batch_shape) == columns


@pytest.mark.parametrize(("gains", "columns"), [(True, (False, False)), (False, (False, True))])
def test_of_rounded_factors_they_are_not_in_the_forward_loop(gains, columns, monkeypatch):
    monkeypatch.setattr("rnnjax.compose.half_products.gains_by_halves", lambda: gains)
    assert has_columns(mixed_precision(LSTM(512)), 512, (16,)) == columns
