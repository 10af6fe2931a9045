"""Fixed points among trajectories, in principal components."""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from rnnjax.analysis.figures import titled_figure
from rnnjax.analysis.information.principal_components import PrincipalComponents
from rnnjax.analysis.points.fixed_points import FixedPoints
from rnnjax.analysis.points.kinds import SLOW, count_kinds, kinds_of, unstable_directions
from rnnjax.analysis.points.linearize import Linearization

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ARROW = 0.1  # of the trajectories' width
_LEAST = 0.2  # of a direction that lies in the plane: shorter arrows are not seen
_MARKERS = "osD^vP"
_LIGHT = "#B5B5B5"


def plot_fixed_points(
    found: FixedPoints,
    near: Linearization,
    components: PrincipalComponents,
    trajectories: npt.ArrayLike,
    *,
    title: str = "fixed points",
) -> "Figure":
    """Draws trajectories, and points by their kinds, in pairs of the first three components.

    From saddles go arrows along the directions that grow, as long as they are in the plane.

    Args:
        found: the points.
        near: their linearization.
        components: of the states, such as `principal_components(trajectories)`.
        trajectories: states over time, `[T, B, N]`.
        title: above the figure.

    Returns:
        The figure; nothing is saved.

    Raises:
        ValueError: if there are fewer than two components.

    References:
        Sussillo & Barak (2013), Opening the black box, Neural Computation 25, figure 3.

    Example:
        >>> import jax.numpy as jnp
        >>> from rnnjax.analysis import fixed_points, linearize, principal_components
        >>> step = lambda h: jnp.tanh(h * jnp.array([2.0, 0.5]))
        >>> states = np.random.default_rng(0).normal(size=(5, 3, 2))
        >>> found = fixed_points(step, jnp.asarray(states[0]))
        >>> components = principal_components(states)
        >>> figure = plot_fixed_points(found, linearize(step, found.points), components, states)
        >>> figure.axes[0].get_xlabel()[:11]
        'component 1'
    """
    _check(components, 2)
    count = min(3, len(components.axes))
    pairs = [(0, 1), (0, 2)][: count - 1]
    with titled_figure(title, (1 + 4.4 * len(pairs), 4.9)) as figure:
        panels = np.ravel(figure.subplots(1, len(pairs)))
        for panel, pair in zip(panels, pairs, strict=True):
            _draw(panel, found, near, components, np.asarray(trajectories), pair)
            panel.set_aspect("equal", adjustable="datalim")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4)
        return figure


def plot_fixed_points_3d(
    found: FixedPoints,
    near: Linearization,
    components: PrincipalComponents,
    trajectories: npt.ArrayLike,
    *,
    title: str = "fixed points",
) -> "Figure":
    """Draws what `plot_fixed_points` does, in the first three components at once.

    Args:
        found: the points.
        near: their linearization.
        components: of the states.
        trajectories: states over time, `[T, B, N]`.
        title: above the figure.

    Returns:
        The figure; nothing is saved.

    Raises:
        ValueError: if there are fewer than three components.

    Example:
        >>> import jax.numpy as jnp
        >>> from rnnjax.analysis import fixed_points, linearize, principal_components
        >>> step = lambda h: jnp.tanh(2 * h)
        >>> states = np.random.default_rng(0).normal(size=(5, 3, 3))
        >>> found = fixed_points(step, jnp.asarray(states[0]))
        >>> components = principal_components(states)
        >>> figure = plot_fixed_points_3d(found, linearize(step, found.points), components, states)
        >>> figure.axes[0].get_zlabel()[:11]
        'component 3'
    """
    _check(components, 3)
    with titled_figure(title, (7.2, 7.2), {"grid.linewidth": 0.5}) as figure:
        figure.set_layout_engine("none")
        panel: Any = figure.add_subplot(projection="3d")
        panel.set_position((0.0, 0.13, 0.93, 0.82))
        _draw(panel, found, near, components, np.asarray(trajectories), (0, 1, 2))
        sides = [
            np.ptp(limits) for limits in (panel.get_xlim(), panel.get_ylim(), panel.get_zlim())
        ]
        panel.set_box_aspect(sides, zoom=0.95)
        figure.legend(*panel.get_legend_handles_labels(), loc="lower center", ncols=3)
        return figure


def _check(components: PrincipalComponents, least: int) -> None:
    if len(components.axes) < least:
        raise ValueError(f"{least} components are drawn; states have {len(components.axes)}")


def _draw(
    panel: "Axes",
    found: FixedPoints,
    near: Linearization,
    components: PrincipalComponents,
    trajectories: np.ndarray,
    chosen: tuple[int, ...],
) -> None:
    from rnnjax.runs.figures.style import COLOURS

    def place(states: np.ndarray) -> np.ndarray:
        return components.project(states, 3)[..., list(chosen)]

    paths = place(trajectories)
    for index, path in enumerate(np.swapaxes(paths, 0, 1)):
        label = "" if index else "trajectories"
        panel.plot(*path.T, color=_LIGHT, lw=0.6, zorder=1, label=label)
    kinds, width = kinds_of(found, near), np.ptp(paths.reshape(-1, len(chosen)), axis=0).max()
    for k, kind in enumerate(count_kinds(kinds)):
        some = [index for index, name in enumerate(kinds) if name == kind]
        colour = COLOURS[k % len(COLOURS)]
        points = place(found.points[some])
        size = 7 if kind == "stable" else 5.5
        hollow = {"mfc": "none"} if kind == SLOW else {"mec": "white", "mew": 0.5}
        marker: dict[str, Any] = {"marker": _MARKERS[k % len(_MARKERS)], "ms": size, **hollow}
        label = f"{kind}: {len(some)}"
        panel.plot(*points.T, ls="", color=colour, zorder=4, label=label, **marker)
        for index, point in zip(some, points, strict=True):
            if kind != SLOW:
                rows = components.directions(unstable_directions(near, index), 3)[:, list(chosen)]
                seen = rows[np.linalg.norm(rows, axis=-1) > _LEAST]
                _draw_arrows(panel, point, _ARROW * width * seen, colour)
    if any(kind not in ("stable", SLOW) for kind in kinds):
        panel.plot([], [], color="black", lw=1.6, label="directions that grow")
    names = "xyz"[: len(chosen)]
    for name, k in zip(names, chosen, strict=True):
        share = components.shares[k]
        getattr(panel, f"set_{name}label")(f"component {k + 1} ({share:.0%} of variance)")


def _draw_arrows(panel: "Axes", point: np.ndarray, rows: np.ndarray, colour: str) -> None:
    """Draws arrows both ways along each row; in space lines, whose heads matplotlib may lose."""
    for row in rows:
        if len(point) == 3:
            ends = np.stack([point - row, point + row])
            panel.plot(*ends.T, color=colour, lw=1.6, zorder=3)
            continue
        for way in (row, -row):
            how: dict[str, Any] = {"angles": "xy", "scale_units": "xy", "scale": 1}
            panel.quiver(*point, *way, color=colour, width=0.004, zorder=3, **how)
