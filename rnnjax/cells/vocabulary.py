"""What the text of a cell may name beside cells: functions and other values of their fields."""

from collections.abc import Callable
from typing import Any

from rnnjax.cells import activations, biases, initializers, spectra
from rnnjax.cells.leaky.cfc import lecun_tanh
from rnnjax.cells.linear import statespace
from rnnjax.cells.matrix.linearattention import elu_plus_one
from rnnjax.cells.orthogonal import parametrizations

ACTIVATIONS: tuple[Callable[..., Any], ...] = (
    activations.elu,
    activations.fast_sigmoid,
    activations.gelu,
    activations.hard_sigmoid,
    activations.hard_tanh,
    activations.identity,
    activations.leaky_relu,
    activations.relu,
    activations.sigmoid,
    activations.silu,
    activations.soft_sign,
    activations.softplus,
    activations.tanh,
)
INITIALIZERS: tuple[Callable[..., Any], ...] = (
    initializers.Glorot,
    initializers.He,
    initializers.Identity,
    initializers.LecunNormal,
    initializers.Normal,
    initializers.NormalBySize,
    initializers.Orthogonal,
    spectra.Ring,
    spectra.SpectralRadius,
    initializers.TruncatedNormal,
    initializers.Uniform,
    initializers.UniformByInputs,
    initializers.UniformBySize,
)
PARAMETRIZATIONS: tuple[Callable[..., Any], ...] = (
    parametrizations.BrickWall,
    parametrizations.Butterfly,
    parametrizations.Cayley,
    parametrizations.Exponential,
    parametrizations.Householder,
)
# Of one cell or two: made for their fields, and no activations of others.
OF_FEW: tuple[Callable[..., Any], ...] = (
    elu_plus_one,
    lecun_tanh,
    statespace.bilinear,
    statespace.s4d_inv,
    statespace.s4d_legs,
    statespace.s4d_lin,
    statespace.s4d_real,
    statespace.zoh,
)
BIAS_INITIALIZERS: tuple[Callable[..., Any], ...] = (
    biases.Chrono,
    biases.Forget,
    biases.RandomBiases,
    biases.Zeros,
)

# By the names that they print as, which are those that `rnnjax.cells` has for them.
VOCABULARY = {
    f.__name__: f
    for f in (*ACTIVATIONS, *INITIALIZERS, *BIAS_INITIALIZERS, *PARAMETRIZATIONS, *OF_FEW)
}
