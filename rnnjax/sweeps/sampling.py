"""Points of a space: all of a grid, or some drawn by Optuna's samplers."""

import contextlib
import itertools
import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from rnnjax.sweeps.space import MOST, Axis, Choices, Integers, LogUniform, Uniform

if TYPE_CHECKING:
    import optuna

Texts = dict[str, str]  # the swept settings of a point, as text by name
Category = bool | int | float | str | None  # what Optuna has for a value of a list


def grid(space: Mapping[str, Axis]) -> list[Texts]:
    """Returns every combination of the axes' values, the last axis varying fastest.

    Args:
        space: axes by name, all of them lists.

    Raises:
        ValueError: if an axis is a distribution, or there are too many points.

    Example:
        >>> grid({"cell": Choices(("LSTM", "GRU")), "seed": Choices(("0",))})
        [{'cell': 'LSTM', 'seed': '0'}, {'cell': 'GRU', 'seed': '0'}]
    """
    for name, axis in space.items():
        if not isinstance(axis, Choices):
            raise ValueError(f"{name} is a range, not a list: a grid needs lists")
    lists = [axis.values for axis in space.values() if isinstance(axis, Choices)]
    count = math.prod(map(len, lists))
    if count > MOST:
        raise ValueError(f"a grid of {count:,} points is more than {MOST:,}")
    return [dict(zip(space, values, strict=True)) for values in itertools.product(*lists)]


def draw(space: Mapping[str, Axis], count: int, sampler: str, seed: int) -> list[Texts]:
    """Draws points of a space; equal arguments give equal points.

    Args:
        space: axes by name; a list is drawn from as categories, each as likely as the others.
        count: how many.
        sampler: "random" for independent points; "qmc" for a scrambled Sobol sequence, which fills
            the space more evenly, best where `count` is a power of two.
        seed: of the draws.

    Returns:
        Points, each with its values by the axes' names, numbers written so that they read back
        exactly.

    Raises:
        ValueError: if there is no such sampler, or nothing to draw.

    References:
        Bergstra & Bengio (2012), Random search for hyper-parameter optimization, JMLR 13.
        Owen (1998), Scrambling Sobol' and Niederreiter-Xing points, Journal of Complexity 14.

    Example:
        >>> [point] = draw({"hidden": Integers(8, 16)}, 1, "random", seed=0)
        >>> 8 <= int(point["hidden"]) <= 16
        True
    """
    import optuna  # 0.2 s, and only those who draw need it

    if sampler not in ("random", "qmc"):
        raise ValueError(f"no sampler {sampler!r} draws in advance: random and qmc do")
    if not 1 <= count <= MOST:
        raise ValueError(f"{count:,} points cannot be drawn: from 1 to {MOST:,} can")
    with quiet_optuna():
        if sampler == "random":
            study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
            return [suggest(study.ask(), space) for _ in range(count)]
        # Optuna draws the first point of a study independently: the sequence begins after it.
        study = optuna.create_study(sampler=optuna.samplers.QMCSampler(scramble=True, seed=seed))
        return [suggest(study.ask(), space) for _ in range(1 + count)][1:]


def suggest(
    trial: "optuna.trial.BaseTrial",
    space: Mapping[str, Axis],
    typed: Callable[[str, str], Category] = lambda name, text: text,
) -> Texts:
    """Returns the point that an Optuna trial suggests, written as in `draw`.

    Args:
        trial: gets the point's values as its parameters.
        space: axes by name.
        typed: returns what a value of a list is among the parameters, from the axis' name and the
            value's text.

    Example:
        >>> import optuna
        >>> trial = optuna.trial.FixedTrial({"hidden": 8})
        >>> suggest(trial, {"hidden": Choices(("4", "8"))}, lambda name, text: int(text))
        {'hidden': '8'}
    """
    return {name: _suggest(trial, name, axis, typed) for name, axis in space.items()}


def _suggest(
    trial: "optuna.trial.BaseTrial", name: str, axis: Axis, typed: Callable[[str, str], Category]
) -> str:
    match axis:
        case Choices(texts):
            values = [typed(name, text) for text in texts]
            return texts[values.index(trial.suggest_categorical(name, values))]
        case Integers(low, high):
            return str(int(trial.suggest_int(name, low, high)))
        case Uniform(low, high):
            return repr(float(trial.suggest_float(name, low, high)))
        case LogUniform(low, high):
            return repr(float(trial.suggest_float(name, low, high, log=True)))


@contextlib.contextmanager
def quiet_optuna() -> Iterator[None]:
    """Keeps Optuna's news of new studies, and of what is experimental in it, to itself."""
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(before)
