import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import compose, learning, unroll
from rnnjax.cells import LSTM, Cell
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


@pytest.mark.usefixtures("x64")
def test_it_carries_its_steps_from_run_to_run():
    rule = learning.TBPTT(overlap=3, carry=True)
    cell, params = learning.Learner(bench.CELL, rule, 1), bench.params()

    def first(params):
        return rule(cell, params, cell.initial_state(params), jnp.array(bench.XS[:2]))[0]

    def second(params, start):
        _, ys = rule(cell, params, start, jnp.array(bench.XS[2:]))
        errors = ys @ jnp.array(bench.W_O) - jnp.array(bench.YS[2:])
        return 0.5 * jnp.sum(errors**2)

    def at_once(params):
        whole = jnp.array(bench.XS)
        _, ys = unroll.scan(bench.CELL, params, bench.CELL.initial_state(params), whole)
        errors = (ys @ jnp.array(bench.W_O) - jnp.array(bench.YS))[2:]
        return 0.5 * jnp.sum(errors**2)

    found = bench.stacked(jax.grad(second)(params, first(params)))
    np.testing.assert_allclose(found, bench.stacked(jax.grad(at_once)(params)), atol=1e-12)


def test_an_overlap_is_a_count():
    assert repr(learning.read_engine("TBPTT(2, window=3)")) == "TBPTT(overlap=2, window=3)"
    with pytest.raises(ValueError, match=r"^overlap must be a whole number of 0 or more; got -1$"):
        learning.TBPTT(overlap=-1)
    with pytest.raises(ValueError, match=r"^window must be a whole number of 1 or more; got 0$"):
        learning.TBPTT(window=0)


UNITS, POSITIVE = 23, 10


def test_windows_of_one_step_know_the_present_alone(x64):
    found = bench.gradient(learning.TBPTT())
    wanted = [
        [-0.151989145215, 0.299888274092],
        [-0.060854660557, 0.158089826734],
        [0.545376594229, -1.750026264418],
        [0.767750712515, -1.925021539519],
    ]
    bench.close(found, wanted)
    assert bench.cosine(found, bench.BPTT) == pytest.approx(0.947373394849, abs=1e-11)


def test_a_last_window_that_is_shorter(x64):
    """Three steps and one: the last knows itself, the others do not know it."""
    first = bench.gradient(learning.TBPTT(window=4), counts=np.array([1.0, 1, 1, 0]))
    last = bench.gradient(learning.TBPTT(), counts=bench.LAST)
    bench.close(bench.gradient(learning.TBPTT(window=3)), first + last)


@pytest.mark.parametrize("window", [4, 7])
def test_with_all_of_time_it_is_backpropagation(window, x64):
    bench.close(bench.gradient(learning.TBPTT(window=window)), bench.BPTT)


class Balancing(Cell):
    """`s_t = A s_{t-1} + theta g`, `A` 1/2 on the diagonal and above it, `g` of both signs."""

    output_dim = 1

    def init(self, key, input_dim):
        return jnp.full((), 0.5)

    def initial_state(self, params, batch_shape=()):
        return jnp.ones((*batch_shape, UNITS), params.dtype)

    def step(self, params, state, x_t):
        signs = jnp.where(jnp.arange(UNITS) < POSITIVE, 1.0, -1.0).astype(state.dtype)
        farther = jnp.concatenate([state[..., 1:], jnp.zeros_like(state[..., :1])], axis=-1)
        state = (state + farther) / 2 + params * signs
        return state, state[..., :1]


def gradient_at_the_end(rule, steps):
    """Returns the derivative of the first unit after so many steps, as a rule has it."""
    cell = Balancing()
    params = jnp.full((), 0.5)

    def last(params):
        _, ys = rule(cell, params, cell.initial_state(params), jnp.zeros((steps, 1)))
        return ys[-1, 0]

    return float(jax.jit(jax.grad(last))(params))


def _sensitivity(steps):
    """Returns `d s_T[0] / d theta`, by the recurrence that it follows itself."""
    matrix = (np.eye(UNITS) + np.eye(UNITS, k=1)) / 2
    g = np.where(np.arange(UNITS) < POSITIVE, 1.0, -1.0)
    moved = np.zeros(UNITS)
    for _ in range(steps):
        moved = matrix @ moved + g
    return moved[0]


def test_short_windows_have_a_gradient_of_the_wrong_sign(x64):
    """Influence balancing, of Tallec & Ollivier (2018), section 5: it turns round at 41 steps."""
    assert _sensitivity(11) == pytest.approx(10.998046875, abs=1e-12)
    assert _sensitivity(40) > 0 > _sensitivity(41)
    for window in (40, 41):
        found = gradient_at_the_end(learning.TBPTT(window=window), steps=3 * window)
        assert found == pytest.approx(_sensitivity(window), rel=1e-10)
    found = gradient_at_the_end(learning.RTRL(), steps=120)
    assert found == pytest.approx(_sensitivity(120), rel=1e-10)
