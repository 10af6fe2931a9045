"""A small network with published numbers: two leaky units, four steps, a squared error.

Its gradients of `[w_h; w_x; b]` by several rules are known to twelve digits.
"""

import itertools

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.cells import LeakyElman
from rnnjax.cells.noise import pack
from rnnjax.compose.wrapper import OwnNoise

CELL = LeakyElman(2, dt=0.6, tau=1.0)
WEIGHTS = np.array([[0.5, -0.3], [0.8, 0.2], [1.0, -0.5], [0.1, -0.2]])
INPUTS = np.array([1.0, -1.0, 0.5, 2.0])[:, None]
TARGETS = np.array([0.5, 0.0, -0.5, 1.0])[:, None]
READOUT = np.array([[1.0], [-2.0]])

BPTT = np.array(
    [
        [-0.011900165139, 0.146519769012],
        [-0.232479881683, 0.379336865286],
        [0.444921817809, -1.447098080459],
        [1.608176177782, -2.833229636037],
    ]
)


def params():
    """Returns the network's parameters, double precision where JAX has it."""
    like = jax.eval_shape(lambda: CELL.init(jax.random.key(0), 1))
    w_h, w_x, b = jnp.array(WEIGHTS[:2]), jnp.array(WEIGHTS[2:3]), jnp.array(WEIGHTS[3])
    return like._replace(w_x=w_x, w_h=w_h, b=b)


def loss(params, engine, cell=CELL, noise=None):
    """Returns half the squared error of a run."""
    xs = jnp.array(INPUTS)
    xs = xs if noise is None else pack(xs, OwnNoise(noise, None))
    _, ys = engine(cell, params, cell.initial_state(params), xs)
    return 0.5 * jnp.sum((ys @ jnp.array(READOUT) - jnp.array(TARGETS)) ** 2)


def stacked(gradient):
    """Returns gradients as `[w_h; w_x; b]`, `[..., 4, 2]`."""
    b = np.asarray(gradient.b)[..., None, :]
    return np.concatenate([gradient.w_h, gradient.w_x, b], axis=-2)


def signs(*shape):
    """Returns all arrays of signs of a shape, `[2^n, *shape]`."""
    each = itertools.product([-1.0, 1.0], repeat=int(np.prod(shape)))
    return np.array(list(each)).reshape(-1, *shape)


def by_hand():
    """Returns what a step is in NumPy: features `[4, 4]`, D and J of `[4, 2, 2]`, errors."""
    h, a = np.zeros(2), 0.6
    features, direct, jacobian, errors = [], [], [], []
    for x_t, y_t in zip(INPUTS, TARGETS, strict=True):
        f = np.concatenate([h, x_t, [1.0]])
        z = np.tanh(f @ WEIGHTS)
        d = np.diag(a * (1 - z**2))
        features.append(f)
        direct.append(d)  # [of h, of z]
        jacobian.append((1 - a) * np.eye(2) + d @ WEIGHTS[:2].T)  # [of h, of h before]
        h = (1 - a) * h + a * z
        errors.append(READOUT[:, 0] * (h @ READOUT - y_t))
    return features, direct, jacobian, errors
