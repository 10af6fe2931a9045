"""Ablated networks against loops that clamp by hand, and effects against single runs."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import cells, compose, models, unroll
from rnnjax.analysis import (
    Ablated,
    ablating,
    ablation_effects,
    cumulative_masks,
    plot_ablation,
    plot_cumulative_ablation,
)
from rnnjax.cells.gated.lstm import LSTMState
from rnnjax.compose.base import Composite
from tests.laws.draws import B, D, T, assert_close, normal, params_of, state_of

XS = jnp.asarray(normal(1, (T, B, D)))


def run(engine, cell, xs=XS):
    params = params_of(cell)
    return engine(cell, params, cell.initial_state(params, (B,)), xs)


def clamped_loop(cell, units, value):
    """Steps a cell whose output is its `h` and clamps by hand."""
    params = params_of(cell)
    state, ys = cell.initial_state(params, (B,)), []
    for x_t in XS:
        state, _ = cell.step(params, state, x_t)
        state = jax.tree.map(
            lambda s, u, v: jnp.where(jnp.broadcast_to(u, s.shape), v, s), state, units, value
        )
        ys.append(state.h)
    return state, jnp.stack(ys)


@pytest.mark.parametrize("cell", [cells.LSTM(3), cells.GRU(3), cells.MinGRU(3)])
def test_a_clamped_unit_is_seen_by_the_next_step_and_by_the_output(cell):
    unit = jnp.array([False, True, False])
    state = cell.initial_state(params_of(cell))
    units, value = (jax.tree.map(lambda _, x=x: x, state) for x in (unit, 0.7))
    found = run(ablating(unit, 0.7), cell)
    assert_close(found, clamped_loop(cell, units, value))
    assert not np.allclose(found[1], run(unroll.scan, cell)[1], atol=1e-3)


def test_an_lstm_recovers_from_its_memory_and_not_without_it():
    cell = cells.LSTM(3)
    only_h = ablating(LSTMState(c=False, h=jnp.array([True, False, False])))
    state, ys = run(only_h, cell)
    assert (ys[..., 0] == 0).all()
    assert (jnp.abs(state.c[:, 0]) > 1e-3).all()
    state, _ = run(ablating(LSTMState(c=jnp.array([True, False, False]), h=False)), cell)
    assert (state.c[:, 0] == 0).all()


def test_complex_states_lose_both_their_parts():
    cell = cells.LRU(3)
    state, _ = run(ablating(jnp.array([0, 0, 1]), 0.5 - 0.25j), cell)
    assert (state.h[:, 2] == 0.5 - 0.25j).all()
    assert isinstance(Ablated(cell), cells.LinearCell)
    linear = ablating(jnp.array([0, 0, 1]), 0.5 - 0.25j, engine=unroll.associative)
    assert_close(run(linear, cell), run(ablating(jnp.array([0, 0, 1]), 0.5 - 0.25j), cell))


def test_layers_above_see_what_is_ablated_below():
    stack = compose.Stack((compose.Residual(cells.GRU(D)), cells.LSTM(3)))
    assert isinstance(stack, Composite)
    every, none = jnp.ones(D, bool), jnp.zeros(3, bool)
    params = params_of(stack)
    state, ys = run(ablating((every, none)), stack)
    # A residual cell whose own state is nothing hands its input on.
    top = cells.LSTM(3)
    alone = unroll.scan(top, params[1], top.initial_state(params[1], (B,)), XS)
    assert_close((state[1], ys), alone)


@pytest.mark.parametrize(
    "cell",
    [
        cells.LSTM(3),
        cells.LRU(3),
        cells.DeltaNet(4, heads=2),
        compose.LearnedStart(cells.GRU(3)),
        compose.FastSlow((cells.LSTM(3), cells.LSTM(3)), cells.LSTM(2)),
        compose.Stack((cells.LSTM(3), compose.Residual(cells.GRU(3)), cells.LRU(2))),
    ],
)
def test_nothing_ablated_is_nothing_changed(cell):
    assert_close(run(ablating(False), cell), run(unroll.scan, cell))
    before = state_of(cell, (B,))
    params = params_of(cell)
    after, _ = ablating(True, 0.0)(cell, params, before, XS)
    assert all((leaf == 0).all() for leaf in jax.tree.leaves(after))


def network(key=0):
    model = models.SequenceModel(
        (models.Recurrent(cells.GRU(4)), models.Recurrent(cells.LSTM(3))), models.Last(1)
    )
    params = model.init(jax.random.key(key), XS)["params"]

    def losses(mask, params=params):
        parts = mask[:4], mask[4:]
        layers = tuple(
            layer.clone(engine=ablating(part))
            for layer, part in zip(model.layers, parts, strict=True)
        )
        _, outputs = model.clone(layers=layers).apply({"params": params}, XS)
        return (outputs[:, 0] - 1) ** 2

    return losses, params


def test_effects_are_those_of_single_runs_of_a_network():
    losses, _ = network()
    masks = jnp.concatenate([jnp.eye(7, dtype=bool), jnp.ones((1, 7), bool)])
    found, intact = ablation_effects(losses, masks, batch_size=3), losses(jnp.zeros(7, bool))
    np.testing.assert_allclose(found.intact, intact.mean(), rtol=1e-5)
    for m, mask in enumerate(masks):
        gaps = np.asarray(losses(mask) - intact)
        np.testing.assert_allclose(found.effects[m], gaps.mean(), atol=1e-6)
        np.testing.assert_allclose(
            found.standard_errors[m], gaps.std(ddof=1) / np.sqrt(B), rtol=1e-4, atol=1e-7
        )


def test_a_unit_that_nothing_reads_has_no_effect_and_all_leave_the_bias():
    losses, params = network()
    top = params["layers_1"]["cell"]
    silent = {**top, "w_h": top["w_h"].at[1].set(0)}
    readout = params["readout"]
    kernel = jax.tree.map(lambda w: w.at[1].set(0) if w.ndim == 2 else w, readout)
    params = {**params, "layers_1": {"cell": silent}, "readout": kernel}
    masks = jnp.zeros((2, 7), bool).at[0, 5].set(True).at[1].set(True)
    found = ablation_effects(lambda mask: losses(mask, params), masks)
    assert found.effects[0] == 0
    assert found.standard_errors[0] == 0
    (bias,) = (b for b in jax.tree.leaves(readout) if b.ndim == 1)
    np.testing.assert_allclose(found.losses[1], (bias[0] - 1) ** 2, rtol=1e-6)


def test_the_gradient_by_what_is_kept_is_the_first_order_of_an_ablation(x64):
    cell = Ablated(cells.Elman(3))
    params = cell.init(jax.random.key(0), D)
    xs = XS.astype(jnp.float64)

    def loss(kept):
        own = params._replace(kept=jax.tree.map(lambda _: kept, params.kept))
        return unroll.scan(cell, own, cell.initial_state(own, (B,)), xs)[1].sum()

    params = jax.tree.map(lambda p: p.astype(jnp.float64), params)
    found = jax.grad(loss)(jnp.ones(3))
    for unit in range(3):
        step = 1e-6 * jnp.eye(3)[unit]
        slope = (loss(1 + step) - loss(1 - step)) / 2e-6
        np.testing.assert_allclose(found[unit], slope, rtol=1e-6)


def test_sets_grow_in_their_order():
    order = np.array([3, 0, 2, 1])
    masks = cumulative_masks(jnp.asarray(order))
    for m in range(4):
        assert set(np.flatnonzero(masks[m])) == set(order[: m + 1])


def test_figures_show_what_was_found():
    losses, _ = network()
    found = ablation_effects(losses, jnp.eye(7, dtype=bool))
    figure = plot_ablation(found, title="a network", most=3)
    heights = [bar.get_height() for bar in figure.axes[0].patches]
    np.testing.assert_allclose(heights, np.sort(found.effects)[::-1][:3], rtol=1e-6)
    names = [int(tick.get_text()) for tick in figure.axes[0].get_xticklabels()]
    assert names == np.argsort(-found.effects)[:3].tolist()
    grown = ablation_effects(losses, cumulative_masks(jnp.argsort(-found.effects)))
    (panel,) = plot_cumulative_ablation({"largest first": grown}, title="a network").axes
    np.testing.assert_allclose(panel.lines[0].get_ydata()[1:], grown.losses, rtol=1e-6)


def test_what_does_not_fit_is_refused():
    with pytest.raises(
        ValueError, match=r"units do not fit .*GRUState\(h=\(3,\)\): \(4,\) is not \(3,\)"
    ):
        run(ablating(jnp.zeros(4)), cells.GRU(3))
    with pytest.raises(ValueError, match="value do not fit"):
        run(ablating(True, (0.0, 1.0)), cells.GRU(3))
    with pytest.raises(ValueError, match=r"\[M, N\].* got \(3,\)"):
        ablation_effects(lambda mask: mask, jnp.zeros(3))
    with pytest.raises(ValueError, match=r"\[B\].* got \(\)"):
        ablation_effects(jnp.sum, jnp.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"\[N\]; got \(2, 3\)"):
        cumulative_masks(jnp.zeros((2, 3)))
