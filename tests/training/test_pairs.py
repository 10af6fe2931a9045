"""Networks on pairs: what they learn, what is judged, and what they are asked."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import cells, models, tasks, training
from rnnjax.batch import Batch
from rnnjax.training.pairs import Written, shifted

TASK = tasks.Reversal(3, letters=6)
NUMBERS = training.Hyperparameters(learning_rate=1e-2)


@pytest.fixture(scope="module")
def fitted():
    model = models.encoder_decoder(cells.LSTM(32), 6, 7, decoder_cell=cells.GRU(32), attention=True)
    return training.fit(model, TASK, 500, batch_size=64, numbers=NUMBERS, eval_every=500)


@pytest.mark.full
def test_it_learns_to_write_backward_also_what_training_never_had(fitted):
    found = fitted.metrics("test")
    assert found["exact"] > 0.9
    assert found["accuracy"] > 0.95
    assert found["loss"] < 0.2 < TASK.baseline
    training_line = fitted.history[0]
    assert "accuracy" in training_line
    assert "exact" not in training_line


@pytest.mark.full
def test_it_is_asked_in_words(fitted):
    translator = training.Translator(fitted)
    words = ["a", "abc", "dd", "bad"]
    assert translator.translate(words) == [word[::-1] for word in words]
    assert translator.translate(words, beams=3) == [word[::-1] for word in words]
    assert translator.translate([]) == []
    numbers, steps = (np.stack(arrays, 1) for arrays in zip(*map(TASK.read, words), strict=True))
    written = fitted.predict(numbers, steps=steps)
    assert [TASK.target_text(row) for row in written.T] == translator.translate(words)
    several = translator.hypotheses("abc", beams=3)
    assert several[0].text == "cba"
    assert len({text for text, _ in several}) == 3
    scores = [score for _, score in several]
    assert scores == sorted(scores, reverse=True)
    # Each alone is what it is among others.
    assert translator.hypotheses("dd", beams=1)[0].text == "dd"


@pytest.mark.full
def test_where_it_looks_is_said_symbol_by_symbol(fitted):
    translator = training.Translator(fitted)
    weights, written, read = translator.attention("ab")
    assert (written, read) == (["b", "a", "."], ["a", "b"])
    assert weights.shape == (3, 2)
    np.testing.assert_allclose(weights.sum(1), 1, rtol=1e-5)
    assert len(translator.attention("abc")[1]) == 4


@pytest.mark.full
def test_what_cannot_be_asked_is_refused_in_one_line(fitted):
    translator = training.Translator(fitted)
    for call, error, message in (
        (lambda: translator.translate("abc"), TypeError, "several texts are translated"),
        (lambda: translator.translate(["abx"]), ValueError, "'abx' has 'x', and the symbols are"),
        (lambda: translator.translate(["abcd"]), ValueError, "reads 1 to 3 symbols; got 4"),
        (lambda: translator.translate(["a"], beams=0), ValueError, "beams must be a whole number"),
    ):
        with pytest.raises(error, match=re.escape(message)) as caught:
            call()
        assert "\n" not in str(caught.value)
    other = training.make_objective(cells.Elman(2), tasks.Parity(4))
    with pytest.raises(TypeError, match=r"that has learned a tasks\.PairTask translates"):
        training.Translator(training.Trained(other, {}))
    plain = training.make_objective(cells.Elman(2), TASK)
    params = plain.init(jax.random.key(0), TASK.sample(jax.random.key(0), 1))
    with pytest.raises(TypeError, match="a network with attention looks back"):
        training.Translator(training.Trained(plain, params)).attention("a")


def test_what_counts_is_what_the_mask_shows_and_a_target_is_right_or_wrong_as_a_whole():
    objective = training.make_objective(cells.Elman(2), TASK)
    targets = jnp.array([[1, 1, 2, 3], [0, 2, 2, 0], [0, 0, 0, 0], [0, 0, 0, 0]])
    mask = jnp.array([[1, 1, 1, 0], [1, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]], bool)
    symbols = targets.at[3, 0].set(4).at[1, 1].set(3).at[0, 3].set(1)
    logits = 100.0 * jax.nn.one_hot(targets.at[0, 0].set(2), 5)
    found = objective.metrics(Written(logits, symbols), Batch(targets, targets, mask))
    assert found["exact"] == pytest.approx(2 / 3)  # the fourth has no target at all
    assert found["accuracy"] == pytest.approx(7 / 8)
    assert "exact" not in objective.metrics(Written(logits, None), Batch(targets, targets, mask))


def test_the_decoder_is_given_the_symbols_before():
    assert shifted(jnp.array([[3, 1], [2, 0], [0, 0]])).tolist() == [[0, 0], [3, 1], [2, 0]]
    objective = training.make_objective(cells.GRU(3), TASK)
    batch = TASK.sample(jax.random.key(0), 4)
    params = objective.init(jax.random.key(1), batch)
    noise = training.objective.Noise(jax.random.key(2), None)
    run = jax.jit(lambda batch: objective.apply(params, (), batch, noise)[1].logits)
    logits = run(batch)
    # A symbol is not seen before it is to be written, and is after.
    changed = run(batch._replace(targets=batch.targets.at[1].set((batch.targets[1] + 1) % 5)))
    assert np.array_equal(changed[:2], logits[:2])
    assert np.abs(changed[2] - logits[2]).min() > 0
    outputs = objective.apply(params, (), batch, None)[1]
    np.testing.assert_allclose(outputs.logits, logits, rtol=1e-5)
    written = objective.predict(params, batch.inputs, batch.steps)
    np.testing.assert_array_equal(outputs.symbols, written)


@pytest.mark.full
def test_a_feed_forward_net_writes_all_at_once():
    task = tasks.Addition(1, held_out=0.0)
    network = models.MLP((64, task.target_length * task.output_dim))
    fitted = training.fit(network, task, 300, batch_size=64, numbers=NUMBERS, eval_every=300)
    found = fitted.metrics("test")
    assert found["exact"] > 0.95
    batch = fitted.examples("test", 20)
    seen = np.eye(task.input_dim)[np.asarray(batch.inputs)]  # [S, B, D]
    flat = np.concatenate(list(seen), axis=1)
    params = jax.tree.map(np.asarray, fitted.params)
    first, second = params["Dense_0"], params["Dense_1"]
    hidden = np.maximum(flat @ first["kernel"] + first["bias"], 0)
    outputs = (hidden @ second["kernel"] + second["bias"]).reshape(20, 2, 12)
    np.testing.assert_array_equal(fitted.predict(batch.inputs), outputs.argmax(-1).T)


@pytest.mark.full
def test_a_feed_forward_net_sees_nothing_where_there_is_no_symbol():
    network = models.MLP((4, TASK.target_length * TASK.output_dim))
    objective = training.make_objective(network, TASK)
    batch = TASK.sample(jax.random.key(0), 8)
    params = objective.init(jax.random.key(1), batch)
    other = jnp.where(batch.steps, batch.inputs, 3 - batch.inputs)
    assert not np.array_equal(other, batch.inputs)
    one, two = (
        objective.apply(params, (), b, None)[1] for b in (batch, batch._replace(inputs=other))
    )
    np.testing.assert_array_equal(one.logits, two.logits)
    symbols = np.asarray(one.symbols)
    ended = np.cumsum(symbols == 0, axis=0) > 0
    assert (symbols[ended] == 0).all()


@pytest.mark.parametrize(
    ("network", "task", "error", "message"),
    [
        (
            models.encoder_decoder(cells.GRU(2), 4, 5),
            tasks.Parity(4),
            TypeError,
            "an EncoderDecoder learns a tasks.PairTask",
        ),
        (
            models.sequence_model(cells.GRU(2), models.All, 5),
            TASK,
            TypeError,
            "it needs a models.EncoderDecoder",
        ),
    ],
)
def test_networks_that_cannot_learn_a_task_are_refused(network, task, error, message):
    with pytest.raises(error, match=re.escape(message)):
        training.make_objective(network, task)


def test_a_feed_forward_net_of_another_size_is_refused():
    objective = training.make_objective(models.MLP((4, 7)), TASK)
    with pytest.raises(ValueError, match="wants an MLP with 28 outputs"):
        objective.init(jax.random.key(0), TASK.sample(jax.random.key(0), 1))


@pytest.mark.full
def test_dropout_is_between_the_layers_of_both():
    model = models.encoder_decoder(cells.GRU(3), 6, 7, layers=2)
    objective = training.make_objective(model, TASK)
    assert objective.drops
    assert not training.make_objective(cells.GRU(3), TASK).drops
    batch = TASK.sample(jax.random.key(0), 4)
    params = objective.init(jax.random.key(1), batch)

    def logits(rate):
        noise = training.objective.Noise(jax.random.key(2), rate)
        return objective.apply(params, (), batch, noise)[1].logits

    np.testing.assert_array_equal(logits(0.0), logits(None))
    assert np.abs(logits(jnp.array(0.5)) - logits(None)).max() > 1e-4
