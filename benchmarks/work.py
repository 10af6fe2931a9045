"""What is measured: a piece of work, and what a peer makes of it."""

import enum
from collections.abc import Callable
from typing import Any, NamedTuple

CLASSES = 10  # of the classification that a training step learns
RATE = 1e-3  # of its Adam


class Part(enum.StrEnum):
    """How much of training is done, by every peer on the same sizes.

    - forward: all outputs `[T, B, H]`, nothing kept for a gradient.
    - gradient: of `mean(outputs ** 2)` with respect to the weights, not the inputs.
    - update: a dense layer from the last output to 10 classes, cross-entropy, gradient, Adam.
    """

    FORWARD = "forward"
    GRADIENT = "gradient"
    UPDATE = "update"


class Work(NamedTuple):
    """One layer, from zero states, on a batch that lies in memory."""

    cell: str
    part: Part
    steps: int  # T
    batch: int  # B
    inputs: int  # I
    hidden: int  # H
    members: int = 1  # E, of a population

    @property
    def shape(self) -> str:
        """T,B,I,H, and E if there is a population."""
        text = f"{self.steps},{self.batch},{self.inputs},{self.hidden}"
        return text if self.members == 1 else f"{text} x {self.members}"

    def __str__(self) -> str:
        return f"{self.cell} {self.part} {self.shape}"


class Program(NamedTuple):
    """A piece of work, ready to run."""

    run: Callable[[], Any]  # once; what it returns is ready when it returns
    parameters: int  # of the recurrent layer
    outputs: tuple[int, ...]  # its outputs' shape, time first
    compile_seconds: float | None = None  # None where nothing is compiled ahead
    planned_bytes: int | None = None  # temporaries and results, as the compiler reckons
    notes: dict[str, float] = {}  # noqa: RUF012 (read only) what else is worth knowing
