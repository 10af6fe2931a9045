"""Time in parallel for any recurrence, by Newton's method on all of its states."""

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.axes import zeros_like
from rnnjax.cells.base import Cell
from rnnjax.cells.broadcast import leading_axes
from rnnjax.dynamics import diagonal_jacobians, jacobians, solve, to_state
from rnnjax.numbers import is_number
from rnnjax.typing import Array, Params, State
from rnnjax.unroll.any.problem import Problem
from rnnjax.unroll.any.scan import scan
from rnnjax.unroll.base import EngineValue, compiled


class Solution(NamedTuple):
    """What `Newton.solve` returns."""

    state: State  # after the last step
    ys: Any  # [T, ..., K]
    iterations: Array  # whole numbers [...], one a sequence
    converged: Array  # boolean [...]; where it is False a plain loop found the states


def _is_real(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value) and type(value) is not bool


class Newton(EngineValue):
    """Runs any cell by solving `h_t = f(h_{t-1}, x_t)` for all t at once; see `unroll.Engine`.

    An iteration linearises every step about the states found so far, which leaves a linear
    recurrence, and solves that with `jax.lax.associative_scan`, log2(T) compositions deep:

        d_t = f(h_{t-1}, x_t) - h_t,    J_t = df/dh (h_{t-1}, x_t)
        delta_t = (1 - damping) J_t delta_{t-1} + d_t,    h_t <- h_t + delta_t

    A step is settled once it and all steps before it change by no more than `tolerance`, relative
    to 1 plus the step's largest entry, and from then on it is left alone; so no value depends on
    what comes later or on another sequence. An iteration settles one step at the least, a cell
    whose states fade takes few: 4 to 8 for a GRU, whatever T. What is not settled after
    `max_iterations` is found by a plain loop within the same program, so the result is right in
    any case, to the tolerance (under `jax.vmap` that loop is always run). `solve` also says what it
    took.

    The defaults are DEER, and converge quadratically. With `diagonal` only the diagonal of each
    Jacobian is used: quasi-DEER, less work and memory an iteration, more iterations. `damping`
    above 0 shrinks the Jacobians: scale-ELK, for recurrences whose linearisations far from the
    solution are unstable; 1 is Jacobi's iteration. Both then converge linearly, and a change of
    `tolerance` may leave an error of several times that.

    Gradients, in reverse and forward mode, are those of the solution and not of the iterations: one
    more linear recurrence, over the full Jacobians also if `diagonal`. They, and iterations unless
    `diagonal`, take `T * N * N` numbers a sequence, N the size of a state (an LSTM's 2H), and
    `T * N^3` operations: for small states, long sequences and accelerators. On two cores of a CPU
    the plain loop is faster by far. States have to be made of real or complex numbers.

    Args:
        diagonal: whether to use the diagonals of the Jacobians alone.
        damping: between 0 and 1, the share of the Jacobians that is left out.
        tolerance: the change below which a step is settled; by default `eps ** 0.75` of the
            state's dtype, 6e-6 in single precision.
        max_iterations: how many iterations are made before the plain loop takes over.

    Example:
        >>> Newton(tolerance=1e-6)
        Newton(diagonal=False, damping=0.0, tolerance=1e-06, max_iterations=100)

    References:
        Lim, Zhu, Selfridge & Kasim (2024), Parallelizing non-linear sequential models over the
        sequence length, ICLR, arXiv:2309.12252 (DEER).
        Gonzalez, Warrington, Smith & Linderman (2024), Towards scalable and stable parallelization
        of nonlinear RNNs, NeurIPS, arXiv:2407.19115 (quasi-DEER; scale-ELK in the appendix).
    """

    knows = 1
    by_parts = False  # as `solve`, which counts the iterations of the whole

    diagonal: bool = False
    damping: float = 0.0
    tolerance: float | None = None
    max_iterations: int = 100

    def __post_init__(self) -> None:
        """Refuses numbers with which nothing converges.

        Raises:
            ValueError: if a field has such a value; the message names it.
        """
        super().__post_init__()
        if type(self.diagonal) is not bool:
            raise ValueError(f"diagonal must be True or False; got {self.diagonal!r}")
        if not (_is_real(self.damping) and 0 <= self.damping <= 1):
            raise ValueError(f"damping must be a number from 0 to 1; got {self.damping!r}")
        if self.tolerance is not None and not (_is_real(self.tolerance) and self.tolerance > 0):
            raise ValueError(f"tolerance must be a number above 0; got {self.tolerance!r}")

    def run(
        self,
        cell: Cell,
        params: Params,
        state: State,
        xs: Any,
        mask: Array | None,
        reset: Array | None,
    ) -> tuple[State, Any]:
        """Runs `cell` over `xs`; see `unroll.Engine`."""
        solution = _solve(self, cell, params, state, xs, mask, reset)
        return solution.state, solution.ys

    def solve(
        self,
        cell: Cell,
        params: Params,
        state: State,
        xs: Any,
        *,
        mask: Array | None = None,
        reset: Array | None = None,
    ) -> Solution:
        """Runs `cell` over `xs` like the engine, and says how many iterations that took.

        See `unroll.Engine` for the arguments and for what is raised.

        Example:
            >>> from rnnjax import cells
            >>> cell, xs = cells.Elman(2), jnp.ones((5, 3))
            >>> params = cell.init(jax.random.key(0), 3)
            >>> state = cell.initial_state(params)
            >>> jax.eval_shape(newton.solve, cell, params, state, xs).converged
            ShapeDtypeStruct(shape=(), dtype=bool)
        """
        self.check(cell, state, xs, mask, reset)
        of_sequences, ys = _compiled_solve(self, cell, params, state, xs, mask, reset)
        state, iterations, converged = of_sequences
        return Solution(state, ys, iterations, converged)


newton = Newton()


def _solve(
    engine: Newton,
    cell: Cell,
    params: Params,
    state: State,
    xs: Any,
    mask: Array | None,
    reset: Array | None,
) -> Solution:
    for leaf in jax.tree.leaves(state):
        if not is_number(leaf):
            raise TypeError(
                f"unroll.newton runs states of real or complex numbers; {cell} has {leaf.dtype}"
            )
    problem = Problem(cell, params, state, xs, mask, reset)
    if 0 in leading_axes(xs) or not jax.tree.leaves(state):  # nothing to solve for
        state, ys = scan.run(cell, params, state, xs, mask, reset)
        batch_shape = problem.batch_shape
        return Solution(state, ys, jnp.zeros(batch_shape, int), jnp.ones(batch_shape, bool))
    fixed = jax.lax.stop_gradient(problem)
    hs, settled, iterations = _iterate(engine, fixed)
    hs = jax.lax.cond(settled.all(), _keep, _finish, fixed, hs, settled)
    hs = _with_derivative(problem, hs)
    # Once more from the states found, which is what makes states and outputs fit each other.
    afters, ys = problem.run(problem.befores(hs))
    return Solution(to_state(afters[-1], problem.one_state), ys, iterations, settled[-1])


@compiled
def _compiled_solve(*arguments: Any) -> tuple[tuple[State, Array, Array], Any]:
    state, ys, iterations, converged = _solve(*arguments)
    return (state, iterations, converged), ys


def _iterate(engine: Newton, problem: Problem) -> tuple[Array, Array, Array]:
    """Returns states `[T, ..., N]`, which are settled `[T, ...]`, and how many iterations."""
    h = problem.start
    guess = jnp.broadcast_to(h, (leading_axes(problem.xs)[0], *h.shape))
    dtypes = [leaf.dtype for leaf in jax.tree.leaves(problem.state)]
    tolerance = engine.tolerance or max(float(jnp.finfo(d).eps) for d in dtypes) ** 0.75

    def is_unfinished(carry: tuple) -> Array:
        _, settled, iterations = carry
        return ~settled[-1].all() & (iterations.max() < engine.max_iterations)

    def iterate(carry: tuple) -> tuple[Array, Array, Array]:
        hs, settled, iterations = carry
        delta = _delta(engine, problem, hs, settled)
        iterations += (~settled[-1]).astype(iterations.dtype)
        new = hs + delta
        limit = tolerance * (1 + jnp.abs(new).max(axis=-1))
        small = jnp.abs(delta).max(axis=-1) <= limit
        settled = jax.lax.associative_scan(jnp.logical_and, small)
        # A product of unstable Jacobians may overflow: start again there.
        return jnp.where(jnp.isfinite(new), new, guess), settled, iterations

    none = zeros_like(guess[..., 0])
    settled, iterations = none.astype(bool), none[0].astype(int)
    return jax.lax.while_loop(is_unfinished, iterate, (guess, settled, iterations))


def _delta(engine: Newton, problem: Problem, hs: Array, settled: Array) -> Array:
    """Returns what an iteration adds to `hs`: nothing where they are settled."""
    linearise = diagonal_jacobians if engine.diagonal else jacobians
    afters, found = linearise(problem.afters, problem.befores(hs))
    drive = jnp.where(settled[..., None], 0, afters - hs)
    begins = problem.begins()
    begins = settled if begins is None else settled | begins
    return solve((1 - engine.damping) * found, drive, begins)


def _keep(problem: Problem, hs: Array, settled: Array) -> Array:
    return hs


def _finish(problem: Problem, hs: Array, settled: Array) -> Array:
    """Returns the states with those that are not settled found by a plain loop."""
    step_on_vectors = problem.step()

    def step(h: Array, inputs: tuple) -> tuple[Array, Array]:
        found, is_found, step_inputs = inputs
        after, _ = step_on_vectors(h, step_inputs)
        after = jnp.where(is_found[..., None], found, after)
        return after, after

    return jax.lax.scan(step, problem.start, (hs, settled, problem.inputs))[1]


@jax.custom_jvp
def _with_derivative(problem: Problem, hs: Array) -> Array:
    """Returns the solution `hs` of `problem` as the function of `problem` that it is."""
    return hs


@_with_derivative.defjvp
def _implicit_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    """From `h_t = f(h_{t-1})`: `dh_t = J_t dh_{t-1} + df_t`, `df_t` that of the step alone."""
    problem, hs = primals
    hs = _with_derivative(problem, hs)

    def from_fixed_states(params: Params, state: State, xs: Any) -> Array:
        moved = problem._replace(params=params, state=state, xs=xs)
        return moved.run(moved.befores(hs))[0]

    arguments = (problem.params, problem.state, problem.xs)
    moved = tangents[0]
    _, drive = jax.jvp(from_fixed_states, arguments, (moved.params, moved.state, moved.xs))
    _, found = jacobians(problem.afters, problem.befores(hs))
    return hs, solve(found, drive, problem.begins())
