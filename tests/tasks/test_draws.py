"""What is made of random words has the distribution that it is said to have."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax.tasks.draws import (
    below,
    distinct,
    draw_words,
    fractions,
    happen,
    not_all_zero,
    permutation,
)

COUNT = 20_000


@pytest.fixture(scope="module")
def words():
    return draw_words(jax.random.key(0), COUNT)


def assert_as_likely(found, shares):
    """Checks how often each value of a table was found."""
    values, counts = np.unique(np.asarray(found), axis=0, return_counts=True)
    assert [tuple(np.atleast_1d(value)) for value in values] == sorted(shares)
    expected = np.array([shares[value] for value in sorted(shares)])
    error = (expected * (1 - expected) / len(found)) ** 0.5
    assert (np.abs(counts / len(found) - expected) < 4.5 * error).all()


def test_whole_numbers_below_another_are_uniform(words):
    assert_as_likely(below(words, 7), {(n,): 1 / 7 for n in range(7)})
    assert below(words, jnp.array(7)).dtype == jnp.int32


@pytest.mark.parametrize("chance", [0.0, 0.2, 0.999])
def test_what_happens_has_its_chance(words, chance):
    share = np.asarray(happen(words, chance)).mean()
    assert abs(share - chance) <= 4.5 * (chance * (1 - chance) / COUNT) ** 0.5


def test_fractions_are_uniform_and_below_one(words):
    found = np.sort(np.asarray(fractions(words)))
    assert 0 <= found[0] <= found[-1] < 1
    assert np.abs(found - np.arange(COUNT) / COUNT).max() < 2 / COUNT**0.5  # Kolmogorov-Smirnov


def test_digits_are_uniform_among_those_that_are_not_all_zero(words):
    there = jnp.array([True, False, True, True])
    found = jax.vmap(lambda each: not_all_zero(each, there))(words.reshape(-1, 4))
    texts = [(a, 0, b, c) for a, b, c in itertools.product((0, 1), repeat=3) if a or b or c]
    assert_as_likely(found, dict.fromkeys(texts, 1 / 7))
    assert not np.asarray(not_all_zero(words, words < 0)).any()


@pytest.mark.parametrize("count", [3, 5])
def test_distinct_numbers_are_any_of_them_in_any_order(words, count):
    found = jax.vmap(lambda each: distinct(each, count))(words[: COUNT // 6 * 6].reshape(-1, 6))
    texts = [*itertools.permutations(range(count), 3)]
    assert_as_likely(found, dict.fromkeys(texts, 1 / len(texts)))


@pytest.mark.parametrize("count", [0, 1, 2, 3, 1_625, 1_626, 60_000, 2**16, 2**16 + 1])
def test_a_permutation_is_that_of_jax(count):
    key = jax.random.key(count)
    expected = jax.random.permutation(key, count)
    np.testing.assert_array_equal(permutation(key, count), expected)
    assert permutation(key, count).dtype == expected.dtype
