"""Products of matrices in half precision: operands are rounded, sums are in single precision.

Of a program that is traced every product becomes such a one, so a cell is written once. XLA's own
name for it, the algorithm `BF16_BF16_F32`, does nothing on a CPU, and a product of two arrays of
bfloat16 rounds its sums, too: in a loop one core multiplies, in GFLOP/s,

    rows, H, G         single    bfloat16, rounded    bfloat16, summed in single
    Intel Xeon with AMX
    64, 128, 512          134                  106                           318
    AMD EPYC (Zen 4) with AVX512-BF16
    64, 128, 512           95                   97                           179
    128, 256, 1024        100                  101                           183
    32, 512, 2048          92                   82                           163
    Intel Xeon (family 6, model 207) with AVX512-BF16, without AMX
    64, 128, 512          141                  134                            80
    128, 256, 1024        148                  147                            81
    32, 512, 2048         109                  108                            69

So a CPU that is not known to gain by it multiplies the rounded numbers in single precision, to the
same sums: 136, 148 and 108 on the last one.
"""

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend.core import ClosedJaxpr, Primitive
from jax.interpreters import batching, mlir

from rnnjax.equations import Equation, bind, evaluate
from rnnjax.linear_map import is_zero, linear_map
from rnnjax.processor import processor
from rnnjax.typing import Array

HALF = jnp.bfloat16  # the exponents of single precision, so that a loss needs no scaling
_LEAST = 4  # numbers that are summed; of fewer nothing is gained
_LOOPS = ("scan", "while", "cond")
_CHECKPOINT = ("checkpoint", "remat2")  # its names in versions of jax

Dimensions = Any  # those that are summed, and those of a batch, as `dot_general` has them


def with_half_products(function: Callable[..., Any], *arguments: Any) -> Any:
    """Returns `function(*arguments)` with its products in half precision, in derivatives too.

    All else is as precise as it was. Products stay as they are of complex numbers, where fewer than
    four numbers are summed or a precision is asked for, and in functions that have a derivative
    written by hand. Convolutions are wholly in half precision.

    Args:
        function: of pytrees of arrays; it closes over nothing that is differentiated.
        arguments: pytrees of arrays.

    Example:
        >>> w = jnp.full((8, 1), 1 + 2**-9)
        >>> with_half_products(jnp.matmul, jnp.ones((1, 8)), w).item()
        8.0
    """
    program, shapes = jax.make_jaxpr(function, return_shape=True)(*arguments)
    out = _run(program, *jax.tree.leaves(arguments))
    return jax.tree.unflatten(jax.tree.structure(shapes), out)


def _run(program: ClosedJaxpr, *arguments: Array) -> list[Any]:
    return evaluate(program, arguments, _rule)


def _rule(equation: Equation, arguments: list[Any]) -> Any:
    name, params = equation.primitive.name, equation.params
    if name == "dot_general" and _is_rounded(equation):
        wide = (x.astype(jnp.float32) for x in arguments)
        product = half_product(params["dimension_numbers"], *wide)
        return product.astype(equation.outvars[0].aval.dtype)
    if name == "conv_general_dilated" and _are_real(equation):
        halved = (x.astype(HALF) for x in arguments)
        equation = equation.replace(params={**params, "preferred_element_type": None})
        return bind(equation, list(halved)).astype(equation.outvars[0].aval.dtype)
    if name in ("jit", "pjit"):
        return _run(params["jaxpr"], *arguments)
    if name in _CHECKPOINT:
        run = functools.partial(_run, ClosedJaxpr(params["jaxpr"], ()))
        kept = {key: params[key] for key in ("prevent_cse", "policy")}
        return jax.checkpoint(run, **kept)(*arguments)
    if name in _LOOPS:
        equation = equation.replace(params={k: _changed(v) for k, v in params.items()})
    return bind(equation, arguments)


def _changed(value: Any) -> Any:
    if isinstance(value, ClosedJaxpr):
        return jax.make_jaxpr(functools.partial(_run, value))(*value.in_avals)
    return tuple(map(_changed, value)) if type(value) is tuple else value


def _is_rounded(equation: Equation) -> bool:
    axes = equation.params["dimension_numbers"][0][0]
    summed = math.prod(equation.invars[0].aval.shape[i] for i in axes)
    return _are_real(equation) and summed >= _LEAST


def _are_real(equation: Equation) -> bool:
    """Says whether factors are real, and no precision is asked for."""
    is_real = all(jnp.issubdtype(v.aval.dtype, jnp.floating) for v in equation.invars)
    return is_real and equation.params["precision"] is None


@functools.partial(jax.custom_jvp, nondiff_argnums=(0,))
def half_product(dimensions: Dimensions, a: Array, b: Array) -> Array:
    """Returns `jax.lax.dot_general(a, b, dimensions)` of rounded numbers, in single precision.

    Example:
        >>> dimensions = (((1,), (0,)), ((), ()))
        >>> half_product(dimensions, jnp.full((1, 2), 1 + 2**-9), jnp.ones((2, 1))).item()
        2.0
    """
    (summed_a, summed_b), (batch_a, batch_b) = dimensions
    free = _others(a.ndim, summed_a, batch_a), _others(b.ndim, summed_b, batch_b)
    sizes = (math.prod(x.shape[i] for i in axes) for x, axes in zip((a, b), free, strict=True))
    on_cpu = jax.default_backend() == "cpu"
    dot = functools.partial(jax.lax.dot_general, preferred_element_type=jnp.float32)
    if on_cpu and (1 in sizes or not gains_by_halves()):  # nor does a vector gain on any CPU
        a, b = (jax.lax.reduce_precision(x, 8, 7) for x in (a, b))
        return dot(a, b, dimensions)
    a, b = _rounding.bind(a), _rounding.bind(b)
    if not on_cpu:
        return dot(a, b, dimensions)
    # Only some forms reach the unit of a CPU that multiplies them; a product over the rows of both,
    # which is a weight's gradient, as one over two leading axes. XLA decides early which forms do
    # and has no code for one that it turns into another afterwards: barriers keep them.
    if dimensions == (((0,), (0,)), ((), ())) and a.ndim == b.ndim == 2 and len(a) > 1:
        a, b = (jnp.pad(x, ((0, len(x) % 2), (0, 0))) for x in (a, b))
        a, b = (x.reshape(2, -1, x.shape[-1]) for x in (a, b))
        dimensions = (((0, 1), (0, 1)), ((), ()))
    a, b = jax.lax.optimization_barrier((a, b))
    return jax.lax.optimization_barrier(dot(a, b, dimensions))


def gains_by_halves() -> bool:
    """Says whether products of bfloat16 are known to be faster here than those of single precision.

    Example:
        >>> gains_by_halves() in (True, False)
        True
    """
    if jax.default_backend() != "cpu":
        return True
    said = processor()
    can = said.get("flags", "").split()
    of_amd = said.get("vendor_id") == "AuthenticAMD"
    return "amx_bf16" in can or ("avx512_bf16" in can and of_amd)


@functools.partial(half_product.defjvp, symbolic_zeros=True)
def _half_product_jvp(dimensions: Dimensions, primals: Any, tangents: Any) -> tuple[Array, Array]:
    (a, b), (da, db) = primals, tangents
    moved = []
    if not is_zero(da):
        push = functools.partial(_push_first, dimensions)
        pull = functools.partial(_pull_first, dimensions, a.ndim)
        moved.append(linear_map(push, pull, b, da))
    if not is_zero(db):
        push = functools.partial(half_product, dimensions)
        pull = functools.partial(_pull_second, dimensions, b.ndim)
        moved.append(linear_map(push, pull, a, db))
    return half_product(dimensions, a, b), sum(moved[1:], start=moved[0])


def _push_first(dimensions: Dimensions, b: Array, da: Array) -> Array:
    return half_product(dimensions, da, b)


def _pull_first(dimensions: Dimensions, ndim: int, b: Array, dy: Array) -> Array:
    """Returns the cotangent of the first factor, of so many axes."""
    (summed, summed_b), (batch, batch_b) = dimensions
    free = _others(ndim, summed, batch)
    free_b = _others(b.ndim, summed_b, batch_b)
    columns = tuple(range(len(batch) + len(free), dy.ndim))
    product = half_product(((columns, free_b), (tuple(range(len(batch))), batch_b)), dy, b)
    # Its axes are the batch, the rows, and those that were summed, as `b` has them.
    in_order = [i for _, i in sorted(zip(summed_b, summed, strict=True))]
    return _laid_out(product, [*batch, *free, *in_order])


def _pull_second(dimensions: Dimensions, ndim: int, a: Array, dy: Array) -> Array:
    """Returns the cotangent of the second factor, of so many axes."""
    (summed_a, summed), (batch_a, batch) = dimensions
    free_a = _others(a.ndim, summed_a, batch_a)
    rows = tuple(range(len(batch), len(batch) + len(free_a)))
    product = half_product(((free_a, rows), (batch_a, tuple(range(len(batch))))), a, dy)
    in_order = [i for _, i in sorted(zip(summed_a, summed, strict=True))]
    return _laid_out(product, [*batch, *in_order, *_others(ndim, summed, batch)])


def _others(ndim: int, *some: Sequence[int]) -> tuple[int, ...]:
    return tuple(i for i in range(ndim) if not any(i in axes for axes in some))


def _laid_out(x: Array, axes: Sequence[int]) -> Array:
    """Returns an array whose axes are these of another as the other has them."""
    return x.transpose(sorted(range(x.ndim), key=axes.__getitem__))


def _converted(x: Array) -> Array:
    return x.astype(HALF)


def _by_bits(x: Array) -> Array:
    """Rounds in a third of the time that XLA's own conversion takes a CPU."""
    bits = jax.lax.bitcast_convert_type(jax.lax.reduce_precision(x, 8, 7), jnp.uint32)
    return jax.lax.bitcast_convert_type((bits >> 16).astype(jnp.uint16), HALF)


# `x.astype(HALF)` of single precision, on a CPU in a way of its own. A platform's lowering can take
# its place; the form of a product cannot be left to one, and follows the backend when traced.
_rounding = Primitive("round_to_half")
_rounding.def_impl(jax.jit(_rounding.bind))
_rounding.def_abstract_eval(lambda x: x.update(dtype=jnp.dtype(HALF), weak_type=False))
batching.defvectorized(_rounding)
mlir.register_lowering(_rounding, mlir.lower_fun(_converted, multiple_results=False))
mlir.register_lowering(_rounding, mlir.lower_fun(_by_bits, multiple_results=False), platform="cpu")
