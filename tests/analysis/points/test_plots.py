"""What the figures show is read back from them."""

import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax.analysis import (
    fixed_points,
    linearize,
    plot_eigenvalues,
    plot_fixed_points,
    plot_fixed_points_3d,
    principal_components,
)

ROOT = 0.9575040240772688  # of h = tanh(2 h)


def step(h):
    return jnp.tanh(h @ jnp.diag(jnp.array([2.0, 0.5, 0.25])))


@pytest.fixture
def shown(x64):
    states = np.random.default_rng(0).normal(size=(20, 5, 3)) * [3.0, 2.0, 1.0]
    found = fixed_points(step, jnp.asarray(states.reshape(-1, 3)))
    return found, linearize(step, found.points), principal_components(states), states


def named(panel):
    return {line.get_label().partition(":")[0]: line for line in panel.lines}


def test_points_are_where_their_components_are_and_arrows_along_what_grows(shown):
    _, _, components, states = shown
    figure = plot_fixed_points(*shown, title="rest")
    assert figure.get_suptitle() == "rest"
    for panel, other in zip(figure.axes, (1, 2), strict=True):
        lines = named(panel)
        wanted = components.project([[-ROOT, 0, 0], [ROOT, 0, 0]], 3)[:, [0, other]]
        drawn = lines["stable"].get_xydata()
        np.testing.assert_allclose(drawn[np.argsort(drawn[:, 0])], wanted, atol=1e-8)
        saddle = lines["saddle, 1 unstable"].get_xydata()
        np.testing.assert_allclose(saddle, components.project(np.zeros((1, 3)), 3)[:, [0, other]])
        path = components.project(states[:, 0], 3)[:, [0, other]]
        np.testing.assert_allclose(lines["trajectories"].get_xydata(), path)
        assert f"component {other + 1} (" in panel.get_ylabel()
        one, opposite = panel.collections
        direction = components.directions([1.0, 0, 0], 3)[[0, other]]
        arrow = np.ravel([one.U, one.V])
        assert abs(arrow @ direction) == pytest.approx(
            np.linalg.norm(arrow) * np.linalg.norm(direction)
        )
        np.testing.assert_allclose(np.ravel([opposite.U, opposite.V]), -arrow)
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["trajectories", "stable: 2", "saddle, 1 unstable: 1", "directions that grow"]


def test_the_figure_in_space_has_all_three_components(shown):
    _, _, components, _ = shown
    (panel,) = plot_fixed_points_3d(*shown).axes
    share = components.variances[2] / components.variances.sum()
    assert panel.get_zlabel() == f"component 3 ({share:.0%} of variance)"


def test_states_of_one_number_have_no_plane(x64):
    states = np.random.default_rng(0).normal(size=(5, 2, 1))
    found = fixed_points(lambda h: 0.5 * h, jnp.asarray(states[0]))
    near = linearize(lambda h: 0.5 * h, found.points)
    with pytest.raises(ValueError, match="2 components are drawn; states have 1"):
        plot_fixed_points(found, near, principal_components(states), states)


def test_eigenvalues_are_drawn_by_their_groups():
    values = np.array([[0.5j, -0.5j], [2.0, 0.1]])
    (panel,) = plot_eigenvalues(values, ["stable", "saddle"]).axes
    lines = named(panel)
    np.testing.assert_allclose(lines["stable"].get_xydata(), [[0, 0.5], [0, -0.5]])
    np.testing.assert_allclose(lines["saddle"].get_xydata(), [[2, 0], [0.1, 0]])
    circle = np.linalg.norm(lines["unit circle"].get_xydata(), axis=1)
    np.testing.assert_allclose(circle, 1)
    with pytest.raises(ValueError, match=r"got 1 for \(2, 2\)"):
        plot_eigenvalues(values, ["stable"])
