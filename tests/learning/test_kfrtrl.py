import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import compose, learning, unroll
from rnnjax.cells import CTRNN, GRU, LSTM, Elman, IndRNN, MinGRU
from rnnjax.cells.noise import pack
from rnnjax.compose.wrapper import OwnNoise
from rnnjax.learning.step import Step
from tests.full import full
from tests.laws.draws import normal
from tests.learning import bench

RULE = learning.KFRTRL()
POST = [
    [-0.265312381341, 0.07034733024],
    [0.056684176718, 0.020658376516],
    [0.601037979953, -1.134499270572],
    [0.530046583511, -0.827498806316],
]
SIGNS = [[1.0, 1.0], [1.0, -1.0], [-1.0, -1.0], [1.0, 1.0]]


@pytest.mark.usefixtures("x64")
def test_its_memory_is_that_of_published_numbers():
    params, total = bench.params(), np.zeros((4, 2))
    state = bench.CELL.initial_state(params)
    *_, errors = bench.by_hand()
    memory = RULE.begin(Step(bench.CELL, params, state, (jnp.zeros(1), None, None)))
    for x_t, c, error in zip(bench.XS, SIGNS, errors, strict=True):
        step = Step(bench.CELL, params, state, (jnp.array(x_t), None, None))
        memory = RULE.advance(step, memory, jnp.array(c))
        of_one = jax.tree.map(lambda x: x[None], memory)
        found, start = RULE.contract(step, of_one, jnp.array(error)[None])
        assert start is None
        total += bench.stacked(type(params)(*found))
        state, _ = bench.CELL.step(params, state, jnp.array(x_t))
    np.testing.assert_allclose(total, POST, atol=1e-11)


def estimates():
    """Returns the gradient for each pattern of the signs, as the paper has it, `[256, 4, 2]`.

    What a step does by itself is exact, and only what was before is by the two factors.
    """
    features, direct, jacobian, errors = bench.by_hand()
    found = []
    for signs in bench.signs(4, 2):
        u, a, total = np.zeros(4), np.zeros((2, 2)), np.zeros((4, 2))
        for f, d, j, q, (c_1, c_2) in zip(features, direct, jacobian, errors, signs, strict=True):
            b = j @ a
            total += np.outer(f, q @ d) + np.outer(u, q @ b)
            p_1 = 1.0 if not u.any() else np.sqrt(np.linalg.norm(b) / np.linalg.norm(u))
            p_2 = np.sqrt(np.linalg.norm(d) / np.linalg.norm(f))
            u, a = c_1 * p_1 * u + c_2 * p_2 * f, c_1 / p_1 * b + c_2 / p_2 * d
        found.append(total)
    return np.array(found)


@pytest.mark.usefixtures("x64")
def test_each_draw_is_the_papers_and_their_mean_is_backpropagation():
    cell = learning.Learner(bench.CELL, RULE, 1)
    drawn = jax.jit(jax.vmap(lambda c: jax.grad(bench.loss)(bench.params(), RULE, cell, c)))
    found = bench.stacked(drawn(jnp.array(bench.signs(4, 2))))
    np.testing.assert_allclose(found, estimates(), atol=1e-12)
    np.testing.assert_allclose(found.mean(0), bench.BPTT, atol=1e-11)
    variance = ((found - found.mean(0)) ** 2).mean(0).sum()
    assert variance < 5.636624 / 4  # that of UORO, which has two signs a step as well


CELLS = [full(LSTM(2)), GRU(2)]


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("cell", CELLS, ids=repr)
def test_its_mean_is_backpropagation_also_with_masks_and_resets(cell):
    key, (steps, batch) = jax.random.key(0), (4, 3)
    params = jax.tree.map(
        lambda x: jnp.array(normal(x.size, x.shape, np.float64)), cell.init(key, 2)
    )
    xs, weights = normal(1, (steps, batch, 2), np.float64), normal(2, (steps, batch, 2), np.float64)
    # Of the first sequence all is there, the second begins anew, of the third a step is missing.
    mask = np.array([[1, 1, 1], [1, 1, 0], [1, 1, 1], [1, 0, 1]], bool)
    reset = np.array([[0, 0, 0], [0, 0, 1], [0, 1, 0], [0, 0, 0]], bool)
    xs[~mask] = np.nan

    def loss(params, engine, cell, xs):
        start = cell.initial_state(params, (batch,))
        start = jax.tree.map(lambda x: x + 0.3, start)
        return jnp.sum(weights * engine(cell, params, start, xs, mask=mask, reset=reset)[1])

    own = learning.Learner(cell, RULE, 2)

    def with_signs(c):  # the same for all sequences, whose gradients add up
        c = jnp.broadcast_to(jnp.concatenate([c, c[:1]])[:, None], (steps, batch, 2))
        return jax.grad(loss)(params, RULE, own, pack(xs, OwnNoise(c, None)))

    found = jax.jit(jax.vmap(with_signs))(bench.signs(3, 2))
    exact = jax.grad(loss)(params, unroll.scan, cell, xs)
    for name in params._fields:
        drawn, mean = np.asarray(getattr(found, name)), np.asarray(getattr(exact, name))
        np.testing.assert_allclose(drawn.mean(0), mean, atol=1e-12)
        assert np.abs(drawn - mean).max() > 1e-3


@pytest.mark.parametrize(
    "cell", [IndRNN(2), CTRNN(2), MinGRU(2), compose.zoneout(LSTM(2), 0.1)], ids=repr
)
def test_it_refuses_cells_of_other_products_in_one_line(cell):
    assert not RULE.serves(cell)
    assert RULE.serves(Elman(2))
    own = learning.Learner(cell, RULE, 3)
    params = own.init(jax.random.key(0), 3)
    with pytest.raises(TypeError, match=r"learning\.KFRTRL runs a GatedCell whose .*; got .*$"):
        RULE(own, params, own.initial_state(params), jnp.zeros((2, 3)))
