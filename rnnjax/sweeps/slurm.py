"""Workers as jobs of a Slurm cluster, by submitit; and what is asked for them, as text."""

import contextlib
import dataclasses
import math
import os
import pathlib
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rnnjax.sweeps.executors import Command, Worker
from rnnjax.sweeps.workers import NAME, SLURM, import_submitit

if TYPE_CHECKING:
    import submitit

_SHORT = {"cpus": "cpus_per_task", "gpus": "gpus_per_node", "minutes": "time", "mem_gb": "mem"}
_LISTS = frozenset({"setup", "teardown", "srun_args"})  # may be given several times
_GRACE_SECONDS = 60.0  # of the 90 from the warning to the end, to give a unit back
_USUAL = {"cpus_per_task": 1, "time": 60, "job_name": "rnnjax"}
_UNSAID = frozenset({"additional_parameters", "num_gpus", "stderr_to_stdout", "use_srun"})


@dataclasses.dataclass(frozen=True)
class Slurm:
    """A way to start workers: all of them are one array of jobs.

    Each ends with its time, and the sweep can go on later.

    Attributes:
        parameters: what is asked for each, as `submitit.SlurmExecutor` names it.
    """

    parameters: tuple[tuple[str, Any], ...] = ()

    def start(self, commands: Sequence[Command], logs: Sequence[pathlib.Path]) -> list[Worker]:
        """Queues the workers.

        Raises:
            ValueError: if there is no Slurm here, or it refuses them.
        """
        submitit = import_submitit()
        from submitit.core.utils import FailedJobError

        try:
            executor = submitit.SlurmExecutor(logs[0].parent / "slurm")
        except RuntimeError as error:
            raise ValueError("this machine has no Slurm: srun was not found") from error
        asked = {name: list(v) if name in _LISTS else v for name, v in self.parameters}
        executor.update_parameters(**{**_USUAL, **asked, "stderr_to_stdout": True})
        try:
            jobs = executor.map_array(_run, commands, [str(log) for log in logs])
        except (FailedJobError, OSError) as error:
            reason = str(error).strip().rpartition("\n")[2]
            raise ValueError(f"Slurm refused the workers: {reason}") from error
        started = zip(jobs, logs, strict=True)
        return [SubmittedWorker(job, str(log)) for job, log in started]


class SubmittedWorker:
    """A job of submitit's."""

    def __init__(self, job: "submitit.Job[int]", output: str):
        self._job, self._code = job, None
        self.output = output
        self.name: str | None = f"{SLURM}/{job.job_id}"

    def poll(self) -> int | None:
        """Returns None while it is queued or lives, then its exit code, 1 where Slurm ended it."""
        from submitit.core.utils import FailedJobError, UncompletedJobError

        if self._code is None and self._job.done():
            try:
                self._code = self._job.result()
            except (FailedJobError, UncompletedJobError):
                self._code = 1
        return self._code

    def stop(self) -> None:
        """Takes it out of the queue, or ends it."""
        if self.poll() is None:
            self._job.cancel(check=False)

    def kill(self) -> None:
        """Does nothing: Slurm ends what was stopped."""


def read_slurm(text: str | None) -> Slurm:
    """Reads what is asked of Slurm for each worker.

    Args:
        text: `name=value` apart by commas: `partition=gpu,cpus=2,gpus=1,minutes=60,account=lab`.
            `cpus`, `gpus`, `minutes` and `mem_gb` are short for submitit's `cpus_per_task`,
            `gpus_per_node`, `time` and `mem`; its other parameters have its names. `setup`, a
            command to run first, may be given several times. A value goes on over commas behind
            which there is no `=`: `nodelist=n1,n2`.

    Raises:
        ValueError: if there is no such parameter, in one line.

    Example:
        >>> dict(read_slurm("gpus=1,setup=module load cuda,setup=ulimit -n 4096").parameters)
        {'gpus_per_node': 1, 'setup': ('module load cuda', 'ulimit -n 4096')}
    """
    known = import_submitit().SlurmExecutor._valid_parameters() - _UNSAID
    found: dict[str, Any] = {}
    for part in _parts(text or ""):
        name, equals, value = (word.strip() for word in part.partition("="))
        full = _SHORT.get(name, name)
        if not equals or not value:
            raise ValueError(f"--slurm: {part!r} is no name=value")
        if full not in known:
            raise ValueError(f"--slurm: no {name!r}; one of {', '.join(sorted(known | {*_SHORT}))}")
        if full in _LISTS:
            found[full] = (*found.get(full, ()), value)
        elif full in found:
            raise ValueError(f"--slurm: {name} is given twice")
        else:
            found[full] = _read(name, value)
    return Slurm(tuple(item for item in found.items() if item != ("gpus_per_node", 0)))


def check_slurm() -> None:
    """Checks that there is a Slurm to ask.

    Raises:
        ValueError: if there is none.
    """
    if shutil.which("sbatch") is None:
        raise ValueError("--executor=slurm: there is no sbatch here")


def _parts(text: str) -> list[str]:
    parts: list[str] = []
    for piece in filter(str.strip, text.split(",")):
        if parts and "=" not in piece:
            parts[-1] += f",{piece}"
        else:
            parts.append(piece)
    return parts


def _read(name: str, text: str) -> int | bool | str:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        return f"{math.ceil(1024 * float(text))}MB" if name == "mem_gb" else int(text)
    except (ValueError, OverflowError):
        if name in _SHORT:
            raise ValueError(f"--slurm: {name}={text} is no number of {name}") from None
        return text


def _run(command: Command, log: str) -> int:
    """Runs a worker on the machine where this is called, and returns its exit code."""
    submitit = import_submitit()
    from submitit.core.utils import UncompletedJobError

    named: Mapping[str, str] = {NAME: f"{SLURM}/{submitit.JobEnvironment().job_id}"}
    with pathlib.Path(log).open("ab") as file, _deaf_to_warning():
        process = subprocess.Popen(
            command.argv,
            env={**os.environ, **command.env, **named},
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        return process.wait()
    except UncompletedJobError:  # submitit says so when Slurm warns that time is nearly over
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(_GRACE_SECONDS)
        process.kill()
        return process.wait()


@contextlib.contextmanager
def _deaf_to_warning() -> Iterator[None]:
    """Lets processes that are started ignore Slurm's warning, of which they would die.

    It goes to all processes of the job; the one that waits for a worker heeds it.
    """
    before = signal.signal(signal.SIGUSR2, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGUSR2, before)
