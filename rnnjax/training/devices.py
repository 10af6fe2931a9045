"""Devices: cores, GPUs or TPUs over which members and batches are divided."""

import contextlib
import ctypes
import os
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from rnnjax.training.update import AXIS
from rnnjax.unroll.linear.time_sharded import AXIS as TIME

MEMBERS = "members"  # the mesh axis over which a population is divided
MIN_ROWS = 8  # sequences a device: with fewer only some sizes gain

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # parameters of mallopt(3)


def core_count() -> int:
    """Returns how many cores this process may use.

    Example:
        >>> core_count() >= 1
        True
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def suitable_devices(batch_size: int, available: int, processes: int = 1) -> int:
    """Returns the largest number of devices that divides the batch into parts worth having.

    Args:
        batch_size: B.
        available: how many devices there are, in all processes.
        processes: each has equally many of the devices, and at least one.

    Raises:
        ValueError: if the batch cannot be divided over the processes.

    Example:
        >>> suitable_devices(128, 4), suitable_devices(30, 4), suitable_devices(8, 4)
        (4, 3, 1)
    """
    fits = [n for n in range(processes, available + 1, processes) if batch_size % n == 0]
    if not fits:
        raise ValueError(f"a batch of {batch_size} cannot be divided over {processes} processes")
    return max(n for n in fits if n == fits[0] or batch_size // n >= MIN_ROWS)


def use_cores_as_devices(count: int) -> None:
    """Splits the CPU into `count` JAX devices, each with single-threaded products.

    XLA hardly uses a second core on products as small as those of recurrent nets; a core a device
    and a part of the batch on each does. The process also keeps the memory that a step gives back,
    for the next one, and its threads do not interrupt each other. To be called before JAX is first
    used; where JAX has an accelerator, that computes as before.

    Raises:
        RuntimeError: if JAX is in use already.

    Example:
        >>> use_cores_as_devices(core_count())  # doctest: +SKIP
    """
    if count > 1:
        flags = os.environ.get("XLA_FLAGS", "")
        os.environ["XLA_FLAGS"] = f"{flags} --xla_cpu_multi_thread_eigen=false".strip()
    jax.config.update("jax_num_cpu_devices", count)
    _keep_large_buffers()
    _schedule_as_batch()


def _keep_large_buffers() -> None:
    """Has glibc keep buffers of more than 32 MB, which it maps anew each time, page by page.

    AMD EPYC, two cores, gradient of an LSTM and a GRU, 100 steps of 128 x 128, 256 units: 169 and
    127 ms instead of 205 and 165; 784 steps of 100 x 1, 128 units: 265 and 238 instead of 308 and
    242. A process that trained five sizes of LSTM in a row held 730 MB instead of 620. What the
    user has set of malloc stays.
    """
    libc = ctypes.CDLL(None) if os.name == "posix" else None
    is_set = any(name == "GLIBC_TUNABLES" or name.startswith("MALLOC_") for name in os.environ)
    if is_set or not hasattr(libc, "mallopt"):
        return
    most = 2**31 - 1  # bytes: it takes a C int
    libc.mallopt(_MMAP_THRESHOLD, most)
    libc.mallopt(_TRIM_THRESHOLD, most)


def _schedule_as_batch() -> None:
    """Has Linux let a thread of this process compute on when another wakes, as SCHED_BATCH does.

    At each call JAX's threads wake one another. One that interrupts what computes for a device has
    it wait 2 to 3 ms for its next turn, and the other devices for it. AMD EPYC, two cores, gradient
    over 28 steps of 100 x 28, 100 units, medians of three processes each: LSTM 6.2 ms instead of
    7.1, GRU 5.0 instead of 5.8, Elman 1.9 instead of 3.0; three of ten calls of the LSTM took 8 to
    10 ms. What takes 100 ms gains nothing. Threads that are there already stay as they are, and so
    does what the user has set, as by chrt(1).
    """
    if not hasattr(os, "SCHED_BATCH") or os.sched_getscheduler(0) != os.SCHED_OTHER:
        return
    with contextlib.suppress(OSError):  # a sandbox may forbid it
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def make_mesh(batch: int = 1, *, members: int = 1, time: int = 1) -> Mesh:
    """Returns a mesh of the first devices of each process, along `MEMBERS`, `AXIS` and `TIME`.

    Args:
        batch: over how many devices each batch is divided.
        members: over how many groups of them the members are divided.
        time: over how many devices each sequence is divided, by `unroll.time_sharded`.

    Raises:
        ValueError: if there are fewer, or the processes cannot have equally many.

    Example:
        >>> dict(make_mesh().shape)
        {'members': 1, 'batch': 1}
    """
    devices, processes = jax.devices(), jax.process_count()
    count = members * batch * time
    if count > len(devices):
        raise ValueError(f"{count} devices wanted, {len(devices)} there: {devices}")
    if members * batch % processes:
        raise ValueError(f"{members * batch} devices cannot be divided over {processes} processes")
    own = [[d for d in devices if d.process_index == index] for index in range(processes)]
    chosen = [device for some in own for device in some[: count // processes]]
    shape = {MEMBERS: members, AXIS: batch} | ({TIME: time} if time > 1 else {})
    types = (AxisType.Auto,) * len(shape)
    return jax.make_mesh(tuple(shape.values()), tuple(shape), axis_types=types, devices=chosen)


def place(tree: Any, mesh: Mesh, spec: Any = None) -> Any:
    """Lays a pytree that every process has out on a mesh, once instead of at every call.

    Args:
        tree: arrays.
        mesh: of `make_mesh`.
        spec: a pytree of `PartitionSpec`, a prefix of `tree`; by default each device has all.
    """
    specs = P() if spec is None else spec
    return jax.tree.map(
        lambda spec, part: _put(NamedSharding(mesh, spec), part),
        specs,
        tree,
        is_leaf=lambda x: isinstance(x, P),
    )


def _put(sharding: NamedSharding, tree: Any) -> Any:
    if sharding.is_fully_addressable:
        return jax.device_put(tree, sharding)
    return jax.tree.map(lambda leaf: _put_own_part(sharding, leaf), tree)


def _put_own_part(sharding: NamedSharding, leaf: Any) -> Any:
    """Lays out this process's part; `device_put` would first compare all parts of all leaves."""
    if isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        data = _put_own_part(sharding, jax.random.key_data(leaf))
        return jax.random.wrap_key_data(data, impl=jax.random.key_impl(leaf))
    array = np.asarray(leaf)
    array = array.astype(jax.dtypes.canonicalize_dtype(array.dtype))  # a Python number is a leaf
    return jax.make_array_from_callback(array.shape, sharding, array.__getitem__)
