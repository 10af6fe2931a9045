import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import cells, compose, unroll
from rnnjax.learning import RTRL, Learner, SnAp, rtrl
from tests.catalogue import name
from tests.full import full
from tests.learning import bench
from tests.learning.runs import distance, gradient

EXACT = 1e-12


def by_hand(xs, counts=bench.ALL):
    """Returns the gradient of the bench by SnAp of order 1, in NumPy.

    With `f = [h_{t-1}, x_t, 1]`, `d = a (1 - tanh^2)` and `J` the Jacobian of a step, each
    parameter of a unit keeps what is left on that unit alone: `E' = E diag(J) + f d`.
    """
    stacked = np.concatenate([bench.W_H, bench.PARAMS.w_x, bench.PARAMS.b[None]])
    stacked = np.concatenate([stacked[:2], np.repeat(stacked[2:3], xs.shape[1], 0), stacked[3:]])
    h, kept, found = np.zeros(2), np.zeros_like(stacked), np.zeros_like(stacked)
    for x_t, y_t, count in zip(xs, bench.YS, counts, strict=True):
        f = np.concatenate([h, x_t, [1.0]])
        candidate = np.tanh(f @ stacked)
        d = bench.A * (1 - candidate**2)
        jacobian = (1 - bench.A) * np.eye(2) + bench.W_H * d
        h = (1 - bench.A) * h + bench.A * candidate
        q = count * (h @ bench.W_O - y_t) * bench.W_O
        found += np.outer(f, d * q) + kept * (jacobian @ q)
        kept = kept * np.diag(jacobian) + np.outer(f, d)
    return found


def test_the_gradient_of_the_bench(x64):
    found = bench.gradient(SnAp(1))
    wanted = [
        [-0.026374037392, 0.093648205821],
        [-0.221552270578, 0.419254302098],
        [0.4290695723, -1.499287595295],
        [1.532053726398, -3.105579999517],
    ]
    bench.close(found, wanted)
    bench.close(found, by_hand(bench.XS))
    assert bench.cosine(found, bench.BPTT) == pytest.approx(0.998365878866, abs=1e-11)


def test_a_weight_of_an_input_that_is_zero_keeps_its_past(x64):
    """The mask is of the cell, not of what numbers happen to be zero at a step."""
    params = bench.PARAMS._replace(w_x=np.repeat(bench.PARAMS.w_x, 4, 0))
    found = bench.gradient(SnAp(1), params=params, xs=np.eye(4), counts=bench.LAST)
    assert np.abs(found[2:5]).min() > 1e-3  # of inputs that were there at earlier steps alone
    bench.close(found, by_hand(np.eye(4), bench.LAST))


def test_order_two_is_exact_with_one_matrix(x64):
    bench.close(bench.gradient(SnAp(2)), bench.BPTT)


def test_a_window_of_all_time_is_backpropagation(x64):
    bench.close(bench.gradient(SnAp(1, window=4)), bench.BPTT)


@pytest.mark.parametrize(
    "cell",
    [
        cells.IndRNN(2),
        cells.LRU(2),
        compose.independent(cells.LSTM(2)),
        full(cells.MinGRU(2)),
        full(cells.SRU(2)),
        full(cells.RGLRU(4, heads=2)),
        full(compose.independent(cells.GRU(2))),
    ],
    ids=name,
)
def test_order_one_is_exact_of_units_that_do_not_see_each_other(cell, x64):
    wanted, _ = gradient(unroll.scan, cell)
    found, _ = gradient(SnAp(1), cell)
    assert distance(found, wanted) < EXACT


def test_what_a_unit_keeps_beside_its_state_is_a_step_away(x64):
    """A QRNN holds what the input before adds to its gates."""
    cell = cells.QRNN(2)
    (wanted, _), *found = (gradient(engine, cell) for engine in (unroll.scan, SnAp(1), SnAp(2)))
    errors = [distance(leaves, wanted) for leaves, _ in found]
    assert errors[0] > 0.1
    assert errors[1] < EXACT


@pytest.mark.parametrize(
    "cell",
    [
        cells.LSTM(3),
        full(cells.GRU(3)),
        full(cells.PeepholeLSTM(3)),
        full(cells.LeakyElman(3)),
        full(compose.recurrent_dropout(cells.LSTM(3), 0.3)),
        full(compose.zoneout(cells.GRU(3), 0.3)),
    ],
    ids=name,
)
def test_order_one_of_one_product_needs_no_whole_jacobian(cell, x64, monkeypatch):
    """It is as from that, with masks and resets."""
    made = []
    own_influence = rtrl.own_influence

    def counted(*arguments):
        made.append(own_influence(*arguments))
        return made[-1]

    def found(instead):
        monkeypatch.setattr(rtrl, "own_influence", instead)
        rtrl._layout_of.cache_clear()
        return gradient(SnAp(1), cell)[0]

    assert distance(found(counted), found(lambda *_: None)) < EXACT
    assert None not in made
    rtrl._layout_of.cache_clear()


class Clipped(cells.GatedCell):
    """h' = 0.9 h + x w_x + b + clip(h, -4, 4) w_h."""

    blocks = ("n",)

    def recur(self, params, state):
        return jnp.clip(state.h, -4, 4) @ params.w_h

    def combine(self, params, state, u, v):
        h = 0.9 * state.h + u + v
        return cells.GatedState(h), h


def test_a_product_that_is_not_linear_takes_the_whole_jacobian(x64):
    """A unit that is at 8 sees nothing of itself through what is clipped at 4."""
    cell, xs = Clipped(2), jnp.array([[8.0], [0.0], [0.0]])
    w_h = jnp.array([[-0.1, 0.02], [0.02, -0.1]])
    params = cell.init(jax.random.key(0), 1)._replace(w_x=jnp.ones((1, 2)), w_h=w_h)

    def total(params):
        return SnAp(1)(cell, params, cell.initial_state(params), xs)[1][-1].sum()

    np.testing.assert_allclose(jax.grad(total)(params).w_x, 8 * 0.9**2, rtol=1e-12)


class Ring(compose.Sparse):
    """An Elman whose units see themselves and the one before."""

    def mask(self, shape):
        return jnp.eye(*shape, dtype=bool) | jnp.eye(*shape, k=1, dtype=bool).at[-1, 0].set(True)


@pytest.mark.parametrize("first", [1, full(2), full(3)])
def test_a_ring_of_four_is_exact_at_order_four(first, x64):
    """Three steps reach all of it; each order more comes closer."""
    cell = Ring(cells.Elman(4), 0.5)
    (wanted, _), *found = (
        gradient(engine, cell) for engine in (unroll.scan, SnAp(first), SnAp(first + 1), SnAp(4))
    )
    errors = [distance(leaves, wanted) for leaves, _ in found]
    assert errors[2] < EXACT
    assert errors[0] > errors[1] >= errors[2]
    assert errors[0] > 1e-5


def test_order_one_keeps_as_many_numbers_as_there_are_parameters():
    """Of an LSTM two, h and c; RTRL keeps one for each number of the state."""

    def shapes(rule, cell):
        learner = Learner(cell, rule, input_dim=2)
        memory = learner.initial_state(learner.init(jax.random.key(0), 2)).memory
        return [x.shape for x in memory.theta]

    elman, lstm = cells.Elman(3), cells.LSTM(3)
    assert shapes(SnAp(1, carry=True), elman) == [(1, 2, 3), (1, 3, 3), (1, 3)]
    assert shapes(SnAp(1, carry=True), lstm) == [(2, 2, 12), (2, 3, 12), (2, 12)]
    assert shapes(RTRL(carry=True), lstm) == [(6, 2, 12), (6, 3, 12), (6, 12)]
    assert shapes(RTRL(carry=True), cells.IndRNN(3)) == [(1, 2, 3), (1, 3), (1, 3)]
