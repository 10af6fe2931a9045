"""Devices: cores, GPUs or TPUs over which a batch is divided."""

import os
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from rnnjax.training.state import TrainState
from rnnjax.training.update import AXIS, STATE_SPEC
from rnnjax.unroll.linear.time_sharded import AXIS as TIME

MIN_ROWS = 16  # fewer sequences a device than this, and the products get too small to gain


def core_count() -> int:
    """Returns how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def suitable_devices(batch_size: int, available: int, processes: int = 1) -> int:
    """Returns the largest number of devices that divides the batch into parts worth having.

    Args:
        batch_size: B.
        available: how many devices there are, in all processes.
        processes: each has equally many of the devices, and at least one.

    Raises:
        ValueError: if the batch cannot be divided over the processes.
    """
    fits = [n for n in range(processes, available + 1, processes) if batch_size % n == 0]
    if not fits:
        raise ValueError(f"a batch of {batch_size} cannot be divided over {processes} processes")
    return max(n for n in fits if n == fits[0] or batch_size // n >= MIN_ROWS)


def use_cores_as_devices(count: int) -> None:
    """Splits the CPU into `count` JAX devices, each with single-threaded products.

    XLA hardly uses a second core on products as small as those of recurrent nets; a core a device
    and a part of the batch on each does. To be called before JAX is first used; where JAX has an
    accelerator it changes nothing.

    Raises:
        RuntimeError: if JAX is in use already.
    """
    if count > 1:
        flags = os.environ.get("XLA_FLAGS", "")
        os.environ["XLA_FLAGS"] = f"{flags} --xla_cpu_multi_thread_eigen=false".strip()
    jax.config.update("jax_num_cpu_devices", count)


def data_mesh(count: int, time_devices: int = 1) -> Mesh:
    """Returns a mesh of the first devices of each process.

    Args:
        count: over how many devices a batch is divided, along `AXIS`.
        time_devices: over how many each sequence is divided, along the engine's axis; 1 for none.

    Raises:
        ValueError: if there are fewer, or the processes cannot have equally many.
    """
    devices, processes = jax.devices(), jax.process_count()
    if count * time_devices > len(devices):
        raise ValueError(f"{count * time_devices} devices wanted, {len(devices)} there: {devices}")
    if count % processes:
        raise ValueError(f"{count} devices cannot be divided over {processes} processes")
    each = count // processes * time_devices
    own = [[d for d in devices if d.process_index == index] for index in range(processes)]
    chosen = [device for some in own for device in some[:each]]
    shape = {AXIS: count} | ({TIME: time_devices} if time_devices > 1 else {})
    types = (AxisType.Auto,) * len(shape)
    return jax.make_mesh(tuple(shape.values()), tuple(shape), axis_types=types, devices=chosen)


def place_state(state: TrainState, mesh: Mesh) -> TrainState:
    """Lays a state out as the compiled loop leaves it, so that the loop is compiled once."""
    shardings = jax.tree.map(lambda spec: NamedSharding(mesh, spec), STATE_SPEC)
    return jax.tree.map(_put, shardings, state)


def replicate(tree: Any, mesh: Mesh) -> Any:
    """Copies a pytree to every device, once instead of at every call."""
    return _put(NamedSharding(mesh, P()), tree)


def _put(sharding: NamedSharding, tree: Any) -> Any:
    """Lays out a pytree that every process has."""
    if sharding.is_fully_addressable:
        return jax.device_put(tree, sharding)
    return jax.tree.map(lambda leaf: _put_own_part(sharding, leaf), tree)


def _put_own_part(sharding: NamedSharding, leaf: Any) -> Any:
    """Lays out this process's part; `device_put` would first compare all parts of all leaves."""
    if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
        data = _put_own_part(sharding, jax.random.key_data(leaf))
        return jax.random.wrap_key_data(data, impl=jax.random.key_impl(leaf))
    array = np.asarray(leaf)
    return jax.make_array_from_callback(array.shape, sharding, array.__getitem__)
