"""Tools on networks whose answers have a closed form."""

import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import cells, models, tasks
from rnnjax.analysis import tools
from tests.analysis.tools.small_runs import run_of, with_cell

SIMILARITY = sys.modules["rnnjax.analysis.tools.similarity"]  # whose name the tool has
IDENTITY = cells.Elman(3, activation=cells.identity)


def linear(w_h, w_x=None, task=None):
    """Returns a run of `h_t = x_t w_x + h_{t-1} w_h`, its bias zero."""
    run = run_of(IDENTITY, task or tasks.FlipFlop(12))
    w_x = 0.5 * jnp.eye(3) if w_x is None else w_x
    return with_cell(run, w_x=w_x, w_h=jnp.asarray(w_h, jnp.float32), b=jnp.zeros(3))


def turned(size=3, seed=0):
    return jnp.linalg.qr(jax.random.normal(jax.random.key(seed), (size, size)))[0]


DELAY_LINE = jnp.eye(3, k=1)
FIRST_UNIT = jnp.zeros((3, 3)).at[0, 0].set(1.0)


@pytest.mark.parametrize("settings", [{"sequences": 20}, {"steps": 300}])
def test_exponents_of_a_scaled_rotation_are_its_scale_s_logarithm(settings):
    found = tools.lyapunov(linear(0.5 * turned()), **settings)
    np.testing.assert_allclose(found.arrays["exponents"], np.log(0.5), atol=1e-6)
    assert found.numbers["largest"] == pytest.approx(np.log(0.5), abs=1e-6)
    assert found.numbers["dimension"] == found.numbers["entropy_rate"] == 0
    assert found.numbers["steps"] == settings.get("steps", 20 * 12)


def test_exponents_are_as_many_as_asked_for_and_a_dimension_of_too_few_is_none():
    found = tools.lyapunov(linear(1.25 * turned()), most=2, steps=100)
    np.testing.assert_allclose(found.arrays["exponents"], np.log(1.25) * np.ones(2), atol=1e-6)
    assert found.numbers["dimension"] is None
    assert found.numbers["entropy_rate"] == pytest.approx(2 * np.log(1.25), abs=1e-6)


def test_a_gradient_falls_as_the_recurrent_matrix_says():
    found = tools.gradient_lag(linear(0.5 * turned()), sequences=4)
    assert found.numbers["nats_a_step"] == pytest.approx(np.log(0.5), abs=1e-6)
    assert found.numbers["time_constant_in_steps"] == pytest.approx(1 / np.log(2), rel=1e-5)
    assert found.numbers["lags"] == 11


def test_a_gradient_is_of_one_answer_and_of_the_steps_before_it():
    """Against the derivative of the loss by a change that is added to the state."""
    run = run_of(cells.GRU(4), tasks.Copying(delay=4, symbols=2))
    found = tools.gradient_lag(run, sequences=4)
    batch = run.examples("test", 4)
    wanted = jax.tree.map(lambda x: x[-1:, :], (batch.targets, batch.mask))
    assert bool(wanted[1].all())
    network = tools.recurrence(run)

    def loss(change, lag):
        state = network.cell.initial_state(network.params, (4,))
        for t, x in enumerate(batch.inputs):
            if t == len(batch.inputs) - 1 - lag:
                state = jax.tree.map(lambda h: h + change, state)
            state, y = network.cell.step(network.params, state, x)
        logits = run.model.readout.apply({"params": run.params["readout"]}, y[None])
        chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), wanted[0][..., None], -1)
        return -chosen.sum()

    for lag in (0, 3, found.numbers["lags"]):
        slope = jax.grad(loss)(jnp.zeros((4, 4)), lag)
        logs = np.log(np.linalg.norm(slope, axis=-1))
        np.testing.assert_allclose(found.arrays["whole_state"][lag], logs, atol=1e-4)


def test_sequences_of_several_lengths_end_together():
    run = run_of(cells.GRU(4), tasks.Parity(9))
    given = tools.sequences_of(run, 8)
    counts = np.arange(2, 10)
    steps = jnp.asarray(np.arange(9)[:, None] < counts)
    xs = jnp.where(steps[..., None], given.xs[:9], jnp.nan)
    moved = given._replace(xs=xs, steps=steps).ending_together()
    for b, count in enumerate(counts):
        np.testing.assert_array_equal(moved.xs[-count:, b], given.xs[:count, b])
        assert moved.steps[:, b].sum() == count == moved.steps[-count:, b].sum()


def test_jacobians_of_a_scaled_rotation_are_alike_in_all_directions():
    found = tools.jacobians(linear(0.5 * turned()), steps=6, sequences=2)
    for name, wanted in {
        "mean_square": 0.25,
        "variance": 0,
        "largest": 0.5,
        "smallest": 0.5,
        "largest_together": 0.5,
        "smallest_together": 0.5,
    }.items():
        assert found.numbers[name] == pytest.approx(wanted, abs=1e-6)
    logs = np.log(0.5) * np.arange(7)[:, None] * np.ones(2)
    np.testing.assert_allclose(found.arrays["log_spectral_by_lag"], logs, atol=1e-5)


def test_time_constants_of_a_scaled_rotation_are_its_scale_s():
    found = tools.time_constants(linear(0.5 * turned()), starts=8, sequences=2, states=5)
    for name in ("slowest_at_stable_points", "slowest_at_visited_states"):
        assert found.numbers[name] == pytest.approx(1 / np.log(2), rel=1e-5)
    assert found.numbers["fastest_growth_at_saddles"] is None
    grows = tools.time_constants(linear(np.diag([0.5, 2.0, 0.25])), starts=8, sequences=2)
    assert grows.numbers["fastest_growth_at_saddles"] == pytest.approx(1 / np.log(2), rel=1e-5)
    assert grows.numbers["slowest_at_stable_points"] is None


def test_gates_that_look_at_nothing_have_their_biases_times():
    run = run_of(cells.GRU(2), tasks.FlipFlop(6))
    b = jnp.array([-9.0, 9.0, 0.0, np.log(3.0), -1.0, -1.0])  # r, z, n
    run = with_cell(run, w_x=jnp.zeros((3, 6)), w_h=jnp.zeros((2, 6)), b=b)
    found = tools.gates(run, sequences=3, keeps="z")
    np.testing.assert_allclose(found.arrays["time_z"], -1 / np.log([0.5, 0.75]), rtol=1e-5)
    assert (found.numbers["shut r"], found.numbers["open r"]) == (0.5, 0.5)
    assert (found.numbers["shut z"], found.numbers["gates"]) == (0.0, 2)


def test_a_delay_line_remembers_as_many_inputs_as_it_has_units():
    found = tools.memory_capacity(linear(DELAY_LINE, FIRST_UNIT), steps=2000, lags=6)
    assert found.numbers["capacity"] == pytest.approx(3, abs=0.01)
    assert (found.numbers["rank"], found.numbers["greatest_lag"]) == (3, 2)
    nothing = tools.memory_capacity(linear(DELAY_LINE, FIRST_UNIT), steps=500, lags=6, feature=1)
    assert nothing.numbers["greatest_lag"] is None


def test_a_delay_line_of_a_feature_tells_its_past_inputs_and_no_others():
    run = linear(DELAY_LINE, FIRST_UNIT, tasks.FlipFlop(40))
    found = tools.input_information(run, sequences=60, lags=5)
    np.testing.assert_allclose(found.arrays["score"][:3, 0], 1, atol=1e-3)
    assert np.abs(found.arrays["score"][3:, 0]).max() < 0.2
    assert np.abs(found.arrays["score"][:, 1:]).max() < 0.2


def test_dimensions_of_states_that_are_the_inputs_are_those_of_the_inputs():
    run = linear(np.zeros((3, 3)), jnp.diag(jnp.array([4.0, 1.0, 0.0])))
    found = tools.dimensions(run, sequences=30)
    xs = np.asarray(run.examples("test", 30).inputs, float).reshape(-1, 3) * [4, 1, 0]
    values = np.linalg.eigvalsh(np.cov(xs.T))
    wanted = values.sum() ** 2 / (values**2).sum()
    assert found.numbers["participation_ratio"] == pytest.approx(wanted, rel=1e-5)
    assert found.numbers["components"] == 1


def test_a_network_in_another_frame_is_the_same(monkeypatch):
    frame = turned(seed=3)
    first, second = linear(0.5 * turned()), linear(frame.T @ (0.5 * turned()) @ frame, 0.5 * frame)
    monkeypatch.setattr(SIMILARITY, "load", lambda _: second)
    found = tools.similarity(first, to="there", sequences=4)
    assert found.numbers["cka"] == pytest.approx(1, abs=1e-6)
    assert found.numbers["angle"] < 1e-5
    other = linear(np.zeros((3, 3)), jnp.diag(jnp.array([3.0, 0.5, 0.0])))
    monkeypatch.setattr(SIMILARITY, "load", lambda _: other)
    assert tools.similarity(first, to="there", sequences=4).numbers["angle"] > 0.2


def reading_one_unit():
    run = linear(np.zeros((3, 3)), jnp.eye(3))
    kernel = jnp.zeros((3, 3)).at[1, 1].set(1.0)
    run.params["readout"] = jax.tree.map(jnp.zeros_like, run.params["readout"])
    (dense,) = run.params["readout"].values()
    dense["kernel"] = kernel
    return run


@pytest.mark.parametrize("mean", [False, True])
def test_units_that_nobody_reads_are_not_missed(mean):
    run = reading_one_unit()
    found = tools.ablation(run, sequences=16, mean=mean)
    effects = found.arrays["effects"]
    np.testing.assert_allclose(effects[[0, 2]], 0, atol=1e-7)
    batch = run.examples("test", 16)
    x, wanted = batch.inputs[..., 1], batch.targets[..., 1]
    value = x.mean() if mean else 0.0
    change = ((value - wanted) ** 2 - (x - wanted) ** 2).mean() / 3
    assert effects[1] == pytest.approx(float(change), rel=1e-4)
    losses = found.arrays["losses_at_random"]
    assert losses[-1] == pytest.approx(float(found.numbers["intact"] + change), rel=1e-4)


def test_an_output_of_the_last_step_looks_at_that_step_alone():
    found = tools.saliency(reading_one_unit(), output=1)
    wanted = np.zeros((12, 3))
    wanted[-1, 1] = 1
    np.testing.assert_allclose(found.arrays["gradient"], wanted, atol=1e-6)
    contributions = wanted * found.arrays["inputs"]
    np.testing.assert_allclose(found.arrays["integrated_gradients"], contributions, atol=1e-6)
    assert found.numbers["half_of_gradient_within"] == 0
    assert tools.saliency(reading_one_unit(), output=1, at=4).arrays["gradient"][4, 1] == 1


def test_layers_have_their_own_units_and_curves():
    run = run_of(models.sequence_model(cells.LSTM(3), models.All, 3, layers=2), tasks.FlipFlop(6))
    assert tools.ablation(run, layer=2, sequences=4).numbers["units"] == 3
    found = tools.gradient_lag(run, sequences=4)
    blocks = ["c_layer_1", "c_layer_2", "h_layer_1", "h_layer_2"]
    assert sorted(found.arrays) == [*blocks, "whole_state"]
