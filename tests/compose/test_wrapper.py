import copy
import dataclasses
import pickle
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import (
    CTRNN,
    GLA,
    GRU,
    LRU,
    LSTM,
    Cell,
    DeltaNet,
    Elman,
    GRUResetBefore,
    LinearCell,
    SplitCell,
)
from rnnjax.cells.noise import pack
from rnnjax.compose import (
    LearnedStart,
    Probed,
    RecurrentDropout,
    Residual,
    Stack,
    WithStates,
    Wrapper,
    Zoneout,
    layer_norm,
    learned_start,
    mixed_precision,
    noisy,
    wrap,
)
from rnnjax.compose.wrapper import Prepared
from rnnjax.typing import Params
from tests.compose.wrapped import XS, B, D, T, engines_agree, outcome
from tests.filled import params_of
from tests.laws.draws import assert_close, assert_identical

SOME = [LSTM(3), LRU(3), GRUResetBefore(3)]


class Dimmed(Wrapper):
    """Inputs are halved, recurrent matrices squared before the loop: not the same done twice."""

    def change_params(self, params):
        return jax.tree.map(lambda p: p @ p if p.shape == (3, 3) else p, params)

    def change_input(self, params, x):
        return x / 2


class ScaledParams(NamedTuple):
    """Parameters of `Scaled`."""

    cell: Params
    scale: jax.Array


class Scaled(Wrapper):
    """Outputs times a number that is learned."""

    params_type = ScaledParams

    def init(self, key, input_dim):
        return ScaledParams(self.cell.init(key, input_dim), jnp.ones(1))

    def change_output(self, params, y, state, gates):
        return y * jnp.broadcast_to(params.scale, y.shape)


@pytest.mark.parametrize("cell", SOME, ids=repr)
@pytest.mark.parametrize("wrapper", [LearnedStart, WithStates, Zoneout, Probed, Dimmed])
def test_a_wrapped_cell_keeps_its_contract(wrapper, cell):
    wrapped = wrapper(cell)
    for contract in (SplitCell, LinearCell):
        assert isinstance(wrapped, contract) == isinstance(cell, contract)
    assert isinstance(wrapped, wrapper)
    assert wrapped == wrapper(cell=cell) == dataclasses.replace(wrapped)
    assert wrapped != wrapper(Elman(3))
    assert hash(wrapped) == hash(wrapper(cell))
    assert wrapped == copy.deepcopy(wrapped) == pickle.loads(pickle.dumps(wrapped))
    assert type(dataclasses.replace(wrapped, cell=LRU(2))) is type(wrapper(LRU(9)))


def test_a_wrapper_that_changes_states_it_has_no_say_in_only_steps():
    class Clipped(Wrapper):
        keeps = (SplitCell,)

        def change_state(self, params, before, after, noise):
            return jax.tree.map(lambda s: jnp.clip(s, -0.5, 0.5), after)

    assert isinstance(Clipped(GRU(3)), SplitCell)
    assert not isinstance(Clipped(LRU(3)), LinearCell)
    assert unroll.scan.serves(Clipped(LRU(3)))


def test_what_makes_sense_for_split_cells_alone_refuses_others():
    with pytest.raises(ValueError, match=r"RecurrentDropout\(cell=LRU.*cell must be a SplitCell"):
        RecurrentDropout(LRU(3), 0.5)


@pytest.mark.parametrize("wrong", [LSTM, 3, None, "LSTM"])
def test_what_is_no_cell_is_refused(wrong):
    with pytest.raises(ValueError, match="cell must be a cell"):
        Zoneout(wrong)


def test_of_a_cell_made_of_cells_the_parts_are_wrapped():
    stack = Stack((GRU(2), Residual(LRU(2))))
    assert wrap(stack, WithStates) == Stack((WithStates(GRU(2)), Residual(WithStates(LRU(2)))))
    with pytest.raises(TypeError, match=r"Zoneout changes one cell; of Stack\(.* by compose.wrap"):
        Zoneout(stack)


def test_parameters_are_changed_once_whoever_asks_and_however_often():
    cell = Dimmed(Elman(3))
    params = params_of(cell, D)
    changed = params._replace(w_h=params.w_h @ params.w_h)
    prepared = cell.prepare(params)
    assert isinstance(prepared, Prepared)
    assert cell.prepare(prepared) is prepared
    outer = learned_start(cell)
    outer_params = outer.init(jax.random.key(0), D)._replace(cell=params)
    state = Elman(3).initial_state(params, (B,))._replace(h=XS[0, :, :1] + np.arange(3.0))
    expected = Elman(3).step(changed, state, XS[0] / 2)
    for own, given in (
        (cell, params),
        (cell, prepared),
        (outer, outer_params),
        (outer, outer.prepare(outer_params)),
    ):
        assert_close(own.step(given, state, XS[0]), expected)


@pytest.mark.parametrize("cell", SOME, ids=repr)
def test_a_change_of_parameters_inputs_and_outputs_holds_on_every_engine(cell):
    changed = Scaled(Dimmed(cell))
    params = params_of(changed, D)
    assert engines_agree(changed, params, train=False) == (not isinstance(cell, GRUResetBefore))
    _, ys = outcome(unroll.scan, changed, params, XS)
    inner = jax.tree.map(lambda p: p @ p if p.shape == (3, 3) else p, params.cell)
    _, plain = outcome(unroll.scan, cell, inner, XS / 2)
    assert_close(ys, plain * params.scale[0])


def test_wrappers_nest_in_any_order():
    cells = [Scaled(LearnedStart(Dimmed(GRU(3)))), LearnedStart(Dimmed(Scaled(GRU(3))))]
    a = params_of(cells[0], D)
    b = type(a.cell)(ScaledParams(a.cell.cell, a.scale), a.cell.initial)
    outer, inner = (
        outcome(unroll.deferred, cell, own, XS) for cell, own in zip(cells, (a, b), strict=True)
    )
    assert_close(outer, inner)


def test_a_wrapper_of_a_cell_of_another_contract_can_be_made_of_one():
    made = dataclasses.replace(Zoneout(LSTM(3), 0.2), cell=LRU(3))
    assert made == Zoneout(LRU(3), 0.2)
    assert isinstance(made, LinearCell)
    assert Wrapper(LSTM(3)).output_dim == 3


@pytest.mark.parametrize("cell", [mixed_precision(GRUResetBefore(3)), CTRNN(3), DeltaNet(4)])
def test_the_output_is_that_of_the_changed_state(cell):
    probe = Probed(cell)
    params = probe.init(jax.random.key(0), D)
    probes = jax.tree.map(lambda p: p + 0.1, probe.draw(jax.random.key(0), params, (T, B)))
    state, ys = outcome(unroll.scan, probe, params, pack(XS, probes), mask=None, reset=None)
    if isinstance(cell, DeltaNet):
        expected = cell.readout(params, state, XS[-1])
    else:
        expected = cell.output(params, state) if isinstance(cell, CTRNN) else state.h
    assert_close(ys[-1], expected)  # of another program


def test_an_output_that_cannot_follow_the_state_is_refused():
    class Doubled(Elman):
        def combine(self, params, state, u, v):
            state, h = super().combine(params, state, u, v)
            return state, 2 * h

    cell = Zoneout(Doubled(3))
    with pytest.raises(ValueError, match=r"the output of Doubled\(.* is no array of its state"):
        outcome(unroll.scan, cell, cell.init(jax.random.key(0), D), XS)


def test_noise_is_that_of_the_cell():
    zoned, dropped, plain = Zoneout(LSTM(3)), RecurrentDropout(LSTM(3)), LSTM(3)
    params = plain.init(jax.random.key(0), D)
    xs = noisy(dropped, jax.random.key(1), params, XS)
    with pytest.raises(ValueError, match=r"^LSTM\(.*\) takes no noise; got OwnNoise"):
        outcome(unroll.scan, plain, params, xs)
    wide = noisy(Zoneout(LSTM(4)), jax.random.key(1), LSTM(4).init(jax.random.key(0), D), XS)
    with pytest.raises(ValueError, match=r"^Zoneout\(.*\) takes noise of OwnNoise.*; got OwnNoise"):
        outcome(unroll.scan, zoned, params, wide)


@pytest.mark.parametrize("cell", [DeltaNet(4), GLA(4, heads=2)], ids=repr)
def test_noise_may_be_of_matrices(cell):
    zoned = Zoneout(cell, 0.5)
    params = zoned.init(jax.random.key(0), D)
    xs = noisy(zoned, jax.random.key(1), params, XS)
    state, _ = outcome(unroll.scan, zoned, params, xs)
    assert state.S.shape == cell.initial_state(params, (B,)).S.shape


def test_a_norm_goes_around_any_number_of_noisy_changes():
    cell = layer_norm(Zoneout(RecurrentDropout(LSTM(3), 0.5), 0.5))
    params = params_of(cell, D)
    assert engines_agree(cell, params, train=True) == 1


def test_a_wrapper_is_one_class_however_often_it_is_made():
    assert type(Zoneout(GRU(3))) is type(Zoneout(LSTM(9)))
    assert type(Zoneout(GRU(3))).__name__ == "Zoneout"
    assert_identical(jax.tree.leaves(Zoneout(GRU(3))), [])
    assert issubclass(type(Zoneout(GRU(3))), Cell)
