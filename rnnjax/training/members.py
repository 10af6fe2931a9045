"""Members of a population as one compiled program: runs that differ in numbers, not in shapes.

A run is a population of one. Members are divided over the devices of one mesh axis, the batch of
each over another. A device runs its members one after another or, on an accelerator, as many at
once as fit its memory. To every member its computation is that of a run alone.
"""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import Mesh
from jax.sharding import PartitionSpec as P

from rnnjax.axes import grown
from rnnjax.tasks.sources import Source
from rnnjax.training.devices import MEMBERS, TIME
from rnnjax.training.evaluate import evaluate
from rnnjax.training.hyperparameters import Hyperparameters
from rnnjax.training.objective import Objective
from rnnjax.training.state import TrainState, initial_state
from rnnjax.training.update import AXIS, Learning, Metrics, advance
from rnnjax.typing import Array, Params

# All leaves have the members first, but the step, which is the same for all; the carry then has the
# batch.
STATE_SPEC: Any = TrainState(P(), P(MEMBERS), P(MEMBERS), P(MEMBERS, AXIS), P(MEMBERS))  # pyright: ignore[reportArgumentType]

Advance = Callable[
    [TrainState, Array, Hyperparameters, Source, int | Array], tuple[TrainState, Metrics]
]
Evaluate = Callable[[Params, Source], tuple[Metrics, Array]]


@functools.lru_cache(maxsize=64)
def make_initial(learning: Learning) -> Callable[[Hyperparameters, Source], TrainState]:
    """Compiles `(numbers [E], source) -> states before the first update`, `[E, ...]` each."""

    def begin(numbers: Hyperparameters, source: Source) -> TrainState:
        def one(numbers: Hyperparameters) -> TrainState:
            optimizer = learning.rule.build(numbers, learning.steps)
            averaged = learning.ema is not None
            return initial_state(learning.objective, optimizer, source, numbers, averaged=averaged)

        states = one_by_one(one, numbers)
        return states._replace(step=states.step[0])

    return jax.jit(begin)


@functools.lru_cache(maxsize=64)
def make_advance(learning: Learning, mesh: Mesh, at_once: int = 1) -> Advance:
    """Compiles `(states, alive, numbers, source, updates) -> (states, metrics)`.

    States, numbers and metrics are `[E, ...]`, E a multiple of the mesh's members. Those that are
    not `alive`, boolean `[E]`, stay as they are, and cost nothing where members run one by one. The
    number of updates is an argument, not a constant: one program serves any. See `advance`.
    """

    def advance_members(
        states: TrainState,
        alive: Array,
        numbers: Hyperparameters,
        source: Source,
        updates: Array,
    ) -> tuple[TrainState, Metrics]:
        def one(member: tuple) -> tuple[TrainState, Metrics]:
            parts, lives, numbers = member
            # One step for all: under `vmap` an epoch's beginning stays a branch, not a select.
            state = TrainState(states.step, *parts)

            @jax.jit  # so that it is traced once for the shapes and for the branch
            def go_on() -> tuple[TrainState, Metrics]:
                return advance(learning, numbers, state, source, updates)

            shapes = jax.eval_shape(go_on)[1]

            def stay() -> tuple[TrainState, Metrics]:
                nothing = jax.tree.map(lambda s: jnp.full(s.shape, jnp.nan, s.dtype), shapes)
                return state._replace(step=state.step + updates), nothing

            return jax.lax.cond(lives, go_on, stay)

        members = (tuple(states[1:]), alive, numbers)
        after, metrics = _each(one, members, at_once)
        return after._replace(step=states.step + updates), metrics

    return jax.jit(
        jax.shard_map(
            advance_members,
            mesh=mesh,
            in_specs=(STATE_SPEC, P(MEMBERS), P(MEMBERS), P(), P()),
            out_specs=(STATE_SPEC, P(MEMBERS)),
            # Checked, each use of a parameter in the time loop would bring its own collective.
            check_vma=False,
            axis_names=_manual(mesh),
        )
    )


@functools.lru_cache(maxsize=64)
def make_evaluate(objective: Objective, mesh: Mesh, at_once: int = 1) -> Evaluate:
    """Compiles `(params [E, ...], source) -> (metrics [E], count [E])`; see `evaluate`."""

    def evaluate_members(params: Params, source: Source) -> tuple[Metrics, Array]:
        return _each(lambda own: evaluate(objective, own, source), params, at_once)

    return jax.jit(
        jax.shard_map(
            evaluate_members,
            mesh=mesh,
            in_specs=(P(MEMBERS), P()),
            out_specs=P(MEMBERS),
            check_vma=False,
            axis_names=_manual(mesh),
        )
    )


@jax.jit
def choose_members(taken: Array, new: Params, old: Params) -> Params:
    """Returns `new`, `[E, ...]`, for members that are `taken`, and `old` for others."""
    return jax.tree.map(lambda a, b: jnp.where(grown(taken, a.ndim), a, b), new, old)


def members_at_once(
    learning: Learning,
    mesh: Mesh,
    states: TrainState,
    numbers: Hyperparameters,
    source: Source,
) -> int:
    """Returns how many members of a device should run under one `vmap`.

    One on a CPU, whose batched products are slow; on an accelerator as many as fit in the memory
    that is free, judged by what the program of one needs.
    """
    device = mesh.local_devices[0]
    count = jnp.shape(numbers.seed)[0]
    here = count // mesh.shape[MEMBERS]
    if here == 1 or device.platform == "cpu":
        return 1
    stats = device.memory_stats() or {}
    if "bytes_limit" not in stats:
        return 1
    alive = jnp.ones(count, bool)
    lowered = make_advance(learning, mesh).lower(states, alive, numbers, source, 1)  # pyright: ignore[reportFunctionMemberAccess]
    need = lowered.compile().memory_analysis().temp_size_in_bytes
    free = stats["bytes_limit"] - stats["bytes_in_use"]
    return max(1, min(here, int(0.8 * free) // max(need, 1)))


def _manual(mesh: Mesh) -> set[str]:
    """Names the axes that members and batch are divided over; time is left to the engine."""
    return set(mesh.axis_names) - {TIME}


def one_by_one(function: Callable, members: Any) -> Any:
    """Maps a function over pytrees `[E, ...]`, in a loop that XLA cannot take apart.

    So the body is compiled alike for one member and for many, and gives each the same bits: without
    barriers the slices that many need, and one does not, would be fused with what is computed, and
    products and sums then rounded at other places.
    """
    count = len(jax.tree.leaves(members)[0])
    function = jax.jit(function)  # so that it is traced once for the shapes and for the loop

    def member(index: Any) -> Any:
        return jax.tree.map(
            lambda x: jax.lax.dynamic_index_in_dim(x, index, keepdims=False), members
        )

    shapes = jax.eval_shape(function, jax.eval_shape(lambda: member(0)))
    results = jax.tree.map(lambda s: jnp.zeros((count, *s.shape), s.dtype), shapes)

    def body(index: Array, results: Any) -> Any:
        index, own = jax.lax.optimization_barrier((index, member(index)))
        found = jax.lax.optimization_barrier(function(own))
        return jax.tree.map(
            lambda all_, one: jax.lax.dynamic_update_index_in_dim(all_, one, index, 0),
            results,
            found,
        )

    end = jax.lax.optimization_barrier(jnp.int32(count))
    return jax.lax.fori_loop(0, end, body, results)


def _each(function: Callable, members: Any, at_once: int) -> Any:
    if at_once == 1:
        return one_by_one(function, members)
    return jax.lax.map(function, members, batch_size=at_once)
