"""From flags to the parts of a run: devices, cells, networks, images."""

import functools
from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
from absl import flags

from experiments import _flags
from rnnjax import compose, datasets, models, training, unroll
from rnnjax.cells import Cell

FLAGS = flags.FLAGS


def use_devices() -> int:
    """Chooses the devices of one run; to be called before JAX is used.

    Returns:
        Over how many devices a batch is divided, in all processes.
    """
    group = read_group()
    _use_cache()
    training.use_cores_as_devices(_cores(group))
    if group is not None:
        training.join(group)
    return suitable_devices()


def use_all_devices() -> None:
    """Chooses the devices that the runs of a sweep share; to be called before JAX is used."""
    _use_cache()
    wanted = None if FLAGS.devices is None else FLAGS.devices * FLAGS.time_devices
    training.use_cores_as_devices(wanted or max(training.core_count(), FLAGS.time_devices))


def read_group() -> training.Group | None:
    """Returns the processes that the flags spell; None for this one alone."""
    given = [name for name in _flags.OF_PROCESSES[1:] if FLAGS[name].value is not None]
    where, count, index = (FLAGS[name].value for name in _flags.OF_PROCESSES)
    if where is None:
        if given:
            raise ValueError(f"--{given[0]} needs --coordinator=host:port")
        return None
    if where == "auto":
        if given:
            raise ValueError(f"--coordinator=auto finds what --{given[0]} says: leave it out")
        return training.Group()
    host, _, port = where.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise ValueError(f"--coordinator={where}: host:port, as 10.0.0.1:1234, or auto")
    if len(given) < 2:
        raise ValueError("--coordinator=host:port needs --num_processes and --process_id")
    if index >= count:
        raise ValueError(f"--process_id={index}: they are 0 to {count - 1}")
    return training.Group(where, count, index)


def _cores(group: training.Group | None) -> int:
    """Returns how many devices the cores of this process are to be, where they are used."""
    count = 1 if group is None or group.num_processes is None else group.num_processes
    if FLAGS.devices is not None and FLAGS.devices % count:
        raise ValueError(f"--devices={FLAGS.devices} cannot be divided over {count} processes")
    available = count * max(1, training.core_count() // FLAGS.time_devices)
    suitable = training.suitable_devices(FLAGS.batch_size, available, count)
    return (FLAGS.devices or suitable) // count * FLAGS.time_devices


def _use_cache() -> None:
    given = FLAGS.compilation_cache
    if given != "none" and not training.use_compilation_cache(given) and given:
        raise ValueError(f"--compilation_cache={given} cannot be written")


def device_count() -> int:
    """Returns over how many devices, in all processes, a batch may be divided."""
    there = jax.device_count() // FLAGS.time_devices
    if there == 0:
        raise ValueError(f"--time_devices={FLAGS.time_devices}: there are {jax.device_count()}")
    if (FLAGS.devices or 1) > there:
        raise ValueError(f"--devices={FLAGS.devices}: there are {there}")
    return FLAGS.devices or there


def suitable_devices() -> int:
    """Returns over how many devices a batch is divided."""
    count, batch_size, processes = device_count(), FLAGS.batch_size, jax.process_count()
    if FLAGS.devices is None:
        return training.suitable_devices(batch_size, count, processes)
    if count % processes:
        raise ValueError(f"--devices={count} cannot be divided over {processes} processes")
    if batch_size % count:
        raise ValueError(f"--devices={count} does not divide --batch_size={batch_size}")
    return count


def read_cell() -> Cell:
    """Returns the cell that the flags spell."""
    if FLAGS["hidden"].present and "(" in FLAGS.cell:
        raise ValueError(f"--hidden is for a cell given by its name; {FLAGS.cell} has its own size")
    return compose.read_cell(FLAGS.cell, FLAGS.hidden)


def read_model(
    readout: type[nn.Module], output_dim: int, *, bidirectional: bool = False
) -> models.SequenceModel:
    """Returns the recurrent network that the flags spell."""
    engine = unroll.read_engine(FLAGS.unroll)
    if isinstance(engine, unroll.TimeSharded) != (FLAGS.time_devices > 1):
        raise ValueError("--unroll=time_sharded and --time_devices=2 or more go together")
    return models.sequence_model(
        read_cell(),
        readout,
        output_dim,
        layers=FLAGS.layers,
        bidirectional=bidirectional,
        engine=engine,
        dropout=read_dropout(),
        precision=models.Precision(FLAGS.precision),
    )


def read_mlp(output_dim: int) -> models.MLP:
    """Returns the feed-forward network that the flags spell."""
    if not all(word.isdecimal() and int(word) > 0 for word in FLAGS.widths):
        raise ValueError(
            f"--widths={','.join(FLAGS.widths)}: whole numbers of 1 or more, as 256,1024"
        )
    widths = (*map(int, FLAGS.widths), output_dim)
    return models.MLP(widths, models.Precision(FLAGS.precision))


def read_dropout() -> float:
    """Returns how often a feature between layers is dropped; 0 where nothing is recurrent."""
    rate = FLAGS.dropout if "dropout" in FLAGS else 0.0
    if rate > 0 and FLAGS.layers == 1:
        raise ValueError("--dropout is between layers: it needs --layers=2 or more")
    return rate


class Images(NamedTuple):
    """A data set as batches, and what it is."""

    train: training.ImageSource
    test: training.ImageSource
    found: datasets.ImageDataset

    @property
    def token(self) -> str:
        """What the data are, in one word for the result line."""
        count = len(self.found.train.labels) + len(self.found.test.labels)
        return f"{self.found.name}:{self.found.source}:{count}"


_load = functools.cache(datasets.load)  # once for all the runs of a sweep


def read_images() -> Images:
    """Loads the images that the flags name."""
    found = _load(FLAGS.dataset, FLAGS.data_dir)
    count = len(found.train.labels)
    if FLAGS.batch_size > count:
        raise ValueError(f"--batch_size={FLAGS.batch_size} is more than the {count} examples")

    def source(split: datasets.Split, batch_size: int) -> training.ImageSource:
        images, labels = jnp.asarray(split.images), jnp.asarray(split.labels)
        return training.ImageSource(images, labels, getattr(datasets, FLAGS.order), batch_size)

    # Evaluation keeps nothing for a gradient, so larger batches fit; the devices still divide them.
    times = min(4, -(-len(found.test.labels) // FLAGS.batch_size))
    test = source(found.test, times * FLAGS.batch_size)
    return Images(source(found.train, FLAGS.batch_size), test, found)
