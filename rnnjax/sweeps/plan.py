"""What a sweep tries: points, which are values of settings, and the units that share a program."""

import difflib
from collections.abc import Collection
from typing import NamedTuple

from rnnjax.settings import Settings
from rnnjax.settings.fields import one_line
from rnnjax.sweeps.begun import Begun, is_extended, left_to_do, respelled
from rnnjax.sweeps.programs import divide
from rnnjax.sweeps.sampling import Texts, draw, grid
from rnnjax.sweeps.space import Axis, Choices, read_space

_UNSWEPT = frozenset({"data_dir", "devices"})  # they decide where a run is done, not what it is


class Plan(NamedTuple):
    """All that a sweep does.

    Attributes:
        settings: what all points share.
        sweep: the axes as they were given, see `read_space`.
        space: the axes by name, but for the seeds of a search.
        seeds: what every point of a search is run with; empty where seeds are like other axes.
        sampler: "grid", "qmc", "random" or "tpe".
        trials: how many points a search tries; None for a grid.
        pruner: "median" or "none".
        units: the points of each piece of work, as far as they are known before it begins: tpe
            learns as it goes, and there they hold the seed alone.
        extended: whether the folder's sweep was planned for less.
    """

    settings: Settings
    sweep: str
    space: dict[str, Axis]
    seeds: tuple[str, ...]
    sampler: str
    trials: int | None
    pruner: str
    units: list[list[Texts]]
    extended: bool = False

    @property
    def size(self) -> int:
        """How many points there are."""
        return sum(map(len, self.units))

    @property
    def axes(self) -> list[str]:
        """What points differ in."""
        return [*self.space, *(["seed"] if len(self.seeds) > 1 else [])]

    def numbers(self, unit: int) -> range:
        """Returns the numbers of a unit's points."""
        first = sum(map(len, self.units[:unit]))
        return range(first, first + len(self.units[unit]))

    def trials_of(self, unit: int) -> list[list[int]]:
        """Returns the numbers of a unit's points, those together that are one trial.

        In a search these are the seeds of a point; in a grid each point is a trial of its own.
        """
        numbers, size = list(self.numbers(unit)), max(len(self.seeds), 1)
        return [numbers[i : i + size] for i in range(0, len(numbers), size)]


def make_plan(
    settings: Settings,
    sweep: str,
    *,
    sampler: str = "grid",
    trials: int | None = None,
    pruner: str = "none",
    population: int = 128,
    workers: int = 1,
    given: Collection[str] = (),
    begun: Begun | None = None,
) -> Plan:
    """Returns what a sweep does.

    Args:
        settings: what all points share.
        sweep: the axes, see `read_space`.
        sampler: "grid" for every combination; "random" and "qmc" draw, "tpe" learns from results.
        trials: how many points a search tries.
        pruner: "median" stops hopeless points of tpe, "none" none.
        population: how many points may be trained as one program.
        workers: for how many processes there is to be work.
        given: the settings that the command line names, none of which may be an axis.
        begun: what the folder's sweep has planned already, whose points keep their numbers.

    Raises:
        ValueError: if these do not go together, an axis is no setting, a value is not one of the
            setting's, or what was begun cannot be extended to this; the message is one line.

    Example:
        >>> from rnnjax.settings import Experiment, Recurrent
        >>> from rnnjax.tasks import Adding
        >>> settings = Settings("adding", Experiment(Adding(5), Recurrent("GRU", hidden=4)))
        >>> plan = make_plan(settings, "hidden=4,8;seed=0:2")
        >>> len(plan.units), plan.units[1]
        (2, [{'hidden': '8', 'seed': '0'}, {'hidden': '8', 'seed': '1'}])
    """
    if "" not in settings.experiment.networks:
        raise ValueError("--sweep: the experiment compares several networks; a sweep varies one")
    _check_sampler(sampler, trials, pruner)
    space = respelled(_read_space(settings, sweep, given), settings, begun)
    axes, seeds = (space, ()) if sampler == "grid" else _split_seeds(space, settings)
    if sampler == "grid":
        _refuse_ranges(space)
        wanted = [[point] for point in grid(space)]
    elif sampler == "tpe":
        wanted = [[{"seed": seed} for seed in seeds]] * (trials or 0)
    else:
        drawn = draw(axes, trials or 0, sampler, settings.training.seed)
        wanted = [[point | {"seed": seed} for seed in seeds] for point in drawn]
    most = _most(settings, population)
    left = left_to_do(wanted, settings, space, sampler, begun)
    units = left if sampler == "tpe" else divide(settings, left, most, workers)
    there = begun.units if begun else []
    extended = begun is not None and is_extended(begun, settings, sampler, bool(units))
    text = one_line(sweep)
    plan = Plan(settings, text, axes, seeds, sampler, trials, pruner, [*there, *units], extended)
    _check_seeds(plan, most)
    return plan


def _check_sampler(sampler: str, trials: int | None, pruner: str) -> None:
    if sampler not in ("grid", "qmc", "random", "tpe"):
        raise ValueError(f"no sampler {sampler!r}: grid, qmc, random, tpe")
    if pruner not in ("median", "none"):
        raise ValueError(f"no pruner {pruner!r}: median, none")
    if pruner != "none" and sampler != "tpe":
        raise ValueError("--pruner compares points one after another: it needs --sampler=tpe")
    if sampler == "grid" and trials is not None:
        raise ValueError("--trials is for a search: it needs --sampler=random, qmc or tpe")
    if sampler != "grid" and trials is None:
        raise ValueError(f"--sampler={sampler} needs --trials, the number of points")


def _read_space(settings: Settings, sweep: str, given: Collection[str]) -> dict[str, Axis]:
    """Reads the axes; what a setting does not take is refused."""
    fields = settings.experiment.fields

    def parse(name: str, text: str) -> object:
        if name not in fields or name in _UNSWEPT:
            names = sorted(fields.keys() - _UNSWEPT)
            near = difflib.get_close_matches(name, names, n=1)
            hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(names)}"
            raise ValueError(f"--sweep: no flag {name!r} to vary; {hint}")
        if name in given:
            raise ValueError(f"--{name} is in --sweep: leave the flag itself out")
        try:
            return fields[name].parse(text)
        except ValueError as error:
            raise ValueError(f"flag --{name}={text}: {error}") from None

    space = read_space(sweep, parse)
    for name, axis in space.items():
        if not isinstance(axis, Choices):
            for end in (axis.low, axis.high):
                parse(name, str(end))
    return space


def _refuse_ranges(space: dict[str, Axis]) -> None:
    ranges = [name for name, axis in space.items() if not isinstance(axis, Choices)]
    if ranges:
        raise ValueError(
            f"--sweep: {ranges[0]} is a range, for --sampler=random, qmc or tpe with --trials"
        )


def _split_seeds(
    space: dict[str, Axis], settings: Settings
) -> tuple[dict[str, Axis], tuple[str, ...]]:
    """Returns what is searched, and the seeds that each point is run with."""
    seeds = space.get("seed")
    if not isinstance(seeds, Choices):
        return space, (str(settings.training.seed),)
    searched = {name: axis for name, axis in space.items() if name != "seed"}
    if not searched:
        raise ValueError("--sweep varies nothing but the seed: that is a grid, no search")
    return searched, seeds.values


def _most(settings: Settings, population: int) -> int:
    """Returns how many points a program may have; each run of a population has one device."""
    return 1 if settings.training.time_devices > 1 else population


def _check_seeds(plan: Plan, most: int) -> None:
    if len(plan.seeds) > most:
        why = "--time_devices" if plan.settings.training.time_devices > 1 else "--population"
        raise ValueError(
            f"{why}: a search trains the {len(plan.seeds)} seeds of a point as one program, which "
            f"may have {most}"
        )
