"""The laws compile hundreds of small programs and run each a few times."""

import jax
import pytest


@pytest.fixture(autouse=True, scope="module")
def _compile_fast():
    """Spares LLVM's expensive passes; those of XLA, which rewrite programs, stay."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)
    jax.clear_caches()  # hundreds of programs are a gigabyte
