"""What a sweep tries: points, which are values of flags, and the units that share a program."""

import contextlib
import difflib
import itertools
import json
import math
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import optuna
from absl import flags

from experiments import _flags
from rnnjax import sweeps

FLAGS = flags.FLAGS


class Plan(NamedTuple):
    """All that a sweep does.

    Attributes:
        space: the axes by name.
        seeds: what every point of a search is run with; empty where seeds are like other axes.
        units: the points of each piece of work, as far as they are known before it begins: tpe
            learns as it goes, and there they hold the seed alone.
    """

    space: dict[str, sweeps.Axis]
    seeds: tuple[str, ...]
    units: list[list[dict[str, str]]]

    @property
    def size(self) -> int:
        """How many points there are."""
        return sum(map(len, self.units))

    @property
    def axes(self) -> list[str]:
        """What points differ in."""
        return [*self.space, *(["seed"] if len(self.seeds) > 1 else [])]


def read_plan() -> Plan:
    """Returns the plan that the flags spell.

    Raises:
        ValueError: if an axis is no flag of the experiment, a value is not one of the flag's, or
            the flags do not go together.
    """
    space = sweeps.read_space(FLAGS.sweep)
    for name, axis in space.items():
        _check_axis(name, axis)
    if FLAGS.sampler == "grid":
        ranges = [name for name, axis in space.items() if not isinstance(axis, sweeps.Choices)]
        if ranges:
            raise ValueError(
                f"--sweep: {ranges[0]} is a range, for --sampler=random, qmc or tpe with --trials"
            )
        if FLAGS.trials is not None:
            raise ValueError("--trials is for a search: it needs --sampler=random, qmc or tpe")
        return Plan(space, (), _units(sweeps.grid(space)))
    if FLAGS.trials is None:
        raise ValueError(f"--sampler={FLAGS.sampler} needs --trials, the number of points")
    seeds = space.get("seed")
    if isinstance(seeds, sweeps.Choices):
        searched = {name: axis for name, axis in space.items() if name != "seed"}
        repeated = seeds.values
    else:
        searched, repeated = space, (str(FLAGS.seed),)
    if not searched:
        raise ValueError("--sweep varies nothing but the seed: that is a grid, no search")
    if FLAGS.sampler == "tpe":
        unit = [{"seed": seed} for seed in repeated]
        return Plan(searched, repeated, [unit] * FLAGS.trials)
    drawn = sweeps.draw(searched, FLAGS.trials, FLAGS.sampler, FLAGS.seed)
    points = [point | {"seed": seed} for point in drawn for seed in repeated]
    return Plan(searched, repeated, _units(points))


@contextlib.contextmanager
def flags_set(values: Mapping[str, str]) -> Iterator[None]:
    """Gives flags other values for a while, read as on the command line.

    Raises:
        flags.IllegalFlagValueError: if a flag does not take its value.
    """
    saved = {name: (FLAGS[name].value, FLAGS[name].present) for name in values}
    try:
        for name, text in values.items():
            FLAGS[name].parse(text)
            FLAGS[name].present = 1
        yield
    finally:
        for name, (value, present) in saved.items():
            FLAGS[name].value, FLAGS[name].present = value, present


def typical(plan: Plan) -> dict[str, str]:
    """Returns a value for each axis, to see whether an experiment can be built at all."""
    return {name: values(axis)[0] for name, axis in plan.space.items()}


def values(axis: sweeps.Axis) -> list[str]:
    """Returns the values of a list, or the ends of a range."""
    if isinstance(axis, sweeps.Choices):
        return list(axis.values)
    return [str(axis.low), str(axis.high)]


def as_begun(plan: Plan, workdir: pathlib.Path) -> Plan:
    """Returns the plan with the units that a sweep begun in this folder has.

    They were made for as many workers as it began with; it may go on with more or fewer.
    """
    path = workdir / "sweep.json"
    if not path.exists():
        return plan
    return plan._replace(units=json.loads(path.read_text())["units"])


def numbers_of(plan: Plan, unit: int) -> range:
    """Returns the numbers of a unit's points."""
    first = sum(map(len, plan.units[:unit]))
    return range(first, first + len(plan.units[unit]))


def of_unit(plan: Plan, unit: int, trial: optuna.Trial) -> dict[int, dict[str, str]]:
    """Returns the settings of a unit's points by their numbers; tpe asks the trial for them."""
    suggested = sweeps.suggest(trial, plan.space) if FLAGS.sampler == "tpe" else {}
    points = [suggested | point for point in plan.units[unit]]
    return dict(zip(numbers_of(plan, unit), points, strict=True))


def _check_axis(name: str, axis: sweeps.Axis) -> None:
    modules = ("experiments._flags", f"experiments.{FLAGS.experiment}")
    own = {flag.name for module in modules for flag in FLAGS.get_key_flags_for_module(module)}
    names = sorted(own - {*_flags.NOT_SETTINGS, "data_dir", "devices"})
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(names)}"
        raise ValueError(f"--sweep: no flag {name!r} to vary; {hint}")
    if FLAGS[name].present:
        raise ValueError(f"--{name} is in --sweep: leave the flag itself out")
    for value in values(axis):
        with flags_set({name: value}):
            pass


def _units(points: Sequence[dict[str, str]]) -> list[list[dict[str, str]]]:
    """Divides points into those that share a program, with work for every worker."""

    def program(point: dict[str, str]) -> tuple:
        return tuple(item for item in point.items() if item[0] not in _flags.POPULATION)

    # Each run of a population has one device.
    most = 1 if FLAGS.time_devices > 1 else FLAGS.population
    most = min(most, math.ceil(len(points) / FLAGS.workers))
    units = []
    for _, group in itertools.groupby(sorted(points, key=program), key=program):
        members = list(group)
        parts = math.ceil(len(members) / most)
        size = math.ceil(len(members) / parts)
        units += [members[i : i + size] for i in range(0, len(members), size)]
    return units
