"""The devices of a command: cores, accelerators, and the processes that share a run."""

import contextlib
from collections.abc import Iterator

import jax

from rnnjax import training
from rnnjax.lab.cache import use_compilation_cache
from rnnjax.lab.options import ProcessOptions, RunOptions
from rnnjax.settings import Training
from rnnjax.training.processes import Group, LostProcessError, join


def use_devices(settings: Training, options: RunOptions, processes: ProcessOptions) -> int:
    """Chooses the devices of one run; to be called before JAX is used.

    Returns:
        Over how many devices a batch is divided, in all processes.

    Raises:
        ValueError: if they are not there, or do not divide the batch.
    """
    group = read_group(processes)
    if group is not None and _is_in_use():
        raise ValueError(
            "--coordinator: processes meet before JAX is used, and it is already, perhaps by the "
            "experiment's file or an --import when they are read"
        )
    use_cache(options)
    if not _is_in_use():
        training.use_cores_as_devices(_cores(settings, group))
    with _platform_named():
        if group is not None:
            join(group)
        jax.devices()
    return batch_devices(settings)


def use_all_devices(settings: Training, options: RunOptions) -> None:
    """Chooses the devices that the runs of a sweep share; to be called before JAX is used."""
    use_cache(options)
    wanted = None if settings.devices is None else settings.devices * settings.time_devices
    if not _is_in_use():
        training.use_cores_as_devices(wanted or max(training.core_count(), settings.time_devices))
    with _platform_named():
        jax.devices()


def read_group(options: ProcessOptions) -> Group | None:
    """Returns the processes that options spell; None for this one alone.

    Raises:
        ValueError: if they spell none, in one line.
    """
    where, count, index = options.coordinator, options.num_processes, options.process_id
    named = {"num_processes": count, "process_id": index}
    given = [name for name, value in named.items() if value is not None]
    if where is None:
        if given:
            raise ValueError(f"--{given[0]} needs --coordinator=host:port")
        return None
    if where == "auto":
        if given:
            raise ValueError(f"--coordinator=auto finds what --{given[0]} says: leave it out")
        return Group()
    host, _, port = where.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise ValueError(f"--coordinator={where}: host:port, as 10.0.0.1:1234, or auto")
    if count is None or index is None:
        raise ValueError("--coordinator=host:port needs --num_processes and --process_id")
    if index >= count:
        raise ValueError(f"--process_id={index}: they are 0 to {count - 1}")
    return Group(where, count, index)


def device_count(settings: Training) -> int:
    """Returns over how many devices, in all processes, a batch may be divided."""
    there = jax.device_count() // settings.time_devices
    if there == 0:
        raise ValueError(f"--time_devices={settings.time_devices}: there are {jax.device_count()}")
    if (settings.devices or 1) > there:
        raise ValueError(f"--devices={settings.devices}: there are {there}")
    return settings.devices or there


def batch_devices(settings: Training) -> int:
    """Returns over how many devices a batch is divided.

    Raises:
        ValueError: if it cannot be, in one line.
    """
    count, batch_size, processes = (
        device_count(settings),
        settings.batch_size,
        jax.process_count(),
    )
    if settings.devices is None:
        return training.suitable_devices(batch_size, count, processes)
    if count % processes:
        raise ValueError(f"--devices={count} cannot be divided over {processes} processes")
    if batch_size % count:
        raise ValueError(f"--devices={count} does not divide --batch_size={batch_size}")
    return count


def use_cache(options: RunOptions) -> None:
    """Keeps compiled programs where the options say.

    Raises:
        ValueError: if they cannot be written there.
    """
    given = options.compilation_cache
    if given is not None and not use_compilation_cache(given or None) and given:
        raise ValueError(f"--compilation_cache={given} cannot be written")


def _cores(settings: Training, group: Group | None) -> int:
    """Returns how many devices the cores of this process are to be, where they are used."""
    count = 1 if group is None or group.num_processes is None else group.num_processes
    if settings.devices is not None and settings.devices % count:
        raise ValueError(f"--devices={settings.devices} cannot be divided over {count} processes")
    available = count * max(1, training.core_count() // settings.time_devices)
    suitable = training.suitable_devices(settings.batch_size, available, count)
    return (settings.devices or suitable) // count * settings.time_devices


@contextlib.contextmanager
def _platform_named() -> Iterator[None]:
    """Says in a line of ours that the platform is not here which `JAX_PLATFORMS` names."""
    named = jax.config.jax_platforms  # pyright: ignore[reportAttributeAccessIssue]
    try:
        yield
    except (RuntimeError, AssertionError) as error:  # the second where it has no device at all
        if isinstance(error, LostProcessError) or not named:
            raise
    else:
        return
    jax.config.update("jax_platforms", None)
    there = jax.local_devices()[0].platform
    raise ValueError(f"JAX_PLATFORMS={named}: that is not here; without it {there} would be used")


def _is_in_use() -> bool:
    """Says whether JAX has its devices already, as in a notebook."""
    from jax._src import xla_bridge  # nothing public says so without starting it

    return xla_bridge.backends_are_initialized()
