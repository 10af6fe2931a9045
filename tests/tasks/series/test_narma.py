import jax
import numpy as np
import pytest

from rnnjax.tasks import NARMA
from tests.full import full
from tests.tasks.compiled import judge, sample


@pytest.mark.parametrize(
    "task",
    [NARMA(300), NARMA(300, ahead=0), NARMA(300, 30, alpha=0.2, beta=0.04, delta=0.001)],
    ids=repr,
)
def test_outputs_follow_the_formula(task):
    batch = sample(task, 200)
    assert batch.mask.all()
    us, ys = (np.asarray(x, float)[..., 0] for x in (batch.inputs, batch.targets))
    n, first = task.order, 1 - task.ahead  # ys[t] is y_{t + ahead}
    for t in range(n + 1, 299, 13):
        at = t - 1 + first  # of y_t
        past = [ys[at - i] for i in range(n)]
        wanted = task.alpha * past[0] + task.beta * past[0] * sum(past) + task.delta
        wanted = wanted + task.gamma * us[t - n + 1] * us[t]
        np.testing.assert_allclose(ys[at + 1], wanted, rtol=1e-5)
    assert us.min() >= 0
    assert us.max() < 0.5


def outputs(task, us):
    return np.asarray(jax.jit(task.outputs)(us))


def test_a_constant_input_gives_known_outputs(x64):
    ys = outputs(NARMA(), np.full(500, 0.25))
    np.testing.assert_allclose(ys[:3], [0.19375, 0.253751953125, 0.275553310669], atol=5e-13)
    assert ys[-1] == pytest.approx(0.3798437881, abs=5e-11)
    assert len(ys) == 500 - 9


def escaping(task, sequences):
    """Returns the share of sequences that escape, of inputs that are drawn once."""
    steps = task.order - 1 + task.transient + task.length
    us = jax.random.uniform(jax.random.key(0), (steps, sequences), maxval=task.amplitude)
    plain = np.asarray(jax.jit(jax.vmap(task.outputs, 1, 1))(us))
    return 1 - (plain < 2).all(0).mean()


def test_sequences_that_escape_are_drawn_again():
    task = NARMA(100, amplitude=0.58)
    assert escaping(task, 100) > 0.1
    ys = np.asarray(sample(task, 100).targets)
    assert ys.max() < 2
    assert len({row.tobytes() for row in ys[:50, :, 0].T}) == 100


def test_no_sequence_of_small_inputs_escapes():
    # Up to this amplitude the largest inputs of all lead to a fixed point.
    bounded = outputs(NARMA(), np.full(5000, 0.3109))
    assert bounded.max() < 0.71


@pytest.mark.parametrize(
    ("task", "sequences", "within"),
    [(NARMA(), 500, 0.03), full(NARMA(), 4000, 0.01), full(NARMA(ahead=0), 4000, 0.01)],
)
def test_the_baseline_is_the_error_of_the_best_guess_from_the_present_input(
    task, sequences, within
):
    batch = sample(task, sequences)
    u, y = (np.asarray(x, float).ravel() for x in (batch.inputs, batch.targets))
    guess = np.polyval(np.polyfit(u, y, 3), u).reshape(batch.targets.shape)
    loss = judge(task, guess.astype(np.float32), batch)[0]
    assert loss == pytest.approx(task.baseline, rel=within)
    assert y.mean() == pytest.approx(0.3884, abs=2e-3)


def test_the_baseline_is_known_of_the_defaults_alone():
    assert NARMA(order=5).baseline is None
    assert NARMA(amplitude=0.3).baseline is None


def test_a_linear_map_of_more_inputs_errs_by_what_is_known():
    batch = sample(NARMA(500), 40)
    u, y = (np.asarray(x, float)[..., 0] for x in (batch.inputs, batch.targets))
    for count, product, wanted in (
        (1, False, 0.878),
        (10, False, 0.603),
        (20, False, 0.419),
        (30, False, 0.401),
        (30, True, 0.277),
    ):
        columns = [np.roll(u, i, 0)[30:].ravel() for i in range(count)]
        columns += [columns[0] * columns[9]] if product else []
        columns.append(np.ones_like(columns[0]))
        x, wish = np.stack(columns, 1), y[30:].ravel()
        half = len(x) // 2
        weights = np.linalg.lstsq(x[:half], wish[:half], rcond=None)[0]
        error = np.sqrt(((x[half:] @ weights - wish[half:]) ** 2).mean()) / wish[half:].std()
        assert error == pytest.approx(wanted, rel=0.12)


@pytest.mark.full
def test_few_sequences_escape_by_default():
    assert escaping(NARMA(2000), 2000) == pytest.approx(0.01, abs=0.006)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"order": 0}, "order must be 1 or more"),
        ({"transient": 0}, "transient must be 1 or more"),
        ({"ahead": 2}, "ahead must be 0 or 1"),
        ({"amplitude": 0.0}, "amplitude must be positive"),
        ({"order": 30}, "y escapes to infinity"),
        ({"amplitude": 0.7}, "y escapes to infinity"),
        ({"alpha": 1.0}, "y escapes to infinity"),
    ],
)
def test_what_is_no_such_system_is_refused(fields, said):
    with pytest.raises(ValueError, match=said):
        NARMA(**fields)
