"""The tool for fixed points on networks whose points are known, and which networks are refused."""

import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import cells, models, tasks
from rnnjax.analysis import tools
from tests.analysis.tools.small_runs import run_of, with_cell


def test_three_units_of_their_own_have_a_point_at_each_corner_side_and_middle():
    run = run_of(cells.Elman(3), tasks.FlipFlop(6))
    run = with_cell(run, w_x=0.5 * jnp.eye(3), w_h=2.0 * jnp.eye(3), b=jnp.zeros(3))
    found = tools.fixed_points(run, starts=600, noise=1.2, sequences=4)
    assert found.headline() == "stable=8 saddles=19 slow_points=0"
    assert found.numbers["saddle, 1 unstable"] == 12
    assert found.arrays["points"].dtype == np.float64
    stable = [point for point in found.numbers["points"] if point["kind"] == "stable"]
    assert len(stable) == 8
    for point in stable:  # the slope of tanh(2 h) there
        assert point["largest_eigenvalue"] == pytest.approx(0.16637208775167)
        assert point["slowest_time_constant_in_steps"] == pytest.approx(
            -1 / np.log(0.16637208775167)
        )
    assert sorted(found.figures) == ["eigenvalues", "fixed_points", "fixed_points_3d"]
    figure = found.figures["fixed_points_3d"]
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == [
        "trajectories",
        "stable: 8",
        "saddle, 1 unstable: 12",
        "saddle, 2 unstable: 6",
        "saddle, 3 unstable: 1",
        "directions that grow",
    ]


def test_a_strong_input_leaves_one_point():
    run = run_of(cells.Elman(3), tasks.FlipFlop(6))
    run = with_cell(run, w_x=jnp.eye(3), w_h=2.0 * jnp.eye(3), b=jnp.zeros(3))
    found = tools.fixed_points(run, starts=50, sequences=4, x=(5.0, 5.0, 5))
    assert found.headline() == "stable=1 saddles=0 slow_points=0"
    with pytest.raises(ValueError, match="2 features; inputs have 3"):
        tools.fixed_points(run, x=(1.0, 2.0))


def test_all_layers_are_one_state_and_the_states_are_those_of_the_network():
    model = models.sequence_model(cells.GRU(3), models.All, 3, layers=2)
    run = run_of(model, tasks.FlipFlop(5))
    network = tools.recurrence(run)
    assert len(network.cell.cells) == 2
    xs, steps, _ = tools.sequences_of(run, 4)
    first, second = run.states(xs, steps=steps)
    wanted = np.concatenate([first.h, second.h], -1)
    np.testing.assert_allclose(network.visited(xs, steps), wanted, atol=1e-6)


def test_networks_without_a_step_are_refused_in_a_line():
    model = models.sequence_model(cells.GRU(3), models.All, 3, bidirectional=True)
    with pytest.raises(TypeError, match="layers that run forward in time"):
        tools.recurrence(run_of(model, tasks.FlipFlop(5)))
    with pytest.raises(TypeError, match="is for recurrent layers; run has a MLP"):
        tools.recurrence(run_of(models.MLP((4, 1)), tasks.Adding(5)))
