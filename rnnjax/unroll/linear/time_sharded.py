"""Time divided over devices, for steps that compose."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jax.sharding import AbstractMesh, AxisType, Mesh
from jax.sharding import PartitionSpec as P

from rnnjax.axes import mesh_axes
from rnnjax.cells.base import AssociativeCell
from rnnjax.cells.broadcast import leading_axes
from rnnjax.typing import Array, Params, State
from rnnjax.unroll.base import EngineValue
from rnnjax.unroll.linear import over_time
from rnnjax.unroll.linear.maps import Maps, before_each, last_of

AXIS = "time"  # the mesh axis over which time is divided


class TimeSharded(EngineValue):
    """Runs an `AssociativeCell` with time divided over `devices`, by default all there are.

    Each device composes the steps of its chunk of time, of a `LinearCell` to one such step. The
    chunks' totals, `[devices, ...]`, are exchanged in one message; then each device knows the state
    that enters its chunk. Where T is no multiple of `devices` the last chunk is filled up with
    masked steps.

    Outputs stay divided over the devices. Within `jax.set_mesh` or `jax.shard_map` the mesh has to
    have an axis "time" that is left to the compiler, and that axis is used; a `jax.shard_map` over
    the other axes needs `check_vma=False`.

    Example:
        >>> TimeSharded(devices=4)
        TimeSharded(devices=4)

    References:
        Blelloch (1990), Prefix sums and their applications, CMU-CS-90-190.
        Martin & Cundy (2018), Parallelizing linear recurrent neural nets over sequence length,
        ICLR, arXiv:1709.04057.
    """

    contracts = (AssociativeCell,)
    knows = 1

    devices: int | None = None

    def run(
        self,
        cell: AssociativeCell,
        params: Params,
        state: State,
        xs: Any,
        mask: Array | None,
        reset: Array | None,
    ) -> tuple[State, Any]:
        """Runs `cell` over `xs`; see `unroll.Engine`.

        Raises:
            ValueError: also if there are no such devices to be had.
        """
        if any(map(mesh_axes, jax.tree.leaves((params, state, xs, mask, reset)))):
            # JAX forgets over what results and cotangents vary where a mapped function that it does
            # not check stands within one that it does, and has no gradient where it checks both.
            raise ValueError(
                "unroll.time_sharded within a jax.shard_map that checks over what arrays vary: "
                "give that one check_vma=False"
            )
        mesh = _mesh(self.devices)
        length = leading_axes(xs)[0]
        missing = -length % mesh.shape[AXIS] if length else mesh.shape[AXIS]
        if missing:
            mask = jnp.ones(length, bool) if mask is None else mask
            xs, mask, reset = jax.tree.map(
                lambda x: jnp.pad(x, [(0, missing)] + [(0, 0)] * (x.ndim - 1)), (xs, mask, reset)
            )
        state, ys = _run(mesh, cell, params, state, (xs, mask, reset))
        return state, jax.tree.map(lambda y: y[:length], ys) if missing else ys


time_sharded = TimeSharded()


def _mesh(devices: int | None) -> Mesh | AbstractMesh:
    """Returns the mesh around the call if there is one, else one of the first `devices`."""
    around = jax.sharding.get_abstract_mesh()
    if around.empty:
        there = jax.devices()
        count = devices or len(there)
        if count > len(there):
            raise ValueError(f"TimeSharded(devices={count}): only {len(there)} there: {there}")
        return jax.make_mesh((count,), (AXIS,), axis_types=(AxisType.Auto,), devices=there[:count])
    types = dict(zip(around.axis_names, around.axis_types, strict=True))
    if types.get(AXIS) is not AxisType.Auto:
        raise ValueError(
            f"unroll.time_sharded has no devices within a mesh over {around.axis_names}: give the "
            f'mesh an axis "{AXIS}" and leave it out of the axis_names of the shard_map around'
        )
    if devices not in (None, around.shape[AXIS]):
        raise ValueError(
            f'TimeSharded(devices={devices}): axis "{AXIS}" of the mesh around has '
            f"{around.shape[AXIS]} devices"
        )
    return around


@functools.partial(jax.jit, static_argnums=0)
def _run(mesh, cell, params, state, inputs):
    run = jax.shard_map(
        functools.partial(_run_chunk, cell),
        mesh=mesh,
        in_specs=(P(), P(), P(AXIS)),
        out_specs=(P(), P(AXIS)),
        axis_names={AXIS},
        # Checked, each use of a parameter would bring its own collective in the backward pass.
        check_vma=False,
    )
    return run(params, state, inputs)


def _run_chunk(
    cell: AssociativeCell, params: Params, state: State, inputs: tuple
) -> tuple[State, Any]:
    """Runs one device's part of time; the state is that before all of it and that after."""
    return over_time.run(_find, cell, params, state, *inputs)


def _find(maps: Maps, each: Any, state: State) -> tuple[State, State]:
    """Returns the state after all of time and those of this device, from that before all of it."""
    # On a CPU the plain loop is several times faster than the tree of compositions.
    on_cpu = jax.default_backend() == "cpu"
    so_far = maps.compose_in_a_loop(each) if on_cpu else maps.compose_all(each)
    # One message, not one an array: to wait for the other devices costs more than to send.
    with jax.numpy_dtype_promotion("standard"):  # a mask's decisions may lie beside the numbers
        total, unravel = ravel_pytree(last_of(so_far))
    totals = jax.vmap(unravel)(jax.lax.all_gather(total, AXIS))
    ends = maps.states(totals, state)
    here = jax.lax.axis_index(AXIS)
    start = jax.tree.map(lambda x: x[here], before_each(state, ends))
    return last_of(ends), maps.apply_each(so_far, start)
