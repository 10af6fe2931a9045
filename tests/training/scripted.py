"""A network that learns nothing: its seed has drawn what is found after each update."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax import tasks
from rnnjax.batch import Batch
from rnnjax.training import Hyperparameters, Objective, Optimizer, Plan, make_problem
from rnnjax.training.program import Problem
from rnnjax.training.state import keys_of
from rnnjax.typing import Array

LENGTH = 21  # updates that scripts are drawn for, and the state before the first


class Nothing(tasks.GeneratedTask):
    """A task without content, whose scores decide."""

    metric = "score"
    input_dim = output_dim = 1

    def sample(self, key, batch_size):
        """Returns one step of zeros."""
        zeros = jnp.zeros((1, batch_size, 1))
        return Batch(zeros, zeros, jnp.ones((1, batch_size), bool))


class Script(NamedTuple):
    """What is found after each update, the first entry before all of them.

    Attributes:
        scores: in evaluation, whole numbers or NaN.
        losses: in evaluation, whole numbers or now and then NaN.
        lost: the update whose loss in training is NaN, if it comes to that.
    """

    scores: Array
    losses: Array
    lost: Array


class Scripted(Objective):
    """Counts updates at a learning rate of 1, and finds what stands in the script there."""

    def init(self, key, batch):
        """Draws a script."""
        keys = jax.random.split(key, 3)
        scores, losses = (jax.random.randint(k, (LENGTH,), 0, 16) for k in keys[:2])
        scores = jnp.where(scores < 4, jnp.nan, scores // 3)
        losses = jnp.where(losses < 1, jnp.nan, losses // 2)
        lost = jax.random.randint(keys[2], (1,), 0, 4 * LENGTH)
        return {"count": jnp.zeros(()), "script": Script(scores, losses, lost.astype(float))}

    def apply(self, params, carry, batch, noise):
        """Returns loss and score of this update in training, or after it."""
        script = jax.lax.stop_gradient(params["script"])
        at = jnp.round(jax.lax.stop_gradient(params["count"])).astype(int)
        loss = script.losses[at]
        if noise is not None:
            loss = -params["count"] + jnp.where(at == jnp.round(script.lost[0]), jnp.nan, 0)
        return carry, {"loss": loss, "score": script.scores[at]}

    def loss(self, outputs, batch):
        """Returns the loss."""
        return outputs["loss"]

    def metrics(self, outputs, batch):
        """Returns the score."""
        return {"score": outputs["score"]}


OBJECTIVE = Scripted(None, Nothing())


def member(seed: int) -> Hyperparameters:
    """Returns the numbers of a member with a script of its own."""
    return Hyperparameters(seed=seed, learning_rate=1.0)


def script(seed: int) -> Script:
    """Returns what a member finds."""
    drawn = OBJECTIVE.init(keys_of(seed).init, None)["script"]
    return jax.tree.map(np.asarray, drawn)


def problem(plan: Plan, metric: str = "score") -> Problem:
    """Returns what is trained."""
    members = [member(0)]
    found = make_problem(OBJECTIVE, Optimizer("sgd"), plan, batch_size=1, members=members)
    return found._replace(metric=metric)
