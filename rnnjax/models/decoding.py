"""Writing with an encoder and a decoder, symbol by symbol: the likeliest one, or a beam."""

import functools
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from rnnjax.models.encoder_decoder import EncoderDecoder, Memory
from rnnjax.typing import Array, Params, State


class Decoded(NamedTuple):
    """What was written.

    Attributes:
        symbols: whole numbers `[T, B]`, of a beam `[T, B, W]`, the best first; filled up with the
            end symbol.
        lengths: how many symbols come before the end, `[B]` or `[B, W]`.
        scores: the logarithm of the probability of symbols and end, `[B]`; of a beam what it is
            ordered by, `[B, W]`, minus infinity where fewer than W targets can be written.

    Example:
        >>> found = Decoded(jnp.array([[7], [3], [0]]), jnp.array([2]), jnp.array([-0.5]))
        >>> [found.symbols[:length, b].tolist() for b, length in enumerate(found.lengths)]
        [[7, 3]]
    """

    symbols: Array
    lengths: Array
    scores: Array


@functools.partial(jax.jit, static_argnames=("model", "length", "end"))
def greedy(
    model: EncoderDecoder,
    params: Params,
    sources: Array,
    steps: Array | None = None,
    *,
    length: int,
    end: int = 0,
) -> Decoded:
    """Writes the likeliest symbol at each step, up to an end.

    Args:
        model: the network.
        params: its parameters.
        sources: what it reads, `[S, B]`.
        steps: boolean `[S, B]`, False where there is no step.
        length: T, the most symbols, with the end if it is among them.
        end: the symbol that ends what is written; writing begins after one, too.

    Example:
        >>> from rnnjax.cells import GRU
        >>> from rnnjax.models import encoder_decoder
        >>> model, sources = encoder_decoder(GRU(8), 20, 12), jnp.ones((5, 4), int)
        >>> params = model.init(jax.random.key(0), sources, sources)["params"]
        >>> greedy(model, params, sources, length=3).symbols.shape
        (3, 4)
    """
    memory, states = _begin(model, params, sources, steps)
    count = sources.shape[1]

    def step(carry: tuple, _: None) -> tuple[tuple, Array]:
        states, symbol, done, scores = carry
        states, logs = _step(model, params, memory, states, symbol)
        symbol = jnp.where(done, end, logs.argmax(-1))
        gains = jnp.take_along_axis(logs, symbol[:, None], axis=-1)[:, 0]
        scores += jnp.where(done, 0, gains)
        return (states, symbol, done | (symbol == end), scores), symbol

    first = states, jnp.full(count, end), jnp.zeros(count, bool), jnp.zeros(count)
    (*_, scores), symbols = jax.lax.scan(step, first, length=length)
    return Decoded(symbols, (symbols != end).sum(0), scores)


class _Beam(NamedTuple):
    """W unfinished or finished targets of each source.

    Attributes:
        states: of the decoder, leaves `[B * W, ...]`.
        symbols: what they are so far, `[T, B, W]`.
        last: the last symbol of each, `[B, W]`.
        done: whether it has ended.
        counts: symbols so far, with the end.
        scores: the logarithm of the probability so far.
    """

    states: State
    symbols: Array
    last: Array
    done: Array
    counts: Array
    scores: Array


@functools.partial(jax.jit, static_argnames=("model", "length", "beams", "end"))
def beam(
    model: EncoderDecoder,
    params: Params,
    sources: Array,
    steps: Array | None = None,
    *,
    length: int,
    beams: int,
    alpha: Array | float = 0.6,
    end: int = 0,
) -> Decoded:
    """Keeps the best W targets at each step, finished ones among them (beam search).

    They are ordered by `log P / ((5 + n) / 6)**alpha`, with n symbols so far, the end among them:
    by `log P` alone short targets would win. A beam of one is `greedy`.

    Args:
        model: the network.
        params: its parameters.
        sources: what it reads, `[S, B]`.
        steps: boolean `[S, B]`, False where there is no step.
        length: T, the most symbols, with the end if it is among them.
        beams: W, 1 or more.
        alpha: strength of the length normalization; 0 for none.
        end: the symbol that ends what is written; writing begins after one, too.

    Raises:
        ValueError: if `beams` is below 1.

    References:
        Wu et al. (2016), Google's neural machine translation system, arXiv:1609.08144, section 7,
        eq. (14) without the penalty on coverage.
        Vaswani et al. (2017), Attention is all you need, NeurIPS, arXiv:1706.03762 (the value of
        `alpha`).

    Example:
        >>> from rnnjax.cells import GRU
        >>> from rnnjax.models import encoder_decoder
        >>> model, sources = encoder_decoder(GRU(8), 20, 12), jnp.ones((5, 4), int)
        >>> params = model.init(jax.random.key(0), sources, sources)["params"]
        >>> beam(model, params, sources, length=3, beams=2).symbols.shape
        (3, 4, 2)
    """
    if beams < 1:
        raise ValueError(f"beams must be 1 or more; got {beams}")
    memory, states = _begin(model, params, sources, steps)
    batch = sources.shape[1], beams
    ys, there = jax.tree.map(lambda x: x.repeat(beams, axis=1), (memory.ys, memory.steps))
    memory = Memory((), ys, there)

    def step(now: _Beam, t: Array) -> tuple[_Beam, Array]:
        states, logs = _step(model, params, memory, now.states, now.last.ravel())
        logs = logs.reshape(*batch, -1)
        classes = logs.shape[-1]
        # After its end a target has one continuation, another end, for certain.
        ending = jnp.where(jnp.arange(classes) == end, 0.0, -jnp.inf)
        gains = jnp.where(now.done[..., None], ending[None, None], logs)
        scores = (now.scores[..., None] + gains).reshape(batch[0], -1)
        counts = now.counts + ~now.done
        lengths = ((5 + counts) / 6) ** alpha
        ranks, best = jax.lax.top_k(scores / lengths.repeat(classes, axis=1), beams)
        parent, symbol = best // classes, best % classes

        def of_parent(x: Array) -> Array:
            return jnp.take_along_axis(x, parent, axis=-1)

        def state_of_parent(leaf: Array) -> Array:
            apart = leaf.reshape(*batch, *leaf.shape[1:])
            return jax.vmap(lambda own, index: own[index])(apart, parent).reshape(leaf.shape)

        symbols = jax.vmap(of_parent)(now.symbols).at[t].set(symbol)
        after = _Beam(
            jax.tree.map(state_of_parent, states),
            symbols,
            symbol,
            of_parent(now.done) | (symbol == end),
            of_parent(counts),
            jnp.take_along_axis(scores, best, axis=-1),
        )
        return after, ranks

    first = _Beam(
        jax.tree.map(lambda leaf: leaf.repeat(beams, axis=0), states),
        jnp.full((length, *batch), end),
        jnp.full(batch, end),
        jnp.zeros(batch, bool),
        jnp.zeros(batch, int),
        # All W are still the same empty target: one of them is continued.
        jnp.broadcast_to(jnp.where(jnp.arange(beams) == 0, 0.0, -jnp.inf), batch),
    )
    found, ranks = jax.lax.scan(step, first, jnp.arange(length))
    return Decoded(found.symbols, (found.symbols != end).sum(0), ranks[-1])


def _begin(
    model: EncoderDecoder, params: Params, sources: Array, steps: Array | None
) -> tuple[Memory, State]:
    """Reads sources; returns what is known of them, and the decoder's first states."""

    def read(module: EncoderDecoder) -> tuple[Memory, State]:
        memory = module.encode(sources, steps)
        return memory, module.begin(memory)

    return nn.apply(read, model)({"params": params})


def _step(
    model: EncoderDecoder, params: Params, memory: Memory, states: State, symbol: Array
) -> tuple[State, Array]:
    """Makes one step after symbols `[B]`; returns the log-probabilities `[B, K]` of the next."""
    out: Any = model.apply({"params": params}, memory, states, symbol[None], method="decode")
    states, logits = out
    return states, jax.nn.log_softmax(logits[0])
