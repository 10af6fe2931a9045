import math

import numpy as np
import pytest
import scipy.stats

from rnnjax.sweeps.estimates import Estimate, mean_and_interval


@pytest.mark.parametrize("geometric", [False, True])
def test_the_interval_is_scipys(geometric):
    values = np.random.default_rng(0).gamma(2.0, size=9)
    mean = mean_and_interval(values.tolist(), geometric=geometric)
    seen = np.log(values) if geometric else values
    expected = scipy.stats.ttest_1samp(seen, 0).confidence_interval(0.95)
    np.testing.assert_allclose(mean.ends, np.exp(expected) if geometric else expected, rtol=1e-12)
    center = scipy.stats.gmean(values) if geometric else values.mean()
    np.testing.assert_allclose(mean.mean, center, rtol=1e-12)


def test_one_value_has_no_interval_and_none_no_mean():
    assert mean_and_interval([2.5]) == Estimate(2.5, None, geometric=False)
    assert mean_and_interval([2.0], geometric=True) == Estimate(pytest.approx(2.0), None, True)
    assert all(map(math.isnan, mean_and_interval([2.5]).ends))
    assert mean_and_interval([]) is mean_and_interval([], geometric=True) is None
    assert mean_and_interval([2.5, 2.5]).interval == 0.0
    assert mean_and_interval([2.5, 2.5], geometric=True).interval == 1.0


def test_a_factor_beyond_all_floats_is_the_largest_there_is():
    assert 1e300 < mean_and_interval([1e-200, 1e200], geometric=True).interval < math.inf


def test_what_has_no_logarithm_has_no_geometric_mean():
    with pytest.raises(ValueError, match=r"^no geometric mean: -1.0 is not above zero$"):
        mean_and_interval([2.0, -1.0], geometric=True)
