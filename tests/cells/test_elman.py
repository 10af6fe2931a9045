import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import Elman, Identity, Normal, relu
from rnnjax.cells.plain.elman import ElmanParams, ElmanState
from tests.laws.draws import normal, params_of

XS = normal(1, (6, 2))


@pytest.mark.parametrize(
    ("activation", "numpy"), [(jnp.tanh, np.tanh), (relu, lambda a: a * (a > 0))]
)
def test_the_papers_equation(activation, numpy):
    cell = Elman(3, activation=activation)
    params = params_of(cell)
    w_x, w_h, b = (np.asarray(p, float) for p in params)
    _, ys = unroll.scan(cell, params, cell.initial_state(params), XS)
    h = np.zeros(3)
    for x_t, y_t in zip(XS.astype(float), ys, strict=True):
        before, h = h, np.zeros(3)
        for j in range(3):
            total = b[j]
            total += sum(x_t[i] * w_x[i, j] for i in range(2))
            total += sum(before[i] * w_h[i, j] for i in range(3))
            h[j] = numpy(total)
        np.testing.assert_allclose(y_t, h, rtol=1e-5, atol=1e-6)


def test_an_irnn_starts_as_an_identity_that_hardly_listens():
    cell = Elman(100, activation=relu, recurrent_init=Identity(), input_init=Normal(0.001))
    params = cell.init(jax.random.key(0), 50)
    np.testing.assert_array_equal(params.w_h, np.eye(100))
    np.testing.assert_array_equal(params.b, 0)
    assert np.std(params.w_x) == pytest.approx(0.001, rel=0.05)
    # So it keeps what it holds, forever.
    state = ElmanState(jnp.arange(100.0))
    final, _ = unroll.scan(cell, params, state, jnp.zeros((20, 50)))
    np.testing.assert_array_equal(final.h, state.h)


# Two units, two steps, small enough for a blackboard.
INPUTS, TARGETS = np.array([[1.0], [2.0]]), np.array([1.0, 3.0])
W_X, W_H, B = np.array([[0.5, 0.6]]), np.array([[0.1, 0.2], [0.3, 0.4]]), np.array([0.1, -0.1])
W_Y, B_Y = np.array([1.0, 2.0]), 0.1


def states(w_x, w_h):
    params = ElmanParams(*map(jnp.asarray, (w_x, w_h, B)))
    return unroll.scan(Elman(2), params, ElmanState(jnp.zeros(2)), jnp.asarray(INPUTS))[1]


def loss(w_x, w_h):
    outputs = states(w_x, w_h) @ W_Y + B_Y
    return 0.5 * jnp.sum((outputs - TARGETS) ** 2)


def central_differences(function, w, step=1e-6):
    gradient = np.zeros_like(w)
    for index in np.ndindex(w.shape):
        nudge = np.zeros_like(w)
        nudge[index] = step
        gradient[index] = (function(w + nudge) - function(w - nudge)) / (2 * step)
    return gradient


def test_two_steps_of_two_units_as_on_the_blackboard(x64):
    hs = states(W_X, W_H)
    np.testing.assert_allclose(hs, [[0.53704957, 0.46211716], [0.85973818, 0.88366641]], atol=5e-9)
    np.testing.assert_allclose(hs @ W_Y + B_Y, [1.56128388, 2.72707101], atol=5e-9)


def test_the_gradient_sums_the_paths_through_both_steps(x64):
    h_0 = np.zeros(2)
    h_1 = np.tanh(1.0 * W_X[0] + h_0 @ W_H + B)
    h_2 = np.tanh(2.0 * W_X[0] + h_1 @ W_H + B)
    # How the loss answers to what enters tanh: at step 1 by that step's own output and, through
    # the state, by the next one's.
    at_2 = (h_2 @ W_Y + B_Y - 3.0) * W_Y * (1 - h_2**2)
    at_1_by_its_output = (h_1 @ W_Y + B_Y - 1.0) * W_Y * (1 - h_1**2)
    at_1_by_the_state = (W_H @ at_2) * (1 - h_1**2)
    at_1 = at_1_by_its_output + at_1_by_the_state
    by_w_x = 1.0 * at_1 + 2.0 * at_2
    by_w_h = np.outer(h_0, at_1) + np.outer(h_1, at_2)

    gradient = jax.grad(loss, (0, 1))(jnp.asarray(W_X), jnp.asarray(W_H))
    np.testing.assert_allclose(gradient[0][0], by_w_x, rtol=1e-12)
    np.testing.assert_allclose(gradient[1], by_w_h, rtol=1e-12)
    assert np.abs(at_1_by_the_state).min() > 0.01  # either path alone gives other numbers
    assert np.abs(at_1_by_its_output).min() > 0.01

    compiled = jax.jit(loss)
    nearby = central_differences(lambda w: compiled(w, W_H), W_X)
    np.testing.assert_allclose(gradient[0], nearby, rtol=1e-6)
    nearby = central_differences(lambda w: compiled(W_X, w), W_H)
    np.testing.assert_allclose(gradient[1], nearby, rtol=1e-6)


def test_torch_agrees_in_values_and_gradients():
    torch = pytest.importorskip("torch")
    cell, xs = Elman(3), normal(2, (6, 4, 2))
    params = params_of(cell)
    theirs = torch.nn.RNN(2, 3)
    with torch.no_grad():
        theirs.weight_ih_l0[:] = torch.tensor(np.asarray(params.w_x).T)
        theirs.weight_hh_l0[:] = torch.tensor(np.asarray(params.w_h).T)
        theirs.bias_ih_l0[:] = torch.tensor(np.asarray(params.b))
        theirs.bias_hh_l0[:] = 0
    their_ys, _ = theirs(torch.tensor(xs))
    (their_ys**2).sum().backward()

    def total(params):
        _, ys = unroll.scan(cell, params, cell.initial_state(params, (4,)), xs)
        return (ys**2).sum(), ys

    gradient, ys = jax.grad(total, has_aux=True)(params)
    np.testing.assert_allclose(ys, their_ys.detach(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(gradient.w_x, theirs.weight_ih_l0.grad.T, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(gradient.w_h, theirs.weight_hh_l0.grad.T, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(gradient.b, theirs.bias_ih_l0.grad, rtol=1e-4, atol=1e-5)
