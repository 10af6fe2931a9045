"""The host's side of training: run, report, evaluate, keep."""

import math
import time
from typing import NamedTuple

import jax
import optax
from jax.sharding import Mesh

from rnnjax.training.checkpoint import Checkpoints
from rnnjax.training.devices import place_state, replicate
from rnnjax.training.evaluate import make_evaluate
from rnnjax.training.objective import Objective
from rnnjax.training.progress import Progress
from rnnjax.training.recording import Recorder
from rnnjax.training.sources import Source
from rnnjax.training.state import Chance, TrainState
from rnnjax.training.update import make_advance


class DivergedError(RuntimeError):
    """The loss is not a finite number any more."""


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
    objective: Objective,
    optimizer: optax.GradientTransformation,
    train: Source,
    test: Source,
    plan: Plan,
    *,
    state: TrainState,
    chance: Chance,
    mesh: Mesh,
    recorder: Recorder,
    checkpoints: Checkpoints,
    progress: Progress,
) -> tuple[TrainState, Speed]:
    """Trains from `state` to the end of the plan.

    Args:
        objective: what is minimised.
        optimizer: how.
        train: the batches of training.
        test: the batches of evaluation.
        plan: how long.
        state: where to begin, at any step at which a run of this plan stops.
        chance: the run's chance.
        mesh: the devices over which each batch is divided.
        recorder: gets the metrics.
        checkpoints: gets the state after each evaluation.
        progress: shows the numbers on screen.

    Returns:
        The state at the end, and how fast it was reached.

    Raises:
        DivergedError: if a loss is not finite; nothing is kept from then on.
    """
    advance, evaluate = make_advance(objective, optimizer, mesh), make_evaluate(objective, mesh)
    train, test, chance = replicate((train, test, chance), mesh)
    state = place_state(state, mesh)
    begin, step = time.perf_counter(), int(state.step)
    busy, trained = 0.0, 0
    compiled = False
    while step < plan.steps:
        stop = plan.next_stop(step)
        called = time.perf_counter()
        state, metrics = advance(state, train, chance, stop - step)
        values = {name: float(value) for name, value in metrics.items()}
        seconds = time.perf_counter() - called
        examples = (stop - step) * train.batch_size
        _check_finite("loss", values["loss"], f"between steps {step} and {stop}")
        if compiled:
            busy, trained = busy + seconds, trained + examples
        compiled, step = True, stop
        recorder.write(step, "train", values)
        recorder.write_speed(step, examples / seconds)
        progress.update(step, values, examples / seconds)
        if plan.evaluates_at(step):
            found = {name: float(value) for name, value in evaluate(state.params, test).items()}
            _check_finite("test loss", found["loss"], f"after step {step}")
            recorder.write(step, "test", found)
            # After the lines: what a checkpoint says is done has been written down.
            checkpoints.save(step, state, found)
    jax.block_until_ready(state)
    return state, Speed(time.perf_counter() - begin, trained / busy if busy else 0.0)


def _check_finite(what: str, value: float, when: str) -> None:
    if not math.isfinite(value):
        raise DivergedError(
            f"the {what} is {value} {when}: lower --learning_rate or set --clip_norm"
        )
