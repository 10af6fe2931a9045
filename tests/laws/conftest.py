"""The laws compile a few programs for each cell and each pair, which no other test needs."""

import pytest

from rnnjax.testing.compiled import forget


@pytest.fixture(autouse=True)
def _forget_programs_of_a_test():
    yield
    forget()
