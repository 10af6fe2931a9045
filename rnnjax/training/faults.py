"""Whether the data are to blame where a loss is not finite, and what NaN it does not show."""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.batch import without_missing
from rnnjax.tasks.feed import Feed, pieces
from rnnjax.tasks.sources import Order, Source
from rnnjax.training.processes import gathered
from rnnjax.training.state import keys_of
from rnnjax.typing import Array, Key, Params


def find_fault(source: Source, seed: int, start: int, stop: int) -> str | None:
    """Says what is wrong with the batches of the updates from `start` to before `stop`.

    Args:
        source: the batches of training.
        seed: of the run.
        start: the number of an update.
        stop: the number of another one.

    Returns:
        One line on the first batch in which a number that counts is not finite; None for none.
    """
    key = keys_of(seed).data
    for step in range(start, stop):
        epoch, index = divmod(step, source.updates_per_epoch)
        order = _order(source, jax.random.fold_in(key, epoch))
        for name, count in _missing(source, order, jnp.array(index)).items():
            if int(count):
                return f"{int(count)} of the {name} of update {step} are not finite"
    return None


def find_held_out_fault(source: Source | Feed) -> str | None:
    """Says what is wrong with what is held out, as `find_fault` does of training."""
    before = 0
    for piece in pieces(source):
        order = piece.ordered()
        for index in range(piece.batches):
            for name, count in _missing(piece, order, jnp.array(index)).items():
                if int(count):
                    return (
                        f"{int(count)} of the {name} of its batch {before + index} are not finite"
                    )
        before += piece.batches
    return None


def count_nan(params: Params) -> np.ndarray:
    """Returns how many NaN each leaf of each member has, `[leaves, E]`; every process takes part.

    A gradient may be NaN where no loss is, and a parameter where none depends on it: in an
    embedding for instance, of a symbol that does not come again.
    """
    return np.atleast_2d(gathered(_nan_of_leaves(jax.tree.leaves(params))))


def parameter_name(params: Params, leaf: int) -> str:
    """Returns the path of a leaf, by its number."""
    path, _ = jax.tree.leaves_with_path(params)[leaf]
    return jax.tree_util.keystr(path, simple=True, separator="/")


@jax.jit
def _nan_of_leaves(leaves: list[Array]) -> Array:
    counts = [jnp.sum(jnp.isnan(x), axis=range(1, x.ndim), dtype=jnp.int32) for x in leaves]
    return jnp.stack(counts) if counts else jnp.zeros((1, 1), jnp.int32)


@jax.jit
def _order(source: Source, key: Key) -> Order:
    return source.shuffled(key)


@jax.jit
def _missing(source: Source, order: Order, index: Array) -> dict[str, Array]:
    batch = without_missing(source.batch(order, index, jnp.arange(source.batch_size)))
    count = functools.partial(jnp.sum, dtype=jnp.int32)
    return {
        "inputs": count(~jnp.isfinite(batch.inputs)),
        "targets": count(~jnp.isfinite(batch.targets)),
    }
