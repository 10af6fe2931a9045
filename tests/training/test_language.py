import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import cells, compose, models, tasks, training
from rnnjax.training import language
from rnnjax.training.language import LanguageModel, _write, nucleus

PROSE = "to be, or not to be: that is the question.\n" * 100


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "prose.txt"
    path.write_text(PROSE)
    numbers = training.Hyperparameters(learning_rate=2e-2)
    task = tasks.Text(str(path), window=16)
    return training.fit(cells.GRU(32), task, 240, batch_size=4, eval_every=240, numbers=numbers)


def test_it_learns_and_writes_what_it_has_read(trained):
    assert trained.metrics("test")["bits_per_character"] < 0.5
    model = LanguageModel(trained)
    for prompt in (PROSE[:43], PROSE[:54], PROSE[7:20]):
        after = PROSE[PROSE.index(prompt) + len(prompt) :]
        for temperature in (0.01, 1e-37):
            assert model.generate(prompt, 20, temperature=temperature) == after[:20]


def test_a_score_is_the_sum_of_log_chances_by_the_network_run_at_once(trained):
    text = PROSE[3:300] + "zebra"
    numbers = trained.task.vocabulary.encode("\n" + text)
    variables = {"params": trained.params}
    logits = trained.model.apply(variables, jnp.asarray(numbers[:-1])[:, None])[1][:, 0]
    logits = np.asarray(logits, np.float64)
    chances = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    wanted = -chances[np.arange(len(text)), numbers[1:]].sum() / np.log(2)
    found = LanguageModel(trained).score(text)
    assert found.bits == pytest.approx(wanted, rel=1e-5)
    assert found.symbols == len(text)
    assert found.bits_per_symbol == pytest.approx(wanted / len(text), rel=1e-5)


def test_lines_are_scored_as_they_are_alone(trained):
    model, lines = LanguageModel(trained), ["to be", "", PROSE[:200], "xyz"]
    alone = [model.score(line).bits for line in lines]
    assert [score.bits for score in model.score_all(lines)] == pytest.approx(alone, rel=1e-5)
    assert model.score_all([]) == []


def test_many_texts_are_scored_some_at_a_time(trained, monkeypatch):
    model, lines = LanguageModel(trained), ["to be", "or", "not to be", "that"] * 2
    wanted = model.score_all(lines)
    monkeypatch.setattr(language, "_ROWS", 3)
    assert model.score_all(lines) == wanted


@pytest.mark.full
def test_a_learned_start_is_there_for_the_next_text():
    """States are given up at each step, the parameters that they may begin as are not."""
    task = tasks.Text(__file__, window=8)
    objective = training.make_objective(compose.LearnedStart(cells.GRU(4)), task)
    batch = task.source("train", 2).batch(None, jnp.array(0), jnp.arange(2))
    params = objective.model.init(jax.random.key(0), batch.inputs)["params"]
    model = LanguageModel(training.Trained(objective, params))
    assert model.generate("a", 5) == model.generate("a", 5)
    assert model.score("a") == model.score("a")


def test_what_is_written_is_drawn_as_likely_as_the_network_finds_it(trained):
    model, counts = LanguageModel(trained), 400
    first = [model.generate("to be", 1, temperature=2.0, seed=seed) for seed in range(counts)]
    numbers = trained.task.vocabulary.encode("\nto be")
    logits = trained.model.apply({"params": trained.params}, jnp.asarray(numbers)[:, None])[1]
    chances = jax.nn.softmax(logits[-1, 0] / 2.0)
    for number, symbol in enumerate(trained.task.vocabulary.symbols):
        p = float(chances[number])
        assert abs(first.count(symbol) / counts - p) < 4 * (p * (1 - p) / counts) ** 0.5 + 1e-3
    texts = [model.generate("to be", 30, temperature=3.0, seed=seed) for seed in (7, 7, 8)]
    assert texts[0] == texts[1] != texts[2]


def test_no_character_compiles_anything(trained):
    model = LanguageModel(trained)
    model.generate("a", 1)
    compiled = _write._cache_size()
    model.generate("a longer prompt than before", 20, temperature=0.3, top_p=0.5)
    assert _write._cache_size() == compiled


def test_the_nucleus_holds_the_likeliest_symbols():
    chances = np.array([0.1, 0.4, 0.2, 0.3])
    for top_p, kept in [
        (0.3, [1]),
        (0.4, [1]),
        (0.5, [1, 3]),
        (0.9, [1, 2, 3]),
        (1.0, [0, 1, 2, 3]),
    ]:
        found = nucleus(jnp.log(jnp.asarray(chances)), top_p - 1e-6)
        assert np.flatnonzero(np.isfinite(found)).tolist() == kept


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"temperature": 0.0}, "temperature must be above 0"),
        ({"top_p": 0.0}, "top_p must be above 0"),
        ({"top_p": 1.5}, "top_p must be above 0"),
        ({"count": -3}, "count must be a whole number of 0 or more; got -3"),
        ({"count": 2.5}, "count must be a whole number of 0 or more; got 2.5"),
        ({"count": None}, "count must be a whole number of 0 or more; got None"),
    ],
)
def test_ways_of_writing_that_cannot_be_are_refused(trained, how, said):
    with pytest.raises(ValueError, match=said):
        LanguageModel(trained).generate("", **{"count": 1, **how})


def test_what_is_no_text_is_refused(trained):
    model = LanguageModel(trained)
    with pytest.raises(TypeError, match=r"^a language model reads a text; got None$"):
        model.generate(None, 5)
    with pytest.raises(TypeError, match=r"^several texts are scored: give \['abc'\]$"):
        model.score_all("abc")
    with pytest.raises(TypeError, match=r"^a language model reads a text; got 3$"):
        model.score_all(["a", 3])
    with pytest.raises(ValueError, match=r"are whole numbers \[T, B\], those of one step"):
        trained.step(None, jnp.ones((3, 5)))


def test_unknown_symbols_are_counted_and_never_written(trained):
    model = LanguageModel(trained)
    assert [model.score(text).unknown for text in ("to be", "xyz to", "ZZZ")] == [0, 3, 3]
    # As likely as any other, drawn at a temperature at which all are.
    assert "\ufffd" not in model.generate("to be", 2000, temperature=1e6)


def test_networks_that_have_read_no_text_are_refused():
    objective = training.make_objective(cells.GRU(4), tasks.Adding(5))
    with pytest.raises(TypeError, match=r"learned a tasks\.Text"):
        LanguageModel(training.Trained(objective, {}))
    assert isinstance(objective.model, models.SequenceModel)


@pytest.mark.full
def test_a_text_is_judged_in_the_same_streams_whatever_the_batch(tmp_path):
    """Many short streams each begin without a past, and bits would rise with the batch."""
    path = tmp_path / "numbers.txt"
    path.write_text(" ".join(map(str, range(9000))))
    found = []
    for batch_size in (3, 16):
        task = tasks.Text(str(path), window=16, validation=0.1, test=0.3)
        fit = training.fit(cells.GRU(4), task, 1, batch_size=batch_size)
        told = fit.metrics("test")
        for again in (1, 100):
            assert fit.evaluate("test", batch_size=again) == told
        streams = task.judged("test", batch_size)
        rows = np.arange(streams.batch_size)
        whole = [streams.batch(None, jnp.array(i), rows) for i in range(streams.batches)]
        assert sum(int(batch.mask.sum()) for batch in whole) == len(task.numbers("test")) - 1
        found.append(streams.batch_size)
    assert found == [3, 3]  # of 13,167 symbols
