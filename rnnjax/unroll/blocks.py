"""Time in blocks, of which the gradient keeps only the states in between."""

from collections.abc import Callable
from typing import Any

import jax
import jax.export
import jax.numpy as jnp

from rnnjax.typing import Params, State
from rnnjax.unroll.single import widen, widened

_STEPS_A_PRODUCT = 32  # of all sequences, whose rows half precision still adds up well


def run_in_blocks(
    run: Callable[[Params, State, Any], tuple[State, Any]],
    block: int,
    params: Params,
    state: State,
    inputs: Any,
) -> tuple[State, Any]:
    """Runs `run` over blocks of time, and once more over each block in the gradient.

    Args:
        run: maps `(params, state, inputs)` to the state after the last step and the outputs.
        block: the length of a block in steps; a last shorter one takes what is left.
        params: what `run` needs at every step.
        state: the state before the first step.
        inputs: a pytree of arrays `[T, ...]`.

    Returns:
        The state after the last step and the outputs `[T, ...]`.
    """
    wide, narrow = widen(params)
    run_block = jax.checkpoint(lambda wide, state, inputs: run(narrow(wide), state, inputs))
    steps = jax.tree.leaves(inputs)[0].shape[0]
    count = steps // block
    whole = count * block
    blocks = jax.tree.map(lambda x: x[:whole].reshape(count, block, *x.shape[1:]), inputs)
    state, ys = jax.lax.scan(lambda state, inputs: run_block(wide, state, inputs), state, blocks)
    ys = jax.tree.map(lambda y: y.reshape(whole, *y.shape[2:]), ys)
    if whole == steps:
        return state, ys
    state, rest = run_block(wide, state, jax.tree.map(lambda x: x[whole:], inputs))
    return state, jax.tree.map(lambda *parts: jnp.concatenate(parts), ys, rest)


def run_at_once(run: Callable[[Params, Any], Any], params: Params, inputs: Any) -> Any:
    """Runs `run` on all steps, none of which waits for another.

    A CPU adds up a long product of half precision in half. There, parameters in half precision get
    their gradient from some steps at a time, and these are added in single.

    Args:
        run: maps `(params, inputs)` to outputs `[T, ...]`.
        params: what `run` needs at every step.
        inputs: a pytree of arrays `[T, ...]`.
    """
    if jax.default_backend() != "cpu" or all(widened(p) is p for p in jax.tree.leaves(params)):
        return run(params, inputs)

    def block(params: Params, state: State, inputs: Any) -> tuple[State, Any]:
        return state, run(params, inputs)

    return run_in_blocks(block, _STEPS_A_PRODUCT, params, (), inputs)[1]


def run_in_chunks(
    run: Callable[[Params, State, Any], tuple[State, Any]],
    chunk: int | None,
    params: Params,
    state: State,
    inputs: Any,
) -> tuple[State, Any]:
    """Runs `run` over blocks of `chunk` steps, or once where that is all of time, or a symbol.

    Args:
        run: see `run_in_blocks`.
        chunk: the length of a chunk in steps. If None, up to 128 steps are one chunk, which is
            fastest; more are divided into chunks of 16 to 28 steps, whose arrays fit a CPU's
            caches, of the length that leaves the shortest last chunk.
        params: see `run_in_blocks`.
        state: see `run_in_blocks`.
        inputs: see `run_in_blocks`.
    """
    steps = jax.tree.leaves(inputs)[0].shape[0]
    if not is_known(steps):  # a loop that may have no turns cannot be exported
        return run(params, state, inputs)
    if chunk is None:
        chunk = _chunk_of(steps)
    if steps <= chunk:
        return run(params, state, inputs)
    return run_in_blocks(run, chunk, params, state, inputs)


def is_known(*sizes: int) -> bool:
    """Says whether sizes are numbers, and not the symbols of `jax.export.symbolic_shape`.

    Example:
        >>> is_known(28, 64), is_known(*jax.export.symbolic_shape("t, 64"))
        (True, False)
    """
    return not any(map(jax.export.is_symbolic_dim, sizes))


def steps_a_turn(wanted: int, steps: int) -> int:
    """Returns how many of so many steps a turn of a loop makes: 1 where their number is a symbol.

    Example:
        >>> steps_a_turn(4, 28), steps_a_turn(4, *jax.export.symbolic_shape("t"))
        (4, 1)
    """
    return wanted if is_known(steps) else 1


_WHOLE = 128  # steps, and the longest sequence that is one chunk by default


def _chunk_of(steps: int) -> int:
    """Returns the length by default of a chunk; see `run_in_chunks`."""
    if steps <= _WHOLE:
        return _WHOLE
    return min(range(28, 15, -1), key=lambda length: steps % length)
