"""Two leaky units over four steps, whose gradients were worked out apart from the library.

    h_t = (1 - a) h_{t-1} + a tanh(x_t w_x + h_{t-1} w_h + b),  a = 0.6
    L = sum_t (h_t w_o - y_t)^2 / 2

Numbers that tests state for it are of each rule's equations in NumPy, in double precision; the
matrix of a gradient is `[w_h; w_x; b]`.
"""

import functools
import itertools

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.cells import LeakyElman
from rnnjax.cells.noise import pack
from rnnjax.compose.wrapper import OwnNoise

A = 0.6
CELL = LeakyElman(2, dt=A, tau=1.0)
W_H = np.array([[0.5, -0.3], [0.8, 0.2]])
PARAMS = CELL.params_type(w_x=np.array([[1.0, -0.5]]), w_h=W_H, b=np.array([0.1, -0.2]))
WEIGHTS = np.concatenate([W_H, PARAMS.w_x, PARAMS.b[None]])
XS = np.array([[1.0], [-1.0], [0.5], [2.0]])
W_O = np.array([1.0, -2.0])
YS = np.array([0.5, 0.0, -0.5, 1.0])
ALL = np.ones(4)  # how much each step's loss counts
LAST = np.array([0.0, 0.0, 0.0, 1.0])

BPTT = np.array(
    [
        [-0.011900165139, 0.146519769012],
        [-0.232479881683, 0.379336865286],
        [0.444921817809, -1.447098080459],
        [1.608176177782, -2.833229636037],
    ]
)


def params():
    """Returns the parameters as JAX holds them."""
    return jax.tree.map(jnp.asarray, PARAMS)


def loss(params, engine, cell=CELL, noise=None, counts=ALL, xs=XS, mask=None, reset=None):
    """Returns the loss of a run on an engine; `noise` is a rule's own, `[4, ...]`."""
    xs = jnp.asarray(xs) if noise is None else pack(jnp.asarray(xs), OwnNoise(noise, None))
    _, hs = engine(cell, params, cell.initial_state(params), xs, mask=mask, reset=reset)
    return jnp.sum(counts * (hs @ W_O - YS) ** 2) / 2


@functools.partial(jax.jit, static_argnums=(1, 2))
def _gradient(params, engine, cell, noise, counts, xs, mask, reset):
    return matrix(jax.grad(loss)(params, engine, cell, noise, counts, xs, mask, reset))


def gradient(engine, cell=CELL, noise=None, counts=ALL, params=PARAMS, xs=XS):
    """Returns the gradient of the loss, `[4, 2]`."""
    return np.asarray(_gradient(params, engine, cell, noise, counts, xs, None, None))


def gradients(engine, cell, noises, counts=ALL):
    """Returns the gradient for each noise of a rule, `[many, 4, 2]`."""
    many = jax.jit(jax.vmap(lambda noise: _gradient(*given(noise))))

    def given(noise):
        return PARAMS, engine, cell, noise, counts, XS, None, None

    return np.asarray(many(noises))


def matrix(params):
    """Puts weights and biases below each other, `[..., 4, 2]`."""
    return jnp.concatenate([params.w_h, params.w_x, params.b[..., None, :]], axis=-2)


def stacked(gradient):
    """Returns the matrix of a gradient, in NumPy."""
    return np.asarray(matrix(gradient))


def cosine(x, y):
    """Returns the cosine between two arrays."""
    return np.sum(x * y) / np.sqrt(np.sum(x * x) * np.sum(y * y))


def close(found, wanted):
    """Compares numbers that are known to twelve places."""
    np.testing.assert_allclose(found, wanted, rtol=0, atol=2e-12)


def signs(*shape):
    """Returns all arrays of signs of a shape, `[2^n, *shape]`."""
    each = itertools.product([-1.0, 1.0], repeat=int(np.prod(shape)))
    return np.array(list(each)).reshape(-1, *shape)


def by_hand():
    """Returns what a step is in NumPy: features `[4, 4]`, D and J of `[4, 2, 2]`, errors."""
    h = np.zeros(2)
    features, direct, jacobian, errors = [], [], [], []
    for x_t, y_t in zip(XS, YS, strict=True):
        f = np.concatenate([h, x_t, [1.0]])
        z = np.tanh(f @ WEIGHTS)
        d = np.diag(A * (1 - z**2))
        features.append(f)
        direct.append(d)  # [of h, of z]
        jacobian.append((1 - A) * np.eye(2) + d @ W_H.T)  # [of h, of h before]
        h = (1 - A) * h + A * z
        errors.append(W_O * (h @ W_O - y_t))
    return features, direct, jacobian, errors
