"""Weight initializers as values: they print, compare and hash by their numbers.

Each is called as `initializer(key, shape)` with `shape = (inputs, outputs)` and leaves the drawing
to `jax.nn.initializers`.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from rnnjax.typing import Array, Key, Static

Initializer = Callable[[Key, tuple[int, int]], Array]
BiasInitializer = Callable[[Key, tuple[str, ...], int], Array]  # of the blocks' names and H


class Glorot(Static):
    """Uniform with variance `2 / (inputs + outputs)`.

    References:
        Glorot & Bengio (2010), Understanding the difficulty of training deep feedforward neural
        networks, AISTATS.
    """

    def __call__(self, key: Key, shape: tuple[int, int]) -> Array:
        """Draws a matrix of `shape`."""
        return jax.nn.initializers.glorot_uniform()(key, shape)


class Orthogonal(Static):
    """A random (semi-)orthogonal matrix times `scale`.

    References:
        Saxe, McClelland & Ganguli (2014), Exact solutions to the nonlinear dynamics of learning in
        deep linear neural networks, ICLR.
    """

    scale: float = 1.0

    def __call__(self, key: Key, shape: tuple[int, int]) -> Array:
        """Draws a matrix of `shape`."""
        return jax.nn.initializers.orthogonal(self.scale)(key, shape)


class Identity(Static):
    """The identity times `scale`; with relu this makes an IRNN.

    References:
        Le, Jaitly & Hinton (2015), A simple way to initialize recurrent networks of rectified
        linear units, arXiv:1504.00941.
    """

    scale: float = 1.0

    def __call__(self, key: Key, shape: tuple[int, int]) -> Array:
        """Returns a matrix of `shape`; no chance is involved."""
        del key
        return self.scale * jnp.eye(*shape)


class Normal(Static):
    """Independent normal numbers of standard deviation `stddev`."""

    stddev: float = 0.01

    def __call__(self, key: Key, shape: tuple[int, int]) -> Array:
        """Draws a matrix of `shape`."""
        return jax.nn.initializers.normal(self.stddev)(key, shape)


class TruncatedNormal(Static):
    """Normal numbers of standard deviation `stddev`, drawn again beyond two deviations."""

    stddev: float = 0.1

    def __call__(self, key: Key, shape: tuple[int, int]) -> Array:
        """Draws a matrix of `shape`."""
        # jax's own `stddev` is that of the truncated numbers; papers give the one before the cut.
        return self.stddev * jax.random.truncated_normal(key, -2.0, 2.0, shape)


class Zeros(Static):
    """Biases of zero."""

    def __call__(self, key: Key, blocks: tuple[str, ...], hidden: int) -> Array:
        """Returns a vector `[len(blocks) * hidden]`."""
        del key
        return jnp.zeros(len(blocks) * hidden)


def gate_blocks(initializer: Initializer, key: Key, rows: int, hidden: int, gates: int) -> Array:
    """Draws a `[rows, hidden]` matrix a gate and lays them side by side, `[rows, gates * hidden]`.

    An orthogonal matrix a gate is what papers mean by an orthogonal recurrent matrix.
    """
    keys = [key] if gates == 1 else jax.random.split(key, gates)
    return jnp.concatenate([initializer(k, (rows, hidden)) for k in keys], axis=-1)
