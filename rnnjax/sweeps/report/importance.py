"""Which settings matter, by the variance that they explain."""

import math
from typing import TYPE_CHECKING

from rnnjax.sweeps.records import Sweep
from rnnjax.sweeps.report.scales import Scale, make_metric_scale, make_scale
from rnnjax.sweeps.sampling import quiet_optuna

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

FEWEST = 4  # points


def importances(sweep: Sweep) -> dict[str, float]:
    """Returns the share of the results' variance that each setting explains by itself.

    A forest of regression trees is fitted to the finished points, its variance taken apart by
    setting, and the shares of single settings made to sum to one. A loss that spans more than a
    decade counts by its logarithm, so that the worst points do not decide alone. The seed is left
    out: what it does is noise.

    Args:
        sweep: the sweep.

    Returns:
        Shares by setting, the most important first; nothing where fewer than two settings vary,
        fewer than `FEWEST` points have a result, or all results are the same.

    References:
        Hutter, Hoos & Leyton-Brown (2014), An efficient approach for assessing hyperparameter
        importance, ICML.
    """
    points = [point for point in sweep.points if point.result(sweep.metric) is not None]
    results = [point.result(sweep.metric) or 0.0 for point in points]
    names = sweep.varied(points)
    if len(names) < 2 or len(points) < FEWEST or len(set(results)) < 2:
        return {}
    if make_metric_scale(results, sweep.higher_is_better).is_log:
        results = [math.log(result) for result in results]
    import optuna

    scales = {name: make_scale([point.settings[name] for point in points]) for name in names}
    distributions = {name: _distribution(scale) for name, scale in scales.items()}
    with quiet_optuna():
        study = optuna.create_study()
        for point, result in zip(points, results, strict=True):
            values = {name: _value(scales[name], point.settings[name]) for name in names}
            study.add_trial(
                optuna.create_trial(params=values, distributions=distributions, value=result)
            )
        return optuna.importance.get_param_importances(
            study, evaluator=optuna.importance.FanovaImportanceEvaluator(seed=0)
        )


def _distribution(scale: Scale) -> "BaseDistribution":
    import optuna

    if scale.numbers is None:
        return optuna.distributions.CategoricalDistribution(scale.values)
    low, high = scale.numbers[0], scale.numbers[-1]
    return optuna.distributions.FloatDistribution(low, high, log=scale.is_log)


def _value(scale: Scale, text: str) -> str | float:
    return text if scale.numbers is None else float(text)
