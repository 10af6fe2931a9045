"""The tool `ablation`."""

from typing import Annotated, Any

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax.analysis.tools.findings import Findings, numbers_of
from rnnjax.analysis.tools.losses import answers, losses
from rnnjax.analysis.tools.recurrence import recurrence, title_of
from rnnjax.analysis.tools.sequences import Sequences, sequences_of
from rnnjax.analysis.units.ablated import ablating
from rnnjax.analysis.units.ablation_effects import ablation_effects, plot_ablation
from rnnjax.analysis.units.cumulative import cumulative_masks, plot_cumulative_ablation
from rnnjax.runs.load import LoadedRun
from rnnjax.settings import Between
from rnnjax.typing import Array, State


def ablation(
    run: LoadedRun,
    *,
    layer: Annotated[int, Between(1)] = 1,
    sequences: Annotated[int, Between(2, 10**5)] = 128,
    mean: bool = False,
    batch_size: Annotated[int, Between(1)] = 16,
    seed: Annotated[int, Between(0, 2**32 - 1)] = 0,
) -> Findings:
    """Finds what the task's loss is without each unit, and without more and more of them.

    A unit is one number of each array of the state, of an LSTM both c and h, held at 0 from the
    first step on.

    Args:
        run: what was learned.
        layer: whose units, from 1.
        sequences: of the test.
        mean: whether units are held at their mean over steps and sequences instead.
        batch_size: networks without some unit that run at once.
        seed: of the order in which units are taken away at random.

    Returns:
        The loss of the network as it is, the unit whose absence changes it most and by how much,
        and how many units make a change of more than two standard errors.

    Raises:
        TypeError: if the network has no state that one step leads from the next.
        ValueError: if there is no such layer, or its state is not of one number a unit.

    Example:
        >>> from rnnjax import runs
        >>> run = runs.load("runs/adding-1234abcd")  # doctest: +SKIP
        >>> ablation(run).headline()  # doctest: +SKIP
        'intact=0.01321 most=0.2417 unit=7'
    """
    recurrence(run)  # refuses networks that have no such layers
    count = len(run.model.layers)
    if layer > count:
        raise ValueError(f"layer={layer}: the network has {count}")
    given = sequences_of(run, sequences)
    states = run.states(given.batch.inputs, steps=given.steps)[layer - 1]
    units = _units_of(states)
    value = _mean(states, given) if mean else 0.0

    def run_without(mask: Array) -> Array:
        layers = list(run.model.layers)
        layers[layer - 1] = layers[layer - 1].clone(engine=ablating(mask, value))
        changed = run.model.clone(layers=tuple(layers))
        return losses(run, answers(run, given.xs, given.steps, changed), given.batch)

    single = ablation_effects(run_without, jnp.eye(units, dtype=bool), batch_size=batch_size)
    orders = {
        "largest effect first": jnp.argsort(-single.effects),
        "at random": jax.random.permutation(jax.random.key(seed), units),
    }
    curves = {
        name: ablation_effects(run_without, cumulative_masks(order), batch_size=batch_size)
        for name, order in orders.items()
    }
    effects, errors = np.asarray(single.effects), np.asarray(single.standard_errors)
    numbers = numbers_of(
        intact=single.intact,
        most=effects.max(),
        unit=effects.argmax(),
        units_that_matter=(np.abs(effects) > 2 * errors).sum(),
        all_units=curves["at random"].losses[-1],
        units=units,
    )
    where = f"layer {layer}, " if count > 1 else ""
    title = title_of(run, f"{where}ablation")
    figures = {
        "ablation": plot_ablation(single, title=title),
        "cumulative_ablation": plot_cumulative_ablation(curves, title=title),
    }
    arrays = {name: np.asarray(found) for name, found in single._asdict().items()}
    for name, found in curves.items():
        arrays[f"losses_{name.replace(' ', '_')}"] = np.asarray(found.losses)
    return Findings(numbers, ("intact", "most", "unit"), arrays, figures)


def _units_of(states: State) -> int:
    """Returns H of states `[T, B, H]`.

    Raises:
        ValueError: if they are of other shapes.
    """
    shapes = {leaf.shape[2:] for leaf in jax.tree.leaves(states)}
    if len(shapes) != 1 or len(next(iter(shapes))) != 1:
        raise ValueError(f"is for states of one number a unit; here they are {sorted(shapes)}")
    return next(iter(shapes))[0]


def _mean(states: State, given: Sequences) -> Any:
    return jax.tree.map(lambda leaf: given.real(leaf).mean(0), states)
