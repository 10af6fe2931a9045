"""A linear function with a transpose written by hand, which has all derivatives all the same.

JAX's own ways leave one out each: a function with a custom VJP has no forward mode, one with a
custom JVP is transposed as JAX does it, and `jax.custom_derivatives.linear_call` has no derivative
by what it does not take as linear. So an engine whose gradient is written by hand gives its tangent
by this primitive, and its gradient is what was written, its forward mode a plain loop, and every
further derivative that of these two.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
from jax.custom_derivatives import SymbolicZero
from jax.extend.core import ClosedJaxpr, Primitive, jaxpr_as_fun
from jax.interpreters import ad, batching, mlir

from rnnjax.typing import Array

Flat = Callable[..., Sequence[Array]]


def linear_map(
    push: Callable[[Any, Any], Any],
    pull: Callable[[Any, Any], Any],
    kept: Any,
    tangents: Any,
) -> Any:
    """Returns `push(kept, tangents)`, whose transpose is `pull`.

    Args:
        push: linear in its second argument; it closes over nothing that is differentiated.
        pull: maps `kept` and cotangents of what `push` returns to cotangents of `tangents`, with
            anything in place of those of leaves that are not real or complex.
        kept: a pytree of arrays.
        tangents: a pytree of arrays; leaves that are zero, as symbols or as JAX has them for whole
            numbers, are given to `push` as they are, see `tangent_of`, and are no part of the
            transpose.

    Example:
        >>> import jax.numpy as jnp
        >>> scale = functools.partial(linear_map, jnp.multiply, jnp.multiply, jnp.array(3.0))
        >>> x = jnp.array(2.0)
        >>> scale(x).tolist(), jax.linear_transpose(scale, x)(x)[0].tolist()
        (6.0, 6.0)
    """
    leaves, structure = jax.tree.flatten(tangents)
    moving = [i for i, leaf in enumerate(leaves) if not is_zero(leaf)]
    kept_leaves, kept_structure = jax.tree.flatten(kept)
    made: list[Any] = []  # the structure of what is returned

    def flat_push(*arguments: Array) -> Sequence[Array]:
        kept = kept_structure.unflatten(arguments[: len(kept_leaves)])
        moved = structure.unflatten(_filled(leaves, moving, arguments[len(kept_leaves) :]))
        out, out_structure = jax.tree.flatten(push(kept, moved))
        made[:] = [out_structure]
        return out

    def flat_pull(*arguments: Array) -> Sequence[Array]:
        kept = kept_structure.unflatten(arguments[: len(kept_leaves)])
        found = pull(kept, made[0].unflatten(arguments[len(kept_leaves) :]))
        found = structure.flatten_up_to(found)
        return [found[i] for i in moving]

    given = [*kept_leaves, *(leaves[i] for i in moving)]
    pushed = jax.make_jaxpr(flat_push)(*given)
    out = _primitive.bind(*given, push=pushed, pull=flat_pull, kept=len(kept_leaves))
    return made[0].unflatten(out)


def whole(function: Callable[..., Any], *arguments: Any) -> Any:
    """Returns `function(*arguments)`, of which JAX takes nothing apart until it is compiled.

    Where JAX looks for what to do before a derivative is known, it takes what stays the same out of
    loops: biases are then read as large as the arrays that they are added to, and weights that were
    laid out for the loop are laid out as before.

    Args:
        function: of pytrees of arrays; it closes over nothing that is differentiated.
        arguments: pytrees of arrays.

    Example:
        >>> import jax.numpy as jnp
        >>> whole(jnp.multiply, jnp.array(2.0), jnp.array(3.0)).tolist()
        6.0
    """
    return linear_map(lambda arguments, _: function(*arguments), lambda *_: (), arguments, ())


def differentiated_by(second: Callable[..., Any], first: Callable[..., Any]) -> Callable[..., Any]:
    """Returns what runs `first`, and in its place `second` where a derivative is taken.

    Args:
        second: a function of pytrees of arrays, which closes over none, and may be slower.
        first: returns the same, and need have no derivative.

    Example:
        >>> import jax.numpy as jnp
        >>> floor = differentiated_by(lambda x: x, jnp.floor)
        >>> floor(1.5).item(), jax.grad(floor)(1.5).item()
        (1.0, 1.0)
    """
    run = jax.custom_jvp(first)
    run.defjvp(functools.partial(tangent_of, second), symbolic_zeros=True)
    return run


def tangent_of(function: Callable[..., Any], primals: Any, tangents: Any) -> tuple[Any, Any]:
    """Does what `jax.jvp` does, and needs no derivative by what has no tangent.

    Args:
        function: of pytrees of arrays.
        primals: its arguments.
        tangents: of them, with zeros as a rule with symbolic zeros is given them.
    """
    leaves, structure = jax.tree.flatten(tuple(primals))
    d_leaves = jax.tree.leaves(tuple(tangents))
    moving = [i for i, leaf in enumerate(d_leaves) if not is_zero(leaf)]

    def of_moving(*some: Array) -> Any:
        return function(*structure.unflatten(_filled(leaves, moving, some)))

    return jax.jvp(of_moving, [leaves[i] for i in moving], [d_leaves[i] for i in moving])


def is_zero(leaf: Any) -> bool:
    """Says whether a tangent is none, as a rule with symbolic zeros is given it."""
    return isinstance(leaf, SymbolicZero) or leaf.dtype == jax.dtypes.float0


def _filled(leaves: Sequence[Any], places: Sequence[int], some: Sequence[Any]) -> list[Any]:
    """Returns leaves with others in some places."""
    others = dict(zip(places, some, strict=True))
    return [others.get(i, leaf) for i, leaf in enumerate(leaves)]


# Its arguments are `kept` arrays and then those that it is linear in; `push` is a program of all of
# them, and `pull` a function of the kept ones and of cotangents.
_primitive = Primitive("linear_map")
_primitive.multiple_results = True


def _run(*arguments: Array, push: ClosedJaxpr, pull: Flat, kept: int) -> Sequence[Array]:
    del pull, kept
    return jaxpr_as_fun(push)(*arguments)


_primitive.def_impl(_run)
_primitive.def_abstract_eval(lambda *_, push, **__: push.out_avals)
mlir.register_lowering(_primitive, mlir.lower_fun(_run, multiple_results=True))


def _jvp(
    primals: Sequence[Any], tangents: Sequence[Any], *, push: ClosedJaxpr, pull: Flat, kept: int
) -> tuple[Sequence[Array], Sequence[Any]]:
    bind = functools.partial(_primitive.bind, push=push, pull=pull, kept=kept)
    out = bind(*primals)
    sums: list[Any] = [ad.Zero(aval.to_tangent_aval()) for aval in push.out_avals]

    def add(found: Sequence[Array]) -> None:
        sums[:] = map(ad.add_tangents, sums, found)

    if not all(type(t) is ad.Zero for t in tangents[kept:]):
        add(bind(*primals[:kept], *map(ad.instantiate_zeros, tangents[kept:])))
    moving = [i for i, t in enumerate(tangents[:kept]) if type(t) is not ad.Zero]
    if moving:

        def moved(*some: Array) -> Sequence[Array]:
            return jaxpr_as_fun(push)(*_filled(primals, moving, some))

        add(jax.jvp(moved, [primals[i] for i in moving], [tangents[i] for i in moving])[1])
    return out, sums


def _transpose(
    cotangents: Sequence[Any], *arguments: Any, push: ClosedJaxpr, pull: Flat, kept: int
) -> Sequence[Any]:
    given = arguments[:kept]
    cotangents = list(map(ad.instantiate_zeros, cotangents))
    pulled = jax.make_jaxpr(pull)(*given, *cotangents)
    out = _primitive.bind(*given, *cotangents, push=pulled, pull=jaxpr_as_fun(push), kept=kept)
    moved = arguments[kept:]
    return [None] * kept + [
        found if ad.is_undefined_primal(argument) else None
        for found, argument in zip(out, moved, strict=True)
    ]


def _batch(
    axis: Any,
    arguments: Sequence[Array],
    axes: Sequence[int | None],
    *,
    push: ClosedJaxpr,
    pull: Flat,
    kept: int,
) -> tuple[Sequence[Array], Sequence[int | None]]:
    outs = len(push.out_avals)
    if all(at is None for at in axes):
        out = _primitive.bind(*arguments, push=push, pull=pull, kept=kept)
        return out, [None] * outs
    # What it is linear in is repeated where it has no axis: JAX then adds up what is pulled back.
    moved = [
        batching.bdim_at_front(argument, at, axis.size)
        for argument, at in zip(arguments[kept:], axes[kept:], strict=True)
    ]
    mapped = functools.partial(
        jax.vmap, axis_size=axis.size, axis_name=axis.name, spmd_axis_name=axis.spmd_name
    )
    given = axes[:kept]
    push_all = mapped(jaxpr_as_fun(push), in_axes=(*given, *[0] * len(moved)))
    pushed = jax.make_jaxpr(push_all)(*arguments[:kept], *moved)
    pulled = mapped(pull, in_axes=(*given, *[0] * outs))
    out = _primitive.bind(*arguments[:kept], *moved, push=pushed, pull=pulled, kept=kept)
    return out, [0] * outs


ad.primitive_jvps[_primitive] = _jvp
ad.primitive_transposes[_primitive] = _transpose
batching.fancy_primitive_batchers[_primitive] = _batch
