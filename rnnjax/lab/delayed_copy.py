"""A symbol that is to be named some steps after it was shown, and gradients of that."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from rnnjax import unroll
from rnnjax.cells.base import Cell
from rnnjax.cells.noise import pack
from rnnjax.learning import Alignment, Rule, alignment, leaf_alignments
from rnnjax.typing import Array, Key, Params, Static
from rnnjax.unroll.base import EngineValue

SYMBOLS = 4


class Network(NamedTuple):
    """Parameters of a cell and a linear readout.

    Example:
        >>> Network(cell=(), w=0.0, b=0.0).cell
        ()
    """

    cell: Params
    w: Array  # [K, SYMBOLS]
    b: Array  # [SYMBOLS]


class Trained(NamedTuple):
    """A network and the state of its optimizer.

    Example:
        >>> Trained(network=None, optimizer=()).optimizer
        ()
    """

    network: Network
    optimizer: Any


class DelayedCopy(Static):
    """One of four symbols at the first step, nothing after it, and a loss at the last step alone.

    So every derivative of the loss by what the symbol has done comes from as many steps back as the
    lag says. Steps before the first are masked: all lags have one shape, and the last step is the
    last of all windows of a rule.

    Example:
        >>> from rnnjax.cells import GRU
        >>> task = DelayedCopy(GRU(4), steps=5, batch_size=2)
        >>> xs, mask, targets = task.draw(jax.random.key(0), lag=3)
        >>> mask[:, 0].tolist(), xs.sum(-1)[:, 0].tolist()
        ([False, True, True, True, True], [0.0, 1.0, 0.0, 0.0, 0.0])
    """

    cell: Cell
    steps: int  # T, more than any lag
    batch_size: int  # B

    def init(self, key: Key) -> Network:
        """Draws a network."""
        key, own = jax.random.split(key)
        size = self.cell.output_dim
        w = jax.random.normal(own, (size, SYMBOLS)) / jnp.sqrt(size)
        return Network(self.cell.init(key, SYMBOLS), w, jnp.zeros(SYMBOLS))

    def draw(self, key: Key, lag: Array | int) -> tuple[Array, Array, Array]:
        """Draws inputs `[T, B, SYMBOLS]`, their mask `[T, B]`, and what is to be named `[B]`."""
        targets = jax.random.randint(key, (self.batch_size,), 0, SYMBOLS)
        left = jnp.arange(self.steps)[::-1, None]  # steps to the last one
        shown = jax.nn.one_hot(targets, SYMBOLS)
        xs = jnp.where((left == lag)[..., None], shown[None], 0)
        return xs, jnp.broadcast_to(left <= lag, xs.shape[:2]), targets

    def loss(self, network: Network, key: Key, lag: Array | int, engine: EngineValue) -> Array:
        """Returns the mean cross-entropy of a batch, in nats, run on an engine or a rule."""
        of_batch, of_rule = jax.random.split(key)
        cell, (xs, mask, targets) = self.cell, self.draw(of_batch, lag)
        noise = None
        if isinstance(engine, Rule):
            cell = engine.learner(cell, SYMBOLS)
            if engine.needs_noise:
                noise = cell.draw(of_rule, network.cell, xs.shape[:2])
        state = cell.initial_state(network.cell, xs.shape[1:2])
        _, ys = engine(cell, network.cell, state, pack(xs, noise), mask=mask)
        logits = ys[-1] @ network.w + network.b[None]
        return optax.softmax_cross_entropy_with_integer_labels(logits, targets).mean()

    def comparison(self, rule: Rule) -> Callable[..., tuple[Alignment, dict[str, Alignment]]]:
        """Returns a function of a network, a lag and keys: how the rule's gradients of them stand.

        They are those of the cell's parameters, a batch a key, to backpropagation's of the same.
        """

        @jax.jit
        def compare(network: Network, lag: Array, keys: Key) -> tuple[Any, Any]:
            def one(key: Key) -> tuple[Any, Any]:
                found, exact = (
                    jax.grad(self.loss)(network, key, lag, engine).cell
                    for engine in (rule, unroll.scan)
                )
                return alignment(found, exact), leaf_alignments(found, exact)

            return jax.lax.map(one, keys)

        return compare

    def training(self, learning_rate: float) -> tuple[Callable[..., Trained], Callable[..., Any]]:
        """Returns how a network begins, and a function that trains it by backpropagation.

        That takes what is trained, a lag, a key, the updates that were done before and those after
        it, and returns what is trained and the loss of a batch that it has not learned from.
        """
        adam = optax.adam(learning_rate)

        def begin(key: Key) -> Trained:
            network = self.init(key)
            return Trained(network, adam.init(network))

        @jax.jit
        def train(trained: Trained, lag: Array, key: Key, first: int, last: int) -> Any:
            def update(step: Array, trained: Trained) -> Trained:
                network, optimizer = trained
                own = jax.random.fold_in(key, step)
                slope = jax.grad(self.loss)(network, own, lag, unroll.scan)
                change, optimizer = adam.update(slope, optimizer)
                changed: Any = optax.apply_updates(network, change)
                return Trained(changed, optimizer)

            trained = jax.lax.fori_loop(first, last, update, trained)
            new = jax.random.fold_in(key, jnp.iinfo(jnp.int32).max)
            return trained, self.loss(trained.network, new, lag, unroll.scan)

        return begin, train
