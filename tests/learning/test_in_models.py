import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import learning
from rnnjax.cells import LSTM
from rnnjax.models import Recurrent
from tests.full import full
from tests.laws.draws import normal

XS = normal(0, (4, 2, 3))
RULES = [
    learning.KFRTRL(carry=True),
    learning.DNI(window=2, hidden=3, carry=True),
    full(learning.KFRTRL()),
    full(learning.OK(2, carry=True)),
    full(learning.ES(4, carry=True)),
    full(learning.DNI(window=2)),
    full(learning.TBPTT(overlap=2, carry=True)),
]


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_a_layer_runs_on_it_from_run_to_run_and_learns(rule):
    layer, plain = Recurrent(LSTM(2), rule), Recurrent(LSTM(2))
    params = layer.init(jax.random.key(0), XS)["params"]
    assert params["cell"].keys() == plain.init(jax.random.key(0), XS)["params"]["cell"].keys() or (
        isinstance(rule, learning.DNI) and params["cell"].keys() == {"cell", "synthesiser"}
    )

    def loss(params, state, key):
        given = {"params": params}
        state, ys = layer.apply(given, XS, state, train=True, rngs={"dropout": key})
        return jnp.sum(ys**2), (state, ys)

    step = jax.jit(jax.value_and_grad(loss, has_aux=True))
    (_, (state, ys)), first = step(params, None, jax.random.key(1))
    (_, (_, more)), second = step(params, state, jax.random.key(2))

    inner = params["cell"]["cell"] if isinstance(rule, learning.DNI) else params["cell"]
    both = np.concatenate([XS, XS])
    _, expected = plain.apply({"params": {"cell": inner}}, both)
    np.testing.assert_allclose(np.concatenate([ys, more]), expected, rtol=1e-5)
    for gradients in (first, second):
        for x in jax.tree.leaves(gradients):
            assert np.isfinite(x).all()
            assert np.abs(x).max() > 1e-4 or isinstance(rule, learning.DNI)
    assert any(
        np.abs(x - y).max() > 1e-4
        for x, y in zip(jax.tree.leaves(first), jax.tree.leaves(second), strict=True)
    )
