"""A traced function as a list of equations, run one by one."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from jax.extend.core import ClosedJaxpr, Jaxpr, Literal, jaxprs_in_params

Atom = Any  # a variable or a literal of a jaxpr
Equation = Any


def run(equations: Sequence[Equation], env: dict, rule: Callable[[Equation, list], Any]) -> None:
    """Adds to `env` what the equations make, each by `rule(equation, arguments)`.

    Example:
        >>> import jax
        >>> jaxpr = jax.make_jaxpr(lambda x: 2 * x)(1.0).jaxpr
        >>> env = dict(zip(jaxpr.invars, [3.0]))
        >>> run(jaxpr.eqns, env, bind)
        >>> float(read(env, jaxpr.outvars[0]))
        6.0
    """
    for equation in equations:
        made = rule(equation, [read(env, v) for v in equation.invars])
        made = made if equation.primitive.multiple_results else [made]
        env.update(zip(equation.outvars, made, strict=True))


def evaluate(
    program: ClosedJaxpr, arguments: Sequence[Any], rule: Callable[[Equation, list], Any]
) -> list[Any]:
    """Returns what a whole program makes of other arguments, each equation by `rule`.

    Example:
        >>> import jax
        >>> float(evaluate(jax.make_jaxpr(lambda x: 2 * x)(1.0), [3.0], bind)[0])
        6.0
    """
    jaxpr = program.jaxpr
    env = dict(zip([*jaxpr.constvars, *jaxpr.invars], [*program.consts, *arguments], strict=True))
    run(jaxpr.eqns, env, rule)
    return [read(env, v) for v in jaxpr.outvars]


def read(env: dict, atom: Atom) -> Any:
    """Returns the value of a variable or a literal."""
    return atom.val if isinstance(atom, Literal) else env[atom]


def bind(equation: Equation, arguments: Sequence[Any]) -> Any:
    """Returns what an equation makes of other arguments, as it stands."""
    primitive = equation.primitive
    return primitive.bind(*arguments, **primitive.get_bind_params(equation.params))


def named(name: str, program: Jaxpr) -> Iterator[Equation]:
    """Yields the equations of a primitive in a program, and in programs within it.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> step = lambda c, x: (jnp.sin(c), x)
        >>> program = jax.make_jaxpr(lambda xs: jax.lax.scan(step, 0.0, xs))(jnp.ones(3)).jaxpr
        >>> len([*named("sin", program)])
        1
    """
    for equation in program.eqns:
        if equation.primitive.name == name:
            yield equation
        for inner in jaxprs_in_params(equation.params):
            yield from named(name, inner)
