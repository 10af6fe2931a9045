"""A streamed task in `fit`, and what is asked of it afterwards."""

import jax
import numpy as np
import pytest

from rnnjax import cells, tasks, training
from rnnjax.training.faults import find_held_out_fault
from tests.laws.draws import assert_close, normal

N, T, D, B = 50, 3, 2, 5
INPUTS = normal(0, (N, T, D))
CLASSES = (INPUTS.sum((1, 2)) > 0).astype(int)
CELL = cells.Elman(2, recurrent_init=cells.Normal(0.4))


def delivered(size, inputs=INPUTS):
    """Returns what delivers everything once."""
    return lambda: ((inputs[i : i + size], CLASSES[i : i + size]) for i in range(0, N, size))


@pytest.fixture(scope="module")
def fitted():
    train, held_out = delivered(7), delivered(4)
    task = tasks.Streamed(train, held_out, held_out, input_dim=D, output_dim=2, metric="accuracy")
    return training.fit(CELL, task, steps=20, batch_size=B, log_every=10, eval_every=10)


def test_fit_takes_a_streamed_task(fitted):
    assert fitted.best_step in (10, 20)
    assert fitted.metrics("test") == fitted.metrics("validation")
    lines = [(line["step"], line["split"]) for line in fitted.history]
    assert lines[:3] == [(10, "train"), (10, "validation"), (10, "test")]


def test_what_was_trained_is_asked_about_all_that_is_delivered(fitted):
    found = fitted.evaluate("test", batch_size=B)
    logits = np.asarray(fitted.predict(np.swapaxes(INPUTS, 0, 1)))
    losses = jax.nn.log_softmax(logits)[np.arange(N), CLASSES]
    assert found["loss"] == pytest.approx(-float(losses.mean()), rel=1e-5)
    assert found["accuracy"] == pytest.approx((logits.argmax(-1) == CLASSES).mean(), rel=1e-6)
    wanted, classes = fitted.classes("test")
    assert wanted.tolist() == CLASSES.tolist()
    assert classes.tolist() == logits.argmax(-1).tolist()
    assert_close(fitted.examples("test", 6).inputs, np.swapaxes(INPUTS[:6], 0, 1))


def test_a_number_that_is_missing_in_what_is_held_out_is_found_in_its_batch():
    broken = INPUTS.copy()
    broken[47] = np.nan
    task = tasks.Streamed(delivered(4), delivered(4, broken), input_dim=D, output_dim=2)
    found = find_held_out_fault(task.source("validation", B))
    assert found == "6 of the inputs of its batch 9 are not finite"
