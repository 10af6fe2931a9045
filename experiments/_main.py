"""Runs an experiment once, or many times where the flags spell a sweep."""

from collections.abc import Callable

from absl import flags

from experiments import _common, _flags, _run

FLAGS = flags.FLAGS


def main(problem: Callable[[], _run.Problem]) -> None:
    """Runs what the flags spell; `problem` builds from them what is trained."""
    if FLAGS.sweep is None:
        _refuse_sweep_flags()
        devices = _common.use_devices()
        _run.train(problem(), devices)
    else:
        _refuse_run_flags()
        from experiments import _sweep  # Optuna takes 0.3 s to import

        _sweep.main(problem)


def _refuse_sweep_flags() -> None:
    """Raises if there is a flag that only a sweep obeys."""
    alone = [name for name in _flags.OF_SWEEPS if FLAGS[name].present]
    if alone:
        raise ValueError(f"--{alone[0]} is for a sweep: it needs --sweep")


def _refuse_run_flags() -> None:
    """Raises if there is a flag that only a single run obeys."""
    alone = [name for name in ("profile", *_flags.OF_PROCESSES) if FLAGS[name].present]
    if alone:
        raise ValueError(f"--{alone[0]} is for one run; a sweep is shared among --workers")
