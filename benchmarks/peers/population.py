"""Members of a population of rnnjax: training steps of many layers, each with its own batch."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import PartitionSpec as P

from benchmarks.peers.layers import Call, OneDevice, compile_call, count, update
from benchmarks.peers.rnnjax import auto, cell_of, make_layer
from benchmarks.work import Program, Work
from rnnjax import unroll
from rnnjax.training.devices import MEMBERS, make_mesh


def build(work: Work, together: Callable[[Callable], Callable]) -> Program:
    """Compiles the step of all members, made by `together` from that of one."""
    layer = make_layer(work, cell_of(work), unroll.auto)
    one = update(layer, work, OneDevice())
    many = jax.tree.map(lambda leaf: jnp.stack([leaf] * work.members), one.arguments)
    outputs = (work.members, work.steps, work.batch, work.hidden)
    return compile_call(Call(together(one.function), many), count(layer.params), outputs)


def one_by_one(work: Work) -> Program:
    """One program, called once a member."""
    single = auto(work)
    return single._replace(run=lambda: [single.run() for _ in range(work.members)])


def vmapped(work: Work) -> Program:
    """All members at once."""
    return build(work, jax.vmap)


def mapped(work: Work) -> Program:
    """One program in which members follow one another."""
    return build(work, _map)


def divided(work: Work) -> Program:
    """Members divided over the cores, following one another on each: what rnnjax does on a CPU."""

    def together(step: Callable) -> Callable:
        each = P(MEMBERS)
        mesh = make_mesh(members=jax.device_count())
        return jax.shard_map(_map(step), mesh=mesh, in_specs=each, out_specs=each, check_vma=False)

    return build(work, together)


def _map(step: Callable) -> Callable:
    def run(*members: Any) -> Any:
        return jax.lax.map(lambda member: step(*member), members)

    return run
