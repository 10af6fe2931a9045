import jax
import numpy as np
import optax
import pytest

from rnnjax.tasks.base import accuracy, cross_entropy
from rnnjax.training.devices import data_mesh
from rnnjax.training.evaluate import make_evaluate
from tests.training import small


@pytest.mark.parametrize("batch_size", [4, 5, 7, 19, 20, 33])
def test_a_short_last_batch_weighs_what_it_holds(batch_size):
    objective, optimizer = small.classifier(), optax.sgd(1.0)
    source = small.images(batch_size)
    assert source.batches == int(np.ceil(small.N / batch_size))
    state, _ = small.begin(objective, optimizer, small.images())
    found = make_evaluate(objective, data_mesh(1))(state.params, source)
    whole = small.images(small.N).batch(np.arange(small.N), 0, np.arange(small.N))
    _, logits = jax.jit(lambda p: objective.apply(p, (), whole, None))(state.params)
    assert found["loss"] == pytest.approx(
        float(cross_entropy(logits, whole.targets, whole.mask)), rel=1e-5
    )
    assert found["accuracy"] == pytest.approx(
        float(accuracy(logits, whole.targets, whole.mask)), rel=1e-6
    )


def test_windows_are_judged_as_the_series_that_they_were_cut_from():
    # Of the first window most has no echo yet: it must not weigh as much as the others.
    source = small.windows(delay=3, length=20)
    objective = small.listener(source)
    state, _ = small.begin(objective, optax.sgd(1.0), source)
    found = make_evaluate(objective, data_mesh(1))(state.params, source)
    series = source.ordered()
    _, logits = jax.jit(
        lambda p: objective.apply(p, objective.initial_carry(p, series), series, None)
    )(state.params)
    assert found["loss"] == pytest.approx(float(source.task.loss(logits, series)), rel=1e-5)
    wanted = source.task.metrics(logits, series)["accuracy"]
    assert found["accuracy"] == pytest.approx(float(wanted), rel=1e-6)


def test_evaluation_drops_nothing_and_repeats_itself():
    objective = small.classifier(dropout=0.9, layers=2)
    state, _ = small.begin(objective, optax.sgd(1.0), small.images())
    evaluate = make_evaluate(objective, data_mesh(1))
    first, again = (evaluate(state.params, small.images(7)) for _ in range(2))
    assert first == again
    without = make_evaluate(small.classifier(layers=2), data_mesh(1))
    assert without(state.params, small.images(7)) == first
