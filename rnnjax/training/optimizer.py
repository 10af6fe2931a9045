"""How the parameters are changed: an optimizer of Optax, and its learning rate over a run."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from rnnjax.training.hyperparameters import Hyperparameters
from rnnjax.training.rules import check_rule, read_rule
from rnnjax.training.schedules import check_schedule, read_schedule
from rnnjax.typing import Array, Params, Static


class OptimizerState(NamedTuple):
    """What an optimizer remembers."""

    step: Array  # int32, updates made
    rule: optax.OptState


class Optimizer(Static):
    """An optimizer of Optax and a schedule, by their texts; its numbers are `Hyperparameters`.

    Attributes:
        rule: the name of an optimizer of `optax` or `optax.contrib`, or a call with any arguments
            that are not `Hyperparameters`: "adam", "lion(b1=0.9)", "sgd(momentum=0.9)".
        schedule: "constant", "cosine", "linear", or a schedule of Optax as a factor of the learning
            rate, counted from the end of the warm-up; see `rnnjax.training.schedules`.

    Example:
        >>> optimizer = Optimizer("adamw(b2=0.95)", schedule="cosine")
        >>> optimizer.check(steps=100)
        >>> params = {"w": jnp.ones((2, 3))}
        >>> transformation = optimizer.build(Hyperparameters(learning_rate=0.5), steps=100)
        >>> updates, _ = transformation.update(params, transformation.init(params), params)
        >>> optax.apply_updates(params, updates)["w"].round(3).tolist()
        [[0.5, 0.5, 0.5], [0.5, 0.5, 0.5]]
    """

    rule: str = "adam"
    schedule: str = "constant"

    def __post_init__(self) -> None:
        for name, text in (("rule", self.rule), ("schedule", self.schedule)):
            if not isinstance(text, str):
                raise TypeError(f"{name} must be the text of one; got {text!r}")

    def check(self, steps: int) -> None:
        """Checks the texts for a run of `steps` updates; nothing is trained.

        Raises:
            ValueError: if one of them is wrong; the message is one line.

        Example:
            >>> Optimizer(schedule="cosin").check(steps=100)
            Traceback (most recent call last):
            ValueError: unknown name 'cosin'; did you mean cosine?
        """
        if steps < 1:
            raise ValueError(f"steps must be 1 or more; got {steps}")
        check_schedule(self.schedule, steps)
        check_rule(self.rule, constant=self.schedule.strip() == "constant")

    def rate(self, hyperparameters: Hyperparameters, count: Array | int, steps: int) -> Array:
        """Returns the learning rate of one update: a linear rise, then the schedule.

        Args:
            hyperparameters: of the run; the numbers may be traced.
            count: the number of updates made before.
            steps: updates in all.

        Example:
            >>> rise = Hyperparameters(learning_rate=0.5, warmup_steps=2)
            >>> [float(Optimizer(schedule="linear").rate(rise, t, steps=6)) for t in range(7)]
            [0.0, 0.25, 0.5, 0.375, 0.25, 0.125, 0.0]
        """
        peak, warmup = hyperparameters.learning_rate, hyperparameters.warmup_steps
        risen = count / jnp.maximum(warmup, 1)
        since, length = jnp.maximum(count - warmup, 0), jnp.asarray(steps - warmup)
        fallen = read_schedule(self.schedule, steps)(since, length)
        return _like(peak, peak * jnp.where(count < warmup, risen, fallen))

    def build(self, hyperparameters: Hyperparameters, steps: int) -> optax.GradientTransformation:
        """Returns the optimizer of a run of `steps` updates.

        The numbers may be traced, so runs that differ in nothing else share one compiled program,
        and members of a population one `vmap`. Gradients are taken as they are: see `clip`.

        Args:
            hyperparameters: of the run.
            steps: updates in all.

        Raises:
            ValueError: if a text is wrong.

        Example:
            >>> rates = Hyperparameters(learning_rate=jnp.array([0.5, 1.0]))
            >>> axes = Hyperparameters(*[None] * 7)._replace(learning_rate=0)
            >>> def step(member):
            ...     sgd = Optimizer("sgd").build(member, steps=10)
            ...     return sgd.update(jnp.ones(()), sgd.init(jnp.ones(())))[0]
            >>> jax.vmap(step, in_axes=(axes,))(rates).tolist()
            [-0.5, -1.0]
        """
        rule = read_rule(self.rule)

        # The rule is made again at each update, with a number for its rate: some of Optax's take
        # no schedules, and of the others some count from 0 and some from 1.
        def at(rate: Array | float, tree: Any) -> optax.GradientTransformation:
            decay = hyperparameters.weight_decay
            decay = None if decay is None else _like(tree, decay)
            return rule.transformation(_like(tree, rate), decay, hyperparameters.seed)

        def init(params: Params) -> OptimizerState:
            # Where a state holds the rate, as that of rprop does, it is not that of a warm-up.
            first = at(hyperparameters.learning_rate, params)
            return OptimizerState(jnp.zeros((), jnp.int32), first.init(params))

        def update(
            updates: Params, state: OptimizerState, params: Params | None = None
        ) -> tuple[Params, OptimizerState]:
            rate = self.rate(hyperparameters, state.step, steps)
            updates, after = at(rate, updates).update(updates, state.rule, params)
            return updates, OptimizerState(state.step + 1, after)

        return optax.GradientTransformation(init, update)  # pyright: ignore[reportArgumentType]


def clip(grads: Params, norm: Array, clip_norm: Array | float) -> Params:
    """Scales gradients to `clip_norm` if their norm is more, as `optax.clip_by_global_norm` does.

    Args:
        grads: the gradients.
        norm: `optax.tree.norm(grads)`, which training reports and so has already.
        clip_norm: the largest norm allowed; inf leaves every bit as it is.

    Example:
        >>> grads = {"w": jnp.array([3.0, 4.0])}
        >>> clip(grads, optax.tree.norm(grads), clip_norm=2.5)["w"].tolist()
        [1.5, 2.0]
    """
    # A norm may overflow where no gradient does.
    kept = (norm < clip_norm) | jnp.isinf(clip_norm)

    def clipped(leaf: Array) -> Array:
        return jnp.where(kept, leaf, leaf / norm.astype(leaf.dtype) * _like(leaf, clip_norm))

    return jax.tree.map(clipped, grads)


def _like(tree: Any, number: Array | float) -> Array:
    """Returns a number in the precision of a tree, which it is not to change."""
    dtype = jnp.result_type(*jax.tree.leaves(tree), float)
    return jnp.asarray(number, jnp.finfo(dtype).dtype)  # real where the tree is complex
