"""A network that has learned a task, to be asked."""

import dataclasses
import functools
import itertools
from collections.abc import Callable, Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax import models
from rnnjax.batch import Batch
from rnnjax.tasks.base import Part, Task
from rnnjax.tasks.examples import is_whole
from rnnjax.tasks.feed import Feed, batches
from rnnjax.tasks.sized import SizedTask
from rnnjax.tasks.sources import Source
from rnnjax.training.devices import make_mesh
from rnnjax.training.feeding import evaluate_all, make_supply
from rnnjax.training.members import make_evaluate
from rnnjax.training.objective import Objective
from rnnjax.typing import Array, Params

_BATCH = 100  # sequences of an evaluation at once


@dataclasses.dataclass(frozen=True)
class Trained:
    """A network with its parameters and its task.

    Attributes:
        objective: the network on the task.
        params: those that validation chose, else the last.

    Example:
        >>> from rnnjax import cells, tasks, training
        >>> objective = training.make_objective(cells.GRU(4), tasks.Adding(5))
        >>> batch = objective.task.sample(jax.random.key(0), 2)
        >>> network = Trained(objective, objective.init(jax.random.key(1), batch))
        >>> network.predict(batch.inputs).shape, network.states(batch.inputs)[0].h.shape
        ((5, 2, 1), (5, 2, 4))
    """

    objective: Objective
    params: Params = dataclasses.field(repr=False)

    @property
    def model(self) -> Any:
        """The Flax module."""
        return self.objective.model

    @property
    def task(self) -> Task:
        """What it has learned."""
        return self.objective.task

    def predict(self, inputs: Array, *, steps: Array | None = None) -> Array:
        """Returns the outputs for `inputs [T, B, D]`: `[T, B, K]`, or `[B, K]` one a sequence.

        On a task of pairs, the symbols that the network writes by itself, `[T, B]`.

        Args:
            inputs: as the task has them.
            steps: boolean `[T, B]`, False where there is no step.

        Raises:
            ValueError: if the inputs have other axes, or features, than the task's.
        """
        return _predict(self.objective, self.params, self._sequences(inputs), steps)

    def states(self, inputs: Array, *, steps: Array | None = None) -> tuple:
        """Returns the states after each step, one pytree of `[T, B, ...]` a layer.

        Raises:
            TypeError: if the network is no `SequenceModel`.
            ValueError: if the inputs have other axes, or features, than the task's.
        """
        if not isinstance(self.model, models.SequenceModel):
            raise TypeError(f"a SequenceModel has states over time; this is {self.model}")
        variables = {"params": self.params}
        return models.observe(self.model, variables, self._sequences(inputs), mask=steps)

    def step(self, states: Any, x_t: Array, *, reset: Array | None = None) -> tuple[Any, Array]:
        """Makes one step, for inputs that come one by one.

        Args:
            states: of the layers, as this returned them; None before the first step.
            x_t: the inputs of the step, `[B, D]`.
            reset: boolean `[B]`, True where a new sequence begins with this step.

        Returns:
            The states after the step, and the outputs `[B, K]`.

        Raises:
            TypeError: if the network is no `SequenceModel`.
            ValueError: if the inputs have other axes, or features, than the task's.
        """
        if not isinstance(self.model, models.SequenceModel):
            raise TypeError(f"a SequenceModel makes steps; this is {self.model}")
        begins = None if reset is None else jnp.asarray(reset)
        xs = self._sequences(jnp.asarray(x_t)[None])
        states, outputs = _step(self.model, self.params, states, xs, begins)
        return states, outputs[0] if self.task.per_step else outputs

    def evaluate(self, part: Part = "test", *, batch_size: int = _BATCH) -> dict[str, float]:
        """Returns loss and metrics on a part of the task's data, as training evaluates them.

        Args:
            part: which.
            batch_size: sequences at once; of sequences that are drawn there are ten times as many.
                A `tasks.Text` is always judged in the same streams.

        Raises:
            ValueError: if the task has none.
        """
        return self._evaluator()(self._source(part, batch_size, self.task.judged))

    def evaluate_sizes(
        self, sizes: Iterable[int] | None = None, *, batch_size: int = _BATCH
    ) -> dict[int, dict[str, float]]:
        """Returns loss and metrics on new sequences of each of several sizes.

        For a `SizedTask`, to see how far beyond the lengths or delays of training it goes.

        Args:
            sizes: lengths, or what else the task's sizes are; by default up to twenty, from the
                least to the greatest that the task trains or tests on.
            batch_size: sequences at once; of each size there are ten times as many.

        Raises:
            TypeError: if the task's sequences have no size.
            ValueError: if a size is less than the task's smallest.

        Example:
            >>> from rnnjax import cells, tasks, training
            >>> fitted = training.fit(cells.GRU(4), tasks.Parity(8), 1, batch_size=4)
            >>> list(fitted.evaluate_sizes([8, 32]))
            [8, 32]
        """
        task = self.task
        if not isinstance(task, SizedTask):
            raise TypeError(f"sequences of a tasks.SizedTask have sizes; this is {task}")
        sizes = _some_sizes(task) if sizes is None else sorted(set(sizes))
        if sizes and sizes[0] < task.smallest:
            raise ValueError(f"a size of {task} is {task.smallest} or more; got {sizes[0]}")
        longest, evaluate = task.resized(max(sizes, default=task.size)), self._evaluator()
        return {size: evaluate(longest.source_of(size, batch_size)) for size in sizes}

    def _evaluator(self) -> Callable[[Source | Feed], dict[str, float]]:
        one = jax.tree.map(lambda leaf: leaf[None], self.params)
        mesh = make_mesh()
        run = make_evaluate(self.objective, mesh)

        def evaluate(source: Source | Feed) -> dict[str, float]:
            metrics = evaluate_all(run, one, make_supply(source, mesh), np.ones(1, bool))
            return {name: float(value[0]) for name, value in metrics.items()}

        return evaluate

    def classes(self, part: Part = "test", *, most: int = 10_000) -> tuple[Array, Array]:
        """Returns the wanted and the predicted classes of the first sequences of a part, `[N]`.

        For tasks that want one class a sequence.

        Raises:
            ValueError: if the task wants something else, or has no data for the part.
        """
        wanted, found = [], []
        some = itertools.islice(batches(self._source(part, _BATCH)), -(-most // _BATCH))
        for batch in some:
            if self.task.per_step or not is_whole(batch.targets):
                raise ValueError(f"{self.task} does not want one class a sequence")
            outputs = self.predict(batch.inputs, steps=batch.steps)
            wanted.append(batch.targets[batch.mask])
            found.append(outputs.argmax(-1)[batch.mask])
        return jnp.concatenate(wanted), jnp.concatenate(found)

    def examples(self, part: Part = "test", count: int = 8) -> Batch:
        """Returns the first sequences of a part, such as `predict` takes."""
        return next(batches(self._source(part, count)))

    def _sequences(self, inputs: Any) -> Array:
        """Returns inputs as an array; refuses those of other axes or features than the task's."""
        inputs = jnp.asarray(inputs)
        embeds = not isinstance(self.model, models.SequenceModel) or self.model.encoder is not None
        embedded = inputs.ndim == 2 and is_whole(inputs) and embeds
        if embeds and self.task.embedded and not embedded:
            raise ValueError(
                f"inputs of {self.task.title} are whole numbers [T, B], those of one step [B]; got "
                f"{inputs.dtype} {inputs.shape}"
            )
        if inputs.ndim != 3 and not embedded:
            raise ValueError(
                f"inputs are [T, B, D], or whole numbers [T, B] to be embedded, a step [B, D]; got "
                f"{inputs.shape}: of one sequence [T, D] give inputs[:, None]"
            )
        if inputs.ndim == 3 and inputs.shape[-1] != self.task.input_dim:
            raise ValueError(
                f"inputs have {inputs.shape[-1]} features, those of {self.task} "
                f"{self.task.input_dim}"
            )
        if not inputs.shape[0]:
            raise ValueError(f"inputs are {inputs.shape}: there is not one step")
        return inputs

    def _source(
        self, part: Part, batch_size: int, of: Callable[..., Source | Feed | None] | None = None
    ) -> Source | Feed:
        if type(batch_size) is not int or batch_size < 1:
            raise ValueError(f"a batch is 1 sequence or more; got {batch_size!r}")
        source = (of or self.task.source)(part, batch_size)
        if source is None:
            raise ValueError(f"{self.task} has no data for {part}")
        return source


def _some_sizes(task: SizedTask, count: int = 20) -> list[int]:
    """Returns sizes from the least in training to the greatest in training or test."""
    greatest = task.tested or task.size
    return sorted({round(n) for n in np.linspace(task.sizes[0], greatest, count)})


@functools.partial(jax.jit, static_argnums=0)
def _step(
    model: models.SequenceModel, params: Params, states: Any, xs: Array, reset: Array | None
) -> Any:
    begins = None if reset is None else reset[None]
    return model.apply({"params": params}, xs, states, reset=begins)


@functools.partial(jax.jit, static_argnums=0)
def _predict(objective: Objective, params: Params, inputs: Array, steps: Array | None) -> Array:
    return objective.predict(params, inputs, steps)
