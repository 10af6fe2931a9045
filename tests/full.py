"""Values of a parameter that are asked for with `--full` alone."""

import pytest


def full(*values):
    """Returns the values of one test of a parametrized one, which `--full` alone runs."""
    return pytest.param(*values, marks=pytest.mark.full)
