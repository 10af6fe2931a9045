import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import cells
from rnnjax.learning import TBPTT, ForwardGradient, Learner
from tests.learning import bench

KEYS, P = 4000, 8  # of which the bench has parameters


def drawn(rule, count):
    """Returns the noise of many runs, `[count, 4, 2]`."""
    return rule.draw(jax.random.key(1), 2, (count, 4))


@pytest.mark.parametrize("tangents", [1, 4])
def test_the_mean_is_backpropagation_and_the_variance_that_of_normal_directions(tangents, x64):
    """What was before a step is estimated: `(p + 1) |G|^2 / k` for its part `G` of the gradient."""
    rule = ForwardGradient(tangents)
    found = bench.gradients(rule, Learner(bench.CELL, rule, 1), drawn(rule, KEYS))
    error = found.std(0) / np.sqrt(KEYS)
    assert (np.abs(found.mean(0) - bench.BPTT) < 4 * error).all()
    estimated = bench.BPTT - bench.gradient(TBPTT())
    squares = ((found - bench.BPTT) ** 2).sum((1, 2))
    wanted = (P + 1) * np.sum(estimated**2) / tangents
    assert abs(squares.mean() - wanted) < 4 * squares.std() / np.sqrt(KEYS)
    assert 4 * squares.std() / np.sqrt(KEYS) < wanted / 4


def test_it_is_the_gradient_along_the_directions_that_it_carries(x64):
    """One direction is kept over the whole sequence: `g = <G, v> v` and what a step does itself."""
    rule = ForwardGradient(2)
    noise = drawn(rule, 1)[0]
    found = bench.gradient(rule, Learner(bench.CELL, rule, 1), noise)
    rule = ForwardGradient(2, carry=True)
    cell = Learner(bench.CELL, rule, 1)
    xs = bench.pack(bench.XS, bench.OwnNoise(noise, None))
    state, _ = rule(cell, bench.PARAMS, cell.initial_state(bench.PARAMS), xs)
    w_x, w_h, b = state.memory.theta
    directions = jnp.concatenate([w_h, w_x, b[:, None]], axis=1)
    present = bench.gradient(TBPTT())
    along = np.einsum("kij,ij->k", directions, bench.BPTT - present)
    wanted = present + np.einsum("k,kij->ij", along, directions) / 2
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-11)


class Turning(cells.Cell):
    """h' = h / 2 + Re(w x (1 + 2i)), of a complex parameter."""

    output_dim = 1

    def init(self, key, input_dim):
        return jnp.full(1, 0.5 + 0.25j)

    def initial_state(self, params, batch_shape=()):
        return jnp.zeros((*batch_shape, 1))

    def step(self, params, state, x_t):
        h = state / 2 + (params * x_t * (1 + 2j)).real
        return h, h


def test_of_complex_parameters_the_mean_is_backpropagation(x64):
    cell, rule, count = Turning(), ForwardGradient(1), 4000
    params, xs = cell.init(jax.random.key(0), 1), jnp.ones((3, 1))
    learner = Learner(cell, rule, 1)

    def total(params, noise):
        given = bench.pack(xs, bench.OwnNoise(noise, None))
        return rule(learner, params, cell.initial_state(params), given)[1][-1].sum()

    noise = rule.draw(jax.random.key(1), 1, (count, 3))
    found = np.asarray(jax.jit(jax.vmap(jax.grad(total), (None, 0)))(params, noise))
    wanted = 1.75 * (1 - 2j)  # as JAX has it: the derivative by the conjugate, conjugated
    error = found.std(0) / np.sqrt(count)
    assert abs(found.mean() - wanted.conjugate()) < 4 * error
    assert error < 0.1


def test_directions_are_normal_and_each_sequence_has_its_own(x64):
    rule = ForwardGradient(30, carry=True)
    cell = Learner(bench.CELL, rule, 1)
    params = bench.PARAMS
    xs = jnp.ones((1, 40, 1))
    noised = bench.pack(xs, cell.draw(jax.random.key(0), params, (1, 40)))
    state, _ = rule(cell, params, cell.initial_state(params, (40,)), noised)
    parts = [np.asarray(x).reshape(40, 30, -1) for x in state.memory.theta]
    numbers = np.concatenate(parts, axis=-1)
    count = numbers.size
    assert abs(numbers.mean()) < 4 / np.sqrt(count)
    assert abs(numbers.var() - 1) < 4 * np.sqrt(2 / count)
    assert len(np.unique(numbers)) > 0.99 * count
