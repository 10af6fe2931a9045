"""What is true of every cell that draws noise. A law takes a cell."""

import jax
import numpy as np

from rnnjax.cells import Cell
from rnnjax.cells.noise import pack
from rnnjax.testing.draws import (
    B,
    D,
    T,
    assert_close,
    noise_of,
    normal,
    params_of,
    specs,
    state_of,
)


def draws_its_noise_for_each_step(cell: Cell) -> None:
    """Noise is `[T, ..., *]`, the same for the same key and other for another."""
    for leading in ((T,), (T, B)):
        for leaf in jax.tree.leaves(noise_of(cell, leading)):
            assert leaf.shape[: len(leading)] == leading, f"noise of {leading} is {leaf.shape}"
    draws = [cell.draw(jax.random.key(i), params_of(cell), (T, B)) for i in (1, 1, 2)]
    first, again, other = ([np.asarray(x) for x in jax.tree.leaves(draw)] for draw in draws)
    assert_close(first, again, 0, 0)
    assert any((a != b).any() for a, b in zip(first, other, strict=True)), "keys do not matter"


def steps_with_noise_and_without(cell: Cell) -> None:
    """Noise changes numbers, and neither shapes nor dtypes."""
    params, state, x_t = params_of(cell), state_of(cell, (B,)), normal(1, (B, D))
    noise = jax.tree.map(lambda leaf: leaf[0], noise_of(cell, (T, B)))
    without = cell.step(params, state, x_t)
    noised = cell.step(params, state, pack(x_t, noise))
    assert specs(noised) == specs(without), f"{specs(noised)} is not {specs(without)}"
    rows = [
        cell.step(params, *jax.tree.map(lambda leaf, i=i: leaf[i], (state, pack(x_t, noise))))
        for i in range(B)
    ]
    assert_close(jax.tree.map(lambda *leaves: np.stack(leaves), *rows), noised)


NOISE_LAWS = (draws_its_noise_for_each_step, steps_with_noise_and_without)
