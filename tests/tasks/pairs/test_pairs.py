"""Pairs follow their rules, which are checked apart from what draws them."""

import datetime
import itertools
import re
from collections import Counter

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax.tasks import Addition, Dates, Reversal
from rnnjax.tasks.pairs.dates import civil
from rnnjax.tasks.pairs.pairtask import END, place_of
from tests.tasks.compiled import judge, sample

SAMPLES = 1000
OWN = ("%a %d-%m-%Y", "on %-d %b '%y", "%Y")


def texts(task, batch):
    """Returns sources and targets as text; checks that numbers, steps and masks fit them."""
    found = []
    for b in range(batch.inputs.shape[1]):
        steps = None if batch.steps is None else batch.steps[:, b]
        source = task.source_text(batch.inputs[:, b], steps)
        target = task.target_text(batch.targets[:, b])
        numbers, there = task.read(source)
        np.testing.assert_array_equal(numbers, batch.inputs[:, b])
        assert (there is None) == (steps is None)
        assert steps is None or (there == steps).all()
        assert [task.target_alphabet[n] for n in batch.targets[: len(target), b]] == list(target)
        assert (batch.targets[len(target) :, b] == END).all()
        everything = getattr(task, "padding", False)
        counts = np.arange(task.target_length) <= len(target)
        assert (batch.mask[:, b] == (counts | everything)).all()
        found.append((source, target))
    return found


@pytest.mark.parametrize(
    "task", [Reversal(), Reversal(4, shortest=3, letters=2), Reversal(1, letters=1)], ids=repr
)
def test_words_are_written_backward(task):
    found = texts(task, sample(task, SAMPLES))
    assert all(target == source[::-1] for source, target in found)
    lengths = Counter(len(source) for source, _ in found)
    assert set(lengths) == set(range(task.shortest, task.length + 1))
    kinds = len(lengths)
    assert min(lengths.values()) > SAMPLES / kinds - 5 * (SAMPLES / kinds) ** 0.5
    letters = Counter("".join(source for source, _ in found))
    total, share = sum(letters.values()), 1 / task.letters
    assert set(letters) == set(task.source_alphabet)
    error = (share * (1 - share) / total) ** 0.5
    assert all(abs(count / total - share) <= 5 * error for count in letters.values())


@pytest.mark.parametrize(
    "task",
    [
        Addition(),
        Addition(6),
        Addition(2, reverse=False, padding=False),
        Addition(3, equal=True),
    ],
    ids=repr,
)
def test_sums_are_right_and_written_as_they_are_said_to_be(task):
    batch = sample(task, SAMPLES)
    lengths = Counter()
    for b, (source, target) in enumerate(texts(task, batch)):
        first, second = map(int, source.split("+"))
        assert source == f"{first}+{second}"  # no zeros in front
        assert target == str(first + second)
        shown = "".join(task.source_alphabet[n] for n in batch.inputs[:, b])
        padded = source.ljust(2 * task.digits + 1)
        assert shown == (padded[::-1] if task.reverse else padded)
        lengths[len(str(first))] += 1
    # Of n drawn digits a tenth begins with a zero, and then has fewer.
    D, wanted = task.digits, Counter()
    for n in [D] if task.equal else range(1, D + 1):
        for k in range(1, n + 1):
            share = 1.0 if n == 1 else 0.9 * 0.1 ** (n - k) if k > 1 else 0.1 ** (n - 1)
            wanted[k] += (k == D) if task.equal else share / D
    for k, share in wanted.items():
        assert abs(lengths[k] / SAMPLES - share) <= 5 * (share * (1 - share) / SAMPLES) ** 0.5


def test_the_example_of_the_reference_is_as_it_is_there():
    numbers, steps = Addition(3).read("535+61")
    assert "".join(Addition(3).source_alphabet[n] for n in numbers) == " 16+535"
    assert steps is None
    pair = jax.jit(Addition(3).spell)(jnp.array([535, 61]))
    assert pair.source.tolist() == numbers.tolist()
    assert pair.target.tolist() == [7, 11, 8, 0]  # "596 " where 0 is a space and digits begin at 2
    assert Addition().source_alphabet == "".join(sorted("0123456789+ "))


@pytest.mark.parametrize(
    "task", [Dates(), Dates(1950, 2049, formats=OWN[:2]), Dates(2000, 2000, OWN[2:])], ids=repr
)
def test_dates_are_those_that_python_reads(task):
    seen = Counter()
    for source, target in texts(task, sample(task, SAMPLES)):
        day = datetime.date.fromisoformat(target)
        assert task.first_year <= day.year <= task.last_year
        formats = [text for text in task.formats if day.strftime(text).lower() == source]
        assert formats, (source, target)
        seen.update(formats)
    assert set(seen) == set(task.formats)
    assert min(seen.values()) > SAMPLES / len(seen) - 5 * (SAMPLES / len(seen)) ** 0.5


def test_days_are_those_of_the_calendar():
    first, last = datetime.date(1, 1, 1).toordinal(), datetime.date(9999, 12, 31).toordinal()
    days = np.append(np.arange(first, last, 997), last)
    epoch = datetime.date(1970, 1, 1).toordinal()
    found = np.stack(jax.jit(civil)(days - epoch), axis=1)
    wanted = [datetime.date.fromordinal(int(day)).timetuple()[:3] for day in days]
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize(
    "task",
    [
        Reversal(3, letters=3),
        Addition(1),
        Addition(2, equal=True, padding=False),
        Dates(2001, 2001),
    ],
    ids=repr,
)
def test_the_baseline_is_the_loss_of_a_writer_that_reads_nothing(task):
    count = 8000
    batch = sample(task, count)
    targets = np.asarray(batch.targets)
    after: dict[tuple, Counter] = {}
    for row in targets.T.tolist():
        for t, symbol in enumerate(row):
            after.setdefault(tuple(row[:t]), Counter())[symbol] += 1
    tables = {}
    for before, counter in after.items():
        chances = np.array([counter[k] for k in range(task.output_dim)]) / counter.total()
        tables[before] = np.log(np.maximum(chances, 1e-9))
    logits = [[tables[tuple(row[:t])] for t in range(len(row))] for row in targets.T.tolist()]
    loss = judge(task, np.swapaxes(np.array(logits, np.float32), 0, 1), batch)[0]
    assert loss == pytest.approx(task.baseline, rel=0.02)


def test_baselines_have_the_values_of_their_closed_forms():
    assert Reversal().baseline == pytest.approx((np.log(10) + 5.5 * np.log(26)) / 6.5)
    assert Dates().baseline == pytest.approx(np.log(21_915) / 11)
    # Of two digits each: sums 0 to 18, s in min(s + 1, 19 - s) ways out of a hundred.
    ways = np.minimum(np.arange(19) + 1, 19 - np.arange(19)) / 100
    assert Addition(1).baseline == pytest.approx(-(ways * np.log(ways)).sum() / 2)
    sums = Counter()
    for n, m in itertools.product((10, 100), repeat=2):
        for a, b in itertools.product(range(n), range(m)):
            sums[a + b] += 1 / (4 * n * m)
    entropy = -sum(p * np.log(p) for p in sums.values())
    assert Addition(2).baseline == pytest.approx(entropy / 3)
    symbols = sum(p * min(len(str(number)) + 1, 3) for number, p in sums.items())
    assert Addition(2, padding=False).baseline == pytest.approx(entropy / symbols)


def abouts(task, part, batches=40, size=500):
    """Returns what the pairs of some batches are about: the numbers of a sum, or the target."""
    source = task.source(part, size)

    @jax.jit
    def drawn(source):
        order = source.shuffled(jax.random.key(3)) if part == "train" else source.ordered()
        each = jax.vmap(lambda index: source.batch(order, index, jnp.arange(size)))
        return each(jnp.arange(batches))

    batch, found = drawn(source), set()
    is_sum = isinstance(task, Addition)
    values = np.moveaxis(np.asarray(batch.inputs if is_sum else batch.targets), 1, -1)
    for row in np.unique(values.reshape(-1, values.shape[-1]), axis=0):
        text = task.source_text(row) if is_sum else task.target_text(row)
        found.add(tuple(sorted(text.split("+"))))
    return found


def assert_apart(parts):
    """Checks that nothing is in two parts."""
    assert len(set().union(*parts)) == sum(map(len, parts))


def test_no_pair_is_in_two_parts_in_either_order():
    task = Addition(2, held_out=0.2)
    parts = [abouts(task, part) for part in ("train", "validation", "test")]
    assert_apart(parts)
    # As many draws miss few of the held out pairs.
    total = 100 * 101 / 2
    for found in parts[1:]:
        assert abs(len(found) / total - 0.1) < 4 * (0.1 * 0.9 / total) ** 0.5


@pytest.mark.full
def test_a_day_is_held_out_in_all_formats():
    task = Dates(2000, 2001, held_out=0.5)
    parts = [abouts(task, part, batches=20) for part in ("train", "validation", "test")]
    assert_apart(parts)
    assert sum(map(len, parts)) == 731
    assert abs(len(parts[0]) / 731 - 0.5) < 4 * 0.5 / 731**0.5


def test_without_a_held_out_share_all_parts_have_all():
    parts = [abouts(Addition(1, held_out=0.0), part, 4) for part in ("train", "test")]
    assert parts[0] == parts[1]
    assert len(parts[0]) == 55


def test_where_a_part_has_few_pairs_those_of_others_do_not_count():
    task = Reversal(length=1, letters=8)
    places = [float(place_of(jnp.array([1, letter]))) for letter in range(8)]
    low = sorted(places)[6]  # two of the letters are above
    part = jax.tree.map(np.asarray, task.sample_within(jax.random.key(0), 64, 64, low, 1.0))
    there = part.mask.any(0)
    assert 0 < there.sum() < 64
    assert {places[letter] >= low for letter in part.inputs[0, there]} == {True}


def test_a_part_without_pairs_is_refused():
    with pytest.raises(ValueError, match=r"^no pair is for validation, of so few as Reversal\("):
        Reversal(length=1, letters=2).source("validation", 4)


def test_places_look_random():
    pairs = jnp.stack(jnp.meshgrid(jnp.arange(100), jnp.arange(100)), -1).reshape(-1, 2)
    places = np.asarray(jax.vmap(place_of)(pairs))
    counts = np.histogram(places, 50, (0, 1))[0]
    assert counts.sum() == len(pairs)
    assert ((counts - 200) ** 2 / 200).sum() < 49 + 5 * (2 * 49) ** 0.5
    near = np.abs(np.diff(places.reshape(100, 100), axis=0)).mean()
    assert near == pytest.approx(1 / 3, abs=0.02)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Reversal(3, shortest=4), "shortest must be from 1 to length, 3"),
        (lambda: Reversal(3, shortest=0), "shortest must be from 1 to length, 3"),
        (lambda: Reversal(3, letters=27), "letters must be from 1 to 26"),
        (lambda: Reversal(3, held_out=1.0), "held_out must be a share from 0.001 to 0.999, or 0"),
        (lambda: Reversal(3, held_out=-0.1), "held_out must be a share from 0.001 to 0.999"),
        (lambda: Reversal(3, held_out=1e-9), "held_out must be a share from 0.001 to 0.999"),
        (lambda: Addition(0), "digits must be from 1 to 6"),
        (lambda: Addition(7), "digits must be from 1 to 6"),
        (lambda: Dates(2000, 1999), "last_year must be from first_year to 9999"),
        (lambda: Dates(1950, 2050), "less than 100 years after first_year"),
        (lambda: Dates(formats=()), "formats must be one or more"),
        (lambda: Dates(formats=("%d", "")), "and none of them empty"),
        (lambda: Dates(formats=("%d %Q",)), "'%Q' in format '%d %Q' is unknown"),
        (lambda: Dates(formats=("%d %-",)), "'%-' in format '%d %-' is unknown"),
        (lambda: Dates(formats=("%d %%",)), "'%%' in format '%d %%' is unknown"),
        (lambda: Dates(formats=("%d %",)), "'%' in format '%d %' is unknown"),
    ],
)
def test_what_makes_no_task_is_refused(make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make()


@pytest.mark.parametrize(
    ("task", "text", "message"),
    [
        (Reversal(3), "abcd", "reads 1 to 3 symbols; got 4"),
        (Reversal(3), "", "reads 1 to 3 symbols; got 0"),
        (Reversal(3, letters=2), "abc", "'abc' has 'c', and the symbols are 'ab'"),
        (Addition(2), "12x4", "'12x4' has 'x', and the symbols are ' +0123456789'"),
        (Addition(2), "123+4", "reads two numbers up to 99, as 1+99; got '123+4'"),
        (Addition(2), "12+", "reads two numbers up to 99, as 1+99; got '12+'"),
        (Dates(), "1 Jän 1970", "has 'ä', and the symbols are"),
    ],
)
def test_a_source_that_cannot_be_read_is_refused_in_one_line(task, text, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        task.read(text)
    assert "\n" not in str(caught.value)


def test_dates_are_read_in_any_case():
    upper, lower = Dates().read("1 JAN 1970"), Dates().read("1 jan 1970")
    np.testing.assert_array_equal(upper, lower)
