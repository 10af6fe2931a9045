"""A function of one step as a list of equations, of which those of the weights alone come first."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.extend.core import ClosedJaxpr, Jaxpr, Literal

from rnnjax.equations import Atom, Equation, bind, evaluate, run
from rnnjax.typing import Array


class Program(NamedTuple):
    """What a function of `(weights, values)` computes.

    `early` needs the weights alone and is run once, before the loop over time: a matrix cast to
    half precision is cast there. What `late` needs of all that are the `weights`.
    """

    arguments: tuple[Atom, ...]  # the leaves of the first argument
    early: tuple[Equation, ...]
    weights: tuple[Atom, ...]
    values: tuple[Atom, ...]  # the leaves of the other arguments
    late: tuple[Equation, ...]
    results: tuple[Atom, ...]

    def prepare(self, arguments: Sequence[Array]) -> list[Array]:
        """Runs the early equations and returns the weights."""
        env = dict(zip(self.arguments, arguments, strict=True))
        run(self.early, env, bind)
        return [env[v] for v in self.weights]

    def divided(self, count: int) -> tuple["Program", "Program"]:
        """Returns what the first values determine, so many, and the rest, which is given that.

        The first program's results are what the second takes as its first values.
        """
        fixed, others = self.values[:count], self.values[count:]
        known, free, first, second = set(fixed), set(self.weights), [], []
        for equation in self.late:
            needs = {v for v in equation.invars if not isinstance(v, Literal)}
            if needs <= free:  # rows that are all alike: better made twice than read
                free |= set(equation.outvars)
                first.append(equation)
                second.append(equation)
            elif needs <= known | free:
                known |= set(equation.outvars)
                first.append(equation)
            else:
                second.append(equation)
        used = [v for equation in second for v in equation.invars] + list(self.results)
        kept = tuple(dict.fromkeys(v for v in used if not isinstance(v, Literal) and v in known))
        return (
            self._replace(values=fixed, late=tuple(first), results=kept),
            self._replace(values=(*kept, *others), late=tuple(second)),
        )


def trace(function: Callable, weights: Any, *values: Any, rows: int) -> Program:
    """Returns the program of `function(weights, *values)`, where values alone have `rows` rows.

    Raises:
        TypeError: if the function holds arrays that are no arguments.
    """
    closed = jax.make_jaxpr(function)(weights, *values)
    # Once more, with every call inside it run in place.
    closed = jax.make_jaxpr(lambda *args: _inlined(closed, args))(*closed.in_avals)
    jaxpr, count = closed.jaxpr, len(jax.tree.leaves(weights))
    literals = [v.val for e in jaxpr.eqns for v in e.invars if isinstance(v, Literal)]
    held = [jnp.shape(x) for x in (*closed.consts, *literals) if jnp.shape(x)]
    if held:
        raise TypeError(f"a kernel's step must take its arrays from params; it holds some {held}")
    arguments, values = tuple(jaxpr.invars[:count]), tuple(jaxpr.invars[count:])

    needed = {v for v in jaxpr.outvars if not isinstance(v, Literal)}
    live = []
    for equation in reversed(jaxpr.eqns):
        if needed & set(equation.outvars):
            live.insert(0, equation)
            needed |= {v for v in equation.invars if not isinstance(v, Literal)}

    known, early, late = set(arguments), [], []
    for equation in live:
        # An array with a row for each sequence is as large as a value, and made where it is used.
        is_small = all(rows not in v.aval.shape for v in equation.outvars)
        if is_small and all(isinstance(v, Literal) or v in known for v in equation.invars):
            early.append(equation)
            known |= set(equation.outvars)
        else:
            late.append(equation)
    used = [v for equation in late for v in equation.invars] + list(jaxpr.outvars)
    used = dict.fromkeys(v for v in used if not isinstance(v, Literal) and v in known)
    return Program(arguments, tuple(early), tuple(used), values, tuple(late), tuple(jaxpr.outvars))


def _inlined(closed: ClosedJaxpr, args: Sequence) -> list:
    def rule(equation: Equation, args: list) -> Any:
        params = equation.params
        inner = next((params[k] for k in ("call_jaxpr", "jaxpr", "push") if k in params), None)
        if isinstance(inner, Jaxpr):
            inner = ClosedJaxpr(inner, ())
        if equation.primitive.name == "dot_general":
            return _plain_product(equation, *args)
        if equation.primitive.name == "optimization_barrier":
            return args  # which is for XLA
        if equation.primitive.name in ("reshape", "reshard") and args[0].shape == _shape(equation):
            return args[0]  # where a device mesh is set there are some that change nothing here
        if inner is None or equation.primitive.name in ("scan", "while"):
            return bind(equation, args)
        return _inlined(inner, args)

    return evaluate(closed, args, rule)


def _shape(equation: Equation) -> tuple[int, ...]:
    return equation.outvars[0].aval.shape


def _plain_product(equation: Equation, a: Array, b: Array) -> Array:
    """Contracts the last axis of `a` with the first of `b`: transposed early, a matrix stays so."""
    params = equation.params
    contracted, batch = params["dimension_numbers"]
    if a.ndim == b.ndim == 2 and not any(batch) and [len(c) for c in contracted] == [1, 1]:
        a = a.T if tuple(contracted[0]) == (0,) else a
        b = b.T if tuple(contracted[1]) == (1,) else b
        params = {**params, "dimension_numbers": (((1,), (0,)), ((), ()))}
    return equation.primitive.bind(a, b, **params)
