"""Where the workers of a sweep run: on this machine, under Slurm, or here one after another."""

import dataclasses
import os
import pathlib
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import IO, TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    import submitit


class Command(NamedTuple):
    """What a worker runs.

    Attributes:
        argv: the program and its arguments.
        env: variables set on top of this process's, such as which cores or which device to use.
    """

    argv: Sequence[str]
    env: Mapping[str, str]


class Worker(Protocol):
    """A worker that was started.

    Attributes:
        output: where its output goes, for a person to look.
    """

    output: str

    def poll(self) -> int | None:
        """Returns None while it is to come or lives, then its exit code, -9 where killed by 9."""
        ...

    def stop(self) -> None:
        """Asks it to end as at Ctrl-C."""
        ...

    def kill(self) -> None:
        """Ends it at once."""
        ...


class Executor(Protocol):
    """A way to start workers."""

    def start(self, command: Command, log: pathlib.Path) -> Worker:
        """Starts one worker whose output is appended to `log`."""
        ...


def start_workers(
    executor: Executor, commands: Sequence[Command], folder: str | os.PathLike[str]
) -> list[Worker]:
    """Starts a worker for each command.

    Args:
        executor: `Local()`, `Slurm(...)` or `Debug()`.
        commands: one a worker.
        folder: gets `worker-0.log` and so on; made when missing. Under Slurm all machines have to
            see it.

    Raises:
        ValueError: if the executor cannot start them; then none is left running.
    """
    folder = pathlib.Path(folder).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    workers: list[Worker] = []
    try:
        for number, command in enumerate(commands):
            workers.append(executor.start(command, folder / f"worker-{number}.log"))
    except BaseException:
        stop_workers(workers)
        raise
    return workers


def stop_workers(workers: Sequence[Worker], seconds: float = 10.0) -> None:
    """Asks workers to end, and ends those that have not after `seconds`."""
    for worker in workers:
        worker.stop()
    deadline = time.monotonic() + seconds
    while any(worker.poll() is None for worker in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    for worker in workers:
        if worker.poll() is None:
            worker.kill()


@dataclasses.dataclass(frozen=True)
class Local:
    """Processes on this machine, in a session of their own.

    Ctrl-C reaches the launcher alone, which then stops them. If the launcher is killed they finish
    the sweep and end; started again meanwhile, it works beside them.
    """

    def start(self, command: Command, log: pathlib.Path) -> "LocalWorker":
        """Starts one worker whose output is appended to `log`.

        Raises:
            ValueError: if the program cannot be run.
        """
        with log.open("ab") as file:
            return LocalWorker(_open_process(command, file), str(log))


class LocalWorker:
    """A process on this machine."""

    def __init__(self, process: subprocess.Popen[bytes], output: str):
        self.process = process
        self.output = output

    def poll(self) -> int | None:
        """Returns None while it lives, then its exit code."""
        return self.process.poll()

    def stop(self) -> None:
        """Asks it to end as at Ctrl-C."""
        self.process.send_signal(signal.SIGINT)  # does nothing where it has ended

    def kill(self) -> None:
        """Ends it at once."""
        self.process.kill()
        self.process.wait()


@dataclasses.dataclass(frozen=True)
class Slurm:
    """Jobs of a Slurm cluster, by submitit; each ends with its time, and the sweep can go on later.

    Attributes:
        partition: where to queue them; None for the cluster's default.
        cpus: cores of each.
        gpus: of each.
        minutes: at most.
    """

    partition: str | None = None
    cpus: int = 1
    gpus: int = 0
    minutes: int = 60

    def start(self, command: Command, log: pathlib.Path) -> "SubmittedWorker":
        """Queues one worker whose output is appended to `log`.

        Raises:
            ValueError: if there is no Slurm here, or it refuses the job.
        """
        import submitit
        from submitit.core.utils import FailedJobError

        try:
            executor = submitit.SlurmExecutor(log.parent / "slurm")
        except RuntimeError as error:
            raise ValueError("this machine has no Slurm: srun was not found") from error
        executor.update_parameters(
            job_name="rnnjax",
            partition=self.partition,
            cpus_per_task=self.cpus,
            gpus_per_node=self.gpus or None,
            time=self.minutes,
            stderr_to_stdout=True,
        )
        try:
            job = executor.submit(_run, command, str(log))
        except (FailedJobError, OSError) as error:
            reason = str(error).strip().rpartition("\n")[2]
            raise ValueError(f"Slurm refused a worker: {reason}") from error
        return SubmittedWorker(job, str(log))


@dataclasses.dataclass(frozen=True)
class Debug:
    """One worker after another, each at this terminal, where `breakpoint()` works too."""

    def start(self, command: Command, log: pathlib.Path) -> "LocalWorker":
        """Runs one worker to its end; `log` is not written.

        Raises:
            ValueError: if the program cannot be run.
        """
        # Not submitit's DebugExecutor: it leaves its log files open, and has nothing to add here.
        worker = LocalWorker(_open_process(command), "this terminal")
        worker.process.wait()
        return worker


class SubmittedWorker:
    """A job of submitit's."""

    def __init__(self, job: "submitit.Job[int]", output: str):
        self._job, self._code = job, None
        self.output = output

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


def _open_process(command: Command, log: IO[bytes] | None = None) -> subprocess.Popen[bytes]:
    """Starts a program at this terminal, or away from it with its output in `log`."""
    try:
        return subprocess.Popen(
            command.argv,
            env=os.environ | dict(command.env),
            stdin=log and subprocess.DEVNULL,
            stdout=log,
            stderr=log and subprocess.STDOUT,
            start_new_session=log is not None,
        )
    except OSError as error:
        raise ValueError(f"worker {command.argv[0]} cannot be run: {error.strerror}") from error


def _run(command: Command, log: str) -> int:
    """Runs a worker on the machine where this is called, and returns its exit code."""
    with pathlib.Path(log).open("ab") as file:
        return subprocess.run(
            command.argv,
            env=os.environ | dict(command.env),
            stdout=file,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
