"""What is wrong with a sweep, found before anything is written."""

from collections.abc import Iterator

from rnnjax.settings import Settings, problem
from rnnjax.sweeps.criterion import Criterion, criterion_of
from rnnjax.sweeps.handles import check_open_files
from rnnjax.sweeps.plan import Plan
from rnnjax.sweeps.programs import Programs
from rnnjax.sweeps.space import Axis, Choices
from rnnjax.training import hyperparameters
from rnnjax.training.memory import check_memory, size_of


def check_plan(plan: Plan, *, here: bool = True) -> Criterion:
    """Builds what every point trains, and runs nothing.

    Where the points are not known yet, each value of each axis is looked at.

    Args:
        plan: of a sweep.
        here: whether this process is to train it, and has to have the memory and the files.

    Returns:
        What points are compared by.

    Raises:
        ValueError: if a point cannot be trained, or they cannot be compared; in one line.

    Example:
        >>> from rnnjax.settings import Experiment, Recurrent
        >>> from rnnjax.sweeps.plan import make_plan
        >>> from rnnjax.tasks import Adding
        >>> settings = Settings("adding", Experiment(Adding(5), Recurrent("GRU", hidden=4)))
        >>> check_plan(make_plan(settings, "learning_rate=1e-3,1e-2"))
        Criterion(metric='loss', split='validation')
    """
    if here:
        check_open_files(max(map(len, plan.units), default=0))
    found: set[Criterion] = set()
    for members in _programs(plan):
        for member in members:
            hyperparameters.check(member.numbers())
        # What may be wrong with some of them alone: the longest warm-up, the most dropout.
        warmest = max(members, key=lambda member: member.numbers().warmup_steps)
        wettest = max(members, key=lambda member: member.numbers().dropout or 0.0)
        built = problem(warmest)
        found.add(criterion_of(built))
        if wettest is not warmest:
            problem(wettest)
        if here:
            check_memory(size_of(built))
    if len(found) > 1:
        raise ValueError(f"--sweep: points cannot be compared by {_said(found)}")
    criterion = found.pop()
    if plan.sampler != "grid" and criterion.split != "validation":
        raise ValueError(
            f"--sampler={plan.sampler} chooses by validation, and {plan.settings.task} holds "
            "nothing out for it: --sampler=grid"
        )
    return criterion


def _programs(plan: Plan) -> Iterator[list[Settings]]:
    """Yields the settings of points that share a program, as far as points are known."""
    first = {name: _ends(axis)[0] for name, axis in plan.space.items()}
    if plan.sampler == "tpe":
        known = [first | {name: text} for name, axis in plan.space.items() for text in _ends(axis)]
    else:
        known = [first | point for unit in plan.units for point in unit]
    programs, together = Programs(plan.settings), {}
    for point in known:
        together.setdefault(programs.of(point), []).append(plan.settings.parse(point))
    yield from together.values()


def _ends(axis: Axis) -> list[str]:
    """Returns the values of a list, or the ends of a range."""
    return list(axis.values) if isinstance(axis, Choices) else [str(axis.low), str(axis.high)]


def _said(criteria: set[Criterion]) -> str:
    return " and ".join(sorted(f"{c.split} {c.metric}" for c in criteria))
