"""What a rule does not serve it refuses in one line."""

import re

import jax
import jax.numpy as jnp
import pytest

from rnnjax import cells, compose
from rnnjax.learning import (
    DNI,
    KFRTRL,
    RFLO,
    RTRL,
    TBPTT,
    UORO,
    EProp,
    ForwardGradient,
    SnAp,
    alignment,
    evolution_gradient,
    read_engine,
)
from tests.laws.draws import params_of


class Counter(cells.Cell):
    """Counts its steps, and does nothing else to its inputs."""

    @property
    def output_dim(self):
        return 2

    def init(self, key, input_dim):
        return jnp.ones(2)

    def initial_state(self, params, batch_shape=()):
        return jnp.zeros(batch_shape, int)

    def step(self, params, state, x_t):
        return state + 1, params.sum() * x_t


def run(rule, cell, params=None):
    params = params_of(cell) if params is None else params
    return rule(cell, params, cell.initial_state(params, (3,)), jnp.ones((4, 3, 2)))


def learn(rule, cell):
    return jax.grad(lambda params: run(rule, cell, params)[1].sum())(params_of(cell))


NTM = cells.NTM(3, width=2, slots=4)
CALLS = {
    "RFLO runs LeakyElman or CTRNN; got LSTM(hidden=2": lambda: run(RFLO(), cells.LSTM(2)),
    "learning.EProp runs a SplitCell": lambda: run(EProp(), NTM),
    "a part of Stack": lambda: run(EProp(), compose.Stack((cells.GRU(2), NTM))),
    "RTRL(carry=True) carries its memory in the state of a Learner; got Elman": (
        lambda: run(RTRL(carry=True), cells.Elman(2))
    ),
    "RTRL() is of states with real or complex numbers; Counter() has none": (
        lambda: learn(RTRL(), Counter())
    ),
    "TBPTT(overlap=2) is of states with": lambda: learn(TBPTT(overlap=2), Counter()),
    "runs a cell, such as LSTM(64); got 3": lambda: RTRL()(3, None, None, None),
    "KFRTRL() runs learners of its own; this is one of UORO()": (
        lambda: run(KFRTRL(), UORO().learner(cells.Elman(2), 2))
    ),
    "RTRL() runs learners of its own; this is one of RTRL(carry=True)": (
        lambda: run(RTRL(), RTRL(carry=True).learner(cells.Elman(2), 2))
    ),
    "DNI runs a cell with a synthesiser, such as its method learner(cell, input_dim) makes": (
        lambda: run(DNI(), cells.GRU(2))
    ),
}


@pytest.mark.parametrize("said", CALLS)
def test_cells(said):
    with pytest.raises(TypeError, match=re.escape(said)) as caught:
        CALLS[said]()
    assert "\n" not in str(caught.value)


NUMBERS = {
    "window must be a whole number of 1 or more; got 0": lambda: TBPTT(window=0),
    "z must be one or more directions": lambda: evolution_gradient(jnp.sum, jnp.ones(2), [], 0.1),
    "without real or complex numbers has no direction": lambda: alignment({}, {}),
    "order must be a whole number of 1 or more; got 1.5": lambda: SnAp(1.5),
    "tangents must be a whole number of 1 or more; got 0": lambda: ForwardGradient(0),
    "unknown name 'RTLR'": lambda: read_engine("RTLR"),
}


@pytest.mark.parametrize("said", NUMBERS)
def test_settings(said):
    with pytest.raises(ValueError, match=re.escape(said)) as caught:
        NUMBERS[said]()
    assert "\n" not in str(caught.value)


def test_a_learner_is_one_already():
    for rule in (UORO(), DNI(carry=True)):
        learner = rule.learner(cells.Elman(2), 2)
        assert rule.learner(learner, 2) == learner


def test_a_rule_that_draws_learns_with_noise_alone_and_runs_without():
    cell = cells.Elman(2)
    params = params_of(cell)

    def loss(params):
        return run(UORO(), cell)[1].sum() + 0 * params.b.sum()

    assert jnp.isfinite(loss(params))
    for rule in (UORO(), ForwardGradient()):

        def of_rule(params, rule=rule):
            state = cell.initial_state(params, (3,))
            return rule(cell, params, state, jnp.ones((4, 3, 2)))[1].sum()

        said = "draws: it takes xs with the noise of a Learner, see compose.noisy"
        with pytest.raises(ValueError, match=said) as caught:
            jax.grad(of_rule)(params)
        assert "\n" not in str(caught.value)
