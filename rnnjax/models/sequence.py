"""The usual recurrent network: encoder, recurrent layers, readout."""

import flax.linen as nn

from rnnjax import unroll
from rnnjax.cells.base import Cell
from rnnjax.models.bidirectional import Bidirectional
from rnnjax.models.dropout import drop
from rnnjax.models.precision import Precision, in_single
from rnnjax.models.readout import Last
from rnnjax.models.recurrent import Recurrent
from rnnjax.typing import Array, State


class SequenceModel(nn.Module):
    """Encoder, recurrent layers with dropout between them, readout.

    Attributes:
        layers: `Recurrent` and `Bidirectional` modules, the first one next to the input.
        readout: one of `All`, `Mean`, `Last`, or any module called as `readout(ys, mask)`.
        encoder: what inputs pass through first, such as `nn.Embed` or `nn.Dense`; none if None.
        dropout: the chance that a feature between two layers is dropped, independently at each
            step, while training; may be an array.

    References:
        Zaremba, Sutskever & Vinyals (2014), Recurrent neural network regularization,
        arXiv:1409.2329 (dropout between layers only).

    Raises:
        TypeError: if `layers` are no layers.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> from rnnjax.cells import GRU, LSTM
        >>> model = SequenceModel(
        ...     (Recurrent(LSTM(8)), Bidirectional(GRU(4))), Last(2, backward_dim=4)
        ... )
        >>> xs = jnp.ones((5, 4, 3))
        >>> (_, outputs), _ = jax.eval_shape(model.init_with_output, jax.random.key(0), xs)
        >>> outputs.shape
        (4, 2)
    """

    layers: tuple[nn.Module, ...]
    readout: nn.Module
    encoder: nn.Module | None = None
    dropout: float | Array = 0.0

    def __post_init__(self) -> None:
        """Refuses what are no layers."""
        is_many = isinstance(self.layers, tuple | list)
        if not (is_many and all(isinstance(layer, nn.Module) for layer in self.layers)):
            raise TypeError(
                f"SequenceModel takes a tuple of layers, as (Recurrent(LSTM(64)),); "
                f"got {self.layers!r}"
            )
        super().__post_init__()

    @nn.compact
    def __call__(
        self,
        xs: Array,
        states: tuple[State, ...] | None = None,
        *,
        mask: Array | None = None,
        reset: Array | None = None,
        train: bool = False,
    ) -> tuple[tuple[State, ...], Array]:
        """Runs the network.

        Args:
            xs: inputs, `[T, ..., D]`, or what `encoder` takes.
            states: one state a layer to start from; initial states if None.
            mask: boolean `[T, ...]`, False where there is no step; see `unroll.Engine`.
            reset: boolean `[T, ...]`, True where a new sequence begins.
            train: whether features are dropped and cells given their noise, with the key of the
                collection "dropout".

        Returns:
            The final states and the readout's outputs, never in half precision.
        """
        ys = xs if self.encoder is None else self.encoder(xs)
        drops = train and not (isinstance(self.dropout, float | int) and self.dropout == 0)
        after = []
        for i, layer in enumerate(self.layers):
            if i > 0 and drops:
                ys = drop(self.make_rng("dropout"), self.dropout, ys)
            state = None if states is None else states[i]
            state, ys = layer(ys, state, mask=mask, reset=reset, train=train)
            after.append(state)
        return tuple(after), in_single(self.readout(ys, mask))


def sequence_model(
    cell: Cell,
    readout: type[nn.Module],
    output_dim: int,
    *,
    layers: int = 1,
    bidirectional: bool = False,
    engine: unroll.Engine = unroll.scan,
    encoder: nn.Module | None = None,
    dropout: float = 0.0,
    precision: Precision = Precision.F32,
) -> SequenceModel:
    """Returns a network of equal layers.

    Args:
        cell: what each layer runs.
        readout: `All`, `Mean` or `Last`.
        output_dim: the size of one output.
        layers: how many layers.
        bidirectional: whether each layer runs both ways.
        engine: how time is run.
        encoder: see `SequenceModel`.
        dropout: see `SequenceModel`.
        precision: what is computed and kept in half precision.

    Raises:
        TypeError: if an argument is of another kind.
        ValueError: if there is no layer.

    Example:
        >>> from rnnjax.cells import LSTM
        >>> model = sequence_model(LSTM(8), Last, 10, layers=2)
        >>> len(model.layers), model.readout.output_dim
        (2, 10)
    """
    if not callable(readout):
        raise TypeError(f"sequence_model takes a readout, such as Last; got {readout!r}")
    stack = equal_layers(
        cell, layers, bidirectional=bidirectional, engine=engine, precision=precision
    )
    if readout is Last:
        head = Last(output_dim, backward_dim=stack[-1].backward_dim, precision=precision)
    else:
        head = readout(output_dim, precision=precision)
    return SequenceModel(stack, head, encoder, dropout)


def equal_layers(
    cell: Cell,
    layers: int,
    *,
    bidirectional: bool = False,
    engine: unroll.Engine = unroll.scan,
    precision: Precision = Precision.F32,
) -> tuple[Recurrent, ...] | tuple[Bidirectional, ...]:
    """Returns layers of one cell; see `sequence_model`.

    Raises:
        ValueError: if there is none.

    Example:
        >>> from rnnjax.cells import LSTM
        >>> [layer.cell.hidden for layer in equal_layers(LSTM(8), 2)]
        [8, 8]
    """
    if not (type(layers) is int and layers >= 1):
        raise ValueError(f"layers must be a whole number of 1 or more; got {layers!r}")
    if bidirectional:
        return tuple(Bidirectional(cell, engine=engine, precision=precision) for _ in range(layers))
    return tuple(Recurrent(cell, engine, precision=precision) for _ in range(layers))
