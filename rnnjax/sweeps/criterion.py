"""What points are compared by: which metric, of which part, of which state of a run."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from rnnjax.training.program import Problem

Summary = Mapping[str, Any]  # what a run's `summary.json` holds


class Criterion(NamedTuple):
    """What points are compared by.

    Attributes:
        metric: its name; of "loss" less is better, of others more.
        split: the part on which it is measured: "validation", or "test" if nothing is held out.

    Example:
        >>> best = {"step": 8, "validation": {"loss": 0.5}, "test": {"loss": 0.75}}
        >>> Criterion("loss", "validation").value({"best": best, "final": {}})
        0.5
    """

    metric: str
    split: str

    @property
    def higher_is_better(self) -> bool:
        """Whether more of it is better."""
        return self.metric != "loss"

    @property
    def worst(self) -> float:
        """What a run is worth that has diverged."""
        return -math.inf if self.higher_is_better else math.inf

    def value(self, summary: Summary | None) -> float:
        """Returns what the chosen state of a run is worth; None for one that has diverged."""
        found = _chosen(summary).get(self.split, {}).get(self.metric)
        return self.worst if found is None or not math.isfinite(found) else float(found)

    def mean(self, summaries: Sequence[Summary | None]) -> float:
        """Returns the mean over runs, the worst where one of them has diverged."""
        return math.fsum(map(self.value, summaries)) / len(summaries)

    def test_mean(self, summaries: Sequence[Summary | None]) -> float | None:
        """Returns the mean on test data of the same states; None where a run has none."""
        found = [_chosen(summary).get("test", {}).get(self.metric) for summary in summaries]
        return None if None in found else math.fsum(found) / len(found)


def criterion_of(problem: Problem) -> Criterion:
    """Returns what runs of a problem are compared by."""
    split = "validation" if "validation" in problem.held_out else "test"
    return Criterion(problem.metric, split)


def _chosen(summary: Summary | None) -> Mapping[str, Any]:
    """Returns the metrics of the state that validation chose, or else of the last one."""
    found = summary or {}
    return found.get("best") or found.get("final") or {}
