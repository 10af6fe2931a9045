"""Maps onto orthogonal and unitary matrices, and the activation that goes with them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg

from rnnjax.cells import BrickWall, Butterfly, Cayley, Exponential, Householder
from rnnjax.cells.orthogonal import maps
from rnnjax.cells.orthogonal.modrelu import complex_mod_relu, mod_relu
from tests.laws.draws import normal

# With the determinant of what they make of five units.
PARAMETRIZATIONS = [
    (Exponential(), 1),
    (Cayley(), 1),
    (Cayley(1), -1),
    (Cayley(None), 1),
    (Householder(), -1),
    (Householder(4), 1),
    (Householder(3), -1),
    (BrickWall(), 1),
    (BrickWall(2), 1),
]


def made(value, n, seed=1):
    return np.asarray(value(jnp.asarray(2.0 * normal(seed, (value.count(n),), float)), n))


@pytest.mark.parametrize(("value", "determinant"), PARAMETRIZATIONS, ids=repr)
def test_a_matrix_is_orthogonal_and_of_the_determinant_that_is_said(value, determinant, x64):
    Q = made(value, 5)
    np.testing.assert_allclose(Q @ Q.T, np.eye(5), atol=1e-13)
    assert np.linalg.det(Q) == pytest.approx(determinant, abs=1e-12)


@pytest.mark.parametrize("value", [v for v, _ in PARAMETRIZATIONS] + [Butterfly()], ids=repr)
@pytest.mark.full
def test_half_precision_makes_them_as_well(value):
    numbers = value.init(jax.random.key(0), 4).astype(jnp.bfloat16)
    Q = value(numbers, 4)
    assert numbers.shape == (value.count(4),)
    assert Q.dtype == jnp.float32
    np.testing.assert_allclose(Q @ Q.T, np.eye(4), atol=1e-6)


@pytest.mark.parametrize("value", [Exponential(), Cayley(1), Householder(4), BrickWall()], ids=repr)
@pytest.mark.full
def test_those_of_all_numbers_have_as_many_directions_as_there_are_rotations(value, x64):
    numbers = jnp.asarray(normal(1, (value.count(5),), float))
    slopes = jax.jacfwd(lambda numbers: value(numbers, 5).ravel())(numbers)
    assert np.linalg.matrix_rank(np.asarray(slopes), tol=1e-8) == 5 * 4 // 2


def test_an_exponential_is_scipys_however_large(x64):
    for scale in (0.0, 0.1, 1.0, 300.0):
        A = np.asarray(maps.skew(jnp.asarray(scale * normal(1, (15,), float)), 6))
        np.testing.assert_allclose(maps.exponential(jnp.asarray(A)), scipy.linalg.expm(A), 0, 1e-11)


def test_a_complex_exponential_is_scipys_and_unitary(x64):
    a, s = normal(1, (6,), float), normal(2, (10,), float)
    A = np.asarray(maps.skew_hermitian(jnp.asarray(a), jnp.asarray(s), 4))
    np.testing.assert_array_equal(A, -A.conj().T)
    Q = np.asarray(maps.exponential(jnp.asarray(A)))
    np.testing.assert_allclose(Q, scipy.linalg.expm(A), atol=1e-13)
    np.testing.assert_allclose(Q @ Q.conj().T, np.eye(4), atol=1e-14)


def test_an_exponential_has_its_derivative_at_zero_too(x64):
    def one(a):
        return maps.exponential(maps.skew(a, 3))[0, 1]

    np.testing.assert_allclose(jax.grad(one)(jnp.zeros(3)), [1, 0, 0], atol=1e-15)


def test_in_two_dimensions_both_are_rotations(x64):
    a = jnp.array([0.9])
    c, s = np.cos(0.9), np.sin(0.9)
    np.testing.assert_allclose(maps.exponential(maps.skew(a, 2)), [[c, s], [-s, c]], rtol=1e-14)
    half = -jnp.tan(a / 2)
    np.testing.assert_allclose(maps.cayley(maps.skew(half, 2)), [[c, s], [-s, c]], rtol=1e-14)
    np.testing.assert_allclose([c, s], [0.621609968, 0.783326910], rtol=1e-9)  # the reference's


def test_a_cayley_transform_is_its_own_inverse(x64):
    A = maps.skew(jnp.asarray(normal(1, (10,), float)), 5)
    np.testing.assert_allclose(maps.cayley(maps.cayley(A)), A, atol=1e-13)


def test_reflections_of_the_references_numbers(x64):
    V = jnp.array([[1.0, 2.0, -1.0], [0.0, 0.5, -1.0]])
    expected = np.array([[10, -2, -11], [-10, 5, -10], [5, 14, 2]]) / 15
    np.testing.assert_allclose(maps.reflections(V), expected, atol=1e-15)


def test_reflections_are_a_product_in_their_order(x64):
    V = normal(1, (4, 5), float)
    Q = np.eye(5)
    for v in V:
        Q = Q @ (np.eye(5) - 2 * np.outer(v, v) / (v @ v))
    np.testing.assert_allclose(maps.reflections(jnp.asarray(V)), Q, atol=1e-14)


def test_a_vector_of_zeros_reflects_nothing_and_has_a_derivative():
    V = jnp.zeros((1, 3))
    np.testing.assert_array_equal(maps.reflections(V), np.eye(3))
    assert np.isfinite(jax.grad(lambda V: maps.reflections(V).sum())(V)).all()
    h = jnp.ones(3)
    np.testing.assert_array_equal(maps.reflected(h, V[0]), h)
    assert np.isfinite(jax.grad(lambda v: maps.reflected(h, v).sum())(V[0])).all()


def test_two_layers_of_neighbours_are_the_references_matrix(x64):
    Q = BrickWall(2)(jnp.array([0.3, -0.5, 0.7]), 4)
    expected = [
        [0.955336489126, 0.22602632125, 0.190379344067, 0],
        [-0.295520206661, 0.730681649936, 0.615444663558, 0],
        [0, -0.565354208381, 0.671212166159, -0.479425538604],
        [0, -0.308854411682, 0.366684877586, 0.87758256189],
    ]
    np.testing.assert_allclose(Q, expected, atol=1e-12)


def test_a_butterfly_lets_every_unit_meet_every_other(x64):
    pairs = maps.butterfly(8)
    assert [(i, j) for k, i, j in zip(*pairs, strict=True) if k == 0] == [
        (0, 4),
        (1, 5),
        (2, 6),
        (3, 7),
    ]
    assert [(i, j) for k, i, j in zip(*pairs, strict=True) if k == 1] == [
        (0, 2),
        (1, 3),
        (4, 6),
        (5, 7),
    ]
    Q = made(Butterfly(), 8)
    assert (np.abs(Q) > 1e-6).all()
    np.testing.assert_allclose(Q @ Q.T, np.eye(8), atol=1e-14)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Cayley(-1), "negative must be a whole number of 0 or more"),
        (lambda: Cayley(3).count(2), "negative must be at most the 2 units"),
        (lambda: Householder(0), "reflections must be a whole number of 1 or more"),
        (lambda: Householder(3).count(2), "reflections must be at most the 2 units"),
        (lambda: BrickWall(0), "layers must be a whole number of 1 or more"),
        (lambda: Butterfly().count(6), "the 6 units must be a power of two"),
    ],
)
def test_numbers_that_make_no_matrix_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_the_activation_of_the_references_numbers(x64):
    re, im = complex_mod_relu(*map(jnp.asarray, (0.3, 0.4, -0.1)))
    np.testing.assert_allclose([re, im], [0.24, 0.32], rtol=1e-15)
    np.testing.assert_allclose(mod_relu(jnp.array(0.3), jnp.array(-0.1)), 0.2, rtol=1e-15)


BIASES = jnp.array([-2.0, -0.1, 0.0, 0.1, 2.0])


def _slopes(re, im, b):
    """Returns the slopes of both activations, `[3, 2]` and `[2]`."""
    complexes = jax.jacrev(lambda *z: jnp.stack(complex_mod_relu(*z)), (0, 1, 2))
    return jnp.stack(complexes(re, im, b)), jnp.stack(jax.grad(mod_relu, (0, 1))(re, b))


def test_the_activation_has_finite_slopes_everywhere():
    sizes = jnp.array([0.0, 1e-30, 1e-20, 1e-15, 1.0, 1e15])
    re, sign, b = (x.ravel() for x in jnp.meshgrid(sizes, jnp.array([0.0, -1.0]), BIASES))
    for slopes in jax.jit(jax.vmap(_slopes))(re, sign * re, b):
        assert np.isfinite(slopes).all()


def test_without_a_bias_the_activation_is_the_identity_slopes_included():
    re, im, b = jnp.array([-2.0, 0.0, 3.0, 1e-30]), jnp.array([1.5, 0.0, 0.0, 0.0]), jnp.zeros(4)
    np.testing.assert_array_equal(mod_relu(re, b), re)
    np.testing.assert_array_equal(complex_mod_relu(re, im, b), (re, im))
    complexes, reals = jax.jit(jax.vmap(_slopes))(re, im, b)
    np.testing.assert_array_equal(complexes[:, :2], np.broadcast_to(np.eye(2), (4, 2, 2)))
    np.testing.assert_array_equal(reals[:, 0], np.ones(4))
