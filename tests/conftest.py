"""How every test runs: on the CPU, one thread a product, no silent promotion of ranks."""

import collections
import ctypes
import os
import pathlib
import sys

from tests.flags import XLA_FLAGS

# Read once, when jax starts its backend.
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("XLA_FLAGS", XLA_FLAGS)
# A process that a test starts keeps no compiled programs, unless the test says where.
os.environ.setdefault("JAX_ENABLE_COMPILATION_CACHE", "false")

import jax
import pytest

pytest.register_assert_rewrite(
    "rnnjax.testing.cell_laws",
    "rnnjax.testing.contract_laws",
    "rnnjax.testing.engine_laws",
    "rnnjax.testing.call_laws",
    "rnnjax.testing.noise_laws",
    "tests.laws.call_refusals",
    "tests.tasks.formal.string_rules",
    "tests.tasks.memory.rules",
)
jax.config.update("jax_numpy_rank_promotion", "raise")

# Folders whose tests look at the programs that XLA makes.
OPTIMIZED = {"benchmarks", "unroll"}
# XLA's compiler fails when a process has some thousands of programs, and 500 take a gigabyte.
MOST_PROGRAMS = 500
_compiled = collections.Counter()  # how often each thing that JAX measures has happened
_COMPILE = "/jax/core/compile/backend_compile_duration"
jax.monitoring.register_event_duration_secs_listener(
    lambda event, _, **__: _compiled.update([event])
)


def pytest_addoption(parser):
    parser.addoption(
        "--full", action="store_true", help="every law with every pair of engine and cell"
    )
    parser.addoption(
        "--faults-page", action="store_true", help="write docs/faults.md from what tests/faults say"
    )


def pytest_configure(config):
    """Keeps the programs that tests compile for the next run; `--cache-clear` forgets them.

    Each worker has a folder of its own, since JAX does not write a file in one go. The environment
    names it too, for tests that run the launcher within their process: a user's is never touched.
    """
    if not config.pluginmanager.hasplugin("cacheprovider"):
        return
    from rnnjax.lab.cache import use_compilation_cache  # after what is to be rewritten

    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    try:
        folder = config.cache.mkdir(f"programs-{worker}")
    except OSError:  # such as of a checkout that cannot be written
        return
    jax.config.update("jax_enable_compilation_cache", True)
    if not use_compilation_cache(folder):
        jax.config.update("jax_enable_compilation_cache", False)
        return
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    os.environ["JAX_COMPILATION_CACHE_DIR"] = jax.config.jax_compilation_cache_dir


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--full"):
        left_out = [item for item in items if item.get_closest_marker("full")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("full")]


@pytest.fixture(autouse=True)
def _forget_programs():
    """Keeps processes from filling up."""
    yield
    if _compiled[_COMPILE] > MOST_PROGRAMS:
        jax.clear_caches()
        _compiled.clear()
        if sys.platform == "linux":  # the GNU allocator keeps what was freed
            ctypes.CDLL(None).malloc_trim(0)


@pytest.fixture(scope="module")
def compile_fast():
    """Spares LLVM's expensive passes; those of XLA, which rewrite programs, stay."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


@pytest.fixture(autouse=True, scope="module")
def _compile_fast_by_default(request):
    """With `--full`, programs are as users have them."""
    folder = request.path.relative_to(pathlib.Path(__file__).parent).parts[0]
    if not request.config.getoption("--full") and folder not in OPTIMIZED:
        request.getfixturevalue("compile_fast")


@pytest.fixture(scope="module")
def gaining_by_halves():
    """Has mixed precision multiply bfloat16, whatever the processor."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rnnjax.compose.half_products.gains_by_halves", lambda: True)
        jax.clear_caches()
        yield
    jax.clear_caches()


@pytest.fixture
def x64():
    """Double precision for one test."""
    with jax.enable_x64(True):
        yield
