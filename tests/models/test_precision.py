import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import GRU, LRU, LSTM, MinGRU
from rnnjax.compose import mixed_precision
from rnnjax.equations import named
from rnnjax.models import MLP, All, Last, Mean, Precision, Recurrent, SequenceModel, sequence_model
from tests.filled import filled
from tests.laws.draws import assert_close, normal, specs

pytestmark = pytest.mark.usefixtures("gaining_by_halves")

T, B, D, K = 12, 4, 3, 2
XS = normal(1, (T, B, D))
F32, BF16 = jnp.dtype(jnp.float32), jnp.dtype(jnp.bfloat16)


def params_of(model, xs=XS):
    make = functools.partial(model.init, jax.random.key(0), xs)
    return jax.tree.map(lambda x, s: x.astype(s.dtype), filled(2, make), jax.eval_shape(make))[
        "params"
    ]


def dtypes(tree):
    return {leaf.dtype for leaf in jax.tree.leaves(tree)}


def products(jaxpr):
    """Returns the dtypes that the products of a program multiply."""
    return {v.aval.dtype for product in named("dot_general", jaxpr) for v in product.invars}


@pytest.mark.parametrize("readout", [All, Last, Mean])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize(
    ("precision", "kept", "multiplied"),
    [
        (Precision.F32, F32, F32),
        (Precision.MIXED, F32, BF16),
        (Precision.BF16, BF16, BF16),
    ],
)
def test_a_network_keeps_and_multiplies_what_it_is_told(
    precision, kept, multiplied, bidirectional, readout
):
    model = sequence_model(
        GRU(4), readout, K, layers=2, bidirectional=bidirectional, precision=precision
    )
    xs = normal(1, (T, B, 4))  # products of three numbers are not rounded
    params = params_of(model, xs)

    def loss(params):
        states, outputs = model.apply({"params": params}, xs)
        return (outputs**2).mean(), (states, outputs)

    program, found = jax.make_jaxpr(jax.grad(loss, has_aux=True), return_shape=True)(params)
    gradient, (states, outputs) = found
    assert dtypes(params) == dtypes(states) == dtypes(gradient) == {kept}
    assert outputs.dtype == F32
    assert products(program.jaxpr) == {multiplied}


@pytest.mark.parametrize("cell", [LSTM(8), LRU(8), MinGRU(8)], ids=repr)
@pytest.mark.parametrize("precision", [Precision.MIXED, Precision.BF16])
def test_outputs_are_those_of_single_precision_but_for_rounding(cell, precision):
    make = functools.partial(sequence_model, cell, Last, K, layers=2)
    params = params_of(make())
    _, wanted = make().apply({"params": params}, XS)
    model = make(precision=precision)
    kept = jax.tree.map(lambda x, like: x.astype(like.dtype), params, params_of(model))
    _, found = model.apply({"params": kept}, XS)
    assert_close(found, wanted, rtol=0.03, atol=0.03)
    assert np.abs(found - wanted).max() > 1e-5


@pytest.mark.parametrize("engine", [unroll.scan, unroll.auto], ids=["scan", "auto"])
def test_a_mixed_layer_is_a_layer_of_the_mixed_cell(engine):
    layer = Recurrent(LSTM(3), engine, precision=Precision.MIXED)
    plain = Recurrent(mixed_precision(LSTM(3)), engine)
    variables = {"params": params_of(plain)}
    assert_close(layer.apply(variables, XS), plain.apply(variables, XS), atol=0)


@pytest.mark.parametrize("precision", Precision)
def test_states_go_from_one_window_to_the_next_as_they_are(precision):
    model = sequence_model(LSTM(3), All, K, precision=precision)
    variables = {"params": params_of(model)}
    states, _ = jax.eval_shape(model.apply, variables, XS)
    after, _ = jax.eval_shape(model.apply, variables, XS, states)
    assert specs(after) == specs(states)


def test_parameters_are_drawn_alike():
    drawn = {
        p: sequence_model(GRU(3), All, K, precision=p).init(jax.random.key(0), XS)
        for p in Precision
    }
    assert_close(drawn[Precision.MIXED], drawn[Precision.F32], rtol=0, atol=0)
    halved = jax.tree.map(lambda x: x.astype(jnp.bfloat16), drawn[Precision.F32])
    cells = [tree["params"]["layers_0"] for tree in (drawn[Precision.BF16], halved)]
    assert specs(cells[0]) == specs(cells[1])
    assert jax.tree.all(jax.tree.map(lambda a, b: (a == b).all(), *cells))


@pytest.mark.parametrize("precision", Precision)
def test_a_feed_forward_network_takes_the_same_word(precision):
    model = MLP((5, K), precision=precision)
    params = params_of(model, XS[0])
    program = jax.make_jaxpr(lambda xs: model.apply({"params": params}, xs))(XS[0])
    assert program.out_avals[0].dtype == F32
    assert products(program.jaxpr) == {F32 if precision is Precision.F32 else BF16}
    assert dtypes(params) == {BF16 if precision is Precision.BF16 else F32}


def test_a_readout_that_is_nobody_s_hands_on_no_half_precision():
    model = SequenceModel((Recurrent(GRU(3), precision=Precision.BF16),), Passing())
    assert model.apply({"params": params_of(model)}, XS)[1].dtype == F32


class Passing(All):
    """Reads out the last step as it is."""

    output_dim: int = 3

    def __call__(self, ys, mask=None):
        return ys[-1]


def test_a_precision_is_read_from_its_word():
    assert [p.value for p in Precision] == ["f32", "mixed", "bf16"]
    assert Precision("mixed") is Precision.MIXED
