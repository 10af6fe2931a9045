"""Many runs as one compiled program: members that differ in numbers, not in shapes.

Each device has a part of the members, and runs them one after another or, on an accelerator, as
many at once as fit its memory. To every member its computation is that of a run alone.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.sharding import AxisType, Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from rnnjax.training.devices import replicate
from rnnjax.training.evaluate import Evaluate, evaluate
from rnnjax.training.objective import Objective
from rnnjax.training.optimizer import OptimizerSettings, hyperparameters
from rnnjax.training.program import Metrics, Program
from rnnjax.training.sources import Source
from rnnjax.training.state import Chance, TrainState, initial_state
from rnnjax.training.update import AXIS, Advance, advance
from rnnjax.typing import Array, Params

MEMBERS = "members"  # the mesh axis over which a population is divided

# All leaves have the members first, but the step, which is the same for all.
POPULATION_SPEC: Any = TrainState(P(), P(MEMBERS), P(MEMBERS), P(MEMBERS))  # pyright: ignore[reportArgumentType]


def population_mesh(devices: int) -> Mesh:
    """Returns a mesh of the first `devices` devices, along `MEMBERS`."""
    kinds = (AxisType.Auto, AxisType.Auto)
    return jax.make_mesh((devices, 1), (MEMBERS, AXIS), kinds, devices=jax.devices()[:devices])


def stack_members(members: Sequence[Any], devices: int) -> Any:
    """Stacks pytrees along a new first axis, the last again and again until `devices` divides it.

    What the copies come to is for nobody, and is taken away again.
    """
    padded = [*members, *[members[-1]] * (-len(members) % devices)]
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *padded)


def initial_population(
    objective: Objective,
    optimizer: optax.GradientTransformation,
    settings: Sequence[OptimizerSettings],
    source: Source,
    chances: Sequence[Chance],
    mesh: Mesh,
) -> TrainState:
    """Returns the states before the first update, `[E, ...]` but for the step.

    Args:
        objective: what is minimised.
        optimizer: one that `make_optimizer` made; its numbers are taken from `settings`.
        settings: E of them.
        source: the batches of training.
        chances: E of them.
        mesh: of `population_mesh`.
    """
    devices = mesh.shape[MEMBERS]

    @jax.jit
    def make(source: Source, chances: Chance) -> TrainState:
        begin = functools.partial(initial_state, objective, optimizer, source)
        return jax.lax.map(begin, chances)

    states = make(source, stack_members(chances, devices))
    numbers = stack_members([hyperparameters(states.opt_state, s) for s in settings], devices)
    opt_state = states.opt_state._replace(hyperparams=numbers)  # pyright: ignore[reportAttributeAccessIssue]
    return place_population(states._replace(step=states.step[0], opt_state=opt_state), mesh)


def place_population(states: TrainState, mesh: Mesh) -> TrainState:
    """Lays the states of a population out as the compiled loop leaves them."""
    spec = jax.tree.map(lambda spec: NamedSharding(mesh, spec), POPULATION_SPEC)
    return jax.device_put(states, spec)


def population_program(
    objective: Objective,
    optimizer: optax.GradientTransformation,
    train: Source,
    test: Source,
    chances: Sequence[Chance],
    states: TrainState,
    mesh: Mesh,
) -> Program:
    """Compiles the training and evaluation of a population; metrics are `[E]`.

    As many members of a device run under one `vmap` as `members_at_once` says; the others wait, so
    that a population may be larger than memory.

    Args:
        objective: what is minimised.
        optimizer: as `initial_population` took it.
        train: the batches of training.
        test: the batches of evaluation.
        chances: E of them.
        states: such as `initial_population` returned.
        mesh: of `population_mesh`.
    """
    count = len(chances)
    stacked = stack_members(chances, mesh.shape[MEMBERS])
    stacked = jax.device_put(stacked, NamedSharding(mesh, P(MEMBERS)))
    train, test = replicate((train, test), mesh)
    make = functools.partial(make_population_advance, objective, optimizer, mesh)
    at_once = members_at_once(make(1), states, train, stacked, mesh)
    advance_members = make(at_once)
    judge = make_population_evaluate(objective, mesh, at_once)

    def advance_all(states: TrainState, updates: int) -> tuple[TrainState, Metrics]:
        states, metrics = advance_members(states, train, stacked, updates)
        return states, _unpadded(metrics, count)

    return Program(
        advance_all,
        lambda params: _unpadded(judge(params, test), count),
        examples=count * train.batch_size,
    )


def make_population_advance(
    objective: Objective, optimizer: optax.GradientTransformation, mesh: Mesh, at_once: int
) -> Advance:
    """Compiles what `make_advance` does, for every member."""

    def advance_members(
        states: TrainState, source: Source, chances: Chance, updates: Array
    ) -> tuple[TrainState, Metrics]:
        def one(member: tuple) -> tuple[TrainState, Metrics]:
            *parts, chance = member
            # One step for all: under `vmap` an epoch's beginning stays a branch, not a select.
            state = TrainState(states.step, *parts)
            return advance(objective, optimizer, state, source, chance, updates)

        after, metrics = _map(one, (*states[1:], chances), at_once)
        return after._replace(step=after.step[0]), metrics

    return jax.jit(
        jax.shard_map(
            advance_members,
            mesh=mesh,
            in_specs=(POPULATION_SPEC, P(), P(MEMBERS), P()),
            out_specs=(POPULATION_SPEC, P(MEMBERS)),
            check_vma=False,
        )
    )


def make_population_evaluate(objective: Objective, mesh: Mesh, at_once: int) -> Evaluate:
    """Compiles what `make_evaluate` does, for every member."""

    def evaluate_members(params: Params, source: Source) -> Metrics:
        return _map(lambda own: evaluate(objective, own, source), params, at_once)

    return jax.jit(
        jax.shard_map(
            evaluate_members,
            mesh=mesh,
            in_specs=(P(MEMBERS), P()),
            out_specs=P(MEMBERS),
            check_vma=False,
        )
    )


def members_at_once(
    advance_one: Advance, states: TrainState, source: Source, chances: Chance, mesh: Mesh
) -> int:
    """Returns how many members of a device should run under one `vmap`.

    One on a CPU, whose batched products are slow; on an accelerator as many as fit in the memory
    that is free, judged by what the program of one needs.

    Args:
        advance_one: of `make_population_advance`, with one at once.
        states: of `initial_population`.
        source: the batches of training.
        chances: stacked.
        mesh: of `population_mesh`.
    """
    device = mesh.devices.flat[0]
    stats = device.memory_stats() or {}
    if device.platform == "cpu" or "bytes_limit" not in stats:
        return 1
    lowered = advance_one.lower(states, source, chances, 1)  # pyright: ignore[reportFunctionMemberAccess]
    need = lowered.compile().memory_analysis().temp_size_in_bytes
    free = stats["bytes_limit"] - stats["bytes_in_use"]
    here = chances.init.shape[0] // mesh.shape[MEMBERS]
    return max(1, min(here, int(0.8 * free) // max(need, 1)))


def _map(function: Callable, members: Any, at_once: int) -> Any:
    return jax.lax.map(function, members, batch_size=None if at_once == 1 else at_once)


def _unpadded(metrics: Metrics, count: int) -> dict[str, np.ndarray]:
    """Brings metrics to the host, `[E]` each, without those of padding."""
    return {name: np.asarray(values)[:count] for name, values in metrics.items()}
