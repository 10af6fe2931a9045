"""What `fit` drives: the compiled training and evaluation of a run or of a population."""

from collections.abc import Callable
from typing import Any, NamedTuple

import optax
from jax.sharding import Mesh

from rnnjax.training.devices import replicate
from rnnjax.training.evaluate import make_evaluate
from rnnjax.training.objective import Objective
from rnnjax.training.sources import Source
from rnnjax.training.state import Chance, TrainState
from rnnjax.training.update import make_advance
from rnnjax.typing import Params

Metrics = dict[str, Any]  # a scalar each, or one for each member of a population


class Program(NamedTuple):
    """Compiled functions of what changes in training.

    Attributes:
        advance: makes a number of updates; returns the state after and means over them.
        evaluate: returns means over what training does not see.
        examples: how many sequences an update takes, over all members.
    """

    advance: Callable[[TrainState, int], tuple[TrainState, Metrics]]
    evaluate: Callable[[Params], Metrics]
    examples: int


def run_program(
    objective: Objective,
    optimizer: optax.GradientTransformation,
    train: Source,
    test: Source,
    chance: Chance,
    mesh: Mesh,
) -> Program:
    """Compiles one run, each batch divided over the mesh."""
    advance, evaluate = make_advance(objective, optimizer, mesh), make_evaluate(objective, mesh)
    train, test, chance = replicate((train, test, chance), mesh)
    return Program(
        lambda state, updates: advance(state, train, chance, updates),
        lambda params: evaluate(params, test),
        examples=train.batch_size,
    )
