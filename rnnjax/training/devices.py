"""Devices: cores, GPUs or TPUs over which a batch is divided."""

import os
from typing import Any

import jax
from jax.sharding import AxisType, Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from rnnjax.training.state import TrainState
from rnnjax.training.update import AXIS, STATE_SPEC

MIN_ROWS = 32  # fewer sequences a device than this, and the products get too small to gain


def core_count() -> int:
    """Returns how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def suitable_devices(batch_size: int, available: int) -> int:
    """Returns the largest number of devices that divides the batch into parts worth having."""
    fits = [n for n in range(1, available + 1) if batch_size % n == 0]
    return max(n for n in fits if n == 1 or batch_size // n >= MIN_ROWS)


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


def data_mesh(count: int) -> Mesh:
    """Returns a mesh of the first `count` devices, along `AXIS`.

    Raises:
        ValueError: if there are fewer.
    """
    devices = jax.devices()
    if count > len(devices):
        raise ValueError(f"{count} devices wanted, {len(devices)} there: {devices}")
    return jax.make_mesh((count,), (AXIS,), axis_types=(AxisType.Auto,), devices=devices[:count])


def place_state(state: TrainState, mesh: Mesh) -> TrainState:
    """Lays a state out as the compiled loop leaves it, so that the loop is compiled once."""
    return jax.device_put(state, jax.tree.map(lambda spec: NamedSharding(mesh, spec), STATE_SPEC))


def replicate(tree: Any, mesh: Mesh) -> Any:
    """Copies a pytree to every device, once instead of at every call."""
    return jax.device_put(tree, NamedSharding(mesh, P()))
