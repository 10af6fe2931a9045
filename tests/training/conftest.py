"""Runs here take a few steps: they are compiled fast, not to be fast."""

import jax
import pytest


@pytest.fixture(autouse=True, scope="module")
def _compile_fast():
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)
