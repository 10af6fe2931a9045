"""Weight initializers as values: they print, compare and hash by their numbers.

Each is called as `initializer(key, shape)` with `shape = (inputs, outputs)`. Biases have their own,
in `rnnjax.cells.biases`.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from rnnjax.typing import Array, Key, Static

Initializer = Callable[[Key, tuple[int, int]], Array]


class Glorot(Static):
    """Uniform with variance `2 / (inputs + outputs)`.

    References:
        Glorot & Bengio (2010), Understanding the difficulty of training deep feedforward neural
        networks, AISTATS.

    Example:
        >>> Glorot()(jax.random.key(0), (3, 2)).shape
        (3, 2)
    """

    def __call__(self, key: Key, shape: tuple[int, int]) -> Array:
        """Draws a matrix of `shape`."""
        return jax.nn.initializers.glorot_uniform()(key, shape)


class LecunNormal(Static):
    """Normal with variance `1 / inputs`, drawn again beyond two deviations, as Flax starts cells.

    References:
        LeCun, Bottou, Orr & Müller (1998), Efficient BackProp, in Neural Networks: Tricks of the
        Trade.

    Example:
        >>> LecunNormal()(jax.random.key(0), (3, 2)).shape
        (3, 2)
    """

    def __call__(self, key: Key, shape: tuple[int, int]) -> Array:
        """Draws a matrix of `shape`."""
        return jax.nn.initializers.lecun_normal()(key, shape)


class He(Static):
    """Normal with variance `2 / inputs`.

    References:
        He, Zhang, Ren & Sun (2015), Delving deep into rectifiers: surpassing human-level
        performance on ImageNet classification, ICCV, arXiv:1502.01852.

    Example:
        >>> He()(jax.random.key(0), (3, 2)).shape
        (3, 2)
    """

    def __call__(self, key: Key, shape: tuple[int, int]) -> Array:
        """Draws a matrix of `shape`."""
        return (2 / shape[0]) ** 0.5 * jax.random.normal(key, shape)


class Uniform(Static):
    """Uniform between `-scale` and `scale`.

    Example:
        >>> bool(abs(Uniform(0.1)(jax.random.key(0), (3, 2))).max() <= 0.1)
        True
    """

    scale: float = 0.01

    def __call__(self, key: Key, shape: tuple[int, int]) -> Array:
        """Draws a matrix of `shape`."""
        return self.scale * jax.random.uniform(key, shape, minval=-1.0)


class UniformByInputs(Static):
    """Uniform between plus and minus `scale / sqrt(inputs)`, as PyTorch starts linear layers.

    Example:
        >>> bool(abs(UniformByInputs()(jax.random.key(0), (4, 2))).max() <= 0.5)
        True
    """

    scale: float = 1.0

    def __call__(self, key: Key, shape: tuple[int, int]) -> Array:
        """Draws a matrix of `shape`."""
        return Uniform(self.scale * shape[0] ** -0.5)(key, shape)


class UniformBySize(Static):
    """Uniform between plus and minus `scale / sqrt(outputs)`, as PyTorch starts recurrent cells.

    Example:
        >>> bool(abs(UniformBySize()(jax.random.key(0), (2, 4))).max() <= 0.5)
        True
    """

    scale: float = 1.0

    def __call__(self, key: Key, shape: tuple[int, int]) -> Array:
        """Draws a matrix of `shape`."""
        return Uniform(self.scale * shape[1] ** -0.5)(key, shape)


class Normal(Static):
    """Independent normal numbers of standard deviation `stddev`.

    Example:
        >>> Normal(0.001)(jax.random.key(0), (3, 2)).shape
        (3, 2)
    """

    stddev: float = 0.01

    def __call__(self, key: Key, shape: tuple[int, int]) -> Array:
        """Draws a matrix of `shape`."""
        return jax.nn.initializers.normal(self.stddev)(key, shape)


class NormalBySize(Static):
    """Independent normal numbers of standard deviation `scale / outputs`.

    References:
        Erichson, Azencot, Queiruga, Hodgkinson & Mahoney (2021), Lipschitz recurrent neural
        networks, ICLR, arXiv:2006.12070 (in the authors' code).

    Example:
        >>> NormalBySize(0.1)(jax.random.key(0), (3, 2)).shape
        (3, 2)
    """

    scale: float = 1.0

    def __call__(self, key: Key, shape: tuple[int, int]) -> Array:
        """Draws a matrix of `shape`."""
        return self.scale / shape[1] * jax.random.normal(key, shape)


class TruncatedNormal(Static):
    """Normal numbers of standard deviation `stddev`, drawn again beyond two deviations.

    Example:
        >>> bool(abs(TruncatedNormal(0.1)(jax.random.key(0), (3, 2))).max() <= 0.2)
        True
    """

    stddev: float = 0.1

    def __call__(self, key: Key, shape: tuple[int, int]) -> Array:
        """Draws a matrix of `shape`."""
        # jax's own `stddev` is that of the truncated numbers; papers give the one before the cut.
        return self.stddev * jax.random.truncated_normal(key, -2.0, 2.0, shape)


class Identity(Static):
    """The identity times `scale`; with relu this makes an IRNN.

    References:
        Le, Jaitly & Hinton (2015), A simple way to initialize recurrent networks of rectified
        linear units, arXiv:1504.00941.

    Example:
        >>> Identity(0.5)(jax.random.key(0), (2, 2)).tolist()
        [[0.5, 0.0], [0.0, 0.5]]
    """

    scale: float = 1.0

    def __call__(self, key: Key, shape: tuple[int, int]) -> Array:
        """Returns a matrix of `shape`; no chance is involved."""
        del key
        return self.scale * jnp.eye(*shape)


class Orthogonal(Static):
    """A random (semi-)orthogonal matrix times `scale`.

    References:
        Saxe, McClelland & Ganguli (2014), Exact solutions to the nonlinear dynamics of learning in
        deep linear neural networks, ICLR.

    Example:
        >>> w = Orthogonal()(jax.random.key(0), (3, 3))
        >>> bool(abs(w @ w.T - jnp.eye(3)).max() < 1e-6)
        True
    """

    scale: float = 1.0

    def __call__(self, key: Key, shape: tuple[int, int]) -> Array:
        """Draws a matrix of `shape`."""
        return jax.nn.initializers.orthogonal(self.scale)(key, shape)


def gate_blocks(initializer: Initializer, key: Key, rows: int, hidden: int, gates: int) -> Array:
    """Draws a `[rows, hidden]` matrix a gate and lays them side by side, `[rows, gates * hidden]`.

    An orthogonal matrix a gate is what papers mean by an orthogonal recurrent matrix.

    Example:
        >>> gate_blocks(Glorot(), jax.random.key(0), rows=3, hidden=2, gates=4).shape
        (3, 8)
    """
    keys = [key] if gates == 1 else jax.random.split(key, gates)
    return jnp.concatenate([initializer(k, (rows, hidden)) for k in keys], axis=-1)
