"""Training from Python: no folder, no flags."""

import dataclasses
from collections.abc import Sequence
from numbers import Real
from typing import Any, NamedTuple

import jax
import optax
from jax.sharding import Mesh

from rnnjax.tasks.base import Task
from rnnjax.tasks.feed import first_of
from rnnjax.tasks.sources import Gathered
from rnnjax.training import hyperparameters, loop
from rnnjax.training.devices import make_mesh, suitable_devices
from rnnjax.training.hyperparameters import Hyperparameters
from rnnjax.training.loop import Listener, Members, Moment
from rnnjax.training.make_objective import make_objective
from rnnjax.training.objective import Loss, Objective
from rnnjax.training.optimizer import Optimizer
from rnnjax.training.plan import Plan
from rnnjax.training.program import Problem, make_program
from rnnjax.training.rules import default_weight_decay
from rnnjax.training.state import first_batch
from rnnjax.training.trained import Trained
from rnnjax.training.update import Learning, Rule
from rnnjax.typing import Array, Params


class FixedRule(NamedTuple):
    """A rule that makes the same Optax transformation whatever the numbers say."""

    transformation: optax.GradientTransformation

    def build(self, hyperparameters: Hyperparameters, steps: int) -> optax.GradientTransformation:
        """Returns the transformation."""
        del hyperparameters, steps
        return self.transformation

    def rate(self, hyperparameters: Hyperparameters, count: Array, steps: int) -> None:
        """Returns nothing: only the transformation knows."""


@dataclasses.dataclass(frozen=True)
class Fitted(Trained):
    """A network as `fit` has trained it.

    Attributes:
        last: the parameters after the last update; `params` are those that validation chose.
        best_step: when it chose them; None where nothing is held out for it.
        history: one dict a line: `step`, `split`, and the metrics.

    Example:
        >>> from rnnjax import cells, tasks
        >>> fitted = fit(cells.Elman(2), tasks.Adding(4), steps=2, batch_size=8)
        >>> sorted(fitted.metrics("validation"))
        ['accuracy', 'loss']
    """

    last: Params = dataclasses.field(repr=False)
    best_step: int | None
    history: list[dict[str, Any]] = dataclasses.field(repr=False)

    def metrics(self, split: str = "test") -> dict[str, float]:
        """Returns the metrics of a split when the chosen parameters were found."""
        lines = [line for line in self.history if line["split"] == split]
        if not lines:
            raise ValueError(f"nothing is known of {split!r}")
        step = self.best_step or lines[-1]["step"]
        line = next(line for line in lines if line["step"] >= step)
        return {name: v for name, v in line.items() if name not in ("step", "split")}


class _History(Listener):
    """Keeps the lines of one member."""

    def __init__(self, member: int):
        self.lines: list[dict[str, Any]] = []
        self._member = member

    def logged(self, moment: Moment) -> None:
        self._keep(moment, ("train",))

    def evaluated(self, moment: Moment) -> None:
        self._keep(moment, moment.held_out)

    def _keep(self, moment: Moment, parts: Sequence[str]) -> None:
        if moment.here[self._member]:
            for part in parts:
                found = moment.of(self._member, part)
                self.lines.append({"step": moment.step, "split": part, **found})


def fit(
    network: Any,
    task: Task,
    steps: int,
    *,
    numbers: Hyperparameters | None = None,
    **options: Any,
) -> Fitted:
    """Trains a network on a task.

    Args:
        network: a cell, a Flax module, or an `Objective`; see `make_objective`.
        task: what it learns, one of `rnnjax.tasks` or of one's own.
        steps: updates.
        numbers: seed, learning rate, clipping and the like; by default the usual ones.
        options: see `fit_members`.

    Returns:
        The network as validation chose it.

    Raises:
        DivergedError: if the loss is not finite.
        TypeError: if network, task or optimizer are of another kind.
        ValueError: if settings do not fit each other.

    Example:
        >>> from rnnjax import cells, tasks
        >>> fitted = fit(cells.Elman(4), tasks.Adding(4), steps=2, batch_size=8)
        >>> fitted.predict(fitted.examples().inputs).shape
        (4, 8, 1)
    """
    return fit_members(network, task, steps, [numbers or Hyperparameters()], **options)[0]


def fit_members(
    network: Any,
    task: Task,
    steps: int,
    members: Sequence[Hyperparameters],
    *,
    batch_size: int = 128,
    optimizer: Rule | optax.GradientTransformation | str = "adam",
    loss: Loss | None = None,
    log_every: int = 50,
    eval_every: int = 500,
    patience: int | None = None,
    ema: float | None = None,
    listeners: Sequence[Listener] = (),
    mesh: Mesh | None = None,
) -> list[Fitted]:
    """Trains a population: runs that differ in numbers, as one program; see `fit`.

    Args:
        network: see `fit`.
        task: see `fit`.
        steps: updates of each.
        members: their numbers.
        batch_size: B.
        optimizer: an Optax transformation, or the text of one with a learning rate, "adam" or
            "lion(b1=0.9)", which takes its numbers from `members`, or an `Optimizer`.
        loss: `(outputs, batch) -> scalar` instead of the task's.
        log_every: updates between two lines of training metrics.
        eval_every: updates between two evaluations.
        patience: ends a member after so many evaluations without a better one.
        ema: how much of a moving average of the parameters, which is then what is evaluated and
            chosen, stays at each update; None for no average.
        listeners: are told what happens.
        mesh: of `make_mesh`; by default all devices, for members if there are several.

    Returns:
        The networks, in the order of `members`. One that has diverged keeps what was chosen before.

    Raises:
        TypeError: if network, task or optimizer are of another kind.
        ValueError: if settings do not fit each other.

    Example:
        >>> from rnnjax import cells, tasks
        >>> seeds = [Hyperparameters(seed=seed) for seed in range(2)]
        >>> len(fit_members(cells.Elman(4), tasks.Adding(4), 2, seeds, batch_size=8))
        2
    """
    objective = make_objective(network, task, loss)
    if not isinstance(listeners, Sequence) or not all(isinstance(x, Listener) for x in listeners):
        raise TypeError(f"listeners are training.Listener values in a list; got {listeners!r}")
    plan = Plan(steps, log_every, eval_every, patience)
    problem = make_problem(
        objective, as_rule(optimizer), plan, batch_size=batch_size, members=members, ema=ema
    )
    if mesh is None and len(members) > 1:
        mesh = make_mesh(members=min(jax.local_device_count(), len(members)))
    mesh = mesh or make_mesh(suitable_devices(batch_size, jax.local_device_count()))
    program = make_program(problem, members, mesh)
    histories = [_History(index) for index in range(len(members))]
    end, _ = loop.run(problem, program, loop.begin(problem, program), [*histories, *listeners])
    end = jax.device_get(end)
    return [_fitted(objective, end, index, histories[index]) for index in range(len(members))]


def make_problem(
    objective: Objective,
    rule: Rule,
    plan: Plan,
    *,
    batch_size: int,
    members: Sequence[Hyperparameters],
    ema: float | None = None,
) -> Problem:
    """Returns what is trained, once all is found to fit.

    Raises:
        ValueError: if something does not, in one line.

    Example:
        >>> from rnnjax import cells, tasks
        >>> objective = make_objective(cells.Elman(2), tasks.Adding(4))
        >>> members, plan = [Hyperparameters()], Plan(steps=10)
        >>> make_problem(objective, Optimizer(), plan, batch_size=8, members=members).metric
        'loss'
    """
    plan.check()
    _check_members(objective, rule, members)
    task = objective.task
    for member in members:
        hyperparameters.check(member)
        if member.warmup_steps >= plan.steps:
            raise ValueError(
                f"warmup_steps {member.warmup_steps} must be less than steps {plan.steps}"
            )
    if isinstance(rule, Optimizer):
        rule.check(plan.steps)
    if type(batch_size) is not int or batch_size < 1:
        raise ValueError(f"batch_size must be a whole number of 1 or more; got {batch_size!r}")
    if ema is not None and not (isinstance(ema, Real) and 0 <= ema < 1):
        raise ValueError(f"ema must be from 0 to below 1; got {ema!r}")
    train = task.source("train", batch_size)
    if train is None:
        raise ValueError(f"{task} has nothing to train on")
    if isinstance(train, Gathered) and batch_size > train.count:
        raise ValueError(
            f"a batch of {batch_size} is more than the {train.count} examples of training"
        )
    evaluated = {part: task.judged(part, batch_size) for part in ("validation", "test")}
    held_out = {part: source for part, source in evaluated.items() if source is not None}
    if plan.patience is not None and "validation" not in held_out:
        raise ValueError("patience looks at validation, and nothing is held out for it")
    problem = Problem(
        Learning(objective, rule, plan.steps, ema), plan, train, held_out, task.metric
    )
    _check_metric(problem)
    return problem


def _check_members(objective: Objective, rule: Rule, members: Sequence[Hyperparameters]) -> None:
    """Refuses numbers that would have no effect."""
    if not members:
        raise ValueError("a population needs at least one member")
    for member in members:
        if not isinstance(member, Hyperparameters):
            raise TypeError(f"a member is a training.Hyperparameters; got {member!r}")
        if isinstance(rule, FixedRule):
            for name in ("learning_rate", "warmup_steps", "weight_decay"):
                if getattr(member, name) != getattr(Hyperparameters(), name):
                    raise ValueError(
                        f"an Optax transformation has its own {name}: to give one by "
                        "Hyperparameters name the optimizer, as optimizer='adam'"
                    )
    if any(member.dropout for member in members) and not objective.drops:
        raise ValueError("dropout is between layers, and this network has none to drop from")
    decays = any(member.weight_decay for member in members)
    if decays and isinstance(rule, Optimizer) and default_weight_decay(rule.rule) is None:
        raise ValueError(f"{rule.rule} has no weight decay")


def _check_metric(problem: Problem) -> None:
    """Refuses a metric that nobody computes, before all training and not after it."""
    objective = problem.learning.objective
    key = jax.random.key(0)

    def metrics() -> Any:
        batch, wanted = first_batch(first_of(problem.train), key), objective.task.input_dim
        if batch.inputs.ndim == 3 and batch.inputs.shape[-1] != wanted:
            raise ValueError(
                f"{objective.task} draws inputs {batch.inputs.shape}, but its input_dim is {wanted}"
            )
        params = objective.init(key, batch)
        carry = objective.initial_carry(params, batch)
        outputs = objective.apply(params, carry, batch, None)[1]
        return {"loss": objective.loss(outputs, batch), **objective.metrics(outputs, batch)}

    try:
        found = jax.eval_shape(metrics)
    except ValueError as error:  # to which JAX adds a paragraph about its frames
        raise ValueError(str(error).partition("\n----")[0].strip()) from error
    if problem.metric not in found:
        raise ValueError(
            f"{problem.metric} is no metric of {objective.task}: there are {', '.join(found)}"
        )
    for name, value in found.items():
        if value.shape:
            raise ValueError(f"{name} is {value.shape}: a metric is one number")


def as_rule(optimizer: Any) -> Rule:
    """Returns the rule that an optimizer is given as.

    Raises:
        TypeError: if it is none.
    """
    if isinstance(optimizer, str):
        return Optimizer(optimizer)
    if isinstance(optimizer, optax.GradientTransformation):
        return FixedRule(optimizer)
    if isinstance(optimizer, type) or not isinstance(optimizer, Rule):
        name = getattr(optimizer, "__name__", None) or repr(optimizer)
        raise TypeError(
            f"an optimizer is 'adam' or another text, a transformation such as optax.adam(1e-3), "
            f"or an Optimizer; got {name}"
        )
    return optimizer


def _fitted(objective: Objective, end: Members, index: int, history: _History) -> Fitted:
    def own(tree: Any) -> Any:
        return jax.tree.map(lambda leaf: leaf[index], tree)

    last, chosen = own(end.state.judged), own(end.best.params)
    step = int(end.best.step[index]) or None
    params = chosen if step else last
    return Fitted(objective, params, last, step, history.lines)
