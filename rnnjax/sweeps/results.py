"""What came of points, as trials of the Optuna study that people look at."""

import datetime
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import FrozenTrial, TrialState

from rnnjax.runs.recording import read_metrics
from rnnjax.runs.summary import read_summary
from rnnjax.sweeps.criterion import Criterion
from rnnjax.sweeps.folder import begun_settings, point_folder
from rnnjax.sweeps.plan import Plan
from rnnjax.sweeps.sampling import Category, Texts, suggest
from rnnjax.sweeps.space import Axis, Choices, Integers, LogUniform, Uniform

POINTS = "points"  # the trial's attribute that names its points by number


class Results:
    """The study of a sweep's points: each trial has the swept settings for parameters.

    In a grid each point is a trial; in a search the seeds of a point are one, which is worth their
    mean. tpe asks for a trial before its runs and tells it how they go; of others the trial is made
    of what the runs have left.

    Args:
        study: from `open_results`.
        plan: what is swept.
        criterion: what points are worth.
        workdir: the sweep's folder.
    """

    def __init__(self, study: optuna.Study, plan: Plan, criterion: Criterion, workdir: Path):
        self.study, self.criterion = study, criterion
        self._plan, self._workdir = plan, workdir

    def begin(self, numbers: Sequence[int]) -> tuple[optuna.Trial, Texts]:
        """Begins a trial that the sampler chooses, or goes on with one whose worker has ended.

        Args:
            numbers: of its points.

        Returns:
            The trial, and its settings.
        """
        settings = begun_settings(self._workdir, numbers[0])
        if settings is not None and self._find(numbers) is None:  # the study was lost
            own = self._parameters(settings)
            user_attrs = {POINTS: list(numbers)}
            self.study.add_trial(
                optuna.create_trial(state=TrialState.RUNNING, user_attrs=user_attrs, **own)
            )
        found = self._find(numbers)
        if found is None:
            trial = self.study.ask()
            trial.set_user_attr(POINTS, list(numbers))
        else:
            trial = optuna.Trial(self.study, found._trial_id)
        return trial, suggest(trial, self._plan.space, self._typed)

    def report(self, trial: optuna.Trial, numbers: Sequence[int]) -> set[int]:
        """Tells a trial how its runs have gone so far; returns the steps of which it knows."""
        there = self.study.get_trials(deepcopy=False)[trial.number].intermediate_values
        curve = self._curve(numbers)
        for step in curve.keys() - there.keys():
            trial.report(curve[step], step)
        return {*there, *curve}

    def finish(self, trial: optuna.Trial, numbers: Sequence[int], *, pruned: bool) -> None:
        """Tells a trial what its points are worth."""
        if not pruned:
            summaries = [read_summary(point_folder(self._workdir, number)) for number in numbers]
            test = self.criterion.test_mean(summaries)
            if test is not None:
                trial.set_user_attr(f"test_{self.criterion.metric}", test)
            value = self.criterion.mean(summaries)
            self.study.tell(trial, value, skip_if_finished=True)
        else:
            self.study.tell(trial, state=TrialState.PRUNED, skip_if_finished=True)

    def ended(self, numbers: Sequence[int]) -> FrozenTrial | None:
        """Returns the trial of these points, None unless it has ended."""
        trial = self._find(numbers)
        return trial if trial is not None and trial.state.is_finished() else None

    def settings_of(self, trial: FrozenTrial) -> Texts:
        """Returns the settings of a trial, as `begin` does."""
        return suggest(optuna.trial.FixedTrial(trial.params), self._plan.space, self._typed)

    def record(self, trials: Sequence[Sequence[int]]) -> None:
        """Adds trials that have ended, made of what their runs have left, unless they are there.

        Args:
            trials: the numbers of the points of each.
        """
        there = {tuple(trial.user_attrs.get(POINTS, ())) for trial in self._trials()}
        for numbers in trials:
            if tuple(numbers) not in there:
                self.study.add_trial(self._made(numbers))

    def abandon(self, units: Sequence[int]) -> None:
        """Fails what still runs of units that have failed, and trials that never got a unit."""
        failed = [number for unit in units for number in self._plan.numbers(unit)]
        for trial in self._trials((TrialState.RUNNING,)):
            numbers = trial.user_attrs.get(POINTS)
            if numbers is None or set(numbers) & set(failed):
                self.study.tell(trial.number, state=TrialState.FAIL, skip_if_finished=True)

    def best(self) -> float | None:
        """Returns the best value so far, None where there is none."""
        done = self._trials((TrialState.COMPLETE,))
        values = [t.value for t in done if t.value is not None and math.isfinite(t.value)]
        if not values:
            return None
        return max(values) if self.criterion.higher_is_better else min(values)

    def _trials(self, states: tuple[TrialState, ...] | None = None) -> list[FrozenTrial]:
        return self.study.get_trials(deepcopy=False, states=states)

    def _find(self, numbers: Sequence[int]) -> FrozenTrial | None:
        """Returns the trial of points; one that has failed is as if it had never been."""
        own = [t for t in self._trials() if t.user_attrs.get(POINTS) == list(numbers)]
        return own[-1] if own and own[-1].state is not TrialState.FAIL else None

    def _typed(self, name: str, text: str) -> Category:
        return typed_value(self._plan, name, text)

    def _made(self, numbers: Sequence[int]) -> FrozenTrial:
        """Returns a trial that has ended, with its curve."""
        summaries = [read_summary(point_folder(self._workdir, number)) for number in numbers]
        test = self.criterion.test_mean(summaries)
        attributes = {} if test is None else {f"test_{self.criterion.metric}": test}
        trial = optuna.trial.create_trial(
            value=self.criterion.mean(summaries),
            intermediate_values=self._curve(numbers),
            user_attrs={POINTS: list(numbers), **attributes},
            **self._parameters(begun_settings(self._workdir, numbers[0]) or {}),
        )
        seconds = max(summary["seconds"] if summary else 0.0 for summary in summaries)
        assert trial.datetime_start is not None, "a trial that has ended has begun"
        trial.datetime_start -= datetime.timedelta(seconds=seconds)
        return trial

    def _parameters(self, settings: Texts) -> dict[str, Any]:
        """Returns settings as `create_trial` takes them."""
        space = self._plan.space
        typed = {n: [self._typed(n, text) for text in values_of(a)] for n, a in space.items()}
        return {
            "params": {name: self._typed(name, settings[name]) for name in space},
            "distributions": {n: distribution_of(a, typed[n]) for n, a in space.items()},
        }

    def _curve(self, numbers: Sequence[int]) -> dict[int, float]:
        """Returns the mean over points at each evaluation that they all have."""
        metric, split = self.criterion.metric, self.criterion.split
        found: dict[int, list[float]] = {}
        for number in numbers:
            for line in read_metrics(point_folder(self._workdir, number)):
                if line["split"] == split and line.get(metric) is not None:
                    found.setdefault(line["step"], []).append(line[metric])
        whole = {step: values for step, values in found.items() if len(values) == len(numbers)}
        return {step: float(np.mean(values)) for step, values in whole.items()}


def values_of(axis: Axis) -> tuple[str, ...]:
    """Returns the values of a list, none of a range.

    Example:
        >>> values_of(Choices(("LSTM", "GRU"))), values_of(Integers(1, 8))
        (('LSTM', 'GRU'), ())
    """
    return axis.values if isinstance(axis, Choices) else ()


def typed_value(plan: Plan, name: str, text: str) -> Category:
    """Returns a setting's value as Optuna can hold it: what it has no type for stays a text."""
    value = plan.settings.experiment.fields[name].parse(text)
    return value if value is None or isinstance(value, bool | int | float) else text


def distribution_of(axis: Axis, values: Sequence[Category] = ()) -> BaseDistribution:
    """Returns Optuna's distribution of an axis.

    Args:
        axis: of a sweep.
        values: those of a list.

    Example:
        >>> distribution_of(LogUniform(1e-4, 1e-1))
        FloatDistribution(high=0.1, log=True, low=0.0001, step=None)
    """
    match axis:
        case Choices():
            return CategoricalDistribution(list(values))
        case Integers(low, high):
            return IntDistribution(low, high)
        case Uniform(low, high):
            return FloatDistribution(low, high)
        case LogUniform(low, high):
            return FloatDistribution(low, high, log=True)
