"""Small problems to train on, and a network for each."""

import functools

import jax
import numpy as np
import optax

from rnnjax import datasets, models, tasks, training
from rnnjax.cells import Elman, Normal
from rnnjax.training.devices import data_mesh, place_state
from rnnjax.training.objective import Objective
from rnnjax.training.sources import Source
from rnnjax.training.state import Chance, TrainState, initial_state
from tests.filled import filled

N, SIDE, CLASSES = 20, 5, 3
CELL = Elman(4, recurrent_init=Normal(0.4))  # the default takes long to compile


def images(batch_size: int = 6, count: int = N) -> training.ImageSource:
    """Returns random images whose classes can be told from their brightness."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, CLASSES, count).astype(np.int32)
    noise = rng.integers(0, 90, (count, SIDE, SIDE))
    pictures = (noise + 80 * labels[:, None, None]).astype(np.uint8)
    return training.ImageSource(pictures, labels, datasets.rows, batch_size)


def classifier(dropout: float = 0.0, layers: int = 1) -> Objective:
    """Returns an Elman network that classifies them."""
    model = models.sequence_model(CELL, models.Last, CLASSES, layers=layers, dropout=dropout)
    return training.on_sequences(model, training.Classification())


def windows(delay: int = 1, length: int = 21, window: int = 5) -> training.WindowSource:
    """Returns an echo task in windows; the last step of 21 fits in none of them."""
    return training.WindowSource(tasks.Echo(delay, length), 3, window, length)


def listener(source: training.WindowSource) -> Objective:
    """Returns an Elman network for `windows`."""
    model = models.sequence_model(CELL, models.All, source.task.output_dim)
    return training.on_windows(model, source.task)


def begin(
    objective: Objective, optimizer: optax.GradientTransformation, source: Source, seed: int = 0
) -> tuple[TrainState, Chance]:
    """Returns a state at step 0 with parameters drawn without compiling, and the run's chance."""
    chance = Chance.from_seed(seed)
    make = functools.partial(initial_state, objective, optimizer, source, chance)
    state = jax.tree.map(lambda x: np.zeros(x.shape, x.dtype), jax.eval_shape(make))
    state = state._replace(params=filled(3, lambda: make().params))
    return place_state(state, data_mesh(1)), chance
