"""rnnjax, by engine."""

import jax
import jax.numpy as jnp

from benchmarks.peers.cores import Cores
from benchmarks.peers.layers import KEY, Layer, OneDevice, make_program
from benchmarks.work import Program, Work
from rnnjax import cells, unroll
from rnnjax.typing import Params


def make_layer(work: Work, engine: unroll.Engine) -> Layer:
    """Returns the layer that the work names, run by `engine`."""
    cell = getattr(cells, work.cell)(work.hidden)

    def apply(params: Params, xs: jax.Array) -> jax.Array:
        state = cell.initial_state(params, xs.shape[1:-1])
        return engine(cell, params, state, xs)[1]

    return Layer(jax.jit(cell.init, static_argnums=1)(KEY, work.inputs), apply)


def build(work: Work, engine: unroll.Engine) -> Program:
    """Compiles the work for the devices that there are."""
    devices = Cores() if jax.device_count() > 1 else OneDevice()
    return make_program(make_layer(work, engine), work, devices)


def auto(work: Work) -> Program:
    """The engine that rnnjax picks."""
    return build(work, unroll.auto)


def scan(work: Work) -> Program:
    """The plain loop, differentiated by JAX."""
    return build(work, unroll.scan)


def associative(work: Work) -> Program:
    """A linear recurrence as a tree."""
    return build(work, unroll.associative)


def newton(work: Work) -> Program:
    """Newton's method on all steps at once, with what it took and how far from the loop it is."""
    layer, plain = make_layer(work, unroll.newton), make_layer(work, unroll.scan)
    xs, params = layer.xs(work), layer.params
    cell = getattr(cells, work.cell)(work.hidden)
    state = cell.initial_state(params, xs.shape[1:-1])
    solution = jax.jit(unroll.newton.solve, static_argnums=0)(cell, params, state, xs)
    error = jnp.abs(solution.ys - jax.jit(plain.apply)(params, xs)).max()
    notes = {"iterations": int(solution.iterations.max()), "error": float(error)}
    return build(work, unroll.newton)._replace(notes=notes)
