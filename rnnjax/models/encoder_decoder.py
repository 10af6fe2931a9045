"""Sequence to sequence: one network reads, another one writes."""

from typing import Any, NamedTuple

import flax.linen as nn
import jax.numpy as jnp

from rnnjax import unroll
from rnnjax.cells.base import Cell
from rnnjax.models.attention import Attention
from rnnjax.models.bridge import Bridge
from rnnjax.models.precision import Precision, in_single
from rnnjax.models.readout import All, Plain
from rnnjax.models.sequence import SequenceModel, equal_layers
from rnnjax.typing import Array, State


class Memory(NamedTuple):
    """What an encoder has made of sources.

    Attributes:
        states: after the last step of each, one a layer.
        ys: outputs at all steps, `[S, ..., K]`.
        steps: boolean `[S, ...]`, False where there was no step; None where all are steps.

    Example:
        >>> import jax
        >>> from rnnjax.cells import GRU
        >>> model, sources = encoder_decoder(GRU(8), 20, 12), jnp.ones((5, 4), int)
        >>> params = model.init(jax.random.key(0), sources, sources)
        >>> memory = jax.eval_shape(lambda xs: model.apply(params, xs, method="encode"), sources)
        >>> memory.ys.shape
        (5, 4, 8)
    """

    states: tuple[State, ...]
    ys: Array
    steps: Array | None


class EncoderDecoder(nn.Module):
    """An encoder reads a source; a decoder, which begins with its states, writes a target.

    The two may have any cells: see `Bridge`. The decoder is given the symbol before the one that it
    is to write: in training that of the target (teacher forcing), so that all steps are run at
    once, on any engine; in use the one that it has written itself, see `greedy` and `beam`.

    Attributes:
        encoder: what reads, a network with `Plain` outputs, which begins with its own states.
        decoder: what writes, another one, which begins with those of `bridge`.
        readout: maps outputs of the decoder to logits.
        attention: what looks back from the decoder's outputs at the encoder's, as `Attention()`;
            None for a decoder that is given the encoder's last states alone.
        bridge: makes the decoder's first states of the encoder's last.

    References:
        Sutskever, Vinyals & Le (2014), Sequence to sequence learning with neural networks, NeurIPS,
        arXiv:1409.3215.
        Cho et al. (2014), Learning phrase representations using RNN encoder-decoder for statistical
        machine translation, EMNLP, arXiv:1406.1078.

    Example:
        >>> import jax
        >>> from rnnjax.cells import GRU, LSTM
        >>> model = encoder_decoder(LSTM(8), 20, 12, decoder_cell=GRU(8), attention=True)
        >>> sources, previous = jnp.ones((5, 4), int), jnp.ones((3, 4), int)
        >>> make = lambda: model.init_with_output(jax.random.key(0), sources, previous)
        >>> jax.eval_shape(make)[0].shape
        (3, 4, 12)
    """

    encoder: SequenceModel
    decoder: SequenceModel
    readout: nn.Module
    attention: nn.Module | None = None
    bridge: nn.Module = Bridge()

    def encode(self, sources: Array, steps: Array | None = None, *, train: bool = False) -> Memory:
        """Reads sources.

        Args:
            sources: whole numbers `[S, ...]`, or what the encoder takes.
            steps: boolean `[S, ...]`, False where there is no step.
            train: see `SequenceModel`.
        """
        states, ys = self.encoder(sources, mask=steps, train=train)
        return Memory(states, ys, steps)

    def begin(self, memory: Memory) -> tuple[State, ...]:
        """Returns the states that the decoder begins with."""
        batch = memory.ys.shape[1:-1]
        start, _ = self.decoder(jnp.zeros((0, *batch), int))  # no step
        return self.bridge(memory.states, start, batch)

    def decode(
        self,
        memory: Memory,
        states: tuple[State, ...],
        previous: Array,
        *,
        train: bool = False,
    ) -> tuple[tuple[State, ...], Array]:
        """Runs the decoder for one step or several.

        Args:
            memory: what was read.
            states: of the decoder, from `begin` or from the steps before.
            previous: the symbols before those to write, whole numbers `[T, ...]`.
            train: see `SequenceModel`.

        Returns:
            The states after the steps, and logits `[T, ..., K]`.
        """
        states, ys = self.decoder(previous, states, train=train)
        if self.attention is not None:
            ys = self.attention(ys, memory.ys, memory.steps)
        return states, in_single(self.readout(ys))

    def __call__(
        self,
        sources: Array,
        previous: Array,
        steps: Array | None = None,
        *,
        train: bool = False,
    ) -> Array:
        """Returns logits `[T, ..., K]` of all steps at once; see `encode` and `decode`."""
        memory = self.encode(sources, steps, train=train)
        return self.decode(memory, self.begin(memory), previous, train=train)[1]


def encoder_decoder(
    cell: Cell,
    sources: int,
    targets: int,
    *,
    decoder_cell: Cell | None = None,
    layers: int = 1,
    bidirectional: bool = False,
    embedding: int = 64,
    attention: bool = False,
    engine: unroll.Engine = unroll.scan,
    dropout: float = 0.0,
    precision: Precision = Precision.F32,
) -> EncoderDecoder:
    """Returns an encoder and a decoder of equal layers, on symbols.

    Args:
        cell: what each layer of the encoder runs.
        sources: how many symbols sources have.
        targets: how many symbols targets have.
        decoder_cell: what each layer of the decoder runs; `cell` if None.
        layers: how many layers each of them has.
        bidirectional: whether layers of the encoder run both ways.
        embedding: how many numbers stand for a symbol.
        attention: whether the decoder looks back at the outputs of the encoder.
        engine: how time is run.
        dropout: see `SequenceModel`.
        precision: what is computed and kept in half precision.

    Raises:
        TypeError: if an argument is of another kind.
        ValueError: if there is no layer.

    Example:
        >>> from rnnjax.cells import LSTM
        >>> encoder_decoder(LSTM(8), 20, 12, attention=True).attention
        Attention(...
    """
    how: dict[str, Any] = {"engine": engine, "precision": precision}
    first = equal_layers(cell, layers, bidirectional=bidirectional, **how)
    second = equal_layers(decoder_cell or cell, layers, **how)
    return EncoderDecoder(
        SequenceModel(first, Plain(), nn.Embed(sources, embedding), dropout),
        SequenceModel(second, Plain(), nn.Embed(targets, embedding), dropout),
        All(targets, precision),
        Attention(precision) if attention else None,
        Bridge(precision),
    )
