"""Points that share a compiled program, found and divided among workers."""

import math
from collections.abc import Sequence

from rnnjax.settings import Settings
from rnnjax.sweeps.sampling import Texts
from rnnjax.training import Hyperparameters


class Programs:
    """Names the program of a point; asked about equal ones, it looks once.

    Args:
        settings: what all points share.

    Example:
        >>> from rnnjax.settings import Experiment
        >>> from rnnjax.tasks import Adding
        >>> programs = Programs(Settings("adding", Experiment(Adding(5))))
        >>> programs.of({"seed": "0", "hidden": "4"}) == programs.of({"seed": "1", "hidden": "4"})
        True
    """

    def __init__(self, settings: Settings):
        self._settings = settings
        self._known: dict[tuple[tuple[str, str], ...], str] = {}
        self._owners: dict[str, tuple[tuple[str, str], ...]] = {}

    def of(self, point: Texts) -> str:
        """Returns a text that is equal for points of one program.

        Raises:
            ValueError: if two points are the same run, though their texts differ.
        """
        own = tuple(i for i in sorted(point.items()) if i[0] not in Hyperparameters._fields)
        if own not in self._known:
            program = self._settings.parse(point).program()
            if program in self._owners:
                texts = [_said(items) for items in (self._owners[program], own)]
                raise ValueError(f"--sweep: {texts[0]} and {texts[1]} are the same run")
            self._known[own], self._owners[program] = program, own
        return self._known[own]


def divide(
    settings: Settings, trials: Sequence[Sequence[Texts]], most: int, workers: int
) -> list[list[Texts]]:
    """Divides points into units that share a program, with work for every worker.

    Args:
        settings: what all points share.
        trials: the points of each trial, which stay together.
        most: how many points a unit may have.
        workers: for how many processes there is to be work.

    Returns:
        The points of each unit.

    Example:
        >>> from rnnjax.settings import Experiment
        >>> from rnnjax.tasks import Adding
        >>> settings = Settings("adding", Experiment(Adding(5)))
        >>> [len(unit) for unit in divide(settings, [[{"seed": str(n)}] for n in range(8)], 4, 1)]
        [4, 4]
    """
    programs = Programs(settings)
    together: dict[str, list[Sequence[Texts]]] = {}
    for trial in trials:
        together.setdefault(programs.of(trial[0]), []).append(trial)
    share = math.ceil(len(trials) / workers)
    units = []
    for group in together.values():
        parts = math.ceil(len(group) / min(share, max(most // len(group[0]), 1)))
        size = math.ceil(len(group) / parts)
        for first in range(0, len(group), size):
            units.append([point for trial in group[first : first + size] for point in trial])
    return units


def _said(items: tuple[tuple[str, str], ...]) -> str:
    return " ".join(f"{name}={text}" for name, text in items)
