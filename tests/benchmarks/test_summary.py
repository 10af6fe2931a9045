import pytest

from benchmarks.allocator import Allocator
from benchmarks.measure import Timing
from benchmarks.summary import best_other, gain, geometric_mean, ratio, spread, table
from benchmarks.work import Part, Work

WORK = Work("LSTM", Part.GRADIENT, 28, 4, 3, 8)


def timing(peer, *seconds, work=WORK, allocator=Allocator.DEFAULT):
    return Timing(work, peer, allocator, 1, list(seconds), {})


def test_the_spread_is_the_median_with_quartiles():
    assert spread([5.0, 1.0, 2.0, 4.0, 3.0]) == (2.0, 3.0, 4.0)
    assert spread([1.0, 2.0]) == (1.25, 1.5, 1.75)
    assert spread([7.0]) == (7.0, 7.0, 7.0)
    assert spread([5.0, 1.0, 2.0, 4.0, 3.0]).half_width == pytest.approx(1 / 3)


def test_a_ratio_is_taken_round_by_round():
    # Each round is three times slower than the one before: the weather, which a pair shares.
    slow, fast = timing("torch", 2.0, 6.0, 18.0), timing("rnnjax", 1.0, 3.0, 9.0)
    assert ratio(slow, fast) == (2.0, 2.0, 2.0)
    mixed = timing("torch", 1.0, 6.0, 36.0)
    assert ratio(mixed, fast) == (1.5, 2.0, 3.0)


def test_rounds_that_have_no_pair_are_refused():
    with pytest.raises(ValueError, match="shorter"):
        ratio(timing("torch", 1.0, 2.0), timing("rnnjax", 1.0))


def test_the_geometric_mean_of_a_factor_and_its_inverse_is_one():
    assert geometric_mean([4.0, 0.25]) == pytest.approx(1.0)
    assert geometric_mean([2.0, 4.0, 8.0]) == pytest.approx(4.0)


def test_the_best_other_library_has_the_least_median():
    row = {
        t.peer: t
        for t in (
            timing("rnnjax", 1.0, 1.0, 1.0),
            timing("rnnjax_scan", 0.1, 0.1, 0.1),
            timing("torch", 1.5, 9.0, 9.0),
            timing("flax", 2.0, 3.0, 4.0),
            timing("haiku"),
        )
    }
    assert best_other(row) is row["flax"]
    assert gain(row) == (2.5, 3.0, 3.5)
    assert gain(row, "rnnjax_one") is None
    assert gain({"rnnjax": row["rnnjax"]}) is None


def test_a_table_has_a_row_for_each_work_and_allocator():
    tuned = timing("torch", 1.0, allocator=Allocator.TUNED)
    other = timing("torch", 2.0, work=WORK._replace(steps=5))
    plain, own = timing("torch", 3.0), timing("rnnjax", 4.0)
    assert table([plain, tuned, other, own]) == {
        (WORK, Allocator.DEFAULT): {"torch": plain, "rnnjax": own},
        (WORK, Allocator.TUNED): {"torch": tuned},
        (other.work, Allocator.DEFAULT): {"torch": other},
    }
