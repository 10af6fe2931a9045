import jax
import numpy as np
import pytest

from rnnjax.learning import TBPTT, UORO, Learner
from tests.learning import bench
from tests.learning.runs import signs

CELL = Learner(bench.CELL, UORO(), input_dim=1)
SIGNS = np.array([[1.0, -1], [1, 1], [-1, 1], [1, 1]])


def test_the_gradient_of_the_bench_for_signs_that_are_given(x64):
    wanted = [
        [-0.083388484254, 0.642141241619],
        [-0.180612222447, -0.032110853671],
        [0.57360022639, -2.76926354046],
        [1.450601135884, -1.889320170961],
    ]
    bench.close(bench.gradient(UORO(), CELL, SIGNS), wanted)


def test_the_vector_on_the_state_after_the_bench(x64):
    cell = Learner(bench.CELL, UORO(carry=True), input_dim=1)
    xs = bench.pack(bench.XS, bench.OwnNoise(SIGNS, None))
    state, _ = UORO(carry=True)(cell, bench.PARAMS, cell.initial_state(bench.PARAMS), xs)
    bench.close(state.memory.h, [0.806465509964, 1.058202888168])


def test_the_mean_and_the_variance_over_all_signs(x64):
    """Of 256 patterns: on average backpropagation, with the variance that enumeration gives."""
    found = bench.gradients(UORO(), CELL, signs(4, 2))
    assert found.shape == (256, 4, 2)
    bench.close(found.mean(0), bench.BPTT)
    variance = ((found - bench.BPTT) ** 2).sum((1, 2)).mean()
    assert variance == pytest.approx(5.636624, abs=1e-6)
    # All signs turned round are the last pattern for the first one, and so on.
    np.testing.assert_array_equal(found, found[::-1])


def test_what_a_step_does_by_itself_is_exact(x64):
    """Of a loss at the first step there is nothing else."""
    first = np.array([1.0, 0.0, 0.0, 0.0])
    found = bench.gradient(UORO(), CELL, SIGNS, first)
    np.testing.assert_array_equal(found, bench.gradient(UORO(), CELL, -SIGNS[::-1], first))
    bench.close(found, bench.gradient(TBPTT(), counts=first))


def test_with_all_of_time_in_a_window_signs_do_not_matter(x64):
    rule = UORO(window=4)
    bench.close(bench.gradient(rule, Learner(bench.CELL, rule, 1), SIGNS), bench.BPTT)


def test_each_sequence_has_signs_of_its_own(x64):
    noise = CELL.draw(jax.random.key(0), bench.PARAMS, (50, 3)).own
    assert noise.shape == (50, 3, 2)
    assert set(np.unique(noise)) == {-1.0, 1.0}
    assert np.abs(np.corrcoef(noise.reshape(50, 6).T) - np.eye(6)).max() < 0.6
