import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax.compose.half_products import gains_by_halves, with_half_products
from tests.laws.draws import normal

MODULE = "rnnjax.compose.half_products"
SIZES = {"a": 6, "b": 5, "c": 8, "d": 4, "n": 3, "t": 7}
PRODUCTS = [
    *("ab,bc->ac", "ba,bc->ac", "ab,cb->ac", "ba,cb->ac", "b,bc->c", "tab,bc->tac"),
    *("nab,nbc->nac", "nba,ncb->nac", "bna,cnb->nac", "abd,bdc->ac", "abd,dbc->ac"),
]


@pytest.fixture(autouse=True, params=[True, False], ids=["gains", "does not gain"])
def _on_either_kind_of_processor(request, monkeypatch):
    monkeypatch.setattr(f"{MODULE}.gains_by_halves", lambda: request.param)


def rounded(x):
    """Returns the numbers of bfloat16 that are nearest, in double precision."""
    return np.asarray(x).astype(jnp.bfloat16).astype(np.float64)


def factors(product):
    names, out = product.split("->")
    shapes = [tuple(SIZES[i] for i in name) for name in (*names.split(","), out)]
    return [normal(seed, shape) for seed, shape in enumerate(shapes)]


def halved(product):
    return lambda a, b: with_half_products(lambda a, b: jnp.einsum(product, a, b), a, b)


def close(found, wanted):
    assert found.dtype == jnp.float32
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("product", PRODUCTS)
def test_factors_are_rounded_and_sums_are_not_in_all_derivatives(product):
    """By einsums of NumPy: the product, its tangents and its cotangents."""
    a, b, dy = factors(product)
    names, out = product.split("->")
    first, second = names.split(",")
    run = jax.jit(halved(product))
    close(run(a, b), np.einsum(product, rounded(a), rounded(b)))
    found = jax.jit(lambda a, b, dy: jax.vjp(run, a, b)[1](dy))(a, b, dy)
    close(found[0], np.einsum(f"{out},{second}->{first}", rounded(dy), rounded(b)))
    close(found[1], np.einsum(f"{first},{out}->{second}", rounded(a), rounded(dy)))
    da, db = normal(7, a.shape), normal(8, b.shape)
    moved = jax.jit(lambda *x: jax.jvp(run, x[:2], x[2:])[1])(a, b, da, db)
    wanted = np.einsum(product, rounded(da), rounded(b)) + np.einsum(
        product, rounded(a), rounded(db)
    )
    close(moved, wanted)


@pytest.mark.parametrize("axes", [(0, None), (None, 0), (0, 0), (-1, 1)])
@pytest.mark.parametrize("product", ["ab,bc->ac", "ba,bc->ac", "tab,bc->tac"])
def test_many_at_once_are_each_by_itself(product, axes):
    a, b, _ = factors(product)
    many = [
        x if axis is None else np.stack([x, 2 * x + 1, x * x], axis)
        for x, axis in zip((a, b), axes, strict=True)
    ]

    def all_of(a, b):
        y, pull = jax.vjp(halved(product), a, b)
        return y, pull(jnp.sin(y))

    found = jax.jit(jax.vmap(all_of, in_axes=axes))(*many)
    for k in range(3):
        each = [
            x if axis is None else np.take(x, k, axis) for x, axis in zip(many, axes, strict=True)
        ]
        for one, alone in zip(jax.tree.leaves(found), jax.tree.leaves(all_of(*each)), strict=True):
            np.testing.assert_allclose(one[k], alone, rtol=2**-7, atol=2**-7 * np.abs(alone).max())


def test_the_gradient_of_a_gradient_is_that_of_the_product_but_for_rounding():
    a, b, v = normal(0, (6, 5)), normal(1, (5, 8)), normal(2, (5, 8))

    def curved(product):
        def gradient(b):
            return jax.grad(lambda b: jnp.sum(jnp.tanh(product(a, b)) ** 2))(b)

        return jax.jit(jax.grad(lambda b: jnp.vdot(gradient(b), v)))(b)

    found, wanted = curved(halved("ab,bc->ac")), curved(jnp.matmul)
    np.testing.assert_allclose(found, wanted, atol=0.02 * np.abs(wanted).max())
    assert np.abs(found - wanted).max() > 1e-4


W = np.full((8, 8), 1 + 2**-9, np.float32)  # rounds to 1
ONES = jnp.ones((2, 8))
WHERE = {
    "scan": lambda w: jax.lax.scan(lambda x, _: (x @ w / 8, None), ONES, None, length=3)[0],
    "while": lambda w: jax.lax.fori_loop(0, jnp.array(3), lambda _, x: x @ w / 8, ONES),
    "cond": lambda w: jax.lax.cond(w[0, 0] > 0, lambda: ONES @ w / 8, lambda: ONES),
    "jit": lambda w: jax.jit(lambda w: ONES @ w / 8)(w),
    "checkpoint": lambda w: jax.checkpoint(lambda w: ONES @ w / 8)(w),
}


@pytest.mark.parametrize("name", WHERE)
def test_products_in_loops_and_branches_are_rounded(name):
    np.testing.assert_array_equal(with_half_products(WHERE[name], W), 1)
    assert (np.asarray(WHERE[name](W)) > 1).all()


KEPT = {
    "of complex numbers": lambda w: (ONES @ (w + 0j)).real,
    "of three numbers": lambda w: ONES[:, :3] @ w[:3],
    "of a precision that is asked for": lambda w: jnp.matmul(ONES, w, precision="highest"),
    "by each element": lambda w: ONES * w[:2],
}


@pytest.mark.parametrize("what", KEPT)
def test_what_is_kept(what):
    np.testing.assert_array_equal(with_half_products(KEPT[what], W), KEPT[what](W))


def test_convolutions_are_in_half_precision():
    def convolve(x, w):
        return jax.lax.conv(x, w, (1, 1), "SAME")

    x, w = normal(0, (2, 3, 6, 6)), normal(1, (4, 3, 3, 3))
    found = with_half_products(convolve, x, w)
    wanted = convolve(*(jnp.asarray(rounded(v), jnp.float32) for v in (x, w)))
    np.testing.assert_allclose(found, wanted, rtol=2**-7, atol=2**-7)
    gradient = jax.grad(lambda w: jnp.sum(with_half_products(convolve, x, w)))(w)
    assert gradient.dtype == jnp.float32
    sums = jax.grad(lambda w: jnp.sum(convolve(x, w)))(w)
    np.testing.assert_allclose(gradient, sums, rtol=0, atol=0.02 * np.abs(sums).max())


@pytest.mark.parametrize(
    ("said", "gains"),
    [
        ({"vendor_id": "AuthenticAMD", "flags": "fpu avx512_bf16 avx512f"}, True),
        ({"vendor_id": "AuthenticAMD", "flags": "fpu avx512f"}, False),
        ({"vendor_id": "GenuineIntel", "flags": "fpu avx512_bf16"}, False),
        ({"vendor_id": "GenuineIntel", "flags": "fpu amx_bf16 avx512_bf16"}, True),
        ({"Features": "fp asimd bf16"}, False),
        ({}, False),
    ],
)
def test_which_processors_gain(said, gains, monkeypatch):
    monkeypatch.setattr(f"{MODULE}.processor", lambda: said)
    assert gains_by_halves() == gains
