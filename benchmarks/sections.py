"""What the suite measures, section by section."""

from collections.abc import Callable
from typing import NamedTuple

from benchmarks.peers import OTHERS
from benchmarks.work import Part, Work

Works = tuple[Work, ...]

SHAPES = ((28, 100, 28, 100), (100, 128, 128, 256), (128, 32, 512, 512))  # T, B, I, H
LONG = (784, 100, 1, 128)  # MNIST by pixels
TINY = ((28, 64, 28, 32),)
LENGTHS, FEW_LENGTHS = (100, 1_000, 10_000, 100_000), (100, 1_000)
SIZES = (1, 8, 32, 128, 512)
WIDTHS = (32, 64, 128, 256, 512, 1024)
MEMBERS = (1, 2, 4, 8, 16, 32, 64)

RNNJAX = ("rnnjax", "rnnjax_one", "rnnjax_scan")


class Section(NamedTuple):
    """Pieces of work that go into one table."""

    title: str
    about: str
    peers: tuple[str, ...]
    works: Works
    quick: Works  # instead, with --quick; the section is left out if there are none
    is_tuned_too: bool = False  # whether the allocator's setting may matter, and is tried
    is_in_short: bool = True  # whether headlines are made of it


def over(cells: str, part: Part, shapes: tuple[tuple[int, ...], ...]) -> Works:
    """Every cell at every shape."""
    return tuple(Work(cell, part, *shape) for cell in cells.split() for shape in shapes)


def along(make: Callable[[int], Work], values: tuple[int, ...]) -> Works:
    """One piece of work a value."""
    return tuple(map(make, values))


def _length(steps: int) -> Work:
    return Work("LSTM", Part.GRADIENT, steps, 8, 64, 64)


def _batch(batch: int) -> Work:
    return Work("LSTM", Part.GRADIENT, 100, batch, 128, 128)


def _width(hidden: int) -> Work:
    return Work("LSTM", Part.GRADIENT, 100, 32, hidden, hidden)


def _members(members: int) -> Work:
    return Work("LSTM", Part.UPDATE, 28, 128, 28, 64, members)


def _newton(hidden: int) -> Work:
    return Work("GRU", Part.FORWARD, 10_000, 1, 4, hidden)


SECTIONS = {
    "gradient": Section(
        "Gradient",
        "Of the mean square of all outputs, with respect to the weights.",
        (*RNNJAX, *OTHERS),
        over("LSTM GRU Elman", Part.GRADIENT, (*SHAPES, LONG)),
        over("LSTM GRU", Part.GRADIENT, TINY),
        is_tuned_too=True,
    ),
    "forward": Section(
        "Forward",
        "All outputs, nothing kept for a gradient.",
        (*RNNJAX, *OTHERS),
        over("LSTM", Part.FORWARD, (*SHAPES, LONG)),
        (),
        is_tuned_too=True,
    ),
    "update": Section(
        "Training step",
        "A dense layer from the last output to 10 classes, cross-entropy, gradient, Adam.",
        (*RNNJAX, *OTHERS),
        over("LSTM", Part.UPDATE, (*SHAPES, LONG)),
        over("LSTM", Part.UPDATE, TINY),
        is_tuned_too=True,
    ),
    "half": Section(
        "Half precision",
        "Gradient with products in bfloat16: `compose.mixed_precision`, and PyTorch's autocast.",
        ("rnnjax", "rnnjax_mixed", "torch", "torch_autocast"),
        over("LSTM GRU", Part.GRADIENT, (*SHAPES, LONG)),
        over("LSTM", Part.GRADIENT, TINY),
        is_in_short=False,
    ),
    "length": Section(
        "Length",
        "Gradient of sequences of T steps.",
        (*RNNJAX, *OTHERS),
        along(_length, LENGTHS),
        along(_length, FEW_LENGTHS),
    ),
    "batch": Section(
        "Batch",
        "Gradient of B sequences.",
        (*RNNJAX, *OTHERS),
        along(_batch, SIZES),
        (),
    ),
    "width": Section(
        "Width",
        "Gradient of H units with as many inputs.",
        (*RNNJAX, *OTHERS),
        along(_width, WIDTHS),
        (),
    ),
    "population": Section(
        "Population",
        "Training steps of E members, each with a batch of its own.",
        ("one_by_one", "vmap", "lax_map", "cores"),
        along(_members, MEMBERS),
        along(_members, (4,)),
    ),
    "linear": Section(
        "Linear recurrences",
        "rnnjax's own engines: the one that it picks, autodiff through the plain loop, the tree.",
        ("rnnjax", "rnnjax_scan", "rnnjax_tree"),
        over("LRU MinGRU", Part.FORWARD, ((16_384, 8, 64, 64),))
        + over("LRU MinGRU", Part.GRADIENT, ((16_384, 8, 64, 64),)),
        over("LRU", Part.GRADIENT, ((512, 8, 16, 16),)),
        is_tuned_too=True,
    ),
    "newton": Section(
        "Newton's method on all steps",
        "One long sequence, small states; error and iterations beside the time.",
        ("rnnjax_scan", "rnnjax_newton"),
        along(_newton, (2, 4, 8)),
        over("GRU", Part.FORWARD, ((1_000, 1, 4, 4),)),
    ),
}
