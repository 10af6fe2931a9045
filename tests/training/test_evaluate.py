import jax
import numpy as np
import pytest

from rnnjax import cells, models, tasks
from rnnjax.batch import accuracy, cross_entropy
from rnnjax.training import Trained, make_mesh, make_objective
from rnnjax.training.members import make_evaluate
from tests.filled import filled
from tests.tasks.compiled import held_out
from tests.training import small


def evaluated(objective, params, source):
    """Returns metrics, and over how many targets they are."""
    whole = jax.tree.map(lambda leaf: leaf[None], params)
    metrics, count = make_evaluate(objective, make_mesh())(whole, source)
    return {name: float(value[0]) for name, value in metrics.items()}, int(count[0])


def params_of(objective, source):
    batch = source.batch(source.ordered(), 0, np.arange(source.batch_size))
    return filled(3, lambda: objective.init(jax.random.key(0), batch))


@pytest.mark.parametrize("batch_size", [4, 5, 11, 33])
def test_a_short_last_batch_weighs_what_it_holds(batch_size):
    objective = small.classifier()
    source = small.labelled().source("validation", batch_size)
    params = params_of(objective, source)
    found, count = evaluated(objective, params, source)
    inputs, classes = small.sequences(11, seed=1)
    batch = source.batch(source.ordered(), 0, np.arange(1))._replace(
        inputs=np.swapaxes(inputs, 0, 1)
    )
    _, logits = objective.apply(params, (), batch, None)
    mask = np.ones(11, bool)
    wanted = [float(judge(logits, classes, mask)) for judge in (cross_entropy, accuracy)]
    assert [found["loss"], found["accuracy"]] == pytest.approx(wanted, rel=1e-5)
    assert count == 11


def test_steps_weigh_alike_however_sequences_share_batches():
    inputs, classes = small.sequences(small.N)
    lengths = np.arange(small.N) % (small.T + 1)
    task = tasks.Arrays((inputs, np.stack([classes] * small.T, 1), lengths))
    objective = make_objective(small.CELL, task)
    whole = task.source("train", small.N)
    params = params_of(objective, whole)
    found, count = evaluated(objective, params, whole)
    assert count == lengths.sum()
    for batch_size in (3, 6):
        parts, again = evaluated(objective, params, task.source("train", batch_size))
        assert parts == pytest.approx(found, rel=1e-5)
        assert again == count


@pytest.mark.full
def test_windows_are_judged_as_the_series_that_they_were_cut_from():
    # Of the first window most has no echo yet: it must not weigh as much as the others.
    task = small.windows(delay=3, length=20)
    model = models.sequence_model(small.CELL, models.All, task.output_dim)
    objective, source = make_objective(model, task), task.source("validation", 3)
    params = params_of(objective, source)
    found, count = evaluated(objective, params, source)
    series = source.ordered()
    _, logits = objective.apply(params, objective.initial_carry(params, series), series, None)
    assert found["loss"] == pytest.approx(float(task.loss(logits, series)), rel=1e-5)
    wanted = task.metrics(logits, series)["accuracy"]
    assert found["accuracy"] == pytest.approx(float(wanted), rel=1e-6)
    assert count == 17 * 3


def test_evaluation_drops_nothing_and_repeats_itself():
    source = small.labelled().source("test", 7)
    objective = small.classifier(dropout=0.9, layers=2)
    params = params_of(objective, source)
    first, again = (evaluated(objective, params, source) for _ in range(2))
    assert first == again
    assert evaluated(small.classifier(layers=2), params, source) == first


def test_parts_of_one_shape_share_a_program():
    objective = small.classifier()
    sources = [small.labelled().source(part, 4) for part in ("validation", "test")]
    params = params_of(objective, sources[0])
    compiled = make_evaluate(objective, make_mesh())
    first, programs = evaluated(objective, params, sources[0]), compiled._cache_size()
    assert evaluated(objective, params, sources[1]) != first
    assert compiled._cache_size() == programs


def test_each_size_is_evaluated_on_sequences_of_that_size_alone():
    task = tasks.Parity(3, alike=True)
    objective = make_objective(cells.Elman(3), task)
    trained = Trained(objective, params_of(objective, task.source("test", 1)))
    found = trained.evaluate_sizes([7, 2, 7], batch_size=8)
    assert list(found) == [2, 7]
    longest = task.resized(7)
    for size, metrics in found.items():
        source, losses = longest.source_of(size, 8), []
        for index in range(10):
            batch = held_out(source, index)
            bits = batch.inputs[:size].argmax(-1)
            np.testing.assert_array_equal(batch.targets[size], bits.sum(0) % 2)
            logits = trained.predict(batch.inputs[: size + 1])  # without the padding
            chances = np.exp(logits[size]) / np.exp(logits[size]).sum(-1, keepdims=True)
            losses.append(-np.log(chances[np.arange(8), batch.targets[size]]).mean())
        assert metrics["loss"] == pytest.approx(np.mean(losses), rel=1e-5)
    assert trained.evaluate_sizes([]) == {}
    with pytest.raises(ValueError, match=r"a size of Parity\(.*\) is 1 or more; got 0"):
        trained.evaluate_sizes([0, 3])
    with pytest.raises(TypeError, match=r"sequences of a tasks\.SizedTask have sizes; this is Reb"):
        Trained(make_objective(cells.Elman(3), tasks.Reber()), {}).evaluate_sizes()
