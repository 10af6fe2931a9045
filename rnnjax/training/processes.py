"""Several processes that train one run: all compute the same, and the first one writes and speaks.

JAX's own runtime brings them together, on machines of any kind. A process that has lost another
ends, because a run goes on from its last checkpoint only as a whole.
"""

import contextlib
import ctypes
import hashlib
import json
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.experimental import multihost_utils

from rnnjax.typing import State

_START_SECONDS = 300  # how long the processes may start apart
_SILENT_SECONDS = 20  # how long one may be silent until the others take it for dead
_PARTING_SECONDS = 2.0  # the first process ends last, because its end is the end of the others
_LOST = (
    "another process of this run has ended or cannot be reached; "
    "the same command in all of them goes on from the last checkpoint"
)
# What the collectives of CPUs, GPUs and TPUs say when they wait in vain.
_WAITED_IN_VAIN = re.compile(
    "(UNKNOWN|UNAVAILABLE|DEADLINE_EXCEEDED|ABORTED|CANCELLED|INTERNAL|FAILED_PRECONDITION): "
)

_parting = threading.Event()  # an error is on its way to the user


class LostProcessError(RuntimeError):
    """Another process of the run has ended, or cannot be reached."""


class Group(NamedTuple):
    """The processes of one run, as one of them knows them.

    Attributes:
        coordinator: `host:port` at which the first process listens; None for what Slurm, Open MPI,
            Kubernetes or a TPU slice says of all three.
        num_processes: how many there are.
        process_id: which of them this is, from 0.
    """

    coordinator: str | None = None
    num_processes: int | None = None
    process_id: int | None = None


def join(group: Group) -> None:
    """Meets the other processes; to be called before JAX is used.

    From then on `jax.devices()` has the devices of all, and only the first one's standard output is
    seen.

    Raises:
        ValueError: if no cluster is found, or the processes have unequal numbers of devices.
        LostProcessError: if the others do not come.
    """
    try:
        jax.distributed.initialize(
            *group,
            initialization_timeout=_START_SECONDS,
            heartbeat_timeout_seconds=_SILENT_SECONDS,
            shutdown_timeout_seconds=_SILENT_SECONDS,
        )
    except ValueError as error:
        raise ValueError(f"no cluster is found that says who takes part: {error}") from error
    except RuntimeError as error:
        raise LostProcessError(f"the processes did not meet: {error}") from error
    _end_with_a_line_on_abort()
    counts = np.bincount([device.process_index for device in jax.devices()])
    if len(set(counts.tolist())) > 1:
        raise ValueError(f"each process needs as many devices as the others: they have {counts}")
    if not is_first():
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    with _silent_stdout(), translated():
        # Now, while all are here: what connects CPUs waits half a minute when it is first used,
        # and afterwards as long as a process lives.
        multihost_utils.sync_global_devices("join")


def is_first() -> bool:
    """Says whether this process is the one that writes, as the only one of a run is."""
    return jax.process_index() == 0


def leave(code: int) -> None:
    """Ends this process after an error, without waiting for the others as JAX does at exit."""
    _parting.set()
    if is_first():
        time.sleep(_PARTING_SECONDS)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def check_settings(settings: dict[str, Any]) -> None:
    """Raises ValueError in all processes unless all have the same settings."""
    if jax.process_count() == 1:
        return
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).digest()
    digests = multihost_utils.process_allgather(np.frombuffer(digest, np.uint8))
    others = np.flatnonzero((digests != digests[0]).any(axis=1))
    if len(others):
        raise ValueError(
            f"process {others[0]} has other flags than process 0: all processes of a run need the "
            "same, but for --process_id"
        )


def tell(news: Any) -> None:
    """Gives the others what `hear` returns there; JSON has to be able to hold it."""
    if jax.process_count() > 1:
        _tell(json.dumps({"news": news}).encode())


@contextlib.contextmanager
def telling_errors() -> Iterator[None]:
    """Lets `hear` raise in the others what is raised in here."""
    try:
        yield
    except (ValueError, OSError) as error:
        if jax.process_count() > 1:
            _tell(json.dumps({"error": str(error)}).encode())
        raise


def hear() -> Any:
    """Returns what the first process tells.

    Raises:
        ValueError: if that is an error.
    """
    told = json.loads(_tell(b""))
    if "error" in told:
        raise ValueError(told["error"])
    return told["news"]


def share(tree: State) -> State:
    """Returns in every process the first one's leaves, as NumPy arrays, bit for bit."""
    arrays, structure = jax.tree.flatten(jax.tree.map(np.asarray, tree))
    if jax.process_count() > 1:
        told = _broadcast(b"".join(array.tobytes() for array in arrays))
        begins = np.cumsum([0, *(array.nbytes for array in arrays)])
        arrays = [
            np.frombuffer(told, a.dtype, a.size, begin).reshape(a.shape)
            for a, begin in zip(arrays, begins, strict=False)
        ]
    return structure.unflatten(arrays)


def gathered(leaf: Any) -> np.ndarray:
    """Returns a whole array; where its parts lie in several processes, all have to take part."""
    if isinstance(leaf, jax.Array) and not (leaf.is_fully_addressable or leaf.is_fully_replicated):
        return multihost_utils.process_allgather(leaf, tiled=True)
    return np.asarray(leaf)


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turns what the runtime raises when another process is gone into LostProcessError."""
    try:
        yield
    except (ValueError, RuntimeError) as error:
        if jax.process_count() == 1 or not _WAITED_IN_VAIN.match(str(error)):
            raise
        _parting.set()
        raise LostProcessError(_LOST) from error


def _tell(text: bytes) -> bytes:
    """Returns in every process the first one's text."""
    size = int.from_bytes(_broadcast(len(text).to_bytes(8)))
    return _broadcast(text if is_first() else bytes(size))


def _broadcast(data: bytes) -> bytes:
    """Returns in every process the first one's bytes; all give equally many."""
    # As bytes, because the broadcast is a sum, in which a float's -0.0 would become 0.0.
    return multihost_utils.broadcast_one_to_all(np.frombuffer(data, np.uint8)).tobytes()


@contextlib.contextmanager
def _silent_stdout() -> Iterator[None]:
    """Keeps what C++ prints from the standard output: Gloo tells there whom it has met."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def _end_with_a_line_on_abort() -> None:
    """Lets a process that the runtime aborts, another being gone, say so and end with 1.

    The runtime's own thread aborts at once when process 0 is gone, and JAX offers no way to be
    asked. A handler in Python would run in the main thread, after the abort.
    """
    ctypes.CDLL(None).signal(signal.SIGABRT, _on_abort)


@ctypes.CFUNCTYPE(None, ctypes.c_int)
def _on_abort(_: int) -> None:
    if not _parting.is_set():
        os.write(2, f"error: {_LOST}\n".encode())
    os._exit(1)
