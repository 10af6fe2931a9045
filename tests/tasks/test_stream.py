"""What an iterator delivers, and going on where one was."""

import json

import numpy as np
import pytest

from rnnjax import tasks
from rnnjax.tasks.feed import MOST_BYTES
from tests.laws.draws import assert_identical
from tests.tasks import delivering
from tests.tasks.compiled import held_out
from tests.tasks.delivering import COUNT, INPUTS, LENGTHS, SIZES, TARGETS

KINDS = {
    "generator": delivering.generator,
    "list": list(delivering.generator()),
    "dicts": delivering.Loader(lambda state: state, as_dict=True),
    "states that are bytes": delivering.Loader(lambda state: json.dumps(state).encode()),
}
every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def feed_of(kind, batch_size, part="train"):
    return delivering.task(kind, validation=kind).source(part, batch_size)


def taken(feed, count, step=0):
    """Returns which examples the batches of some updates are, `[count, B]`."""
    piece = feed.take(step, count)
    assert_identical(piece.examples.targets, TARGETS[rows_in(piece)])
    assert_identical(piece.examples.lengths, LENGTHS[rows_in(piece)])
    assert piece.there.all()
    return rows_in(piece)


def rows_in(piece):
    return piece.examples.inputs[:, :, 0, 0].astype(int)


@every_kind
@pytest.mark.parametrize("batch_size", [1, 3, 4, 11])
def test_training_goes_round_and_round_whatever_the_size_of_a_batch(kind, batch_size):
    found = taken(feed_of(kind, batch_size), 7)
    assert found.ravel().tolist() == (np.arange(7 * batch_size) % COUNT).tolist()


@every_kind
@pytest.mark.parametrize("batch_size", [3, 4])
@pytest.mark.parametrize("stop", [0, 1, 2, 5, 9])
def test_a_feed_goes_on_where_another_one_was(kind, batch_size, stop):
    feed = feed_of(kind, batch_size)
    taken(feed, stop) if stop else feed.first
    position = json.loads(json.dumps(feed.position()))
    wanted = taken(feed, 6, step=stop)
    for other in (feed_of(kind, batch_size), feed):
        other.seek(position, stop)
        assert np.array_equal(taken(other, 6, step=stop), wanted)
    # Told nothing, a feed reads again what was seen.
    assert np.array_equal(taken(feed_of(kind, batch_size), 6, step=stop), wanted)
    assert np.array_equal(taken(feed, 6, step=stop), wanted)


def test_an_iterator_that_knows_its_state_reads_nothing_again():
    loader = delivering.Loader(lambda state: state)
    feed = feed_of(loader, 4)
    taken(feed, 9)
    position, loader.reads = feed.position(), 0
    other = feed_of(loader, 4)
    other.seek(position, 9)
    taken(other, 1, step=9)
    assert loader.reads <= 2
    # Its state at the time, not what becomes of it.
    assert feed.position() == position
    assert position == {"read": 14, "used": 1, "state": {"next": {"at": 2}}}


def test_the_state_of_another_kind_of_iterator_is_refused():
    position = feed_of(KINDS["dicts"], 4).position() | {"state": {"next": {"at": 1}}}
    with pytest.raises(ValueError, match=r"^train: a generator has no set_state to go on from"):
        feed_of(delivering.generator, 4).seek(position, 1)


def test_the_first_batch_is_shown_and_still_comes():
    feed = feed_of(delivering.generator, 4)
    assert rows_in(feed.first)[0].tolist() == [0, 1, 2, 3]
    assert (feed.first.batch_size, feed.first.batches) == (4, 1)
    assert taken(feed, 2).tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert rows_in(feed.first)[0].tolist() == [0, 1, 2, 3]


@every_kind
@pytest.mark.parametrize("batch_size", [1, 4, 11, 16])
def test_an_evaluation_sees_everything_once_and_masks_padding(kind, batch_size):
    feed = feed_of(kind, batch_size, "validation")
    for _ in range(2):
        found = [held_out(piece, i) for piece in feed.all() for i in range(piece.batches)]
        count = sum(int(batch.mask.any(0).sum()) for batch in found)
        rows = [r for batch in found for r in batch.inputs[0, batch.mask.any(0), 0].tolist()]
        assert (count, rows) == (COUNT, list(range(COUNT)))
        assert {batch.inputs.shape for batch in found} == {(3, batch_size, 1)}
        for batch in found:
            assert np.array_equal(batch.steps, batch.mask)
    sizes = {piece.batches for piece in feed.all()}
    assert sizes == {min(8, -(-COUNT // batch_size))}


def test_a_piece_has_room_for_more_and_a_number_for_its_first_batch():
    feed = feed_of(delivering.generator, 4)
    taken(feed, 2)
    piece = feed.take(2, 1, size=3)
    assert (piece.batches, int(piece.first)) == (3, 2)
    batch = piece.batch(piece.shuffled(None), np.int32(2), np.array([1, 3]))
    assert batch.inputs[0, :, 0].tolist() == [9, 1]


def test_a_piece_is_of_some_batches_but_not_of_too_many_bytes():
    wide = np.zeros((2, 1, MOST_BYTES // 4 // 2 // 3 + 1), np.float32)
    task = tasks.Streamed([(wide, np.zeros((2, 1)))], input_dim=wide.shape[2], output_dim=1)
    assert task.source("train", 2).at_once == 2
    assert feed_of(delivering.generator, 4).at_once == 8


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "train has no more examples: each call must return a new iterator"),
        (
            [(INPUTS, TARGETS)],
            r"train: targets are int32 \(10, 3\), one a step \(per_step = True\)",
        ),
        ([(INPUTS, TARGETS[:, 0] + 9)], "train: a target is 11, classes are 0 to 2"),
        (
            [(INPUTS[..., 0], TARGETS[:, 0])],
            r"train: inputs are float32 \(10, 3\), not \[N, T, D\]",
        ),
        ([(INPUTS.repeat(2, -1), TARGETS[:, 0])], r"train: inputs are .*, but input_dim is 1"),
        (
            [(INPUTS[:2], TARGETS[:2, 0]), (INPUTS[:2, :2], TARGETS[:2, 0])],
            "train: all batches need the same shapes but for their first axis; the first had "
            r"float32 \(3, 1\), int32 \(\), another one has float32 \(2, 1\), int32 \(\)",
        ),
        (
            [(INPUTS[:2], TARGETS[:2, 0]), (INPUTS[:2], TARGETS[:2, 0], LENGTHS[:2])],
            "train: all batches need the same shapes",
        ),
    ],
)
def test_batches_that_are_not_what_was_said_are_refused_in_one_line(data, message):
    task = tasks.Streamed(data, input_dim=1, output_dim=3)
    with pytest.raises(ValueError, match=f"^{message}") as caught:
        task.source("train", 4).take(0, 2)
    assert "\n" not in str(caught.value)


def test_what_cannot_be_read_twice_is_refused():
    once = delivering.generator()
    with pytest.raises(
        ValueError, match=r"^train is an iterator, which can be read only once: give"
    ):
        tasks.Streamed(once, input_dim=1, output_dim=3)
    feed = delivering.task(lambda: once).source("train", 4)
    taken(feed, 2)
    with pytest.raises(ValueError, match="each call must return a new iterator"):
        feed.take(2, 1)
    with pytest.raises(TypeError, match=r"^test is a function that returns an iterator .* got 3"):
        tasks.Streamed(delivering.generator, test=3, input_dim=1, output_dim=3)


def test_an_evaluation_of_nothing_is_refused():
    task = tasks.Streamed(delivering.generator, [], input_dim=1, output_dim=3, per_step=True)
    with pytest.raises(ValueError, match=r"^validation has no examples$"):
        list(task.source("validation", 4).all())
    assert task.source("test", 4) is None


def test_a_task_says_what_it_is():
    task = delivering.task(delivering.generator)
    assert repr(task) == task.description == "Streamed(input_dim=1, output_dim=3)"
    assert (task.per_step, task.metric, task.token, task.digest) == (
        True,
        "accuracy",
        "streamed",
        "",
    )
    assert sum(SIZES) == COUNT
