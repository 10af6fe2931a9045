import os

import pytest

from rnnjax import models, tasks
from rnnjax.cells import LSTM
from rnnjax.training import Hyperparameters, Optimizer, Plan, make_objective, make_problem
from rnnjax.training.memory import Size, check_memory, in_words, size_of
from tests.training import small


def problem(hidden, optimizer="adam", task=None, **options):
    task = task or tasks.Adding(5)
    model = models.sequence_model(LSTM(hidden), models.All, task.output_dim)
    objective = make_objective(model, task)
    return make_problem(
        objective,
        Optimizer(optimizer),
        Plan(1),
        batch_size=4,
        members=[Hyperparameters()],
        **options,
    )


def parameters(hidden):
    """Returns how many an LSTM has that sees two numbers, with a readout of one."""
    return 4 * hidden * (2 + hidden + 1) + hidden + 1


@pytest.mark.parametrize("hidden", [3, 64, 4096])
def test_sizes_are_those_of_the_closed_form(hidden):
    count = parameters(hidden)
    # Parameters, gradient, the best ones, and Adam's two moments, of four bytes each; two counters.
    assert size_of(problem(hidden)) == Size(count, 4 * (5 * count + 2))
    assert size_of(problem(hidden, ema=0.9)) == Size(count, 4 * (6 * count + 2))
    assert size_of(problem(hidden, "sgd(momentum=0.9)")) == Size(count, 4 * (4 * count + 1))


def test_without_validation_no_best_is_kept():
    inputs, classes = small.sequences(small.N)
    task = tasks.Arrays((inputs, classes))
    model = models.sequence_model(LSTM(3), models.Last, 3)
    objective, options = make_objective(model, task), {"batch_size": 4}
    found = make_problem(
        objective, Optimizer("sgd"), Plan(1), members=[Hyperparameters()], **options
    )
    count = 4 * 3 * (4 + 3 + 1) + 3 * 3 + 3
    assert size_of(found) == Size(count, 4 * (2 * count + 1))


def test_what_cannot_fit_is_refused_with_both_numbers_before_anything_is_made():
    found = problem(10**9)
    size = size_of(found)
    assert size.parameters == parameters(10**9)
    message = (
        r"^4,000,000,013,000,000,001 parameters need 80,000,000.3 TB with gradient and optimizer, "
        r"more than the [\d,.]+ GB of memory here$"
    )
    with pytest.raises(ValueError, match=message):
        check_memory(size)


def test_members_need_memory_each():
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    size = Size(1, there // 4)
    check_memory(size, 4)
    with pytest.raises(ValueError, match=r"^1 parameters need [\d,.]+ GB"):
        check_memory(size, 5)


@pytest.mark.parametrize(
    ("count", "words"),
    [(999, "999 bytes"), (1000, "1.0 kB"), (10**6, "1.0 MB"), (25 * 10**8, "2.5 GB")],
)
def test_bytes_in_words(count, words):
    assert in_words(count) == words
