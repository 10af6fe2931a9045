"""What a sweep's folder holds, read: its points, their results, and what seeds make of them."""

import collections
import math
import os
import pathlib
import shlex
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from rnnjax.catalogue import typed
from rnnjax.runs.figures.style import spans_decade
from rnnjax.runs.summary import FILE, read_summary
from rnnjax.runs.workdir import folder_of, read_json
from rnnjax.sweeps.begun import read_about
from rnnjax.sweeps.columns import point_columns
from rnnjax.sweeps.estimates import Estimate, mean_and_interval

if TYPE_CHECKING:
    import pandas as pd

STATUSES = ("finished", "running", "stopped", "pruned", "failed", "diverged")  # as ranked
SPLITS = ("validation", "test")  # what points can be ranked by


class Point(NamedTuple):
    """One run of a sweep.

    Attributes:
        number: from 0, those of one program together.
        settings: what this point has of the swept settings, as texts by name.
        status: one of `STATUSES`.
        folder: the run's own.
        final: the last evaluation, its `step` and the metrics by split; None until the run is
            finished.
        best: the evaluation that is best on validation, likewise; None where there is none.
        seconds: how long it trained, None where that is not known.

    Example:
        >>> metrics = {"step": 50, "validation": {"loss": 0.5}, "test": {"loss": 0.6}}
        >>> point = Point(
        ...     0, {"seed": "3"}, "finished", pathlib.Path("points/0000"), metrics, None, 9.0
        ... )
        >>> point.result("validation", "loss")
        0.5
        >>> point.command
        '... --flagfile=points/0000/flags.txt'
    """

    number: int
    settings: dict[str, str]
    status: str
    folder: pathlib.Path
    final: dict[str, Any] | None
    best: dict[str, Any] | None
    seconds: float | None

    @property
    def command(self) -> str:
        """What repeats this run; where `launch.py` is, if it has started this process."""
        return f"{typed(sys.argv[0])} --flagfile={shlex.quote(str(self.folder / 'flags.txt'))}"

    def result(self, split: str, metric: str) -> float | None:
        """Returns a metric of the chosen state, None unless finished with a finite one.

        The chosen state is the best one, and the last one where nothing was held out to choose by.
        """
        chosen = self.best or self.final or {}
        value = chosen.get(split, {}).get(metric) if self.status == "finished" else None
        return float(value) if value is not None and math.isfinite(value) else None


class Group(NamedTuple):
    """Points that differ in nothing but their seed.

    Attributes:
        settings: what they share.
        points: best first, those without a result last.
        result: the mean of their results, None where none has one.
        test: the mean of the test metrics of the same states.

    Example:
        >>> best = read_sweep("runs/adding-sweep").groups()[0]  # doctest: +SKIP
        >>> best.settings, best.result.mean, best.test.mean  # doctest: +SKIP
        ({'learning_rate': '3e-3'}, 0.0021, 0.0023)
    """

    settings: dict[str, str]
    points: tuple[Point, ...]
    result: Estimate | None
    test: Estimate | None


class Sweep(NamedTuple):
    """A sweep as far as it has come.

    Attributes:
        folder: where it is written.
        experiment: what was run.
        text: the axes as they were given, see `read_space`.
        axes: the swept settings' names.
        metric: what points are ranked by.
        higher_is_better: whether more of it is better.
        split: the data on which it is measured: "validation", or "test" if nothing was held out.
        planned: how many points there are to be, None where that is open.
        points: in the order of their numbers.
        fixed: the settings that all points share, as their `config.json` has them.
        left_out: what is wrong with the files of points that are none of `points`, a line each;
            the sweep's command makes them again.

    Example:
        >>> sweep = read_sweep("runs/adding-sweep")  # doctest: +SKIP
        >>> sweep.ranked()[0].settings  # doctest: +SKIP
        {'learning_rate': '3e-3', 'seed': '1'}
        >>> sweep.to_frame().groupby("learning_rate").best_test_loss.min()  # doctest: +SKIP
    """

    folder: pathlib.Path
    experiment: str
    text: str
    axes: tuple[str, ...]
    metric: str
    higher_is_better: bool
    split: str
    planned: int | None
    points: tuple[Point, ...]
    fixed: dict[str, Any]
    left_out: tuple[str, ...] = ()

    def result(self, point: Point) -> float | None:
        """Returns what a point is ranked by, see `Point.result`."""
        return point.result(self.split, self.metric)

    def test_result(self, point: Point) -> float | None:
        """Returns the metric on test data of the state that `result` is of."""
        return point.result("test", self.metric)

    def ranked(self) -> list[Point]:
        """Returns the points, best first, those without a result last."""
        by_status = sorted(self.points, key=lambda point: STATUSES.index(point.status))
        return sorted(by_status, key=lambda point: self._rank(self.result(point)))

    def finished(self) -> list[Point]:
        """Returns the points that have a result, best first."""
        return [point for point in self.ranked() if self.result(point) is not None]

    def ended(self) -> list[Point]:
        """Returns the points that finished or diverged."""
        return [point for point in self.points if point.status in ("finished", "diverged")]

    def groups(self) -> list[Group]:
        """Returns the points that differ in their seed alone together, best mean first."""
        together: dict[tuple[tuple[str, str], ...], list[Point]] = {}
        for point in self.ranked():
            shared = tuple((k, v) for k, v in point.settings.items() if k != "seed")
            together.setdefault(shared, []).append(point)
        geometric, groups = self.is_logarithmic, []
        for shared, points in together.items():
            result = _mean(map(self.result, points), geometric)
            test = _mean(map(self.test_result, points), geometric)
            groups.append(Group(dict(shared), tuple(points), result, test))
        return sorted(groups, key=lambda group: self._rank(group.result and group.result.mean))

    @property
    def is_logarithmic(self) -> bool:
        """Whether results are a loss over more than a decade, whose logarithms are averaged."""
        results = [self.result(point) for point in self.points]
        return not self.higher_is_better and spans_decade([r for r in results if r is not None])

    def varied(self, points: Sequence[Point]) -> list[str]:
        """Names the settings, other than the seed, in which some of `points` differ."""
        names = (name for name in self.axes if name != "seed")
        return [name for name in names if len({point.settings[name] for point in points}) > 1]

    def counts(self) -> dict[str, int]:
        """Returns how many points have each status that occurs."""
        found = collections.Counter(point.status for point in self.points)
        return {status: found[status] for status in STATUSES if found[status]}

    def to_frame(self) -> "pd.DataFrame":
        """Returns a row a point, with numbers as numbers.

        The columns are `number`, `status`, each swept setting, the step and the metrics of the
        best and of the final evaluation, as `best_validation_accuracy` and `final_test_loss`,
        `seconds` and `folder`. A setting's `none` among numbers is NaN.
        """
        import pandas as pd

        return pd.DataFrame(point_columns(self))

    def _rank(self, value: float | None) -> tuple[bool, float]:
        if value is None:
            return True, 0.0
        return False, -value if self.higher_is_better else value


def read_sweep(workdir: str | os.PathLike[str]) -> Sweep:
    """Reads a sweep's folder, finished or not.

    Raises:
        ValueError: if the folder holds no sweep, or its `sweep.json` cannot be read.

    Example:
        >>> import tempfile
        >>> from rnnjax.runs.workdir import write_json
        >>> about = {"experiment": "adding", "sweep": "seed=0:2", "axes": ["seed"], "points": 2}
        >>> about |= {"metric": "loss", "higher_is_better": False, "split": "validation"}
        >>> with tempfile.TemporaryDirectory() as workdir:
        ...     write_json(workdir + "/sweep.json", about)
        ...     read_sweep(workdir).counts()
        {}
    """
    folder = folder_of(workdir)
    if not (folder / "sweep.json").is_file():
        raise ValueError(f"{folder} holds no sweep: there is no sweep.json in it")
    about = read_about(folder)
    files = sorted((folder / "points").glob("*.json"))
    try:
        if about["split"] not in SPLITS:
            raise ValueError(
                f"{folder / 'sweep.json'}: split is {about['split']!r}, not one of "
                f"{', '.join(SPLITS)}"
            )
        points, left_out = _read_points(files, about["axes"])
        return Sweep(
            folder=folder,
            experiment=about["experiment"],
            text=about["sweep"],
            axes=tuple(about["axes"]),
            metric=about["metric"],
            higher_is_better=about["higher_is_better"],
            split=about["split"],
            planned=about["points"],
            points=tuple(sorted(points, key=lambda point: point.number)),
            fixed=_shared_settings(point.folder / "config.json" for point in points),
            left_out=tuple(left_out),
        )
    except KeyError as error:
        raise ValueError(f"{folder / 'sweep.json'} lacks {error}") from None


def _mean(values: Iterable[float | None], geometric: bool) -> Estimate | None:
    found = [value for value in values if value is not None]
    return mean_and_interval(found, geometric=geometric and all(value > 0 for value in found))


def _read_points(
    files: Iterable[pathlib.Path], axes: Sequence[str]
) -> tuple[list[Point], list[str]]:
    """Returns the points that can be read, and what is wrong with the others."""
    points: list[Point] = []
    left_out: list[str] = []
    for path in files:
        try:
            points.append(read_point(path, axes))
        except ValueError as error:
            left_out.append(str(error))
    return points, left_out


def read_point(path: pathlib.Path, axes: Sequence[str]) -> Point:
    """Reads what is known of a point.

    Args:
        path: what stands beside the point's folder.
        axes: the names of the swept settings.

    Raises:
        ValueError: if a file of JSON that the point has cannot be read or says something
            impossible, or a summary is missing; in one line, which names it.
    """
    about = read_json(path)
    folder = path.with_suffix("")
    summary = read_summary(folder)
    if (folder / "config.json").exists():
        read_json(folder / "config.json")
    try:
        settings = {name: str(about["settings"][name]) for name in axes}
        number, status = int(about["number"]), about["status"]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} describes no point of this sweep: {error}") from None
    if status not in STATUSES:
        raise ValueError(f"{path}: unknown status {status!r}; there are {', '.join(STATUSES)}")
    if status == "finished" and summary is None:
        raise ValueError(f"{folder / FILE} is missing")
    summary = summary or {}
    return Point(
        number=number,
        settings=settings,
        status=status,
        folder=folder,
        final=summary.get("final"),
        best=summary.get("best"),
        seconds=summary.get("seconds"),
    )


def _shared_settings(configs: Iterable[pathlib.Path]) -> dict[str, Any]:
    """Returns what all those files that exist have in common."""
    found = [read_json(path) for path in configs if path.exists()]
    first, *others = found or [{}]
    return {k: v for k, v in first.items() if all(k in o and o[k] == v for o in others)}
