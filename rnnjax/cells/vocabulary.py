"""What the text of a cell may name beside cells: activations, initializers, parametrizations."""

from collections.abc import Callable
from typing import Any

from rnnjax.cells import activations, biases, initializers, spectra
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
BIAS_INITIALIZERS: tuple[Callable[..., Any], ...] = (biases.Chrono, biases.Forget, biases.Zeros)

# By the names that they print as, which are those that `rnnjax.cells` has for them.
VOCABULARY = {
    f.__name__: f for f in (*ACTIVATIONS, *INITIALIZERS, *BIAS_INITIALIZERS, *PARAMETRIZATIONS)
}
