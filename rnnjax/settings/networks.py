"""The networks of experiments, as text says them: each field is a flag."""

import abc
import dataclasses
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import flax.linen as nn

from rnnjax import compose, learning, models, unroll
from rnnjax.cells.base import Cell
from rnnjax.settings.fields import CHANCE, Between, one_line
from rnnjax.tasks.base import Task
from rnnjax.tasks.pairs.pairtask import PairTask
from rnnjax.typing import Static

_READOUTS = {"last": models.Last, "mean": models.Mean, "all": models.All}
_UNROLL = (
    f"How time is run: {', '.join(unroll.__all__)}, or a call such as Checkpointed(block=28); or a "
    f"learning rule: {', '.join(learning.RULES)}, or a call such as SnAp(2)."
)
_PRECISION = "f32, or bf16 throughout, or mixed: products in bf16, the rest in f32."

Names = Mapping[str, object]  # what cells may be named besides the library's


class Network(Static, abc.ABC):
    """What an experiment trains. One's own has fields, and a `build`.

    Example:
        >>> class Dense(Network):
        ...     width: Annotated[int, Between(1), "Units."] = 8
        ...
        ...     def build(self, task, names):
        ...         return nn.Sequential([nn.Dense(self.width), nn.relu, nn.Dense(task.output_dim)])
        ...
        ...     def title(self, names):
        ...         return f"Dense({self.width})"
        >>> Dense(width=4).title({})
        'Dense(4)'
    """

    @abc.abstractmethod
    def build(self, task: Task, names: Names) -> nn.Module:
        """Returns the network.

        Args:
            task: what it is to learn; its sizes count.
            names: the cells and other things of imported modules, by name.

        Raises:
            ValueError: if the fields spell none; the message is one line.
        """

    @abc.abstractmethod
    def title(self, names: Names) -> str:
        """Returns the network's name, in a few words."""

    def settled(self, names: Names) -> dict[str, Any]:
        """Returns the fields as they decide the numbers, each thing said in one way."""
        del names
        values = vars(self).items()
        return {k: one_line(v) if isinstance(v, str) else v for k, v in values}

    @property
    def rate(self) -> float:
        """How often a feature between layers is dropped."""
        return 0.0


class Recurrent(Network):
    """Recurrent layers of one cell, and a readout.

    Example:
        >>> from rnnjax.tasks import Adding
        >>> network = Recurrent("GRU", hidden=8, layers=2)
        >>> network.title({}), len(network.build(Adding(10), {}).layers)
        ('GRU(8) x 2', 2)
    """

    cell: Annotated[
        str,
        "The recurrence: a name that --cells lists, or a call such as LSTM(64, forget_bias=2.0) "
        "or Stack((LSTM(128), Elman(64, activation=relu))).",
    ] = "LSTM"
    hidden: Annotated[int, Between(1, 10**9), "Units of a cell given by its name."] = 128
    layers: Annotated[int, Between(1, 100), "Recurrent layers of that cell."] = 1
    bidirectional: Annotated[bool, "Whether each layer runs both ways."] = False
    readout: Annotated[
        Literal["auto", "last", "mean", "all"],
        "Which outputs are mapped to answers; auto is all where one is wanted at every step, else "
        "the last.",
    ] = "auto"
    dropout: Annotated[float, CHANCE, "Chance that a feature between layers is dropped."] = 0.0
    unroll: Annotated[str, _UNROLL] = "auto"
    precision: Annotated[Literal["f32", "mixed", "bf16"], _PRECISION] = "f32"
    feedback: Annotated[
        int | None,
        Between(0, 2**32 - 1),
        "Seed of fixed random weights by which the error of the readout goes back, or none for the "
        "readout's own.",
    ] = None

    def read_cell(self, names: Names) -> Cell:
        """Returns the cell.

        Raises:
            ValueError: if the text spells none, or one whose outputs are more than an array.
        """
        cell = compose.read_cell(self.cell, self.hidden, names)
        for kind in (compose.WithStates, compose.PartsWithStates):
            if kind.__name__ in repr(cell):
                raise ValueError(f"--cell={self.cell}: with_states is for Python alone")
        return cell

    def build(self, task: Task, names: Names) -> models.SequenceModel:
        """Returns the network."""
        if self.dropout > 0 and self.layers == 1:
            raise ValueError("--dropout is between layers: it needs --layers=2 or more")
        readout = self.readout
        if readout == "auto":
            readout = "all" if task.per_step else "last"
        if (readout == "all") != task.per_step:
            wanted = "an answer at every step" if task.per_step else "one answer a sequence"
            raise ValueError(f"--readout={readout}: {task} wants {wanted}")
        if task.carries and self.bidirectional:
            raise ValueError("--bidirectional: a window of a series does not know what comes after")
        model = models.sequence_model(
            self.read_cell(names),
            _READOUTS[readout],
            task.output_dim,
            layers=self.layers,
            bidirectional=self.bidirectional,
            engine=_engine(self.unroll, task),
            dropout=self.dropout,
            encoder=self.encoder(task),
            precision=models.Precision(self.precision),
        )
        if self.feedback is None:
            return model
        return model.clone(readout=model.readout.clone(feedback=self.feedback))

    def encoder(self, task: Task) -> nn.Module | None:
        """Returns what inputs pass through first, if anything."""
        if task.embedded:
            raise ValueError(f"{task} has whole numbers as inputs: they need an Embedded network")
        return None

    def title(self, names: Names) -> str:
        """Returns cell, layers and directions."""
        text = self.cell if "(" in self.cell else f"{self.cell}({self.hidden})"
        both = ", both ways" if self.bidirectional else ""
        return f"{text}{f' x {self.layers}' if self.layers > 1 else ''}{both}"

    def settled(self, names: Names) -> dict[str, Any]:
        """Spells the cell out with the defaults of today, the units in it."""
        found = super().settled(names) | {"cell": repr(self.read_cell(names))}
        return {name: value for name, value in found.items() if name != "hidden"}

    @property
    def rate(self) -> float:
        """How often a feature between layers is dropped."""
        return self.dropout


class Embedded(Recurrent):
    """Recurrent layers on symbols, which are embedded first.

    Example:
        >>> Embedded("GRU", hidden=8, embedding=4).title({})
        'GRU(8)'
    """

    embedding: Annotated[int, Between(1, 10**6), "Numbers that stand for a symbol."] = 128

    def encoder(self, task: Task) -> nn.Module:
        """Returns a table with a row a symbol."""
        if not task.embedded:
            raise ValueError(f"{task} has numbers as inputs, and no symbols to embed")
        if isinstance(task, PairTask):
            raise ValueError(f"{task} is written after it is read: it needs an EncoderDecoder")
        return nn.Embed(task.input_dim, self.embedding)


class EncoderDecoder(Network):
    """An encoder that reads, and a decoder that writes, for tasks of pairs.

    Example:
        >>> from rnnjax.tasks import Reversal
        >>> network = EncoderDecoder("LSTM", decoder_cell="GRU", hidden=8, attention=True)
        >>> network.title({}), network.build(Reversal(), {}).decoder.layers[0].cell
        ('LSTM(8) to GRU(8), attention', GRU(hidden=8))
    """

    cell: Annotated[str, "The encoder's recurrence: a name that --cells lists, or a call."] = "LSTM"
    decoder_cell: Annotated[str | None, "The decoder's; none for one like the encoder's."] = None
    hidden: Annotated[int, Between(1, 10**9), "Units of a cell given by its name."] = 128
    layers: Annotated[int, Between(1, 100), "Recurrent layers of each of the two."] = 1
    bidirectional: Annotated[bool, "Whether each layer of the encoder runs both ways."] = False
    embedding: Annotated[int, Between(1, 10**6), "Numbers that stand for a symbol."] = 64
    attention: Annotated[bool, "Whether the decoder looks back at what the encoder said."] = False
    dropout: Annotated[float, CHANCE, "Chance that a feature between layers is dropped."] = 0.0
    unroll: Annotated[str, _UNROLL] = "auto"
    precision: Annotated[Literal["f32", "mixed", "bf16"], _PRECISION] = "f32"

    def read_cells(self, names: Names) -> tuple[Cell, Cell]:
        """Returns the cells of the encoder and of the decoder."""
        cell = compose.read_cell(self.cell, self.hidden, names)
        if self.decoder_cell is None:
            return cell, cell
        return cell, compose.read_cell(self.decoder_cell, self.hidden, names)

    def build(self, task: Task, names: Names) -> models.EncoderDecoder:
        """Returns the network."""
        if not isinstance(task, PairTask):
            raise ValueError(
                f"{task} has no sources and targets of their own for an EncoderDecoder"
            )
        if self.dropout > 0 and self.layers == 1:
            raise ValueError("--dropout is between layers: it needs --layers=2 or more")
        cell, decoder_cell = self.read_cells(names)
        return models.encoder_decoder(
            cell,
            task.input_dim,
            task.output_dim,
            decoder_cell=decoder_cell,
            layers=self.layers,
            bidirectional=self.bidirectional,
            embedding=self.embedding,
            attention=self.attention,
            engine=learning.read_engine(self.unroll),
            dropout=self.dropout,
            precision=models.Precision(self.precision),
        )

    def title(self, names: Names) -> str:
        """Returns cells, layers, directions and attention."""
        cell, decoder = (
            text if "(" in text else f"{text}({self.hidden})"
            for text in (self.cell, self.decoder_cell or self.cell)
        )
        times = f" x {self.layers}" if self.layers > 1 else ""
        both = ", read both ways" if self.bidirectional else ""
        looks = ", attention" if self.attention else ""
        return f"{cell} to {decoder}{times}{both}{looks}"

    def settled(self, names: Names) -> dict[str, Any]:
        """Spells the cells out with the defaults of today, the units in them."""
        cell, decoder_cell = self.read_cells(names)
        found = super().settled(names) | {"cell": repr(cell)}
        found["decoder_cell"] = None if decoder_cell == cell else repr(decoder_cell)
        return {name: value for name, value in found.items() if name != "hidden"}

    @property
    def rate(self) -> float:
        """How often a feature between layers is dropped."""
        return self.dropout


class FeedForward(Network):
    """A feed-forward network, which sees a sequence at once.

    Example:
        >>> FeedForward((256, 1024)).title({})
        'MLP(256, 1024)'
    """

    widths: Annotated[
        tuple[int, ...], Between(1, 10**9), "Units of each hidden layer of the feed-forward net."
    ] = (256, 1024)
    precision: Annotated[Literal["f32", "mixed", "bf16"], _PRECISION] = "f32"

    def build(self, task: Task, names: Names) -> models.MLP:
        """Returns the network."""
        del names
        if len(self.widths) > 100:
            raise ValueError(f"--widths: {len(self.widths)} layers are more than 100")
        outputs = task.output_dim
        if isinstance(task, PairTask):  # all symbols of a target at once
            outputs *= task.target_length
        elif task.per_step:
            raise ValueError(f"a feed-forward net has one answer a sequence; {task} wants more")
        return models.MLP((*self.widths, outputs), models.Precision(self.precision))

    def title(self, names: Names) -> str:
        """Returns the widths of the hidden layers."""
        del names
        return f"MLP({', '.join(map(str, self.widths))})"


def _engine(text: str, task: Task) -> unroll.Engine:
    """Returns the engine or rule; where a task goes on from window to window, so does a rule."""
    engine = learning.read_engine(text)
    if task.carries and isinstance(engine, learning.Rule):
        return dataclasses.replace(engine, carry=True)
    return engine
