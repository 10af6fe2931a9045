"""How often gates are shut and open."""

from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.analysis.figures import titled_figure
from rnnjax.axes import grown
from rnnjax.typing import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Saturation(NamedTuple):
    """What part of the time gates are saturated, a pytree of `[H]` each, like that of the gates.

    Attributes:
        left: below the lower bound.
        right: above the upper bound.
        mean: of the values.

    Example:
        >>> Saturation(left=jnp.zeros(2), right=jnp.ones(2), mean=jnp.ones(2)).right.tolist()
        [1.0, 1.0]
    """

    left: Any
    right: Any
    mean: Any


def gate_saturation(
    gates: Any, *, mask: Array | None = None, low: float = 0.1, high: float = 0.9
) -> Saturation:
    """Returns for each unit in what part of the steps and sequences its gates are shut and open.

    Args:
        gates: `[T, ..., H]` each, as `compose.with_states` shows them: of an LSTM
            `seen.gates._replace(g=None)`, since g is no gate but what is written. Of `cells.GRU` z
            keeps the state where it is 1.
        mask: boolean `[T, ...]`, False where steps do not count: those masked, and those at the
            start in which the state is still that of zeros.
        low: below which a gate is left-saturated.
        high: above which it is right-saturated.

    Raises:
        ValueError: if bounds are not in order.

    References:
        Karpathy, Johnson & Li (2016), Visualizing and understanding recurrent networks, ICLR
        workshop, arXiv:1506.02078, section 4.2.

    Example:
        >>> from rnnjax import cells, compose, unroll
        >>> cell = compose.with_states(cells.GRU(2))
        >>> params = cell.init(jax.random.key(0), 3)
        >>> params = params._replace(b=jnp.array([-9.0, 9.0, 0.0, 0.0, 0.0, 0.0]))
        >>> _, seen = unroll.scan(cell, params, cell.initial_state(params), jnp.ones((50, 3)))
        >>> found = gate_saturation(seen.gates._replace(n=None))
        >>> found.left.r.tolist(), found.right.r.tolist()
        ([1.0, 0.0], [0.0, 1.0])
    """
    if not low < high:
        raise ValueError(f"low must be less than high; got {low} and {high}")

    def mean(gate: Array) -> Array:
        counts = None if mask is None else jnp.broadcast_to(grown(mask, gate.ndim), gate.shape)
        return jnp.mean(gate, axis=tuple(range(gate.ndim - 1)), where=counts)

    def part(says: Any) -> Any:
        return jax.tree.map(lambda gate: mean(says(gate).astype(gate.dtype)), gates)

    return Saturation(part(lambda x: x < low), part(lambda x: x > high), jax.tree.map(mean, gates))


def plot_gate_saturation(saturation: Saturation, *, title: str = "Saturation of gates") -> "Figure":
    """Draws each unit as a point, right- against left-saturated, a panel a gate.

    A unit in the lower right corner has its gate always open, one in the upper left always shut,
    one at the origin never near either; no point lies beyond the line between the corners.

    Args:
        saturation: of gates, as `gate_saturation` returns it.
        title: above the figure.

    Raises:
        ValueError: if there are no gates.

    Example:
        >>> half = {"f": jnp.array([0.5, 0.0])}
        >>> plot_gate_saturation(Saturation(half, half, half)).axes[0].get_title(loc="left")
        'f'
    """
    from rnnjax.runs.figures.style import COLOURS, GREY

    found = jax.tree.leaves_with_path(saturation.left)
    left = {name_of_gate(path): np.asarray(x) for path, x in found}
    right = [np.asarray(x) for x in jax.tree.leaves(saturation.right)]
    if not left:
        raise ValueError("there are no gates to draw")
    columns = min(len(left), 4)
    rows = -(-len(left) // columns)
    size = (max(2.3 * columns, 3.2), 2.4 * rows + 0.6)
    with titled_figure(title, size) as figure:
        panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
        for panel in panels.ravel()[len(left) :]:
            panel.set_visible(False)
        for panel, (name, shut), opened in zip(panels.ravel(), left.items(), right, strict=False):
            panel.plot([0, 1], [1, 0], lw=1.0, color=GREY, zorder=1)
            look = {"ms": 5, "alpha": 0.5, "color": COLOURS[0], "mew": 0, "clip_on": False}
            panel.plot(opened, shut, "o", **look)
            panel.set_title(name, loc="left", fontsize=9.5, color=GREY)
            panel.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
            panel.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
            panel.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
        for panel in panels[:-1][-1:, len(left) - (rows - 1) * columns :].ravel():
            panel.tick_params(labelbottom=True)  # nothing is drawn below
        edge = " (on the line: always open or shut)" if columns > 1 else ""
        figure.supxlabel(f"part of the steps at which a unit's gate is open{edge}", fontsize=10)
        figure.supylabel("part at which it is shut", fontsize=10)
        return figure


def name_of_gate(path: Any) -> str:
    """Returns what a gate is called, of its path in a pytree: "layer 1, f" in a stack, else "f".

    Example:
        >>> [name_of_gate(path) for path, _ in jax.tree.leaves_with_path({"f": 0.5, "o": 1.0})]
        ['f', 'o']
    """
    names = [str(getattr(k, "name", getattr(k, "key", getattr(k, "idx", k)))) for k in path]
    if path and isinstance(path[0], jax.tree_util.SequenceKey):
        return ", ".join([f"layer {path[0].idx + 1}", *names[1:]])
    return " ".join(names) or "gate"
