"""PyTorch, which uses all cores by default."""

from collections.abc import Callable
from typing import Any

import torch

from benchmarks.work import CLASSES, RATE, Part, Program, Work

CELLS = {"LSTM": torch.nn.LSTM, "GRU": torch.nn.GRU, "Elman": torch.nn.RNN}


def build(work: Work) -> Program:
    """Makes the work ready; PyTorch compiles nothing."""
    torch.manual_seed(0)
    layer = CELLS[work.cell](work.inputs, work.hidden)
    xs = torch.randn(work.steps, work.batch, work.inputs)
    runs = {Part.FORWARD: forward, Part.GRADIENT: gradient, Part.UPDATE: update}
    outputs = (work.steps, work.batch, work.hidden)
    parameters = sum(p.numel() for p in layer.parameters())
    return Program(runs[work.part](layer, xs, work), parameters, outputs)


def autocast(work: Work) -> Program:
    """The same with what PyTorch does in half precision by itself."""
    made = build(work)

    def run() -> Any:
        with torch.autocast("cpu", torch.bfloat16):
            return made.run()

    return made._replace(run=run)


def forward(layer: torch.nn.Module, xs: torch.Tensor, work: Work) -> Callable[[], Any]:
    """All outputs."""
    del work
    return torch.inference_mode()(lambda: layer(xs)[0])


def gradient(layer: torch.nn.Module, xs: torch.Tensor, work: Work) -> Callable[[], Any]:
    """The weights' gradient of the outputs' mean square."""
    del work

    def run() -> None:
        layer.zero_grad()
        layer(xs)[0].square().mean().backward()

    return run


def update(layer: torch.nn.Module, xs: torch.Tensor, work: Work) -> Callable[[], Any]:
    """A training step on a batch of sequences with one class each."""
    head = torch.nn.Linear(work.hidden, CLASSES)
    optimizer = torch.optim.Adam([*layer.parameters(), *head.parameters()], RATE)
    labels = torch.randint(CLASSES, (work.batch,))

    def run() -> None:
        optimizer.zero_grad()
        outputs = layer(xs)[0]
        torch.nn.functional.cross_entropy(head(outputs[-1]), labels).backward()
        optimizer.step()

    return run
