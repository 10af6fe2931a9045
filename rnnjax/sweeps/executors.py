"""Where the workers of a sweep run: on this machine, here one after another, or under Slurm."""

import dataclasses
import os
import pathlib
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import IO, NamedTuple, Protocol

from rnnjax.sweeps.workers import name_of


class Command(NamedTuple):
    """What a worker runs.

    Attributes:
        argv: the program and its arguments.
        env: variables set on top of this process's.
    """

    argv: Sequence[str]
    env: Mapping[str, str]


class Worker(Protocol):
    """A worker that was started.

    Attributes:
        output: where its output goes, for a person to look.
        name: what it calls itself, see `workers.own_name`, where that is known.
    """

    output: str
    name: str | None

    def poll(self) -> int | None:
        """Returns None while it is to come or lives, then its exit code, -9 where killed by 9."""
        ...

    def stop(self) -> None:
        """Asks it to end, with time to save what it does."""
        ...

    def kill(self) -> None:
        """Ends it at once."""
        ...


class Executor(Protocol):
    """A way to start workers."""

    def start(self, commands: Sequence[Command], logs: Sequence[pathlib.Path]) -> list[Worker]:
        """Starts a worker for each command, whose output is appended to its log."""
        ...


def start_workers(
    executor: Executor, commands: Sequence[Command], folder: str | os.PathLike[str]
) -> list[Worker]:
    r"""Starts a worker for each command.

    Args:
        executor: `Local()`, `Debug()` or `Slurm(...)`.
        commands: one a worker.
        folder: gets `worker-0.log` and so on; made when missing. Under Slurm all machines have to
            see it.

    Raises:
        ValueError: if the executor cannot start them; then none is left running.

    Example:
        >>> import sys, tempfile
        >>> command = Command((sys.executable, "-c", "print('here')"), {})
        >>> [worker] = start_workers(Local(), [command], tempfile.mkdtemp())
        >>> while worker.poll() is None:
        ...     time.sleep(0.01)
        >>> pathlib.Path(worker.output).read_text()
        'here\n'
    """
    folder = pathlib.Path(folder).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    logs = [folder / f"worker-{number}.log" for number in range(len(commands))]
    return executor.start(commands, logs)


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

    def start(self, commands: Sequence[Command], logs: Sequence[pathlib.Path]) -> list[Worker]:
        """Starts the workers.

        Raises:
            ValueError: if a program cannot be run.
        """
        workers: list[Worker] = []
        try:
            for command, log in zip(commands, logs, strict=True):
                with log.open("ab") as file:
                    workers.append(LocalWorker(_open_process(command, file), str(log)))
        except BaseException:
            stop_workers(workers)
            raise
        return workers


class LocalWorker:
    """A process on this machine."""

    def __init__(self, process: subprocess.Popen[bytes], output: str):
        self.process = process
        self.output = output
        self.name: str | None = name_of(process.pid)

    def poll(self) -> int | None:
        """Returns None while it lives, then its exit code."""
        return self.process.poll()

    def stop(self) -> None:
        """Asks it to end, with time to save what it does."""
        # Not SIGINT: processes that a shell starts in the background ignore it, and so would this.
        self.process.send_signal(signal.SIGTERM)  # does nothing where it has ended

    def kill(self) -> None:
        """Ends it at once."""
        self.process.kill()
        self.process.wait()


@dataclasses.dataclass(frozen=True)
class Debug:
    """One worker after another, each at this terminal, where `breakpoint()` works too."""

    def start(self, commands: Sequence[Command], logs: Sequence[pathlib.Path]) -> list[Worker]:
        """Runs the workers to their ends; no log is written.

        Raises:
            ValueError: if a program cannot be run.
        """
        del logs
        workers: list[Worker] = []
        for command in commands:
            # Not submitit's DebugExecutor: it leaves its log files open, and has nothing to add.
            worker = LocalWorker(_open_process(command), "this terminal")
            worker.process.wait()
            workers.append(worker)
        return workers


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
