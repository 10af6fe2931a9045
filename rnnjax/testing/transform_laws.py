"""It does not matter what is done to a run: what JAX makes of it is what it makes of `scan`.

A transformation is a function of an engine, a cell and a run of it; it returns numbers, which have
to be those that `unroll.scan` has without it, or with it where it is a derivative. An engine may
refuse one, by a ValueError or a TypeError of one line.
"""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import export
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P

from rnnjax import unroll
from rnnjax.cells import Cell
from rnnjax.numbers import is_number, numbers_of, with_numbers
from rnnjax.testing.draws import (
    D,
    assert_close,
    normal,
    params_of,
    weigh,
    weights,
)
from rnnjax.typing import Array, Params, State
from rnnjax.unroll import Engine

T, B = 5, 4
MASK = np.array([[1, 1, 1, 1], [0, 1, 1, 1], [1, 0, 1, 1], [1, 1, 1, 0], [1, 1, 0, 1]], bool)
# At a first step, at later ones, and at one that is masked.
RESET = np.array([[0, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 1], [0, 0, 0, 0]], bool)
_AXIS = "data"


class Given(NamedTuple):
    """What an engine is given."""

    params: Params
    state: State  # [B, ...]
    x: Array  # [T, B, D]
    mask: Array  # boolean [T, B]
    reset: Array


def given_to(cell: Cell) -> Given:
    """Draws what a cell is run with, from a state that it comes to by itself."""
    before, x = (jnp.asarray(normal(seed, (T, B, D)), float) for seed in (2, 1))
    params = params_of(cell)
    state, _ = unroll.scan(cell, params, cell.initial_state(params, (B,)), before)
    return Given(params, state, x, jnp.asarray(MASK), jnp.asarray(RESET))


def _squares(tree: Any) -> Array:
    """Returns a real number that depends on every entry, however many there are."""
    numbers = [x.astype(float) if x.dtype == bool else x for x in jax.tree.leaves(tree)]
    return sum((jnp.sum(x.real**2 + x.imag**2 / 2) for x in numbers), jnp.zeros(()))


def _of_numbers(function: Callable[..., Any], tree: Any) -> tuple[Callable[..., Any], list[Array]]:
    """Returns a function of a tree as one of its real and complex numbers alone, and those."""
    return (lambda numbers: function(with_numbers(tree, numbers))), numbers_of(tree)


def _numbers(
    engine: Engine, cell: Cell, given: Given, total: Callable[[Any], Array] = weigh
) -> tuple[Callable[..., Any], list[Array]]:
    """Returns a run as a function of its numbers, and those."""

    def run(given: Given) -> tuple[Array, Any]:
        params, state, x, mask, reset = given
        made = engine(cell, params, state, x, mask=mask, reset=reset)
        return total(made), made

    return _of_numbers(run, given)


def _directions(numbers: list[Array]) -> list[Array]:
    return [jnp.asarray(weights(x), x.dtype) for x in numbers]


def _along(found: list[Array], directions: list[Array]) -> Array:
    return sum(
        (jnp.sum((x * y).real) for x, y in zip(found, directions, strict=True)), jnp.zeros(())
    )


def plain(engine: Engine, cell: Cell, given: Given) -> Any:
    """Results and gradients."""
    function, numbers = _numbers(engine, cell, given)
    return jax.jit(jax.grad(function, has_aux=True))(numbers)


def forward_mode(engine: Engine, cell: Cell, given: Given) -> Any:
    """A directional derivative of the results, by `jax.jvp`."""
    function, numbers = _numbers(engine, cell, given)
    push = jax.jit(lambda x, dx: jax.jvp(lambda x: function(x)[0], (x,), (dx,))[1])
    return push(numbers, _directions(numbers))


def gradient_of_gradient(engine: Engine, cell: Cell, given: Given) -> Any:
    """The gradient of a directional derivative that is made of a gradient."""
    function, numbers = _numbers(engine, cell, given)
    gradient = jax.grad(lambda x: function(x)[0])
    return jax.jit(jax.grad(lambda x: _along(gradient(x), _directions(x))))(numbers)


def hessian_vector_product(engine: Engine, cell: Cell, given: Given) -> Any:
    """`jax.jvp` of a gradient."""
    function, numbers = _numbers(engine, cell, given)
    gradient = jax.grad(lambda x: function(x)[0])
    product = jax.jit(lambda x, dx: jax.jvp(gradient, (x,), (dx,))[1])
    return product(numbers, _directions(numbers))


def vmapped(engine: Engine, cell: Cell, given: Given) -> Any:
    """A batch of runs by `jax.vmap`, of which the second is returned."""
    function, numbers = _numbers(engine, cell, given)
    many = [jnp.stack([1.1 * x, x, 0.9 * x]).astype(x.dtype) for x in numbers]
    made = jax.jit(jax.vmap(jax.grad(function, has_aux=True)))(many)
    return jax.tree.map(lambda x: x[1], made)


def without_jit(engine: Engine, cell: Cell, given: Given) -> Any:
    """The run in Python's own loops."""
    function, numbers = _numbers(engine, cell, given)
    with jax.disable_jit():
        return jax.grad(function, has_aux=True)(numbers)


def donated(engine: Engine, cell: Cell, given: Given) -> Any:
    """The run by a program that may write over what it is given."""
    function, numbers = _numbers(engine, cell, given)
    run = jax.jit(jax.grad(function, has_aux=True), donate_argnums=0)
    return run(jax.tree.map(jnp.copy, numbers))


def strictly_promoted(engine: Engine, cell: Cell, given: Given) -> Any:
    """The run where no two types of numbers mix of themselves."""
    with jax.numpy_dtype_promotion("strict"):
        return plain(engine, cell, given)


def in_double_precision(engine: Engine, cell: Cell, given: Given) -> Any:
    """The run with `jax_enable_x64`, of numbers that are drawn then."""
    del given
    with jax.enable_x64(True):
        return plain(engine, cell, given_to(cell))


def _mesh(kind: AxisType) -> jax.sharding.Mesh:
    count = min(jax.device_count(), 2)
    return jax.make_mesh((count,), (_AXIS,), axis_types=(kind,), devices=jax.devices()[:count])


def shard_mapped(engine: Engine, cell: Cell, given: Given) -> Any:
    """The run within a `jax.shard_map` over the batch that checks types, its state made there."""
    by_batch = P(_AXIS), P(None, _AXIS)

    def run(*arguments: Any) -> Any:
        def part(params: Params, x: Array, mask: Array, reset: Array) -> tuple[State, Any]:
            state = cell.initial_state(params, x.shape[1:-1])
            return engine(cell, params, state, x, mask=mask, reset=reset)

        specs = (P(), *[by_batch[1]] * 3)
        mapped = jax.shard_map(part, mesh=_mesh(AxisType.Auto), in_specs=specs, out_specs=by_batch)
        return mapped(*arguments)

    return _from_initial_state(run, given)


def from_initial_state(engine: Engine, cell: Cell, given: Given) -> Any:
    """What `shard_mapped` returns, without it."""

    def run(params: Params, x: Array, mask: Array, reset: Array) -> tuple[State, Any]:
        return engine(cell, params, cell.initial_state(params, (B,)), x, mask=mask, reset=reset)

    return _from_initial_state(run, given)


def _from_initial_state(run: Callable[..., Any], given: Given) -> Any:
    def total(params_and_x: tuple[Params, Array]) -> tuple[Array, Any]:
        made = run(*params_and_x, given.mask, given.reset)
        return weigh(made), made

    function, numbers = _of_numbers(total, (given.params, given.x))
    return jax.jit(jax.grad(function, has_aux=True))(numbers)


def _on_mesh(kind: AxisType, engine: Engine, cell: Cell, given: Given) -> Any:
    mesh = _mesh(kind)

    def put(tree: Any, *spec: str | None) -> Any:
        return jax.device_put(tree, NamedSharding(mesh, P(*spec)))

    divided = Given(
        put(given.params),
        put(given.state, _AXIS),
        *(put(x, None, _AXIS) for x in (given.x, given.mask, given.reset)),
    )
    made = plain(engine, cell, divided)
    if kind is AxisType.Explicit:
        with jax.set_mesh(mesh):
            within = plain(engine, cell, divided)
        assert_close(within, made)
    return made


on_auto_mesh = functools.partial(_on_mesh, AxisType.Auto)
on_explicit_mesh = functools.partial(_on_mesh, AxisType.Explicit)


def of_squares(engine: Engine, cell: Cell, given: Given) -> Any:
    """What `exported` returns, without it."""
    function, numbers = _numbers(engine, cell, given, _squares)
    return jax.grad(function, has_aux=True)(numbers)


def exported(engine: Engine, cell: Cell, given: Given) -> Any:
    """The run by a program for any length and batch that was stored and read again."""
    steps, batch = export.symbolic_shape("t, b")

    def symbolic(tree: Any, *axes: Any) -> Any:
        return jax.tree.map(
            lambda x: jax.ShapeDtypeStruct((*axes, *x.shape[len(axes) :]), x.dtype), tree
        )

    like = Given(
        symbolic(given.params),
        symbolic(given.state, batch),
        *(symbolic(x, steps, batch) for x in (given.x, given.mask, given.reset)),
    )
    program = jax.jit(lambda *given: of_squares(engine, cell, Given(*given)))
    stored = export.export(program)(*like).serialize()
    return jax.jit(export.deserialize(stored).call)(*given)


class Transformation(NamedTuple):
    """What is done to a run, and what gives the same of `scan`."""

    name: str
    of: Callable[[Engine, Cell, Given], Any]
    same: Callable[[Engine, Cell, Given], Any] = plain


TRANSFORMATIONS = (
    Transformation("gradient", plain),
    Transformation("forward mode", forward_mode, forward_mode),
    Transformation("gradient of a gradient", gradient_of_gradient, gradient_of_gradient),
    Transformation("Hessian-vector product", hessian_vector_product, hessian_vector_product),
    Transformation("vmap", vmapped),
    Transformation("no jit", without_jit),
    Transformation("donation", donated),
    Transformation("strict promotion", strictly_promoted),
    Transformation("x64", in_double_precision, in_double_precision),
    Transformation("shard_map", shard_mapped, from_initial_state),
    Transformation("Auto mesh", on_auto_mesh),
    Transformation("Explicit mesh", on_explicit_mesh),
    Transformation("export", exported, of_squares),
)


def check_transformation(transformation: Transformation, engine: Engine, cell: Cell) -> bool:
    """Says whether an engine runs a cell under a transformation, and not refuses it in one line.

    Raises:
        AssertionError: the numbers are others than those of `scan`, or it is refused in other ways.
    """
    given = given_to(cell)
    try:
        found = transformation.of(engine, cell, given)
    except (ValueError, TypeError) as error:
        if "\n" in str(error).strip() or "unroll." not in str(error):
            raise AssertionError(f"not refused in one line: {error!r}") from error
        return False
    wanted = _of_scan(transformation.same, cell, jnp.result_type(float))
    double = {np.dtype(np.float64), np.dtype(np.complex128)}
    types = {x.dtype for x in jax.tree.leaves(wanted) if is_number(x)}
    sizes = jax.tree.map(lambda x: max(1.0, float(np.abs(x).max(initial=0))), wanted)
    found, wanted = (jax.tree.map(np.divide, tree, sizes) for tree in (found, wanted))
    assert_close(found, wanted, *(_DOUBLE if types <= double else _SINGLE))
    return True


# Relative and absolute tolerances, the latter as parts of the largest number of a leaf.
_SINGLE, _DOUBLE = (1e-3, 1e-4), (1e-8, 1e-9)


@functools.lru_cache(maxsize=64)
def _of_scan(same: Callable[..., Any], cell: Cell, dtype: np.dtype) -> Any:
    del dtype  # of which `params_of` makes numbers
    return jax.tree.map(np.asarray, same(unroll.scan, cell, given_to(cell)))
