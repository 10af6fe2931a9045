"""Cells that are broken on purpose, each in one way."""

import itertools
from typing import NamedTuple

import jax
import jax.numpy as jnp

from rnnjax.cells import AssociativeCell, Elman, MinGRU
from rnnjax.cells.noise import pack, unpack
from rnnjax.cells.plain.elman import ElmanState
from rnnjax.typing import Array

_calls = itertools.count()


class Forgetful(Elman):
    """Its first state has no batch axes."""

    def initial_state(self, params, batch_shape=()):
        return super().initial_state(params)


class Widening(Elman):
    """Its state is of another dtype after a step."""

    def combine(self, params, state, u, v):
        h = jnp.tanh(u + v).astype(jnp.float32)
        return ElmanState(h), h


class Normalizing(Elman):
    """Its rows see each other."""

    def combine(self, params, state, u, v):
        h = jnp.tanh(u + v - (u + v).mean(axis=0, keepdims=True))
        return ElmanState(h), h


class Counting(Elman):
    """Its step is no function of its arguments."""

    def combine(self, params, state, u, v):
        h = jnp.tanh(u + v) / (1 + next(_calls))
        return ElmanState(h), h


class Individual(Elman):
    """Equal to itself alone."""

    __eq__ = object.__eq__
    __hash__ = object.__hash__


class Detached(Elman):
    """Its state passes no gradient."""

    def recur(self, params, state):
        return jax.lax.stop_gradient(state.h) @ params.w_h


class Late(Elman):
    """Its output is the state before the step."""

    def combine(self, params, state, u, v):
        return super().combine(params, state, u, v)[0], state.h


class Exploding(Elman):
    """Overflows at an input of 1e4."""

    def combine(self, params, state, u, v):
        h = jnp.exp(u) / (1 + jnp.exp(u)) + v
        return ElmanState(h), h


class Taciturn(Elman):
    """Prints as a cell that it is not."""

    def __repr__(self):
        return "Elman(hidden=30)"


class Shapeshifting(Elman):
    """Lets its fields be assigned."""


Shapeshifting.__setattr__ = object.__setattr__  # a class that is born with its own is refused


class Centring(Elman):
    """Its projection of a sequence is not that of the sequence's steps."""

    def project(self, params, x):
        u = super().project(params, x)
        return u - u.mean(axis=0, keepdims=True) if u.ndim == 3 else u


class Mixing(Elman):
    """Its recurrent map looks along a leading axis."""

    def recur(self, params, state):
        return jnp.cumsum(super().recur(params, state), axis=0)


class Greedy(Elman):
    """Multiplies by its matrix where only vectors belong."""

    def recur(self, params, state):
        return state.h

    def combine(self, params, state, u, v):
        return super().combine(params, state, u, v @ params.w_h)


class Bent(MinGRU):
    """Says that it is linear in its state, and steps otherwise."""

    def step(self, params, state, x_t):
        state, y_t = super().step(params, state, x_t)
        return state._replace(h=jnp.tanh(state.h)), y_t


class Delayed(MinGRU):
    """Its readout of a sequence is not that of the sequence's steps."""

    def readout(self, params, h, x):
        return jnp.roll(h, 1, axis=0) if h.ndim == 3 else h


class Vague(Elman):
    """Sums to a number that half precision is too coarse for."""

    def combine(self, params, state, u, v):
        h = jnp.tanh((u + v + 300) - 300)
        return ElmanState(h), h


class Rigid(Elman):
    """Takes no whole numbers for what they are."""

    def project(self, params, x):
        return super().project(params, x if x.dtype != bool else ~x)


class Truncating(Elman):
    """Its output is of single precision, whatever its parameters are of."""

    def combine(self, params, state, u, v):
        state, y_t = super().combine(params, state, u, v)
        return state, y_t.astype(jnp.float32)


class Solitary(Elman):
    """Its copies are not equal to it."""

    def __deepcopy__(self, memo):
        return Solitary(self.hidden + 1)


class Doubling(Elman):
    """Its step doubles prepared parameters once more."""

    def prepare(self, params):
        return jax.tree.map(lambda x: 2 * x, params)


class Absentminded(Elman):
    """Attends to half of the state without any noise."""

    def attend(self, state, x_t):
        return ElmanState(state.h / 2)


class Bypassing(Elman):
    """Its step is not made of its maps."""

    def step(self, params, state, x_t):
        state, y_t = super().step(params, state, x_t)
        return ElmanState(state.h / 2), y_t


class Centred(MinGRU):
    """Its coefficients of a sequence are not those of the sequence's steps."""

    def coefficients(self, params, x):
        decay, drive = super().coefficients(params, x)
        return decay, drive - drive.mean(axis=0, keepdims=True) if x.ndim == 3 else drive


class Narrow(MinGRU):
    """Has one decay for all units."""

    def coefficients(self, params, x):
        decay, drive = super().coefficients(params, x)
        return decay[..., :1], drive


class Turn(NamedTuple):
    """An element of `Turning`."""

    matrix: Array  # [..., 2, 2]
    drive: Array  # [..., 2]


class Turning(AssociativeCell):
    """Nothing is wrong with this one: `s_t = A(x_t) s_{t-1} + x_t`, and matrices do not commute."""

    output_dim = 2

    def init(self, key, input_dim):
        return {"w": jax.random.normal(key, (input_dim, 4))}

    def initial_state(self, params, batch_shape=()):
        return jnp.zeros((*batch_shape, 2), params["w"].dtype)

    def element(self, params, x):
        x = x.astype(jnp.result_type(x, params["w"].dtype))
        flat = jnp.tanh(x @ params["w"]) / 2
        return Turn(flat.reshape(*flat.shape[:-1], 2, 2), jnp.tanh(x))

    def compose(self, earlier, later):
        return Turn(later.matrix @ earlier.matrix, self.apply(later, earlier.drive))

    def apply(self, element, state):
        return (element.matrix @ state[..., None])[..., 0] + element.drive

    def readout(self, params, state, x):
        return state


class Reversed(Turning):
    """Composes the later element with the earlier one."""

    def compose(self, earlier, later):
        return super().compose(later, earlier)


class Averaging(Turning):
    """Composes by a mean, which is not associative."""

    def compose(self, earlier, later):
        return jax.tree.map(lambda a, b: (a + b) / 2, earlier, later)


class Noisy(Elman):
    """Nothing is wrong with this one: noise is added to what goes into its state."""

    def draw(self, key, params, leading):
        return jax.random.normal(key, (*leading, self.hidden))

    def project(self, params, x):
        x, noise = unpack(x)
        u = super().project(params, x)
        return u if noise is None else u + noise.astype(u.dtype)


class Monotonous(Noisy):
    """Draws the same for every key."""

    def draw(self, key, params, leading):
        return super().draw(jax.random.key(0), params, leading)


class Mumbling(Noisy):
    """Takes the noise of one sequence for all."""

    def project(self, params, x):
        x, noise = unpack(x)
        if noise is not None and noise.ndim > 1:
            noise = jnp.broadcast_to(noise[..., :1, :], noise.shape)
        return super().project(params, pack(x, noise))
