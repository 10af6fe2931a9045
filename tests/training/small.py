"""Small problems to train on, a network for each, and their training without a folder."""

import functools
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from rnnjax import models, tasks
from rnnjax.cells import Elman, Normal
from rnnjax.tasks.sources import Source
from rnnjax.training import Hyperparameters, Listener, Moment, Objective, make_mesh, make_objective
from rnnjax.training.hyperparameters import stack
from rnnjax.training.loop import Members, begin, run
from rnnjax.training.members import make_advance
from rnnjax.training.program import Problem, make_program
from rnnjax.training.state import TrainState, keys_of
from rnnjax.training.update import Learning, Rule
from tests.filled import filled

N, T, D, CLASSES = 20, 5, 4, 3
CELL = Elman(4, recurrent_init=Normal(0.4))  # the default takes long to compile


def sequences(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Returns random sequences whose classes can be told from their mean."""
    rng = np.random.default_rng(seed)
    classes = rng.integers(0, CLASSES, count).astype(np.int32)
    inputs = rng.normal(size=(count, T, D)) + (classes - 1.0)[:, None, None]
    return inputs.astype(np.float32), classes


@functools.cache
def labelled() -> tasks.Arrays:
    """Returns the one task of such sequences; a network on another is another program."""
    return tasks.Arrays(sequences(N), sequences(11, seed=1), sequences(11, seed=2))


def classifier(dropout: float = 0.0, layers: int = 1) -> Objective:
    """Returns an Elman network that classifies them."""
    model = models.sequence_model(CELL, models.Last, CLASSES, layers=layers, dropout=dropout)
    return make_objective(model, labelled())


class Affine(nn.Module):
    """A plain Flax module on such sequences."""

    @nn.compact
    def __call__(self, inputs: Any) -> Any:
        return nn.Dense(CLASSES)(inputs.mean(0))


@functools.cache
def tokens() -> tasks.Arrays:
    """Returns sequences of seven tokens in four classes."""
    return tasks.Arrays((np.arange(40).reshape(8, 5) % 7, np.arange(8) % 4))


def windows(delay: int = 1, length: int = 21, window: int = 5) -> tasks.Echo:
    """Returns an echo task in windows; the last step of 21 fits in none of them."""
    return tasks.Echo(delay, length, window)


class One:
    """The updates of a run alone, without the axis for members.

    Args:
        objective: what is minimised.
        rule: how.
        source: the batches.
        numbers: of the run.
        steps: updates in all, for a schedule.
        ema: of the average of the parameters.
    """

    def __init__(
        self,
        objective: Objective,
        rule: Rule,
        source: Source,
        numbers: Hyperparameters,
        *,
        steps: int = 100,
        ema: float | None = None,
    ):
        self.objective, self.source, self.numbers = objective, source, numbers
        self._learning = Learning(objective, rule, steps, ema)
        self.keys = keys_of(numbers.seed)

    def begin(self) -> TrainState:
        """Returns a state at step 0, with parameters that nothing was compiled for."""
        batch = self.batch(0)
        params = filled(3, lambda: self.objective.init(self.keys.init, batch))
        rule = self._learning.rule.build(self.numbers, self._learning.steps)
        state = TrainState(
            np.int32(0),
            params,
            rule.init(params),
            self.objective.initial_carry(params, batch),
            None,
        )
        return state if self._learning.ema is None else state._replace(average=params)

    def order(self, step: int) -> Any:
        """Returns the order of the epoch of an update."""
        epoch = step // self.source.updates_per_epoch
        return self.source.shuffled(jax.random.fold_in(self.keys.data, epoch))

    def batch(self, step: int) -> Any:
        """Returns the batch of an update."""
        index = step % self.source.updates_per_epoch
        return self.source.batch(self.order(step), index, np.arange(self.source.batch_size))

    def __call__(
        self, state: TrainState, updates: int, **numbers: Any
    ) -> tuple[TrainState, dict[str, float]]:
        """Makes updates; of other `numbers` if they are given."""
        advance = make_advance(self._learning, make_mesh())
        members = stack([self.numbers._replace(**numbers)])
        whole = TrainState(state.step, *jax.tree.map(lambda leaf: leaf[None], tuple(state[1:])))
        after, metrics = advance(whole, np.ones(1, bool), members, self.source, updates)
        parts = jax.tree.map(lambda leaf: np.asarray(leaf)[0], tuple(after[1:]))
        found = {name: float(value[0]) for name, value in metrics.items()}
        return TrainState(np.asarray(after.step), *parts), found


class Lines(Listener):
    """Keeps the numbers of each member that is here, bit for bit."""

    def __init__(self, count: int):
        self.of: list[list[tuple[np.int32, dict[str, Any]]]] = [[] for _ in range(count)]

    def logged(self, moment: Moment) -> None:
        """Keeps those of training."""
        self._keep(moment, ["train"])

    def evaluated(self, moment: Moment) -> None:
        """Keeps those of what is held out."""
        self._keep(moment, [part for part in moment.metrics if part != "train"])

    def _keep(self, moment: Moment, parts: list[str]) -> None:
        for index in np.flatnonzero(moment.here):
            for part in parts:
                found = {name: value[index] for name, value in moment.metrics[part].items()}
                self.of[index].append((np.int32(moment.step), {part: found}))


def trained(
    problem: Problem, members: list[Hyperparameters], devices: int = 1
) -> list[dict[str, Any]]:
    """Trains a population, divided over devices; returns all that becomes of each member."""
    program = make_program(problem, members, make_mesh(members=devices))
    lines = Lines(len(members))
    end, _ = run(problem, program, begin(problem, program), [lines])
    end = jax.device_get(end)
    return [member(end, index) | {"lines": lines.of[index]} for index in range(len(members))]


def member(end: Members, index: int) -> dict[str, Any]:
    """Returns what one member is."""
    parts = {**end.state._asdict(), "best": end.best._asdict(), "ended": end.ended}
    del parts["step"]
    return jax.tree.map(lambda leaf: np.asarray(without_type(leaf[index])), parts)


def without_type(leaf: Any) -> Any:
    """Returns what a typed key is made of, and all else as it is."""
    is_key = isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
    return jax.random.key_data(leaf) if is_key else leaf
