"""Numbers for tests, and comparisons: those that the laws use."""

from rnnjax.testing.draws import B as B
from rnnjax.testing.draws import D as D
from rnnjax.testing.draws import T as T
from rnnjax.testing.draws import assert_close as assert_close
from rnnjax.testing.draws import assert_finite as assert_finite
from rnnjax.testing.draws import assert_identical as assert_identical
from rnnjax.testing.draws import doubled as doubled
from rnnjax.testing.draws import normal as normal
from rnnjax.testing.draws import params_of as params_of
from rnnjax.testing.draws import shaken as shaken
from rnnjax.testing.draws import specs as specs
from rnnjax.testing.draws import state_of as state_of
from rnnjax.testing.draws import weigh as weigh
