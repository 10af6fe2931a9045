"""The host's side of training: run, report, evaluate, keep."""

import time
from collections.abc import Callable
from typing import NamedTuple, Protocol

import jax

from rnnjax.training.log import Log
from rnnjax.training.program import Program
from rnnjax.training.progress import Progress
from rnnjax.training.state import TrainState


class Plan(NamedTuple):
    """How long to train and how often to look.

    Attributes:
        steps: updates in all.
        log_every: updates between two lines of training metrics.
        eval_every: updates between two evaluations, each with a checkpoint.
    """

    steps: int
    log_every: int = 50
    eval_every: int = 500

    def next_stop(self, step: int) -> int:
        """Returns where to stop next after `step`: at a log, an evaluation, or the end."""
        following = ((step // every + 1) * every for every in (self.log_every, self.eval_every))
        return min(*following, self.steps)

    def evaluates_at(self, step: int) -> bool:
        """Says whether there is an evaluation after `step` updates."""
        return step % self.eval_every == 0 or step == self.steps


class Keeper(Protocol):
    """What keeps the state; see `Checkpoints`."""

    def save(self, step: int, state: TrainState, metrics: dict[str, float]) -> None:
        """Keeps the state after `step` updates."""
        ...


class Speed(NamedTuple):
    """How fast training was in this process.

    Attributes:
        seconds: wall-clock time of training and evaluation, compilation included.
        examples_per_second: sequences trained on a second, compilation and evaluation left out;
            0 where one call did all the work.
    """

    seconds: float
    examples_per_second: float


def fit(
    program: Program,
    plan: Plan,
    state: TrainState,
    *,
    log: Log,
    checkpoints: Keeper,
    progress: Progress,
    watch: Callable[[int, dict[str, float]], None] | None = None,
) -> tuple[TrainState, Speed]:
    """Trains from `state` to the end of the plan.

    Args:
        program: of a run or of a population.
        plan: how long.
        state: where to begin, at any step at which a run of this plan stops.
        log: gets the metrics.
        checkpoints: gets the state after each evaluation.
        progress: shows the numbers on screen.
        watch: called with the step and the test metrics after each evaluation; what it raises ends
            the run.

    Returns:
        The state at the end, and how fast it was reached.

    Raises:
        DivergedError: if a loss is not finite; nothing is kept from then on.
    """
    begin, step = time.perf_counter(), int(state.step)
    busy, trained = 0.0, 0
    compiled = False
    while step < plan.steps:
        stop = plan.next_stop(step)
        called = time.perf_counter()
        state, metrics = program.advance(state, stop - step)
        jax.block_until_ready(metrics)
        seconds = time.perf_counter() - called
        examples = (stop - step) * program.examples
        step = stop
        shown = log.write(step, "train", metrics)
        if compiled:
            busy, trained = busy + seconds, trained + examples
        compiled = True
        log.write_speed(step, examples / seconds)
        progress.update(step, shown, examples / seconds)
        if plan.evaluates_at(step):
            found = log.write(step, "test", program.evaluate(state.params))
            # After the lines: what a checkpoint says is done has been written down.
            checkpoints.save(step, state, found)
            if watch is not None:
                watch(step, found)
    jax.block_until_ready(state)
    return state, Speed(time.perf_counter() - begin, trained / busy if busy else 0.0)
