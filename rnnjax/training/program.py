"""What a training loop drives: the compiled training and evaluation of all members."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from jax.sharding import PartitionSpec as P

from rnnjax.tasks.feed import Feed, first_of
from rnnjax.tasks.sources import Source
from rnnjax.training import hyperparameters
from rnnjax.training.devices import MEMBERS, place
from rnnjax.training.faults import find_fault, find_held_out_fault
from rnnjax.training.feeding import CallMetrics, Metrics, evaluate_all, make_supply
from rnnjax.training.hyperparameters import Hyperparameters
from rnnjax.training.members import (
    STATE_SPEC,
    make_advance,
    make_evaluate,
    make_initial,
    members_at_once,
)
from rnnjax.training.plan import Plan
from rnnjax.training.state import TrainState
from rnnjax.training.update import Learning
from rnnjax.typing import Params


class Problem(NamedTuple):
    """All that is to be trained, but for the numbers in which members differ.

    Attributes:
        learning: what is minimised, and how.
        plan: how long; of as many steps as `learning` says.
        train: the batches of training.
        held_out: those of evaluation by part, "validation" and "test", as far as there are any.
        metric: what validation chooses by: "loss", the least, or another one, the most.
    """

    learning: Learning
    plan: Plan
    train: Source | Feed
    held_out: Mapping[str, Source | Feed]
    metric: str = "loss"

    @property
    def sign(self) -> int:
        """What the metric is multiplied by, so that more is better."""
        return -1 if self.metric == "loss" else 1


class Program(NamedTuple):
    """Compiled functions of what changes in training, of E members.

    Attributes:
        size: E.
        initial: returns the states before the first update, on the host.
        advance: `(states, alive [E], updates)`; returns the states after and means over the
            updates.
        evaluate: returns means over each part that training does not see.
        fault: `(part, member, start)`; says what is wrong with the data of a part, of training with
            those of the last `advance`, which began at update `start`; None for nothing.
        put: lays states out as `advance` leaves them.
        position: returns how far training has read what the host delivers, as JSON can hold it; {}
            where all batches are on the device.
        seek: `(position, step)`; goes on reading there, before the first `advance` from that step.
        examples: how many sequences an update takes, over all members.
    """

    size: int
    initial: Callable[[], TrainState]
    advance: Callable[[TrainState, np.ndarray, int], tuple[TrainState, Metrics]]
    evaluate: Callable[[Params], dict[str, Metrics]]
    fault: Callable[[str, int, int], str | None]
    put: Callable[[TrainState], TrainState]
    position: Callable[[], dict[str, Any]]
    seek: Callable[[dict[str, Any], int], None]
    examples: int


def make_program(problem: Problem, members: Sequence[Hyperparameters], mesh: Mesh) -> Program:
    """Compiles the training of members.

    Args:
        problem: what all of them share.
        members: the numbers of each.
        mesh: of `make_mesh`.
    """
    learning, count = problem.learning, len(members)
    # Members that never live, so that devices have equally many.
    padding = -count % mesh.shape[MEMBERS]
    numbers = hyperparameters.stack([*members, *[members[-1]] * padding])
    in_a_row = min(problem.plan.log_every, problem.plan.eval_every, problem.plan.steps)
    train = make_supply(problem.train, mesh, in_a_row)
    held_out = {part: make_supply(source, mesh) for part, source in problem.held_out.items()}
    placed = place(numbers, mesh, P(MEMBERS))
    at_once: int | None = None  # how many members run under one `vmap`, once that is known
    faulty: tuple[Source, int, int] | None = None  # of the last `advance`, see `CallMetrics`

    def initial() -> TrainState:
        return jax.device_get(make_initial(learning)(numbers, first_of(problem.train)))

    def put(states: TrainState) -> TrainState:
        return place(states, mesh, STATE_SPEC)

    def many(states: TrainState, source: Source) -> int:
        nonlocal at_once
        if at_once is None:
            at_once = members_at_once(learning, mesh, states, placed, source)
        return at_once

    def advance(states: TrainState, alive: np.ndarray, updates: int) -> tuple[TrainState, Metrics]:
        nonlocal faulty
        lives = np.append(alive, [False] * padding).astype(bool)
        calls, living = CallMetrics(lives), place(jnp.asarray(lives), mesh, P(MEMBERS))
        for source, some in train.updates(int(states.step), updates):
            run = make_advance(learning, mesh, many(states, source))
            states, metrics = run(states, living, placed, source, some)
            calls.add(source, some, metrics)
        found, faulty = calls.means(), calls.faulty
        return states, _own(found, count)

    def evaluate(params: Params) -> dict[str, Metrics]:
        run = make_evaluate(learning.objective, mesh, at_once or 1)
        lives = np.arange(count + padding) < count
        found = {part: evaluate_all(run, params, held, lives) for part, held in held_out.items()}
        return {part: _own(metrics, count) for part, metrics in found.items()}

    def fault(part: str, member: int, start: int) -> str | None:
        if part != "train":
            return find_held_out_fault(problem.held_out[part])
        if faulty is None:
            return None
        source, before, updates = faulty
        first = start + before
        return find_fault(source, int(members[member].seed), first, first + updates)

    return Program(
        count,
        initial,
        advance,
        evaluate,
        fault,
        put,
        train.position,
        train.seek,
        examples=count * problem.train.batch_size,
    )


def _own(metrics: Metrics, count: int) -> Metrics:
    """Returns metrics without those of padding."""
    return {name: values[:count] for name, values in metrics.items()}
