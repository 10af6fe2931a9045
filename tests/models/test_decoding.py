"""What is written is compared with all that could be, one by one."""

import functools
import itertools

import jax
import numpy as np
import pytest

from rnnjax.cells import GRU, LSTM
from rnnjax.models import beam, encoder_decoder, greedy
from tests.filled import filled
from tests.laws.draws import assert_close

S, T, B, K = 4, 4, 5, 3
RNG = np.random.default_rng(1)
SOURCES = RNG.integers(0, 6, (S, B))
STEPS = np.arange(S)[:, None] < np.array([4, 2, 3, 1, 4])
MODEL = encoder_decoder(LSTM(4), 6, K, decoder_cell=GRU(4), embedding=3, attention=True)
RUN = jax.jit(MODEL.apply)


@pytest.fixture(scope="module")
def params():
    make = functools.partial(MODEL.init, jax.random.key(0), SOURCES, SOURCES % K)
    drawn = filled(7, make)["params"]
    return jax.tree.map(lambda leaf: 4 * leaf, drawn)  # so that symbols differ in their chances


def everything(end):
    """Lists all that can be written in T steps."""
    others = [k for k in range(K) if k != end]
    found = [list(text) for text in itertools.product(others, repeat=T)]
    for length in range(T):
        found += [[*text, end] for text in itertools.product(others, repeat=length)]
    return found


def chances(params, texts, end):
    """Returns the logarithm of the probability of each text `[texts, B]`, by teacher forcing."""
    symbols = np.array([text + [end] * (T - len(text)) for text in texts]).T
    previous = np.concatenate([np.full((1, len(texts)), end), symbols[:-1]])
    found = np.zeros((len(texts), B))
    for b in range(B):
        given = [np.repeat(x[:, b : b + 1], len(texts), 1) for x in (SOURCES, STEPS)]
        logits = np.asarray(RUN({"params": params}, given[0], previous, given[1]), np.float64)
        logs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
        each = np.take_along_axis(logs, symbols[..., None], -1)[..., 0]
        for i, text in enumerate(texts):
            found[i, b] = each[: len(text), i].sum()
    return found


@pytest.mark.parametrize(("end", "alpha"), [(0, 0.0), (0, 0.6), (2, 1.5)])
def test_a_wide_beam_is_everything_that_can_be_written_the_best_first(params, end, alpha):
    texts = everything(end)
    assert len(texts) == 2**T + 2**T - 1
    logs = chances(params, texts, end)
    np.testing.assert_allclose(np.exp(logs).sum(0), 1, atol=1e-5)
    ranks = logs / ((5 + np.array([len(text) for text in texts])) / 6)[:, None] ** alpha
    W = len(texts) + 4
    found = beam(MODEL, params, SOURCES, STEPS, length=T, beams=W, alpha=alpha, end=end)
    assert found.symbols.shape == (T, B, W)
    for b in range(B):
        order = np.argsort(-ranks[:, b])
        assert_close(found.scores[b, :-4], ranks[order, b].astype(np.float32), atol=1e-4)
        assert (found.scores[b, -4:] == -np.inf).all()
        for w, index in enumerate(order):
            text = texts[index]
            assert found.symbols[:, b, w].tolist() == text + [end] * (T - len(text))
            assert found.lengths[b, w] == len(text) - (end in text)


@pytest.mark.parametrize("beams", [2, 3])
@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_a_narrow_beam_keeps_the_best_at_each_step(params, beams, alpha):
    found = beam(MODEL, params, SOURCES, STEPS, length=T, beams=beams, alpha=alpha)
    prefixes = {tuple(text[:n]) for text in everything(0) for n in range(1, T + 1)}
    texts = [list(text) for text in prefixes]
    known = dict(zip(map(tuple, texts), chances(params, texts, 0), strict=True))
    for b in range(B):

        def rank(text, b=b):
            return known[text][b] / ((5 + len(text)) / 6) ** alpha

        kept = [()]
        for _ in range(T):
            longer = [t for t in kept if t and t[-1] == 0]
            longer += [(*t, k) for t in kept if not (t and t[-1] == 0) for k in range(K)]
            kept = sorted(longer, key=rank, reverse=True)[:beams]
        assert_close(found.scores[b], np.array([rank(t) for t in kept], np.float32), atol=1e-4)
        written = [tuple(t) + (0,) * (T - len(t)) for t in kept]
        assert [tuple(found.symbols[:, b, w].tolist()) for w in range(beams)] == written


@pytest.mark.parametrize("end", [1, 2])
def test_the_greedy_writer_takes_the_likeliest_symbol_and_is_a_beam_of_one(params, end):
    found = greedy(MODEL, params, SOURCES, STEPS, length=T, end=end)
    symbols = np.full((T, B), end)
    for t in range(T):
        previous = np.concatenate([np.full((1, B), end), symbols[:-1]])
        logits = np.asarray(RUN({"params": params}, SOURCES, previous, STEPS))[t]
        ended = (symbols[:t] == end).any(0)
        symbols[t] = np.where(ended, end, logits.argmax(-1))
    np.testing.assert_array_equal(found.symbols, symbols)
    np.testing.assert_array_equal(found.lengths, (symbols != end).sum(0))
    assert len(set(found.lengths.tolist())) > 1
    texts = [row[: n + 1].tolist() for row, n in zip(symbols.T, found.lengths, strict=True)]
    logs = chances(params, texts, end)
    assert_close(found.scores, np.diag(logs).astype(np.float32), atol=1e-4)
    one = beam(MODEL, params, SOURCES, STEPS, length=T, beams=1, alpha=0.0, end=end)
    for wanted, got in zip(found, one, strict=True):
        np.testing.assert_allclose(got[..., 0], wanted, rtol=1e-6)
    long = beam(MODEL, params, SOURCES, STEPS, length=T, beams=1, alpha=2.0, end=end)
    np.testing.assert_array_equal(long.symbols[..., 0], symbols)


def test_beams_of_one_source_know_nothing_of_another(params):
    found = beam(MODEL, params, SOURCES, STEPS, length=T, beams=3)
    for b in range(B):
        alone = beam(MODEL, params, SOURCES[:, [b]], STEPS[:, [b]], length=T, beams=3)
        np.testing.assert_array_equal(alone.symbols[:, 0], found.symbols[:, b])
        assert_close(alone.scores[0], found.scores[b], atol=1e-5)
    short = beam(MODEL, params, SOURCES[:2, [1]], length=T, beams=3)  # all of it are steps
    assert STEPS[:, 1].sum() == 2
    np.testing.assert_array_equal(short.symbols[:, 0], found.symbols[:, 1])
    assert_close(short.scores[0], found.scores[1], atol=1e-5)


def test_more_length_is_preferred_the_more_it_is_made_up_for(params):
    write = functools.partial(beam, MODEL, params, SOURCES, length=T, beams=40, end=2)
    lengths = [float(write(alpha=alpha).lengths[:, 0].mean()) for alpha in (0.0, 1.0, 5.0)]
    assert lengths == sorted(lengths)
    assert lengths[0] < lengths[-1]


def test_a_beam_of_nothing_is_refused(params):
    with pytest.raises(ValueError, match="beams must be 1 or more; got 0"):
        beam(MODEL, params, SOURCES, length=T, beams=0)
