"""What a sweep's folder holds, read: its points, their results, and what seeds make of them."""

import collections
import json
import math
import os
import pathlib
import shlex
from collections.abc import Sequence
from typing import Any, NamedTuple

STATUSES = ("finished", "running", "stopped", "pruned", "failed", "diverged")  # as ranked


class Point(NamedTuple):
    """One run of a sweep.

    Attributes:
        number: from 0, those of one program together.
        settings: what this point has of the swept settings, as texts by name.
        status: one of `STATUSES`.
        folder: the run's own.
        final: the last evaluation, `step`, `split` and metrics; None until the run is finished.
        best: the best evaluation, likewise.
        seconds: how long it trained, None where that is not known.
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
        """What repeats this run, to be typed where `launch.py` is."""
        return f"python launch.py --flagfile={shlex.quote(str(self.folder / 'flags.txt'))}"

    def result(self, metric: str) -> float | None:
        """Returns the last evaluation's `metric`, None unless finished with a finite one."""
        return _finite(self.final, metric) if self.status == "finished" else None


class Group(NamedTuple):
    """Points that differ in nothing but their seed.

    Attributes:
        settings: what they share.
        points: best first, those without a result last.
        mean: of their results, None where none has one.
        interval: what a 95 % confidence interval of the mean adds to both sides, None for fewer
            than two results; see `mean_and_interval`.
    """

    settings: dict[str, str]
    points: tuple[Point, ...]
    mean: float | None
    interval: float | None


class Sweep(NamedTuple):
    """A sweep as far as it has come.

    Attributes:
        folder: where it is written.
        experiment: what was run.
        text: the axes as they were given, see `read_space`.
        axes: the swept settings' names.
        metric: what points are ranked by.
        higher_is_better: whether more of it is better.
        planned: how many points there are to be, None where that is open.
        points: in the order of their numbers.
    """

    folder: pathlib.Path
    experiment: str
    text: str
    axes: tuple[str, ...]
    metric: str
    higher_is_better: bool
    planned: int | None
    points: tuple[Point, ...]

    def ranked(self) -> list[Point]:
        """Returns the points, best first by the last evaluation, those without a result last."""
        by_status = sorted(self.points, key=lambda point: STATUSES.index(point.status))
        return sorted(by_status, key=lambda point: self._rank(point.result(self.metric)))

    def groups(self) -> list[Group]:
        """Returns the points that differ in their seed alone together, best mean first."""
        together: dict[tuple[tuple[str, str], ...], list[Point]] = {}
        for point in self.ranked():
            shared = tuple((k, v) for k, v in point.settings.items() if k != "seed")
            together.setdefault(shared, []).append(point)
        groups = []
        for shared, points in together.items():
            results = [point.result(self.metric) for point in points]
            mean, interval = mean_and_interval([r for r in results if r is not None])
            groups.append(Group(dict(shared), tuple(points), mean, interval))
        return sorted(groups, key=lambda group: self._rank(group.mean))

    def varied(self, points: Sequence[Point]) -> list[str]:
        """Names the settings, other than the seed, in which some of `points` differ."""
        names = (name for name in self.axes if name != "seed")
        return [name for name in names if len({point.settings[name] for point in points}) > 1]

    def finished(self) -> list[Point]:
        """Returns the points that have a result, best first."""
        return [point for point in self.ranked() if point.result(self.metric) is not None]

    def counts(self) -> dict[str, int]:
        """Returns how many points have each status that occurs."""
        found = collections.Counter(point.status for point in self.points)
        return {status: found[status] for status in STATUSES if found[status]}

    def _rank(self, value: float | None) -> tuple[bool, float]:
        if value is None:
            return True, 0.0
        return False, -value if self.higher_is_better else value


def mean_and_interval(values: Sequence[float]) -> tuple[float | None, float | None]:
    """Returns the mean of independent values and how far its 95 % confidence interval reaches.

    For n values of mean m and sample variance s², the sum of squared deviations over n - 1, the
    interval is m ± t s / √n, where t is the 0.975 quantile of Student's distribution with n - 1
    degrees of freedom.

    Args:
        values: finite numbers.

    Returns:
        m, None for no values; and t s / √n, None for fewer than two.

    References:
        Student (1908), The probable error of a mean, Biometrika 6.
    """
    from scipy.special import stdtrit

    count = len(values)
    if not count:
        return None, None
    mean = math.fsum(values) / count
    if count == 1:
        return mean, None
    deviation = math.sqrt(math.fsum((v - mean) * (v - mean) for v in values) / (count - 1))
    return mean, float(stdtrit(count - 1, 0.975)) * deviation / math.sqrt(count)


def read_sweep(workdir: str | os.PathLike[str]) -> Sweep:
    """Reads a sweep's folder, finished or not.

    Raises:
        ValueError: if the folder holds no sweep, or a file in it cannot be read.
    """
    folder = pathlib.Path(workdir)
    if not (folder / "sweep.json").is_file():
        raise ValueError(f"{folder} holds no sweep: there is no sweep.json in it")
    about = _read_object(folder / "sweep.json")
    files = sorted((folder / "points").glob("*.json"))
    try:
        return Sweep(
            folder=folder,
            experiment=about["experiment"],
            text=about["sweep"],
            axes=tuple(about["axes"]),
            metric=about["metric"],
            higher_is_better=about["higher_is_better"],
            planned=about["points"],
            points=tuple(
                sorted((_read_point(path, about["axes"]) for path in files), key=lambda p: p.number)
            ),
        )
    except KeyError as error:
        raise ValueError(f"{folder / 'sweep.json'} lacks {error}") from None


def _read_point(path: pathlib.Path, axes: Sequence[str]) -> Point:
    about = _read_object(path)
    folder = path.with_suffix("")
    written = folder / "summary.json"
    summary = _read_object(written) if written.exists() else {}
    try:
        settings = {name: str(about["settings"][name]) for name in axes}
        number, status = int(about["number"]), about["status"]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} describes no point of this sweep: {error}") from None
    if status not in STATUSES:
        raise ValueError(f"{path}: unknown status {status!r}; there are {', '.join(STATUSES)}")
    return Point(
        number=number,
        settings=settings,
        status=status,
        folder=folder,
        final=summary.get("final"),
        best=summary.get("best"),
        seconds=summary.get("seconds"),
    )


def _read_object(path: pathlib.Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read as JSON: {error}") from None
    if not isinstance(found, dict):
        raise ValueError(f"{path} holds no JSON object")
    return found


def _finite(record: dict[str, Any] | None, metric: str) -> float | None:
    value = (record or {}).get(metric)
    return float(value) if value is not None and math.isfinite(value) else None
