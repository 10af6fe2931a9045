"""How every test runs: on the CPU, one thread a product, no silent promotion of ranks."""

import os

# Read once, when jax starts its backend.
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")

import jax
import pytest

pytest.register_assert_rewrite("tests.laws.cell_laws", "tests.laws.engine_laws")
jax.config.update("jax_numpy_rank_promotion", "raise")


@pytest.fixture
def x64():
    """Double precision for one test."""
    with jax.enable_x64(True):
        yield
