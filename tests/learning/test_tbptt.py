import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax.cells import Cell
from rnnjax.learning import RTRL, TBPTT
from tests.learning import bench

UNITS, POSITIVE = 23, 10


def test_windows_of_one_step_know_the_present_alone(x64):
    found = bench.gradient(TBPTT())
    wanted = [
        [-0.151989145215, 0.299888274092],
        [-0.060854660557, 0.158089826734],
        [0.545376594229, -1.750026264418],
        [0.767750712515, -1.925021539519],
    ]
    bench.close(found, wanted)
    assert bench.cosine(found, bench.BPTT) == pytest.approx(0.947373394849, abs=1e-11)


def test_windows_of_two_steps(x64):
    wanted = [
        [-0.210123089318, 0.392973338852],
        [-0.082823798661, 0.193267186101],
        [0.649007691652, -1.915692129113],
        [0.9868480753, -2.275573961536],
    ]
    bench.close(bench.gradient(TBPTT(window=2)), wanted)


def test_a_last_window_that_is_shorter(x64):
    """Three steps and one: the last knows itself, the others do not know it."""
    first = bench.gradient(TBPTT(window=4), counts=np.array([1.0, 1, 1, 0]))
    last = bench.gradient(TBPTT(), counts=bench.LAST)
    bench.close(bench.gradient(TBPTT(window=3)), first + last)


@pytest.mark.parametrize("window", [4, 7])
def test_with_all_of_time_it_is_backpropagation(window, x64):
    bench.close(bench.gradient(TBPTT(window=window)), bench.BPTT)


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
        found = gradient_at_the_end(TBPTT(window=window), steps=3 * window)
        assert found == pytest.approx(_sensitivity(window), rel=1e-10)
    found = gradient_at_the_end(RTRL(), steps=120)
    assert found == pytest.approx(_sensitivity(120), rel=1e-10)
