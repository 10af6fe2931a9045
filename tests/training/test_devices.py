import json
import os
import pathlib
import platform
import resource
import subprocess
import sys

import jax
import pytest

from rnnjax.training import core_count, make_mesh, suitable_devices
from rnnjax.training.devices import MIN_ROWS


@pytest.mark.parametrize(
    ("batch_size", "available", "count"),
    [
        (128, 1, 1),
        (128, 2, 2),
        (128, 3, 2),
        (128, 4, 4),
        (128, 64, 16),
        (100, 2, 2),
        (100, 4, 4),
        (96, 3, 3),
        (63, 2, 1),
        (64, 2, 2),
        (64, 8, 8),
        (62, 2, 2),
        (30, 2, 2),
        (30, 4, 3),
        (14, 2, 1),
        (129, 2, 1),
        (129, 3, 3),
        (5, 8, 1),
        (1, 8, 1),
        (1024, 8, 8),
    ],
)
def test_a_batch_is_divided_evenly_into_parts_worth_having(batch_size, available, count):
    assert suitable_devices(batch_size, available) == count
    assert count == 1 or batch_size / count >= MIN_ROWS == 8


def test_cores_are_those_that_this_process_may_use():
    assert core_count() == len(os.sched_getaffinity(0))


def test_more_devices_than_there_are_get_a_clear_line():
    there = jax.device_count()
    with pytest.raises(ValueError, match=rf"^{there + 1} devices wanted, {there} there: "):
        make_mesh(there + 1)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told")
@pytest.mark.parametrize(
    ("variables", "is_kept"),
    [({}, True), ({"GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=131072"}, False)],
)
def test_large_buffers_are_kept_unless_the_user_has_set_malloc(variables, is_kept):
    script = """
import resource
import numpy as np
from rnnjax.training import use_cores_as_devices
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    np.full(8 << 20, 1.0)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
use_cores_as_devices(1)
print(faults(), faults())
"""
    malloc = ("GLIBC_TUNABLES", "MALLOC_")
    env = {k: v for k, v in os.environ.items() if not k.startswith(malloc)} | variables
    env["NUMPY_MADVISE_HUGEPAGE"] = "0"  # all pages of one size
    command = (sys.executable, "-c", script)
    printed = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout
    pages = (64 << 20) // resource.getpagesize()
    first, second = map(int, printed.split())
    assert first > 0.9 * pages
    assert second < pages / 100 if is_kept else second > 0.9 * pages


@pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="only Linux is told")
@pytest.mark.parametrize(("set_before", "after"), [("OTHER", "BATCH"), ("IDLE", "IDLE")])
def test_threads_that_compute_are_not_interrupted_unless_the_user_has_it_so(set_before, after):
    script = f"""
import os
os.sched_setscheduler(0, os.SCHED_{set_before}, os.sched_param(0))
import jax, jax.numpy as jnp
from rnnjax.training import use_cores_as_devices
there = set(os.listdir("/proc/self/task"))  # those of NumPy's BLAS
use_cores_as_devices(2)
jax.block_until_ready([jnp.ones(1000, device=device) @ jnp.ones(1000) for device in jax.devices()])
started = set(os.listdir("/proc/self/task")) - there
print(len(started), *{{os.sched_getscheduler(int(thread)) for thread in {{"0"}} | started}})
"""
    command = (sys.executable, "-c", script)
    env = os.environ | {"JAX_PLATFORMS": "cpu"}
    printed = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout
    started, *policies = map(int, printed.split())
    assert started > 0
    assert policies == [getattr(os, f"SCHED_{after}")]


@pytest.mark.full
def test_devices_agree_in_training_evaluation_and_on_what_is_restored(tmp_path):
    # Cores become devices in a process that has not used JAX.
    root = pathlib.Path(__file__).parents[2]
    env = os.environ | {"PYTHONPATH": str(root), "JAX_PLATFORMS": "cpu"}
    env["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"  # compiled fast, not to be fast
    command = (sys.executable, "-m", "tests.training.on_eight_devices", str(tmp_path / "kept"))
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["devices"], found["late"], found["alive"]) == (8, True, 5)
    for name in ("ragged", "echo"):
        apart, moved = found[name]
        assert apart < 1e-6, name
        assert moved > 1e-3, name


@pytest.mark.parametrize(
    ("batch_size", "available", "processes", "count"),
    [(128, 4, 2, 4), (64, 8, 2, 8), (4, 4, 2, 2), (96, 9, 3, 6), (192, 6, 3, 6), (128, 2, 2, 2)],
)
def test_each_process_has_equally_many_devices(batch_size, available, processes, count):
    assert suitable_devices(batch_size, available, processes) == count


def test_a_batch_that_processes_cannot_share_gets_a_clear_line():
    with pytest.raises(ValueError, match=r"^a batch of 5 cannot be divided over 2 processes$"):
        suitable_devices(5, 4, 2)
