"""With all that XLA does to a program to make it fast, members are still their runs alone."""

import pytest

from rnnjax.training import Optimizer
from tests.training.test_members import MEMBERS, check


@pytest.fixture(scope="module")
def compile_fast():
    """Takes the place of what saves time elsewhere."""


@pytest.mark.full
def test_each_member_equals_its_run_alone_bit_for_bit():
    found = check(Optimizer("sgd(momentum=0.9)"), ema=0.5, layers=1)
    assert [int(member["ended"]) for member in found[:-1]] == [0] * len(MEMBERS)
