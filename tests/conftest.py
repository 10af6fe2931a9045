"""How every test runs: on the CPU, one thread a product, no silent promotion of ranks."""

import importlib.metadata
import os
import pathlib

# Read once, when jax starts its backend. Fewer threads compile in half the time, for programs that
# are slower to run; what XLA does to a program before it makes machine code stays.
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault(
    "XLA_FLAGS",
    "--xla_cpu_multi_thread_eigen=false --xla_cpu_parallel_codegen_split_count=1"
    # Later ones abort at a flag that they do not have.
    + " --xla_cpu_use_fusion_emitters=false"
    * importlib.metadata.version("jaxlib").startswith("0.10."),
)
# Nor does any test, or a process that one starts, use the cache of whoever runs it.
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
)
jax.config.update("jax_numpy_rank_promotion", "raise")

# Folders whose tests compile many small programs, and run each a few times.
COMPILED_FAST = {"compose", "interop", "lab", "models", "runs", "sweeps", "tasks", "training"}


def pytest_addoption(parser):
    parser.addoption(
        "--full", action="store_true", help="every law with every pair of engine and cell"
    )


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--full"):
        left_out = [item for item in items if item.get_closest_marker("full")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("full")]


@pytest.fixture(autouse=True, scope="module")
def _forget_programs():
    """Keeps processes from filling up: XLA's compiler fails after some thousands of programs."""
    yield
    jax.clear_caches()


@pytest.fixture(autouse=True)
def _forget_programs_of_a_pair(request):
    """With `--full` a module alone compiles that many."""
    yield
    if request.node.get_closest_marker("full"):
        jax.clear_caches()


@pytest.fixture(scope="module")
def compile_fast():
    """Spares LLVM's expensive passes; those of XLA, which rewrite programs, stay."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


@pytest.fixture(autouse=True, scope="module")
def _compile_folders_fast(request):
    if request.path.relative_to(pathlib.Path(__file__).parent).parts[0] in COMPILED_FAST:
        request.getfixturevalue("compile_fast")


@pytest.fixture
def x64():
    """Double precision for one test."""
    with jax.enable_x64(True):
        yield
