"""Many small programs, each run a few times: they are compiled fast, not to be fast."""

import jax
import pytest


@pytest.fixture(autouse=True, scope="module")
def _compile_fast():
    """Spares LLVM's expensive passes; those of XLA, which rewrite programs, stay."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)
