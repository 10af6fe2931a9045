"""Other activations than the usual: LSTM and GRU with them, against Flax and plain autodiff."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen

from rnnjax import cells, unroll
from rnnjax.cells import GRU, LSTM
from rnnjax.cells.activations import with_slope
from rnnjax.cells.gated import gru, lstm
from rnnjax.cells.vocabulary import ACTIVATIONS, VOCABULARY
from tests.laws.draws import assert_close, normal, params_of

XS = normal(1, (6, 2))
# Gate and candidate: one of each with a slope of its own rule, by its value, and with corners.
PAIRS = [
    (cells.hard_sigmoid, cells.relu),
    (cells.hard_sigmoid, cells.soft_sign),
    (cells.sigmoid, cells.tanh),
    (cells.fast_sigmoid, cells.elu),
    (cells.soft_sign, cells.gelu),
]


@pytest.mark.parametrize("function", ACTIVATIONS)
def test_a_slope_is_the_derivative(function):
    x = jnp.linspace(-4.1, 4.2, 9)
    y, slope = with_slope(function, x)
    np.testing.assert_array_equal(y, function(x))
    np.testing.assert_allclose(slope, jax.vmap(jax.grad(function))(x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", VOCABULARY)
def test_what_a_cell_may_name_is_found_in_the_face(name):
    assert getattr(cells, name) is VOCABULARY[name]


def of_blocks(names, w):
    return dict(zip(names, jnp.split(w, len(names), axis=-1), strict=True))


def lstm_of_flax(params):
    x, h, b = (of_blocks("ifgo", p) for p in params)
    return {
        "params": {
            **{f"i{n}": {"kernel": x[n]} for n in "ifgo"},
            **{f"h{n}": {"kernel": h[n], "bias": b[n]} for n in "ifgo"},
        }
    }


def gru_of_flax(params):
    x, h, b = (of_blocks("rzn", p) for p in params[:3])
    return {
        "params": {
            **{f"i{n}": {"kernel": x[n], "bias": b[n]} for n in "rzn"},
            **{f"h{n}": {"kernel": h[n]} for n in "rz"},
            "hn": {"kernel": h["n"], "bias": params.b_n},
        }
    }


def run_of_flax(layer, variables, carry):
    def step(carry, x_t):
        return layer.apply(variables, carry, x_t)

    return jax.lax.scan(step, carry, XS)[1]


@pytest.mark.parametrize(("gate", "activation"), PAIRS[:3])
@pytest.mark.parametrize("kind", [LSTM, GRU])
def test_flax_agrees_in_values_and_gradients(kind, gate, activation):
    cell = kind(3, activation=activation, gate_activation=gate)
    params = params_of(kind(3))
    zeros = jnp.zeros(3)

    def ours(params):
        _, ys = unroll.scan(cell, params, cell.initial_state(params), XS)
        return jnp.sum(ys**2), ys

    def flax(params):
        if kind is LSTM:
            layer = linen.LSTMCell(3, gate_fn=gate, activation_fn=activation)
            ys = run_of_flax(layer, lstm_of_flax(params), (zeros, zeros))
        else:
            layer = linen.GRUCell(3, gate_fn=gate, activation_fn=activation)
            ys = run_of_flax(layer, gru_of_flax(params), zeros)
        return jnp.sum(ys**2), ys

    gradient, ys = jax.jit(jax.grad(ours, has_aux=True))(params)
    wanted, expected = jax.jit(jax.grad(flax, has_aux=True))(params)
    assert_close(ys, expected)
    assert_close(gradient, wanted)


@pytest.mark.parametrize(("gate", "activation"), PAIRS)
def test_second_derivatives_are_those_of_plain_autodiff(x64, gate, activation):
    z, c, direction = normal(2, (12,), float), normal(3, (3,), float), normal(4, (12,), float)
    u, v = normal(5, (9,), float), normal(6, (9,), float)
    h, b_n = normal(7, (3,), float), normal(8, (3,), float)

    def second(function, *arguments):
        """Differentiates twice, along a direction and by all arguments."""

        def slope(*arguments):
            total, by_first = jax.value_and_grad(lambda *a: jnp.sum(jnp.sin(function(*a))))(
                *arguments
            )
            return total + by_first @ direction[: by_first.size]

        return jax.jit(jax.grad(slope, argnums=tuple(range(len(arguments)))))(*arguments)

    for rule, arguments in ((lstm.memorize, (z, c)), (gru.update, (u, v, h, b_n))):

        def ours(*a, rule=rule):
            return jnp.concatenate(jax.tree.leaves(rule(activation, gate, *a)))

        def plain(*a, rule=rule):
            return jnp.concatenate(jax.tree.leaves(rule.fun(activation, gate, *a)))

        assert_close(second(ours, *arguments), second(plain, *arguments), 1e-9, 1e-9)
