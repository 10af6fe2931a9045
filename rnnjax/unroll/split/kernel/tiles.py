"""Arrays of one step as tiles that a GPU kernel can hold, and what a cell's equations do to them.

Triton wants the sides of its arrays to be powers of two, those of a product 16 or more, and cannot
cut an array. So an axis of `n H` units is kept as n tiles, each of H units and zeros up to such a
size: a split picks tiles, an elementwise function runs on each, a product is one of tiles. Values
in the padding are those of nobody; only a product could carry them elsewhere, and removes them.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import Literal

from rnnjax.equations import Equation, read, run
from rnnjax.numbers import single_or_wider
from rnnjax.typing import Array
from rnnjax.unroll.single import widened
from rnnjax.unroll.split.kernel.program import Program

_EXACT = (jax.lax.Precision.HIGHEST, jax.lax.DotAlgorithmPreset.F32_F32_F32)

Tiles = np.ndarray  # of objects, each an array: as many along an axis as it has blocks of H

_ELEMENTWISE = """
    abs add add_any and atan2 cbrt ceil clamp copy cos cosh div eq erf_inv exp exp2 expm1 floor ge
    gt integer_pow is_finite le log log1p logistic lt max min mul ne neg not one_minus_square or pow
    rem rsqrt select_n sign sin sinh sqrt square stop_gradient sub tan xor
"""


class Interleaved(NamedTuple):
    """A matrix that one row at a time is multiplied with, in the registers of a program.

    Its blocks of columns are in groups of a power of two. Of such a group each block of rows is an
    array `[units out, units in, G]`, or `[units in, units out]` where G is 1. So, as Triton lays
    out arrays, a thread has all gates of a unit and sums up what it has before others are asked.
    """

    groups: tuple[tuple[Array, ...], ...]


class Layout(NamedTuple):
    """How arrays of a step are divided."""

    units: int  # H
    rows: int  # how many rows a value has where a step is traced; no other axis is that long
    tile_rows: int  # how many it has in a kernel

    @property
    def tile_units(self) -> int:
        """H with its padding."""
        return max(16, 1 << (self.units - 1).bit_length())

    def count(self, size: int) -> int:
        """Returns the number of tiles along an axis.

        Raises:
            TypeError: if no number of whole tiles fits.
        """
        if size == self.rows or (size == 1 and self.units > 1):
            return 1
        if size % self.units:
            raise TypeError(f"a kernel of {self.units} units has no axis of {size}")
        return size // self.units

    def side(self, size: int) -> int:
        """Returns the length of a tile along an axis."""
        if size == self.rows:
            return self.tile_rows
        return 1 if size == 1 and self.units > 1 else self.tile_units

    def padded(self, x: Array, axes: tuple[int, ...]) -> Array:
        """Adds the zeros between tiles along some axes."""
        for axis in axes:
            axis %= x.ndim
            if self.side(x.shape[axis]) == 1 or self.tile_units == self.units:
                continue
            count, shape = self.count(x.shape[axis]), x.shape
            x = x.reshape(*shape[:axis], count, self.units, *shape[axis + 1 :])
            widths = [(0, 0)] * x.ndim
            widths[axis + 1] = (0, self.tile_units - self.units)
            x = jnp.pad(x, widths).reshape(*shape[:axis], -1, *shape[axis + 1 :])
        return x

    def cut_up(self, shape: tuple[int, ...], x: Array) -> Tiles:
        """Returns the tiles of an array that has `shape` where a step is traced."""
        x = self.padded(x, tuple(i for i, size in enumerate(shape) if size != self.rows))
        sides = tuple(map(self.side, shape))

        def tile(*index: int) -> Array:
            return x[tuple(slice(i * n, (i + 1) * n) for i, n in zip(index, sides, strict=True))]

        return tiles(tuple(map(self.count, shape)), tile)

    def cut(self, x: Array) -> Array:
        """Removes the zeros of the last axis again."""
        if self.tile_units == self.units or x.shape[-1] == 1:
            return x
        x = x.reshape(*x.shape[:-1], -1, self.tile_units)[..., : self.units]
        return x.reshape(*x.shape[:-2], -1)


def evaluate(program: Program, layout: Layout, weights: list, values: list[Tiles]) -> list:
    """Runs the late equations of a program on tiles and returns the tiles of its results.

    Raises:
        TypeError: if an equation is of a kind that runs on no tiles; the message names it.
    """
    env = dict(zip(program.weights, weights, strict=True))
    env.update(zip(program.values, values, strict=True))

    def rule(equation: Equation, args: list) -> Any:
        args = [
            tiles((), lambda x=x: jnp.asarray(x)) if isinstance(v, Literal) else x
            for v, x in zip(equation.invars, args, strict=True)
        ]
        name = equation.primitive.name
        if name in _ELEMENTWISE.split():
            return _each(lambda *xs: equation.primitive.bind(*xs, **equation.params), *args)
        if name not in _RULES:
            raise TypeError(
                f"a kernel's step is made of elementwise functions and products of a "
                f"state and a matrix; it has no {name}"
            )
        return _RULES[name](layout, equation, *args)

    run(program.late, env, rule)
    shapes = [v.aval for v in program.results]
    return [
        _broadcast(layout, aval.shape, (), tiles((), lambda v=v: jnp.asarray(v.val)))
        if isinstance(v, Literal)
        else read(env, v)
        for v, aval in zip(program.results, shapes, strict=True)
    ]


def has_rule(equation: Equation) -> bool:
    """Says whether equations of this kind run on tiles."""
    name = equation.primitive.name
    return name in _ELEMENTWISE.split() or name in _RULES


def uses_tensor_cores(equation: Equation) -> bool:
    """Says whether a product is one of tensor cores, which take 16 rows."""
    precision = _precision(equation)
    return precision not in (*_EXACT, *((p, p) for p in _EXACT)) and (
        equation.invars[0].aval.dtype.itemsize <= 4
    )


def _precision(equation: Equation) -> Any:
    """Returns what the user has chosen, else single precision where numbers are: not TF32."""
    is_single = equation.invars[0].aval.dtype == jnp.float32
    return equation.params["precision"] or (jax.lax.Precision.HIGHEST if is_single else None)


def tiles(counts: tuple[int, ...], make: Callable[..., Array]) -> Tiles:
    """Returns `make(i, j)` for each tile of so many along each axis."""
    made = np.empty(counts, object)
    for index in np.ndindex(counts):
        made[index] = make(*index)
    return made


def _each(function: Callable[..., Array], *args: Tiles) -> Tiles:
    """Runs an elementwise function on each tile; half precision is for products, not for this."""
    alike: Any = np.broadcast_arrays(*args)
    return tiles(alike[0].shape, lambda *i: function(*(widened(x[i]) for x in alike)))


def _tanh(layout: Layout, equation: Equation, x: Tiles) -> Tiles:
    """Without branches: the GPU's own in single precision has two, and takes as long as a product.

    Its relative error is 6e-7 at most.
    """
    del layout

    def tanh(x: Array) -> Array:
        if x.dtype != jnp.float32:
            return equation.primitive.bind(x, **equation.params)
        square = x * x
        near = x + x * square * (-1 / 3 + square * (2 / 15 - square * (17 / 315)))
        return jnp.where(jnp.abs(x) < 0.2, near, 1 - 2 / (1 + jnp.exp(2 * x)))

    return _each(tanh, x)


def _convert(layout: Layout, equation: Equation, x: Tiles) -> Tiles:
    del layout
    dtype = equation.outvars[0].aval.dtype
    return _each(lambda tile: widened(tile.astype(widened(jnp.zeros((), dtype)).dtype)), x)


def _broadcast(layout: Layout, shape: tuple, axes: tuple, x: Tiles) -> Tiles:
    sides = tuple(map(layout.side, shape))

    def make(*index: int) -> Array:
        # An axis of one tile is repeated, be it one of rows or one of length 1.
        source = tuple(index[axis] if x.shape[i] > 1 else 0 for i, axis in enumerate(axes))
        return jax.lax.broadcast_in_dim(x[source], sides, axes)

    return tiles(tuple(map(layout.count, shape)), make)


def _broadcast_in_dim(layout: Layout, equation: Equation, x: Tiles) -> Tiles:
    params = equation.params
    return _broadcast(layout, params["shape"], params["broadcast_dimensions"], x)


def _split(layout: Layout, equation: Equation, x: Tiles) -> list[Tiles]:
    sizes, axis = equation.params["sizes"], equation.params["axis"]
    ends = np.cumsum([layout.count(size) for size in sizes])
    return np.split(x, ends[:-1], axis)


def _slice(layout: Layout, equation: Equation, x: Tiles) -> Tiles:
    params, shape = equation.params, equation.invars[0].aval.shape
    where = []
    for start, stop, size in zip(
        params["start_indices"], params["limit_indices"], shape, strict=True
    ):
        whole = (start, stop) == (0, size)
        where.append(slice(None) if whole else slice(_at(layout, start), _at(layout, stop)))
    if params["strides"] is not None and set(params["strides"]) != {1}:
        raise TypeError("a kernel's step has no slices with strides")
    return x[tuple(where)]


def _at(layout: Layout, position: int) -> int:
    return layout.count(position) if position else 0


def _concatenate(layout: Layout, equation: Equation, *args: Tiles) -> Tiles:
    del layout
    return np.concatenate(args, equation.params["dimension"])


def _pad(layout: Layout, equation: Equation, x: Tiles, fill: Tiles) -> Tiles:
    widths = equation.params["padding_config"]
    if any(interior or low < 0 or high < 0 for low, high, interior in widths):
        raise TypeError("a kernel's step pads with whole blocks alone")
    zeros = _broadcast(layout, equation.outvars[0].aval.shape, (), fill)
    starts = [_at(layout, low) for low, _, _ in widths]
    where = tuple(slice(s, s + n) for s, n in zip(starts, x.shape, strict=True))
    zeros[where] = x
    return zeros


def _transpose(layout: Layout, equation: Equation, x: Tiles) -> Tiles:
    del layout
    axes = equation.params["permutation"]
    return tiles(
        tuple(x.shape[a] for a in axes),
        lambda *i: jnp.transpose(x[tuple(i[axes.index(a)] for a in range(x.ndim))], axes),
    )


def _dot_general(layout: Layout, equation: Equation, a: Tiles, b: Tiles | Interleaved) -> Tiles:
    params = equation.params
    plain = ((1,), (0,)), ((), ())
    if isinstance(b, Interleaved):
        return _row_product(layout, equation, a, b)
    if a.ndim != 2 or b.ndim != 2 or params["dimension_numbers"] != plain:
        raise TypeError("a kernel's step multiplies a state [..., H] and a matrix")
    precision = _precision(equation)
    accumulate = single_or_wider(equation.outvars[0].aval.dtype)
    a, b = (
        tiles(x.shape, lambda *i, x=x, v=v, axis=axis: _factor(layout, v.aval, axis, x[i]))
        for axis, x, v in zip((1, 0), (a, b), equation.invars, strict=True)
    )

    def make(i: int, j: int) -> Array:
        parts = [
            jax.lax.dot_general(
                a[i, k], b[k, j], plain, precision=precision, preferred_element_type=accumulate
            )
            for k in range(a.shape[1])
        ]
        # Rounded as the cell's own product is, so that it is the same function on every engine.
        return widened(sum(parts[1:], parts[0]).astype(equation.outvars[0].aval.dtype))

    return tiles((a.shape[0], b.shape[1]), make)


def _row_product(layout: Layout, equation: Equation, a: Tiles, b: Interleaved) -> Tiles:
    """Multiplies a row by sums over registers: a product of tensor cores wants 16 rows."""
    (aval, _), dtype = (v.aval for v in equation.invars), equation.outvars[0].aval.dtype
    row = [widened(_factor(layout, aval, 1, x)) for x in a[0]]
    made = []
    for group in b.groups:
        if group[0].ndim == 2:
            parts = [x[0][:, None] * widened(w) for x, w in zip(row, group, strict=True)]
            sums = [sum(parts[1:], parts[0]).sum(0)]
        else:
            parts = [x[0][None, :, None] * widened(w) for x, w in zip(row, group, strict=True)]
            total = sum(parts[1:], parts[0]).sum(1)
            place = jax.lax.broadcasted_iota(jnp.int32, total.shape, 1)
            sums = [jnp.where(place == i, total, 0).sum(1) for i in range(total.shape[1])]
        made += [widened(x[None].astype(dtype)) for x in sums]
    return tiles((1, len(made)), lambda _, j: made[j])


def interleaved(layout: Layout, matrix: Array) -> tuple[Array, ...]:
    """Returns the groups of a matrix `[n U, m U]`, `[U, n U, G]` or `[n U, U]`; `Interleaved`."""
    units = layout.tile_units
    blocks = matrix.reshape(len(matrix), -1, units)
    groups, start, left = [], 0, blocks.shape[1]
    while left:
        size = 1 << (left.bit_length() - 1)
        group = blocks[:, start : start + size]
        groups.append(jnp.moveaxis(group, 2, 0) if size > 1 else group[:, 0])
        start, left = start + size, left - size
    return tuple(groups)


def _factor(layout: Layout, aval: Any, axis: int, x: Array) -> Array:
    """Rounds a factor where its product is one of half precision, and zeros a value's padding."""
    if layout.rows in aval.shape and layout.tile_units > layout.units:
        unit = jax.lax.broadcasted_iota(jnp.int32, x.shape, axis)
        x = jnp.where(unit < layout.units, x, jnp.zeros_like(x))  # 0 * inf would reach everyone
    return x.astype(aval.dtype)


_RULES: dict[str, Callable[..., Any]] = {
    "broadcast_in_dim": _broadcast_in_dim,
    "concatenate": _concatenate,
    "convert_element_type": _convert,
    "dot_general": _dot_general,
    "pad": _pad,
    "round_to_half": _convert,
    "slice": _slice,
    "split": _split,
    "tanh": _tanh,
    "transpose": _transpose,
}
