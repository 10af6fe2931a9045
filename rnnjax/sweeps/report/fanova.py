"""How much of a response each of several factors explains: functional analysis of variance."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sklearn.tree import DecisionTreeRegressor

_TREES = 64


def explained_variances(
    factors: Sequence[np.ndarray], response: np.ndarray, domains: Sequence[np.ndarray]
) -> np.ndarray:
    """Returns the variance of what a forest predicts from each factor, averaged over the others.

    A tree is constant on boxes, its leaves. What it predicts from the value x of factor i alone is
    the sum of the leaves' predictions, each by the share of the other factors' domains that the
    leaf holds, over those leaves that hold x. A name is a factor of several columns, one of which
    is 1; a leaf holds the names that satisfy its splits. The trees split anywhere between two
    observations and see all of them, so that the forest is exact where all combinations of the
    domains were observed, and continuous elsewhere.

    Args:
        factors: the inputs of N observations, `[N, columns]` for each factor.
        response: what was observed, `[N]`.
        domains: the values that each factor can have, all as likely, `[values, columns]`.

    Returns:
        A variance for each factor.

    References:
        Hutter, Hoos & Leyton-Brown (2014), An efficient approach for assessing hyperparameter
        importance, ICML.
        Geurts, Ernst & Wehenkel (2006), Extremely randomized trees, Machine Learning 63.

    Example:
        >>> domain = np.arange(4.0)[:, None]
        >>> a, b = np.repeat(domain, 4, axis=0), np.tile(domain, (4, 1))
        >>> explained_variances([a, b], a[:, 0] + 2 * b[:, 0], [domain, domain]).round(1)
        array([1.2, 5. ])
    """
    from sklearn.ensemble import ExtraTreesRegressor

    forest = ExtraTreesRegressor(_TREES, random_state=0)
    forest.fit(np.concatenate(factors, axis=1), response)
    ends = np.cumsum([factor.shape[1] for factor in factors])[:-1]
    marginals = [np.zeros(len(domain)) for domain in domains]
    for tree in forest.estimators_:
        low, high, predictions = _leaves(tree)
        bounds = zip(np.split(low, ends, axis=1), np.split(high, ends, axis=1), strict=True)
        held = [
            np.all((l[:, None] < domain) & (domain <= h[:, None]), axis=-1)  # [leaves, values]
            for (l, h), domain in zip(bounds, domains, strict=True)
        ]
        shares = np.stack([inside.mean(axis=1) for inside in held])  # [factors, leaves]
        for i, inside in enumerate(held):
            others = np.prod(np.delete(shares, i, axis=0), axis=0)
            marginals[i] += (predictions * others) @ inside / _TREES
    return np.array([np.var(marginal) for marginal in marginals])


def _leaves(tree: "DecisionTreeRegressor") -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns the boxes of a tree's leaves, from over `low` to `high`, and what each predicts."""
    nodes = tree.tree_
    low = np.full((nodes.node_count, nodes.n_features), -np.inf)
    high = -low
    pairs = zip(nodes.children_left, nodes.children_right, strict=True)
    for node, (left, right) in enumerate(pairs):
        if left != right:  # children come after their parents
            low[[left, right]], high[[left, right]] = low[node], high[node]
            high[left, nodes.feature[node]] = nodes.threshold[node]
            low[right, nodes.feature[node]] = nodes.threshold[node]
    is_leaf = nodes.children_left == nodes.children_right
    return low[is_leaf], high[is_leaf], nodes.value[is_leaf, 0, 0]
