"""What the other libraries need."""

import jax
import pytest


@pytest.fixture
def promoting():
    """Lets other libraries add a bias `[H]` to `[B, H]`."""
    with jax.numpy_rank_promotion("allow"):
        yield
