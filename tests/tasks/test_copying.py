import math

import numpy as np
import pytest

from rnnjax.tasks import Copying
from tests.tasks.compiled import judge, sample

SAMPLES = 4000


@pytest.mark.parametrize("task", [Copying(4, 3, 3), Copying(1, 2, 5), Copying(3, 1, 2)], ids=repr)
def test_the_symbols_are_wanted_again_from_the_step_after_the_marker_on(task):
    batch = sample(task, 30)
    blank, marker = 0, task.alphabet + 1
    assert (np.sort(np.asarray(batch.inputs), -1)[..., -2:] == [0, 1]).all()
    shown = np.asarray(batch.inputs).argmax(-1)
    for b in range(30):
        row = shown[:, b].tolist()
        symbols = row[: task.symbols]
        assert all(1 <= s <= task.alphabet for s in symbols)
        at = row.index(marker)
        assert row[task.symbols :] == [blank] * (task.delay - 1) + [marker] + [blank] * task.symbols
        assert at == task.symbols + task.delay - 1
        assert batch.targets[:, b].tolist() == [blank] * (at + 1) + symbols
    assert batch.mask.all()
    assert task.steps_of(task.delay) == len(shown)


def test_the_example_of_the_docstring_has_this_form():
    task = Copying(delay=4, symbols=3, alphabet=3)
    batch = sample(task, 1)
    shown, letters = np.asarray(batch.inputs).argmax(-1)[:, 0], "_abc:"
    text, wanted = ("".join(letters[i] for i in row) for row in (shown, batch.targets[:, 0]))
    assert text == f"{text[:3]}___:___"
    assert wanted == f"_______{text[:3]}"


def test_symbols_are_uniform_and_independent():
    batch = sample(Copying(1, 2, 4), SAMPLES)
    pairs = np.asarray(batch.targets[-2:])
    counts = np.zeros((5, 5))
    np.add.at(counts, tuple(pairs), 1)
    share = counts[1:, 1:] / SAMPLES
    assert counts.sum() == counts[1:, 1:].sum()
    assert np.abs(share - 1 / 16).max() < 4 * (1 / 16 * 15 / 16 / SAMPLES) ** 0.5


def test_the_baseline_is_the_loss_of_the_best_guess_from_the_step_and_its_input():
    task = Copying(5, 4, 6)
    batch = sample(task, SAMPLES)
    shown, targets = np.asarray(batch.inputs).argmax(-1), np.asarray(batch.targets)
    logits = np.full((*targets.shape, task.output_dim), -30.0, np.float32)
    for t in range(len(shown)):
        for seen in np.unique(shown[t]):
            here = shown[t] == seen
            classes, counts = np.unique(targets[t, here], return_counts=True)
            logits[t][np.ix_(here, classes)] = np.log(counts / here.sum())
    # Frequencies fit the sample they are from: the bias is (6 - 1) / (2 N) a guessed step.
    found = judge(task, logits.astype(np.float32), batch)[0]
    assert abs(found - task.baseline) < 2 * 5 / (2 * SAMPLES)
    assert task.baseline == 4 * math.log(6) / 13
    assert Copying(20).baseline == pytest.approx(10 * math.log(8) / 40)


def test_accuracy_leaves_blanks_out():
    task = Copying(4, 3, 3)
    batch = sample(task, 20)
    blanks = np.eye(task.output_dim, dtype=np.float32)[np.zeros_like(batch.targets)]
    assert judge(task, blanks, batch)[2] == 0
    first = np.eye(task.output_dim, dtype=np.float32)[np.ones_like(batch.targets)]
    wanted = (np.asarray(batch.targets[-3:]) == 1).mean()
    assert judge(task, first, batch)[2] == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ((0, 1, 2), "delay must be 1 or more"),
        ((-1, 10, 8), "delay must be 1 or more"),
        ((1, 0, 2), "symbols must be 1 or more"),
        ((1, 1, 1), "alphabet must be 2 or more"),
    ],
)
def test_sequences_without_silence_or_anything_to_guess_are_refused(sizes, said):
    with pytest.raises(ValueError, match=said):
        Copying(*sizes)
