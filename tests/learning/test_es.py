import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import learning, unroll
from rnnjax.cells import Elman
from rnnjax.cells.noise import pack
from rnnjax.compose.wrapper import OwnNoise
from rnnjax.learning import directions
from tests.laws.draws import normal
from tests.learning import bench

BITS = np.array([3, 5], np.uint32)


def linear(x):
    return x


def noise(*leading):
    """Returns the bits of one key everywhere."""
    return jnp.broadcast_to(BITS, (*leading, 2))


def drawn(params, pairs):
    """Returns the directions of that key, shaped like parameters, `[M, *leaf]`."""
    z = directions(jax.random.wrap_key_data(jnp.array(BITS)), params, pairs)
    return type(params)(*z)


@pytest.mark.usefixtures("x64")
def test_its_gradient_is_its_equation():
    rule, params = learning.ES(pairs=2, sigma=0.3), bench.params()
    cell = learning.Learner(bench.CELL, rule, 1)
    found = bench.stacked(jax.grad(bench.loss)(params, rule, cell, noise(4)))

    def outputs(weights):
        h, ys = np.zeros(2), []
        for x_t in bench.XS:
            h = 0.4 * h + 0.6 * np.tanh(np.concatenate([h, x_t, [1.0]]) @ weights)
            ys.append(h)
        return np.array(ys)

    errors = (outputs(bench.WEIGHTS) @ bench.W_O - bench.YS)[:, None] * bench.W_O
    total = 0
    for z in bench.stacked(drawn(params, 2)):
        apart = outputs(bench.WEIGHTS + 0.3 * z) - outputs(bench.WEIGHTS - 0.3 * z)
        total = total + (errors * apart).sum() * z / (2 * 2 * 0.3)
    np.testing.assert_allclose(found, total, atol=1e-12)


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("window", [2, 1])
def test_where_outputs_are_quadratic_it_is_a_forward_gradient_of_backpropagation(window):
    cell, batch = Elman(2, activation=linear), 3  # of two steps: quadratic
    rule = learning.ES(pairs=3, sigma=1.7, window=window)
    own = learning.Learner(cell, rule, 2)
    params = jax.tree.map(
        lambda x: jnp.array(normal(x.size, x.shape, np.float64)), cell.init(jax.random.key(0), 2)
    )
    xs, weights = normal(1, (2, batch, 2), np.float64), normal(2, (2, batch, 2), np.float64)
    h = jax.tree.map(lambda x: x + 0.3, cell.initial_state(params, (batch,)))

    def loss(given, engine, cell, noise=None):
        params, h, xs = given
        noise = None if noise is None else OwnNoise(noise, None)
        return jnp.sum(weights * engine(cell, params, h, pack(xs, noise))[1])

    given = params, h, jnp.array(xs)
    found = jax.jit(lambda given: jax.grad(loss)(given, rule, own, noise(2, batch)))(given)
    exact = jax.grad(loss)(given, unroll.scan if window == 2 else learning.TBPTT(), cell)
    z = drawn(params, 3)
    each = (np.asarray(x) * np.asarray(g) for x, g in zip(z, exact[0], strict=True))
    slopes = sum(x.reshape(3, -1).sum(1) for x in each)
    for x, y in zip(found[0], z, strict=True):
        np.testing.assert_allclose(x, np.tensordot(slopes, y, 1) / 3, atol=1e-10)
    for x, y in zip(jax.tree.leaves(found[1:]), jax.tree.leaves(exact[1:]), strict=True):
        np.testing.assert_allclose(x, y, atol=1e-12)


def test_it_is_read_and_has_a_distance():
    assert learning.read_engine("ES(16, 0.1)") == learning.ES(pairs=16, sigma=0.1)
    with pytest.raises(ValueError, match=r"^sigma must be a finite number above 0; got 0$"):
        learning.ES(sigma=0)
