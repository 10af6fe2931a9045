"""The host's side of training: run, report, evaluate, choose."""

import time
from collections.abc import Sequence
from typing import NamedTuple

import jax
import numpy as np

from rnnjax.training.faults import count_nan, parameter_name
from rnnjax.training.members import choose_members
from rnnjax.training.program import Metrics, Problem, Program
from rnnjax.training.state import TrainState
from rnnjax.typing import Params


class DivergedError(RuntimeError):
    """The loss of every member is not a finite number any more.

    Example:
        >>> raise DivergedError("the loss is nan between steps 0 and 50")
        Traceback (most recent call last):
        rnnjax.training.loop.DivergedError: the loss is nan between steps 0 and 50
    """


class Best(NamedTuple):
    """What validation has chosen so far, of each member.

    Attributes:
        params: `[E, ...]`; None where nothing is held out for validation.
        metric: `[E]`, NaN before the first evaluation.
        step: `[E]`, when it was found.
    """

    params: Params
    metric: np.ndarray
    step: np.ndarray


class Members(NamedTuple):
    """E members at one moment: all that a checkpoint holds.

    Attributes:
        state: what updates change, `[E, ...]`.
        best: what validation has chosen.
        ended: `[E]`, the step at which a member has ended before the last one, negative where it
            has diverged; 0 for one that goes on.
    """

    state: TrainState
    best: Best
    ended: np.ndarray


class Moment(NamedTuple):
    """What listeners are told.

    Attributes:
        step: updates made.
        metrics: `[E]` each, by part and name: of "train" the means since the moment before; of
            "validation" and "test" only in an evaluation.
        here: boolean `[E]`, which members have come to this step; metrics of others say nothing.
        members: where they are.
        examples_per_second: how fast training was since the moment before.

    Example:
        >>> train = {"train": {"loss": np.array([0.5, 0.25, np.nan])}}
        >>> here = np.array([True, True, False])
        >>> moment = Moment(50, train, here, members=None, examples_per_second=1e3)
        >>> moment.mean("train"), moment.of(1, "train")
        ({'loss': 0.375}, {'loss': 0.25})
    """

    step: int
    metrics: dict[str, Metrics]
    here: np.ndarray
    members: Members
    examples_per_second: float

    def mean(self, part: str) -> dict[str, float]:
        """Returns the means of a part's metrics over the members that are here."""
        return {k: float(v[self.here].mean()) for k, v in self.metrics.get(part, {}).items()}

    def of(self, member: int, part: str) -> dict[str, float]:
        """Returns the metrics of one member on a part."""
        return {name: float(values[member]) for name, values in self.metrics[part].items()}

    @property
    def held_out(self) -> list[str]:
        """The parts that an evaluation has looked at, in the order of reporting."""
        return [part for part in self.metrics if part != "train"]


class Listener:
    """Watches a training: a recorder, checkpoints, a bar, a pruner. What it raises ends it.

    Example:
        >>> from rnnjax import cells, tasks, training
        >>> class Steps(Listener):
        ...     def evaluated(self, moment):
        ...         print(moment.step, sorted(moment.metrics))
        >>> _ = training.fit(cells.Elman(2), tasks.Adding(4), 2, batch_size=8, listeners=[Steps()])
        2 ['test', 'train', 'validation']
    """

    def logged(self, moment: Moment) -> None:
        """Is told every `log_every` updates."""

    def evaluated(self, moment: Moment) -> None:
        """Is told every `eval_every` updates, after `logged`, and at the end."""


class Speed(NamedTuple):
    """How fast training was in this process.

    Attributes:
        seconds: wall-clock time of training and evaluation, compilation included.
        examples_per_second: sequences trained on a second, compilation and evaluation left out;
            0 where one call did all the work.
    """

    seconds: float
    examples_per_second: float


def begin(problem: Problem, program: Program) -> Members:
    """Returns the members before the first update, on the host."""
    state, count = program.initial(), program.size
    chosen = state.judged if "validation" in problem.held_out else None
    nothing = Best(chosen, np.full(count, np.nan, np.float32), np.zeros(count, np.int32))
    return Members(state, nothing, np.zeros(count, np.int32))


def run(
    problem: Problem,
    program: Program,
    members: Members,
    listeners: Sequence[Listener] = (),
) -> tuple[Members, Speed]:
    """Trains from where members are to the end of the plan.

    Args:
        problem: what is trained.
        program: of `make_program`.
        members: where to begin, at any step at which a run of this plan stops.
        listeners: are told in this order.

    Returns:
        The members at the end, and how fast it was reached.

    Raises:
        DivergedError: if no member is left whose loss is finite; nobody is told.
    """
    plan, members = problem.plan, _placed(program, members)
    started, step = time.perf_counter(), int(members.state.step)
    busy, trained, compiled = 0.0, 0, False
    had = count_nan(members.state.params)  # an objective may keep NaN among its parameters
    while step < plan.steps and not members.ended.all():
        here = members.ended == 0
        stop, called = plan.next_stop(step), time.perf_counter()
        state, metrics = program.advance(members.state, here, stop - step)
        seconds = time.perf_counter() - called
        examples = int((stop - step) * program.examples * here.mean())
        if compiled:
            busy, trained = busy + seconds, trained + examples
        compiled = True
        members = members._replace(state=state)
        members = _without_diverged(program, members, {"train": metrics}, here, step, stop)
        members = _without_nan(program, members, had, step, stop)
        step, here = stop, members.ended == 0
        if not here.any():  # nobody has come to this step: the others had ended before
            break
        moment = Moment(step, {"train": metrics}, here, members, examples / seconds)
        for listener in listeners:
            listener.logged(moment)
        if plan.evaluates_at(step):
            moment = _evaluated(problem, program, moment)
            members = moment.members
            for listener in listeners if moment.here.any() else ():
                listener.evaluated(moment)
    jax.block_until_ready(members.state)
    return members, Speed(time.perf_counter() - started, trained / busy if busy else 0.0)


def _placed(program: Program, members: Members) -> Members:
    """Lays members out as the compiled loop leaves them, so that it is compiled once."""
    state, best, ended = members
    if best.params is not None:
        params = program.put(state._replace(params=best.params)).params
        best = best._replace(params=params)
    return Members(program.put(state), best, np.asarray(ended))


def _evaluated(problem: Problem, program: Program, moment: Moment) -> Moment:
    """Returns the moment after an evaluation: who has diverged, what is best, who ends."""
    step, members = moment.step, moment.members
    found = program.evaluate(members.state.judged)
    found = {part: found[part] for part in problem.held_out}  # in the order of reporting
    members = _without_diverged(program, members, found, moment.here, step, step)
    here = members.ended == 0
    if "validation" in found:
        values = problem.sign * found["validation"][problem.metric]
        best = _better(problem, members, values, here, step)
        members = members._replace(best=best)
        if problem.plan.patience is not None:
            waited = step - best.step >= problem.plan.patience * problem.plan.eval_every
            members = members._replace(
                ended=np.where(here & waited, step, members.ended).astype(np.int32)
            )
    return moment._replace(metrics=moment.metrics | found, here=here, members=members)


def _better(
    problem: Problem, members: Members, values: np.ndarray, here: np.ndarray, step: int
) -> Best:
    """Returns the best of each member; the first of equals, and never a NaN or an infinity."""
    best = members.best
    improved = here & ((values > problem.sign * best.metric) | np.isnan(best.metric))
    improved &= np.isfinite(values)
    if not improved.any():
        return best
    judged = members.state.judged
    padded = np.zeros(len(jax.tree.leaves(judged)[0]), bool)
    padded[: len(improved)] = improved
    return Best(
        choose_members(padded, judged, best.params),
        np.where(improved, problem.sign * values, best.metric).astype(np.float32),
        np.where(improved, step, best.step).astype(np.int32),
    )


def _without_diverged(
    program: Program,
    members: Members,
    metrics: dict[str, Metrics],
    here: np.ndarray,
    start: int,
    stop: int,
) -> Members:
    """Ends members whose loss is not finite.

    Raises:
        DivergedError: if there are no others.
    """
    losses = {part: found["loss"] for part, found in metrics.items()}
    fine = np.all([np.isfinite(loss) for loss in losses.values()], axis=0) if losses else here
    lost = here & ~fine
    if not lost.any():
        return members
    ended = np.where(lost, -max(stop, 1), members.ended).astype(np.int32)
    if (ended < 0).all():
        raise DivergedError(_why(program, losses, lost, start, stop))
    return members._replace(ended=ended)


def _without_nan(
    program: Program, members: Members, had: np.ndarray, start: int, stop: int
) -> Members:
    """Ends members with NaN in parameters that had none, though their loss is finite.

    Raises:
        DivergedError: if there are no others.
    """
    params, here = members.state.params, members.ended == 0
    broken = (count_nan(params) > had)[:, : len(here)] & here
    lost = broken.any(axis=0)
    if not lost.any():
        return members
    ended = np.where(lost, -stop, members.ended).astype(np.int32)
    if (ended < 0).all():
        name = parameter_name(params, int(np.argmax(broken.any(axis=1))))
        fault = program.fault("train", int(np.argmax(lost)), start) or (
            "a gradient is no number: lower the learning rate, or look for a root or norm at 0"
        )
        raise DivergedError(
            f"parameter {name} is nan between steps {start} and {stop}, the loss is not: {fault}"
        )
    return members._replace(ended=ended)


def _why(
    program: Program, losses: dict[str, np.ndarray], lost: np.ndarray, start: int, stop: int
) -> str:
    first = int(np.argmax(lost))
    part, loss = next((p, v[first]) for p, v in losses.items() if not np.isfinite(v[first]))
    if part == "train":
        found = f"the loss is {loss} between steps {start} and {stop}"
    else:
        found = f"the {part} loss is {loss} after step {stop}"
    fault = program.fault(part, first, start)
    if program.size > 1:
        found = f"all {program.size} runs of the population have diverged by step {stop}"
    return f"{found}: {fault or 'lower the learning rate or clip the gradients'}"
