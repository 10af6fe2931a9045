"""Parameters that the tools around Flax can see into."""

import functools
from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import traverse_util

from rnnjax import compose
from rnnjax.cells import GRU, LRU, LSTM, Elman
from rnnjax.models import Bidirectional, Precision, Recurrent, from_names, to_names
from tests.filled import filled, params_of
from tests.laws.draws import assert_identical, normal

D = 2
XS = normal(1, (3, 4, D))


def names(tree):
    """Returns the paths of the leaves of nested dicts."""
    return sorted("/".join(path) for path in traverse_util.flatten_dict(tree))


def variables_of(layer):
    return filled(3, lambda: layer.init(jax.random.key(0), XS)["params"])


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        (Elman(3), ["b", "w_h", "w_x"]),
        (
            compose.Stack((LSTM(3), compose.Residual(Elman(3)))),
            ["0/b", "0/w_h", "0/w_x", "1/b", "1/w_h", "1/w_x"],
        ),
        (
            compose.learned_start(LSTM(3)),
            ["cell/b", "cell/w_h", "cell/w_x", "initial/c", "initial/h"],
        ),
        (compose.mixed_precision(Elman(3)), ["b", "w_h", "w_x"]),
    ],
    ids=repr,
)
def test_parameters_go_by_their_names(cell, wanted):
    params = params_of(cell, D)
    named = to_names(params)
    assert names(named) == wanted
    like = jax.eval_shape(lambda: cell.init(jax.random.key(0), D))
    assert_identical(from_names(named, like), params)
    # Trees sort what is in a dict, and tools that rebuild one need not keep its order.
    turned = traverse_util.unflatten_dict(dict(reversed(traverse_util.flatten_dict(named).items())))
    assert_identical(from_names(turned, like), params)
    assert_identical(from_names(jax.tree.map(lambda x: x, named), like), params)
    drawn = variables_of(Recurrent(cell))
    assert names(drawn) == [f"cell/{name}" for name in wanted]


@pytest.mark.parametrize("precision", Precision)
def test_so_they_do_in_every_layer_and_precision(precision):
    drawn = variables_of(Bidirectional(Elman(3), LRU(2), precision=precision))
    assert names(drawn)[:5] == [
        "backward_layer/cell/b_im",
        "backward_layer/cell/b_re",
        "backward_layer/cell/c_im",
        "backward_layer/cell/c_re",
        "backward_layer/cell/d",
    ]
    assert names(drawn)[-3:] == [f"forward_layer/cell/{name}" for name in ("b", "w_h", "w_x")]


def test_weights_decay_by_their_paths():
    layer = Recurrent(compose.Stack((GRU(3), LSTM(2))))
    params = variables_of(layer)
    mask = traverse_util.path_aware_map(lambda path, _: path[-1].startswith("w_"), params)
    optimizer = optax.add_decayed_weights(0.1, mask)
    zeros = jax.tree.map(jnp.zeros_like, params)
    updates, _ = optimizer.update(zeros, optimizer.init(params), params)
    for path, update in traverse_util.flatten_dict(updates).items():
        value = traverse_util.flatten_dict(params)[path]
        wanted = 0.1 * value if path[-1] in ("w_x", "w_h") else 0 * value
        np.testing.assert_array_equal(update, wanted)


def test_a_network_runs_on_parameters_that_were_taken_apart_and_put_together():
    layer = Recurrent(compose.Stack((GRU(3), compose.learned_start(LSTM(2)))))
    params = variables_of(layer)
    flat = dict(reversed(traverse_util.flatten_dict(params, sep="/").items()))
    again = traverse_util.unflatten_dict(flat, sep="/")
    run = functools.partial(layer.apply, xs=XS)
    assert_identical(run({"params": params}), run({"params": again}))


class Made(NamedTuple):
    """Parameters of several kinds of node."""

    pair: tuple
    table: dict
    nothing: None
    alone: float


def test_every_kind_of_node_has_names():
    made = Made(([1.0, 2.0], ()), {4: 4.0}, None, 5.0)
    named = to_names(made)
    assert named == {
        "pair": {"0": {"0": 1.0, "1": 2.0}},
        "table": {"4": 4.0},
        "alone": 5.0,
    }
    assert from_names(named, made) == made
    assert (to_names(7.0), from_names(7.0, 0.0)) == (7.0, 7.0)
    assert (to_names(()), from_names({}, ())) == ({}, ())


def test_names_that_do_not_fit_are_said():
    like = {"cell": {"w_x": 0, "b": 0}}
    with pytest.raises(ValueError, match=r"missing \['cell/b'\], not among them \['cell/c'\]"):
        from_names({"cell": {"w_x": 1, "c": 2}}, like)


def test_flax_prints_a_table_of_them():
    table = nn.tabulate(Recurrent(Elman(3)), jax.random.key(0), console_kwargs={"width": 200})(XS)
    assert all(f"{name}: " in table for name in ("w_x", "w_h", "b"))
