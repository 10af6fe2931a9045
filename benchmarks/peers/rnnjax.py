"""rnnjax, by engine."""

import jax
import jax.numpy as jnp

from benchmarks.peers.cores import Cores
from benchmarks.peers.layers import KEY, Layer, OneDevice, make_program
from benchmarks.work import Program, Work
from rnnjax import cells, compose, unroll
from rnnjax.typing import Params


def cell_of(work: Work) -> cells.Cell:
    """Returns the cell that the work names."""
    return getattr(cells, work.cell)(work.hidden)


def make_layer(work: Work, cell: cells.Cell, engine: unroll.Engine) -> Layer:
    """Returns a cell run by `engine`."""

    def apply(params: Params, xs: jax.Array) -> jax.Array:
        state = cell.initial_state(params, xs.shape[1:-1])
        return engine(cell, params, state, xs)[1]

    return Layer(jax.jit(cell.init, static_argnums=1)(KEY, work.inputs), apply)


def build(work: Work, cell: cells.Cell, engine: unroll.Engine) -> Program:
    """Compiles the work for the devices that there are."""
    devices = Cores() if jax.device_count() > 1 else OneDevice()
    return make_program(make_layer(work, cell, engine), work, devices)


def auto(work: Work) -> Program:
    """The engine that rnnjax picks."""
    return build(work, cell_of(work), unroll.auto)


def mixed(work: Work) -> Program:
    """The same with products in half precision."""
    return build(work, compose.mixed_precision(cell_of(work)), unroll.auto)


def scan(work: Work) -> Program:
    """The plain loop, differentiated by JAX."""
    return build(work, cell_of(work), unroll.scan)


def associative(work: Work) -> Program:
    """A linear recurrence as a tree."""
    return build(work, cell_of(work), unroll.associative)


def newton(work: Work) -> Program:
    """Newton's method on all steps at once, with what it took and how far from the loop it is."""
    cell = cell_of(work)
    layer, plain = (make_layer(work, cell, engine) for engine in (unroll.newton, unroll.scan))
    xs, params = layer.xs(work), layer.params
    state = cell.initial_state(params, xs.shape[1:-1])
    solution = jax.jit(unroll.newton.solve, static_argnums=0)(cell, params, state, xs)
    error = jnp.abs(solution.ys - jax.jit(plain.apply)(params, xs)).max()
    notes = {"iterations": int(solution.iterations.max()), "error": float(error)}
    return build(work, cell, unroll.newton)._replace(notes=notes)
