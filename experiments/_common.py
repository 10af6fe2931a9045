"""From flags to the parts of a run: devices, cells, networks, images."""

from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
from absl import flags

from rnnjax import compose, datasets, models, training, unroll
from rnnjax.cells import Cell

FLAGS = flags.FLAGS


def use_devices() -> int:
    """Chooses the devices that the flags ask for; to be called before JAX is used."""
    batch_size = FLAGS.batch_size
    cores = training.suitable_devices(batch_size, training.core_count())
    training.use_cores_as_devices(FLAGS.devices or cores)
    there = jax.device_count()
    count = FLAGS.devices or training.suitable_devices(batch_size, there)
    if count > there:
        raise ValueError(f"--devices={count}: there are {there}")
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
    if FLAGS.dropout > 0 and FLAGS.layers == 1:
        raise ValueError("--dropout is between layers: it needs --layers=2 or more")
    return models.sequence_model(
        read_cell(),
        readout,
        output_dim,
        layers=FLAGS.layers,
        bidirectional=bidirectional,
        engine=unroll.read_engine(FLAGS.unroll),
        dropout=FLAGS.dropout,
    )


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


def read_images() -> Images:
    """Loads the images that the flags name."""
    found = datasets.load(FLAGS.dataset, FLAGS.data_dir)
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
