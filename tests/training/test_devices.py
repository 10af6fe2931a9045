import json
import os
import pathlib
import subprocess
import sys

import jax
import pytest

from rnnjax.training import MIN_ROWS, core_count, suitable_devices
from rnnjax.training.devices import data_mesh

_TWO = """
import json
import jax
import optax
from rnnjax.training import use_cores_as_devices

use_cores_as_devices(2)
from rnnjax.training.devices import data_mesh, place_state
from rnnjax.training.evaluate import make_evaluate
from rnnjax.training.update import make_advance
from rnnjax.training import TaskSource, WindowSource, on_sequences
from rnnjax import models, tasks
from tests.training import small


class Ragged(tasks.Adding):
    # Each sequence counts fewer steps than the one before, so the devices' parts differ in weight.
    def sample(self, key, batch_size):
        batch = super().sample(key, batch_size)
        counts = jax.numpy.arange(self.length)[:, None] >= jax.numpy.arange(batch_size)[None]
        return batch._replace(mask=counts)


ragged = Ragged(7)
adder = models.sequence_model(small.CELL, models.All, 1)
echo = WindowSource(tasks.Echo(1, 21), 6, window=5, length=21)
problems = {
    # Of 20 images in batches of 16 the second device has none of the last.
    "images": (small.images(6), small.classifier(), small.images(16)),
    "windows": (echo, small.listener(echo), echo),
    "ragged": (TaskSource(ragged, 6), on_sequences(adder, ragged), TaskSource(ragged, 6)),
}
found = {"devices": jax.device_count()}
for name, (source, objective, test) in problems.items():
    optimizer = optax.adam(0.03)
    begin, chance = small.begin(objective, optimizer, source)
    ends = []
    for count in (1, 2):
        mesh = data_mesh(count)
        state = place_state(begin, mesh)
        state, metrics = make_advance(objective, optimizer, mesh)(state, source, chance, 7)
        evaluated = make_evaluate(objective, mesh)(state.params, test)
        ends.append(jax.device_get((state, metrics, evaluated)))
        spread = {len(leaf.sharding.device_set) for leaf in jax.tree.leaves(state)}
        assert spread == {count}, spread
    moved = jax.tree.map(lambda a, b: abs(a - b).max(), ends[0][0].params, begin.params)
    apart = jax.tree.map(lambda a, b: float(abs(a - b).max()), *ends)
    found[name] = [max(jax.tree.leaves(apart)), float(min(jax.tree.leaves(moved)))]
try:
    use_cores_as_devices(3)
except RuntimeError:
    found["late"] = True
print(json.dumps(found))
"""

_EIGHT = """
import json
import pathlib
import sys
import jax
import numpy as np
import optax
from rnnjax.training import use_cores_as_devices

use_cores_as_devices(8)
from rnnjax.training import WindowSource
from rnnjax.training.checkpoint import Checkpoints
from rnnjax.training.devices import data_mesh, place_state
from rnnjax.training.evaluate import make_evaluate
from rnnjax.training.update import make_advance
from rnnjax import tasks
from tests.training import small

source = WindowSource(tasks.Echo(1, 21), 8, window=5, length=21)
objective, optimizer = small.listener(source), optax.adam(0.03)
begin, chance = small.begin(objective, optimizer, source)
meshes = {count: data_mesh(count) for count in (1, 2, 4, 8)}
states, ends = {}, {}
for count, mesh in meshes.items():
    advance = make_advance(objective, optimizer, mesh)
    state, metrics = advance(place_state(begin, mesh), source, chance, 3)
    states[count] = state
    ends[count] = jax.device_get(
        (state, metrics, make_evaluate(objective, mesh)(state.params, source))
    )


def apart(a, b):
    return max(jax.tree.leaves(jax.tree.map(lambda x, y: float(abs(x - y).max()), a, b)))


found = {"apart": [apart(ends[1], ends[count]) for count in (2, 4, 8)]}
found["moved"] = apart(ends[1][0].params, begin.params)
exact = []
with Checkpoints(pathlib.Path(sys.argv[1])) as kept:
    kept.save(3, states[4], {})
    for count in (1, 2, 4, 8):
        step, state = kept.restore_latest(place_state(begin, meshes[count]))
        pairs = zip(jax.tree.leaves(state), jax.tree.leaves(states[4]), strict=True)
        same = all(np.asarray(a).tobytes() == np.asarray(b).tobytes() for a, b in pairs)
        spread = {len(leaf.sharding.device_set) for leaf in jax.tree.leaves(state)}
        exact.append((step, same, spread == {count}))
found["exact"] = exact
print(json.dumps(found))
"""


def _printed(program, *argv):
    """Runs a program with cores as devices, which takes a process that has not used JAX."""
    root = pathlib.Path(__file__).parents[2]
    env = os.environ | {"PYTHONPATH": str(root), "JAX_PLATFORMS": "cpu", "XLA_FLAGS": ""}
    env["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"  # compiled fast, not to be fast
    command = (sys.executable, "-c", program, *argv)
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("batch_size", "available", "count"),
    [
        (128, 1, 1),
        (128, 2, 2),
        (128, 3, 2),
        (128, 4, 4),
        (128, 64, 8),
        (100, 2, 2),
        (100, 4, 4),
        (96, 3, 3),
        (63, 2, 1),
        (64, 2, 2),
        (64, 8, 4),
        (62, 2, 2),
        (30, 2, 1),
        (129, 2, 1),
        (129, 3, 3),
        (5, 8, 1),
        (1, 8, 1),
        (1024, 8, 8),
    ],
)
def test_a_batch_is_divided_evenly_into_parts_worth_having(batch_size, available, count):
    assert suitable_devices(batch_size, available) == count
    assert count == 1 or batch_size / count >= MIN_ROWS == 16


def test_cores_are_those_that_this_process_may_use():
    assert core_count() == len(os.sched_getaffinity(0))


def test_more_devices_than_there_are_get_a_clear_line():
    there = jax.device_count()
    with pytest.raises(ValueError, match=rf"^{there + 1} devices wanted, {there} there: "):
        data_mesh(there + 1)


def test_two_devices_train_and_evaluate_as_one_does():
    found = _printed(_TWO)
    assert (found.pop("devices"), found.pop("late")) == (2, True)
    for name, (apart, moved) in found.items():
        assert apart < 1e-6, name
        assert moved > 1e-3, name


def test_one_two_four_and_eight_devices_agree_and_restore_what_four_have_saved(tmp_path):
    found = _printed(_EIGHT, str(tmp_path / "checkpoints"))
    assert max(found["apart"]) < 1e-6
    assert found["moved"] > 1e-3
    assert found["exact"] == [[3, True, True]] * 4


@pytest.mark.parametrize(
    ("batch_size", "available", "processes", "count"),
    [(128, 4, 2, 4), (64, 8, 2, 4), (4, 4, 2, 2), (96, 9, 3, 6), (192, 6, 3, 6), (128, 2, 2, 2)],
)
def test_each_process_has_equally_many_devices(batch_size, available, processes, count):
    assert suitable_devices(batch_size, available, processes) == count


def test_a_batch_that_processes_cannot_share_gets_a_clear_line():
    with pytest.raises(ValueError, match=r"^a batch of 5 cannot be divided over 2 processes$"):
        suitable_devices(5, 4, 2)
