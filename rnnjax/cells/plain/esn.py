"""The echo state network's reservoir."""

from dataclasses import field

from rnnjax.cells.gatedcell import GatedCell, GatedParams, GatedState
from rnnjax.cells.initializers import Initializer, Uniform
from rnnjax.cells.spectra import SpectralRadius
from rnnjax.typing import Array


class ESN(GatedCell):
    """Reservoir of an echo state network, with leaky units.

    `h_t = (1 - leak) * h_{t-1} + leak * tanh(x_t w_x + h_{t-1} w_h + b)`, `y_t = h_t`.

    Its weights are drawn and meant to stay: a readout of `y` alone is trained, by least squares, or
    by gradients where `optax.multi_transform` sets those of this cell to zero. They are parameters
    all the same and can be trained. The recurrent matrix is dense, of spectral radius 0.9. States
    forget how they started where its largest singular value is below 1; below a spectral radius of
    1 they mostly do.

    References:
        Jaeger (2001), The "echo state" approach to analysing and training recurrent neural
        networks, GMD Report 148.
        Jaeger, Lukoševičius, Popovici & Siewert (2007), Optimization and applications of echo state
        networks with leaky-integrator neurons, Neural Networks 20.

    Example:
        >>> from rnnjax import cells
        >>> cells.ESN(500, leak=0.3, recurrent_init=cells.SpectralRadius(1.2))
        ESN(hidden=500, leak=0.3, recurrent_init=SpectralRadius(radius=1.2))
    """

    blocks = ("h",)

    leak: float = 1.0
    input_init: Initializer = field(default=Uniform(1.0), kw_only=True)
    recurrent_init: Initializer = field(default=SpectralRadius(0.9), kw_only=True)

    def __post_init__(self) -> None:
        """Refuses leaks that are none.

        Raises:
            ValueError: if not `0 < leak <= 1`.
        """
        super().__post_init__()
        if not 0 < self.leak <= 1:
            raise ValueError(f"{self}: leak must be above 0 and not above 1")

    def combine(
        self, params: GatedParams, state: GatedState, u: Array, v: Array
    ) -> tuple[GatedState, Array]:
        """Applies the activation and leaks."""
        del params
        h = (1 - self.leak) * state.h + self.leak * self.activation(u + v)
        return GatedState(h), h
