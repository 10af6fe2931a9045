import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import compose, learning, unroll
from rnnjax.cells import LSTM
from tests.laws.draws import normal
from tests.learning import bench

DISJOINT = [
    [-0.210123089318, 0.392973338852],
    [-0.082823798661, 0.193267186101],
    [0.649007691652, -1.915692129113],
    [0.9868480753, -2.275573961536],
]
SLIDING = [
    [-0.064880825438, 0.196861888509],
    [-0.19248007778, 0.341329130075],
    [0.346608271766, -1.507381302549],
    [1.289247495186, -2.6838847881],
]


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize(
    ("rule", "gradient"),
    [
        (learning.TBPTT(window=2), DISJOINT),
        (learning.TBPTT(overlap=1), SLIDING),
        (learning.TBPTT(overlap=3), bench.BPTT),
        (learning.TBPTT(overlap=2, window=2), bench.BPTT),
    ],
    ids=repr,
)
def test_its_gradients_are_published_numbers(rule, gradient):
    found = jax.jit(jax.grad(lambda params: bench.loss(params, rule)))(bench.params())
    np.testing.assert_allclose(bench.stacked(found), gradient, atol=1e-11)


def of_windows(window, overlap):
    """Returns what k1 = window and k2 = window + overlap are, each loss by itself in NumPy."""
    features, direct, jacobian, errors = bench.by_hand()
    total = np.zeros((4, 2))
    for t, c in enumerate(errors):
        start = t // window * window
        for s in range(t, max(start - overlap, 0) - 1, -1):
            total += np.outer(features[s], c @ direct[s])
            c = c @ jacobian[s]
    return total


@pytest.mark.usefixtures("x64")
def test_an_overlap_is_counted_from_the_window():
    rule = learning.TBPTT(overlap=1, window=2)
    found = jax.jit(jax.grad(lambda params: bench.loss(params, rule)))(bench.params())
    np.testing.assert_allclose(bench.stacked(found), of_windows(2, 1), atol=1e-12)
    np.testing.assert_allclose(of_windows(1, 1), SLIDING, atol=1e-11)
    assert np.abs(of_windows(2, 1) - bench.BPTT).max() > 0.01


@pytest.mark.usefixtures("x64")
def test_an_overlap_of_all_is_backpropagation_with_masks_resets_and_learned_starts():
    cell, (steps, batch) = compose.learned_start(LSTM(2)), (6, 2)
    params = jax.tree.map(
        lambda x: jnp.array(normal(x.size, x.shape, np.float64)), cell.init(jax.random.key(0), 2)
    )
    xs, weights = normal(1, (steps, batch, 2), np.float64), normal(2, (steps, batch, 2), np.float64)
    mask = np.array([[1, 1], [1, 0], [1, 1], [0, 1], [1, 1], [1, 1]], bool)
    reset = np.array([[0, 0], [0, 1], [1, 0], [1, 0], [0, 0], [0, 0]], bool)
    state = jax.tree.map(
        lambda x: jnp.array(normal(3, x.shape, np.float64)), cell.initial_state(params, (batch,))
    )

    def loss(given, engine):
        after, ys = engine(cell, *given, xs, mask=mask, reset=reset)
        return jnp.sum(weights * ys) + sum(jnp.sum(x**2) for x in jax.tree.leaves(after))

    exact, found, short = (
        jax.jit(jax.grad(loss), static_argnums=1)((params, state), engine)
        for engine in (unroll.scan, learning.TBPTT(overlap=5), learning.TBPTT(overlap=1))
    )
    for x, y in zip(jax.tree.leaves(found), jax.tree.leaves(exact), strict=True):
        np.testing.assert_allclose(x, y, atol=1e-12)
    assert np.abs(short[0].cell.w_h - exact[0].cell.w_h).max() > 1e-3


def test_it_carries_its_steps_from_run_to_run():
    rule = learning.TBPTT(overlap=3, carry=True)
    cell, params = learning.Learner(bench.CELL, rule, 1), bench.params()

    def first(params):
        return rule(cell, params, cell.initial_state(params), jnp.array(bench.INPUTS[:2]))[0]

    def second(params, start):
        _, ys = rule(cell, params, start, jnp.array(bench.INPUTS[2:]))
        errors = ys @ jnp.array(bench.READOUT) - jnp.array(bench.TARGETS[2:])
        return 0.5 * jnp.sum(errors**2)

    def at_once(params):
        whole = jnp.array(bench.INPUTS)
        _, ys = unroll.scan(bench.CELL, params, bench.CELL.initial_state(params), whole)
        errors = (ys @ jnp.array(bench.READOUT) - jnp.array(bench.TARGETS))[2:]
        return 0.5 * jnp.sum(errors**2)

    found = bench.stacked(jax.grad(second)(params, first(params)))
    np.testing.assert_allclose(found, bench.stacked(jax.grad(at_once)(params)), rtol=1e-5)


def test_an_overlap_is_a_count():
    assert repr(learning.read_engine("TBPTT(2, window=3)")) == "TBPTT(overlap=2, window=3)"
    with pytest.raises(ValueError, match=r"^overlap must be a whole number of 0 or more; got -1$"):
        learning.TBPTT(overlap=-1)
    with pytest.raises(ValueError, match=r"^window must be a whole number of 1 or more; got 0$"):
        learning.TBPTT(window=0)
