"""A whole sweep in one process, from Python."""

import os
from typing import Literal

from rnnjax.runs.workdir import folder_of
from rnnjax.settings import Settings
from rnnjax.sweeps.begun import read_begun
from rnnjax.sweeps.checks import check_plan
from rnnjax.sweeps.opened import OpenSweep, do_units, open_sweep, outcome_of
from rnnjax.sweeps.plan import make_plan
from rnnjax.sweeps.progress import SweepProgress
from rnnjax.sweeps.records import Sweep, read_sweep
from rnnjax.sweeps.units import progress_of


def run(
    settings: Settings,
    sweep: str,
    workdir: str | os.PathLike[str],
    *,
    sampler: Literal["grid", "qmc", "random", "tpe"] = "grid",
    trials: int | None = None,
    pruner: Literal["median", "none"] = "none",
    population: int = 128,
    storage: str | None = None,
    retry: bool = False,
    show: bool | None = None,
) -> Sweep:
    """Runs a sweep, goes on with one, or extends it by values, seeds, trials or steps.

    Args:
        settings: what all points share.
        sweep: the axes: "learning_rate=1e-3,3e-3;seed=0:2", see `read_space`.
        workdir: where it is written; `report.html` in it shows what came of it.
        sampler: "grid" for every combination; "random" and "qmc" draw, "tpe" learns from results.
        trials: how many points a search tries.
        pruner: "median" stops hopeless points of tpe, "none" none.
        population: how many points may be trained as one program.
        storage: of the Optuna study, a file or the URL of a database; by default `study.db` in the
            workdir. `sweep.json` names the study.
        retry: whether points that have failed are tried again.
        show: whether to draw a bar; by default where stderr is a terminal.

    Returns:
        What came of it.

    Raises:
        ValueError: if something is wrong with it, in one line, before anything is written.
        RuntimeError: if points could not be trained; the others are there.

    Example:
        >>> import tempfile
        >>> from rnnjax.settings import Experiment, Recurrent, Training
        >>> from rnnjax.tasks import Adding
        >>> experiment = Experiment(Adding(4), Recurrent("Elman(2)"), Training(2, batch_size=8))
        >>> settings = Settings("adding", experiment)
        >>> found = run(settings, "seed=0:2", tempfile.mkdtemp(), show=False)  # doctest: +SKIP
        >>> found.counts()  # doctest: +SKIP
        {'finished': 2}
    """
    folder = folder_of(workdir)
    plan = make_plan(
        settings,
        sweep,
        sampler=sampler,
        trials=trials,
        pruner=pruner,
        population=population,
        begun=read_begun(folder),
    )
    storage = storage or str(folder / "study.db")
    with open_sweep(plan, check_plan(plan), folder, storage, retry=retry) as opened:
        do_here(opened, "sweep", show)
    outcome_of(opened).check(folder)
    return read_sweep(folder)


def do_here(
    opened: OpenSweep, name: str, show: bool | None = None, wandb: str | None = None
) -> None:
    """Does all units in this process, and shows how far they are.

    Args:
        opened: the sweep.
        name: shown first.
        show: see `SweepProgress`.
        wandb: a project of Weights & Biases that gets the metrics as well.
    """
    with SweepProgress(name, show) as progress:

        def tell(done: int, steps: int) -> None:
            counts, best = progress_of(opened.queue), opened.results.best()
            words = [] if best is None else [f"best {best:#.4g}"]
            words += [f"{counts.failed} failed"] if counts.failed else []
            part = min(done / steps, 0.99)  # there is an evaluation to come
            progress.update(counts.ended + part, sum(counts), ", ".join(words))

        tell(0, 1)
        do_units(opened, tell, wandb)
