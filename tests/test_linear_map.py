"""A linear map by hand has the derivatives of the function that it stands for."""

import jax
import jax.numpy as jnp
import pytest

from rnnjax.equations import named
from rnnjax.linear_map import linear_map, whole
from tests.laws.draws import assert_close

A, B = jnp.array(0.3), jnp.array(1.7)
pulled = []


def plain(a, b):
    return jnp.sin(a) * b


@jax.custom_jvp
def by_hand(a, b):
    return plain(a, b)


def derivative(primals, tangents):
    def push(kept, moved):
        (a, b), (da, db) = kept, moved
        return jnp.cos(a) * b * da + jnp.sin(a) * db

    def pull(kept, cotangent):
        a, b = kept
        pulled.append(True)
        return jnp.cos(a) * b * cotangent, jnp.sin(a) * cotangent

    return by_hand(*primals), linear_map(push, pull, primals, tangents)


by_hand.defjvp(derivative)

KINDS = {
    "gradient": lambda f: jax.grad(f, (0, 1))(A, B),
    "forward mode": lambda f: jax.jvp(f, (A, B), (B, A)),
    "Hessian": lambda f: jax.hessian(f, (0, 1))(A, B),
    "gradient of a gradient": lambda f: jax.grad(jax.grad(f, 1))(A, B),
    "third": lambda f: jax.grad(jax.grad(jax.grad(f)))(A, B),
    "by rows": lambda f: jax.vmap(jax.grad(f, (0, 1)), (0, None))(jnp.arange(3.0), B),
    "of rows": lambda f: jax.grad(lambda b: jax.vmap(f, (0, None))(jnp.arange(3.0), b).sum())(B),
    "within a program": lambda f: jax.jit(jax.hessian(f))(A, B),
    "without jit": lambda f: _without_jit(f),
}


def _without_jit(function):
    with jax.disable_jit():
        return jax.grad(jax.grad(function))(A, B)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_derivative_is_that_of_the_function(kind, x64):
    assert_close(kind(by_hand), kind(plain), rtol=1e-12)


def test_the_gradient_is_the_one_that_was_written():
    pulled.clear()
    jax.grad(by_hand)(A, B)
    assert pulled


def added_up(bias, xs):
    def step(sums, x):
        sums = sums + x + jnp.broadcast_to(bias, x.shape)
        return sums, sums

    return jax.lax.scan(step, jnp.zeros_like(xs[0]), xs)[1]


def test_what_is_whole_keeps_in_its_loop_what_stays_the_same():
    @jax.custom_jvp
    def run(bias, xs):
        return added_up(bias, xs)

    @run.defjvp
    def _(primals, tangents):
        return whole(added_up, *primals), tangents[1]

    bias, xs = jnp.ones(3), jnp.ones((5, 2, 3))
    assert_close(jax.jit(run)(bias, xs), 2 * xs.cumsum(0))
    gradient = jax.make_jaxpr(jax.grad(lambda xs: jax.jit(run)(bias, xs).sum()))(xs)
    (loop,) = named("scan", gradient.jaxpr)
    assert [x.aval.shape for x in loop.invars] == [bias.shape, xs.shape[1:], xs.shape]
