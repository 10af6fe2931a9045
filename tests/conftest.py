"""How every test runs: on the CPU, one thread a product, no silent promotion of ranks."""

import os

# Read once, when jax starts its backend.
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
# Nor does any test, or a process that one starts, use the cache of whoever runs it.
os.environ.setdefault("JAX_ENABLE_COMPILATION_CACHE", "false")

import jax
import pytest

pytest.register_assert_rewrite("tests.laws.cell_laws", "tests.laws.engine_laws")
jax.config.update("jax_numpy_rank_promotion", "raise")


@pytest.fixture
def x64():
    """Double precision for one test."""
    with jax.enable_x64(True):
        yield
