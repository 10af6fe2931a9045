"""Tools on runs: networks whose points are known, and what the command writes and refuses."""

import json
import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import cells, models, tasks, training
from rnnjax.analysis import tools
from rnnjax.runs import LoadedRun
from rnnjax.settings import settings_of
from tests.lab.launching import launched

SETTINGS = settings_of("flip_flop")


def run_of(cell, task, folder="run", **how):
    """Returns a run that has learned nothing."""
    objective = training.make_objective(cell, task, **how)
    params = objective.init(jax.random.key(0), task.sample(jax.random.key(1), 2))
    return LoadedRun(objective, params, pathlib.Path(folder), SETTINGS, 0)


def with_cell(run, **leaves):
    run.params["layers_0"]["cell"] |= leaves
    return run


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
    xs, steps = tools.inputs_of(run, 4)
    first, second = run.states(xs, steps=steps)
    wanted = np.concatenate([first.h, second.h], -1)
    np.testing.assert_allclose(network.visited(xs, steps), wanted, atol=1e-6)


def test_networks_without_a_step_are_refused_in_a_line():
    model = models.sequence_model(cells.GRU(3), models.All, 3, bidirectional=True)
    with pytest.raises(TypeError, match="layers that run forward in time"):
        tools.recurrence(run_of(model, tasks.FlipFlop(5)))
    with pytest.raises(TypeError, match="is for recurrent layers; run has a MLP"):
        tools.recurrence(run_of(models.MLP((4, 1)), tasks.Adding(5)))


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("lyapunof", "--tool=lyapunof: the tools are fixed_points"),
        ("fixed_points(start=3)", "fixed_points has no start; it has starts, noise"),
        ("fixed_points(starts=0)", "starts=0 is not at least 1"),
        ("fixed_points(starts=2.5)", "starts=2.5 is not of the type int"),
        ("fixed_points(starts=True)", "starts=True is not of the type int"),
        ("fixed_points(x=1)", "x=1 is not of the type tuple"),
        ("fixed_points(", "cannot read 'fixed_points('"),
    ],
)
def test_a_tool_that_is_not_there_is_refused(said, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the message is looked at below)
        tools.read_tool(said, [tools.fixed_points])
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def refused(*argv):
    done = launched("--experiment=analyse", *argv)
    assert (done.code, done.out) == (2, ""), done.err
    assert done.err.count("\n") == 1
    return done.err


def test_the_command_refuses_in_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "name a tool, --tool=NAME: fixed_points" in refused()
    assert "--tool=nothing: the tools are fixed_points" in refused("--tool=nothing")
    assert "name the folder of a run" in refused("--tool=fixed_points")
    assert "holds no run" in refused("--tool=fixed_points", "--run=nowhere")
    assert "Unknown command line flag 'steps'" in refused("--tool=fixed_points", "--steps=3")
    assert list(tmp_path.iterdir()) == []


def test_the_command_writes_what_it_finds_beside_the_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    small = ("--length=8", "--hidden=3", "--steps=2", "--eval_every=2", "--batch_size=4")
    assert launched("--experiment=flip_flop", *small, "--nofigures", "--workdir=run").code == 0
    done = launched("--experiment=analyse", "--run=run", "--tool=fixed_points(starts=20)")
    assert done.code == 0, done.err
    folder = tmp_path / "run" / "analysis" / "fixed_points"
    name, words = done.result
    assert (name, words["folder"]) == ("fixed_points", str(folder))
    numbers = json.loads((folder / "numbers.json").read_text())
    assert words["stable"] == str(numbers["stable"])
    with np.load(folder / "arrays.npz") as arrays:
        assert len(arrays["points"]) == len(numbers["points"]) > 0
    assert {path.suffix for path in folder.iterdir()} == {".json", ".npz", ".png", ".pdf"}
    again = launched("--experiment=flip_flop", *small, "--nofigures", "--workdir=run")
    assert again.code == 0, again.err  # the run is still one
