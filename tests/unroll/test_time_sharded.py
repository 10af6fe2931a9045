import functools
import json
import os
import pathlib
import subprocess
import sys

import jax
import numpy as np
import pytest
from jax.sharding import AxisType
from jax.sharding import PartitionSpec as P

from rnnjax.cells import LRU, MinGRU
from rnnjax.unroll import TimeSharded, read_engine, time_sharded
from tests.laws.draws import assert_close, normal, params_of, state_of, weigh

_EIGHT = """
import functools
import json
import re

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType
from jax.sharding import PartitionSpec as P

from rnnjax import unroll
from rnnjax.cells import GLA, LRU, MinGRU
from tests.laws.draws import doubled, normal, params_of, state_of, weigh

ROWS, D = 4, 2


@functools.partial(jax.jit, static_argnums=0)
def results(engine, cell, params, state, xs, mask=None, reset=None):
    def total(params, state, xs):
        found = engine(cell, params, state, xs, mask=mask, reset=reset)
        return weigh(found), found

    return jax.grad(total, (0, 1, 2), has_aux=True)(params, state, xs)


def flags(steps):
    rng = np.random.default_rng(0)
    return rng.random((steps, ROWS)) < 0.8, rng.random((steps, ROWS)) < 0.1


def drawn(cell, steps):
    return params_of(cell), state_of(cell, (ROWS,)), normal(1, (steps, ROWS, D))


def apart(one, other):
    relative = jax.tree.map(lambda a, b: abs(a - b).max() / abs(b).max(), one, other)
    return float(max(jax.tree.leaves(relative)))


def both_ways(engine, cell, arguments, given):
    return apart(*(results(e, cell, *arguments, *given) for e in (engine, unroll.scan)))


def within_data_parallel_training(devices=None):
    # Two by four devices: the batch over the one axis by hand, time over the other.
    cell = LRU(5)
    params, state, xs = drawn(cell, 21)
    mesh = jax.make_mesh((2, 4), ("batch", "time"), axis_types=(AxisType.Auto,) * 2)

    def gradient(engine, params, state, xs, *given):
        def total(params):
            final, ys = engine(cell, params, state, xs, mask=given[0], reset=given[1])
            return (abs(final.h) ** 2).sum() + (ys**2).sum()

        return jax.grad(total)(params)

    def part(*arguments):
        engine = unroll.TimeSharded(devices=devices)
        return jax.lax.psum(gradient(engine, *arguments), "batch")

    arguments = params, state, xs, *flags(21)
    batch = P(None, "batch")
    divided = jax.shard_map(
        part, mesh=mesh, in_specs=(P(), P("batch"), batch, batch, batch), out_specs=P(),
        axis_names={"batch"}, check_vma=False,
    )
    alone = jax.jit(functools.partial(gradient, unroll.scan))
    return apart(jax.jit(divided)(*arguments), alone(*arguments))


found = {"single": {}, "double": {}, "messages": {}}
for cell in (LRU(5), MinGRU(5)):
    name = type(cell).__name__
    arguments, given = drawn(cell, 21), flags(21)
    found["single"][name] = both_ways(unroll.TimeSharded(), cell, arguments, given)
    with jax.enable_x64(True):
        for count in (1, 2, 4, 8) if name == "LRU" else (8,):
            engine = unroll.TimeSharded(devices=count)
            found["double"][f"{name} {count}"] = both_ways(engine, cell, doubled(arguments), given)
    lowered = results.lower(unroll.TimeSharded(), cell, *drawn(cell, 24))
    found["messages"][name] = re.findall(r"stablehlo.(all_\\w+|reduce_scatter)", lowered.as_text())
    _, (_, ys) = results(unroll.TimeSharded(devices=4), cell, *drawn(cell, 24))
    assert {shard.data.shape for shard in ys.addressable_shards} == {(6, ROWS, 5)}
with jax.enable_x64(True):
    for steps in (24, 3):  # as many on each device; fewer than devices
        arguments = doubled(drawn(LRU(5), steps))
        found["double"][f"LRU {steps} steps"] = both_ways(
            unroll.TimeSharded(), LRU(5), arguments, ()
        )
    found["double"]["GLA 8"] = both_ways(
        unroll.TimeSharded(), GLA(4, heads=2), doubled(drawn(GLA(4, heads=2), 21)), flags(21)
    )
found["nested"] = within_data_parallel_training()
try:
    within_data_parallel_training(devices=2)
except ValueError as error:
    found["error"] = str(error)
exported = jax.export.export(results, platforms=["cuda", "tpu"])(
    unroll.TimeSharded(), LRU(5), *drawn(LRU(5), 21), *flags(21)
)
found["exported"] = [exported.nr_devices, *exported.platforms]
print(json.dumps(found))
"""


def on_eight_devices():
    root = pathlib.Path(__file__).parents[2]
    env = os.environ | {"PYTHONPATH": str(root), "JAX_PLATFORMS": "cpu"}
    env["XLA_FLAGS"] += " --xla_force_host_platform_device_count=8"
    env["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"  # compiled fast, not to be fast
    command = (sys.executable, "-c", _EIGHT)
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.full
def test_any_number_of_devices_finds_the_values_and_gradients_of_one_loop():
    """One test for all of it: the process that has eight devices is slow to make its programs."""
    found = on_eight_devices()
    assert (len(found["single"]), len(found["double"])) == (2, 8)
    assert max(found["single"].values()) < 2e-6, found["single"]
    assert max(found["double"].values()) < 1e-13, found["double"]

    # One message forward, one backward, and one a parameter at the end, of which the compiler makes
    # one: nothing lies between them.
    parameters = {"LRU": 8, "MinGRU": 2}
    for name, messages in found["messages"].items():
        sums = parameters[name] + 1  # and the state before the first step
        assert messages == ["all_gather", "reduce_scatter"] + sums * ["all_reduce"]

    # Within data-parallel training it uses the axis that is left.
    assert found["nested"] < 2e-6
    assert found["error"] == (
        'TimeSharded(devices=2): axis "time" of the mesh around has 4 devices'
    )

    # A program for eight devices lowers for GPUs and TPUs.
    assert found["exported"] == [8, "cuda", "tpu"]


@pytest.mark.parametrize("axis", ["batch", "time"])
def test_a_mesh_without_an_axis_to_spare_gets_a_clear_line(axis):
    cell = MinGRU(3)
    params, state, xs = params_of(cell), state_of(cell), normal(1, (4, 2))
    mesh = jax.make_mesh((1,), (axis,), axis_types=(AxisType.Auto,))
    run = jax.shard_map(
        functools.partial(time_sharded, cell), mesh=mesh, in_specs=P(), out_specs=P()
    )
    with pytest.raises(ValueError, match=rf"no devices within a mesh over \('{axis}',\): give the"):
        run(params, state, xs)


def test_within_checked_types_it_gets_a_clear_line():
    cell = MinGRU(3)
    params, state, xs = params_of(cell), state_of(cell, (2,)), normal(1, (4, 2, 2))
    mesh = jax.make_mesh((1, 1), ("data", "time"), axis_types=(AxisType.Auto,) * 2)
    batch = P(None, "data")
    run = jax.shard_map(
        functools.partial(time_sharded, cell), mesh=mesh, axis_names={"data"},
        in_specs=(P(), P("data"), batch), out_specs=(P("data"), batch),
    )  # fmt: skip
    with pytest.raises(
        ValueError, match=r"^unroll.time_sharded within .*: give that one check_vma"
    ):
        run(params, state, xs)


def test_more_devices_than_there_are_get_a_clear_line():
    cell = MinGRU(3)
    there = jax.device_count()
    with pytest.raises(ValueError, match=rf"^TimeSharded\(devices={there + 1}\): only {there} th"):
        TimeSharded(devices=there + 1)(cell, params_of(cell), state_of(cell), normal(1, (4, 2)))


@pytest.mark.parametrize("devices", [0, -3, 2.0, True])
def test_devices_are_counted(devices):
    with pytest.raises(ValueError, match="devices must be a whole number of 1 or more; got"):
        TimeSharded(devices=devices)


def test_it_prints_and_is_read_as_the_call_that_makes_it():
    assert repr(TimeSharded(devices=4)) == "TimeSharded(devices=4)"
    assert read_engine("time_sharded") == read_engine("TimeSharded()") == time_sharded
    assert read_engine("TimeSharded(devices=4)") == TimeSharded(devices=4) != time_sharded


@pytest.mark.full
@pytest.mark.parametrize("cell", [LRU(3), MinGRU(3)], ids=repr)
def test_the_tree_that_accelerators_run_is_the_loop_that_cpus_run(cell, monkeypatch):
    mask, reset = (np.random.default_rng(0).random((2, 9)) < [[0.7], [0.2]]).astype(bool)

    @functools.partial(jax.jit, static_argnums=0)
    def results(backend, params, state, xs):
        def total(params, state, xs):
            return weigh(time_sharded(cell, params, state, xs, mask=mask, reset=reset))

        monkeypatch.setattr(jax, "default_backend", lambda: backend)
        return jax.value_and_grad(total, (0, 1, 2))(params, state, xs)

    arguments = params_of(cell), state_of(cell), normal(1, (9, 2))
    loop, loop_text = results("cpu", *arguments), results.lower("cpu", *arguments).as_text()
    jax.clear_caches()
    tree, tree_text = results("gpu", *arguments), results.lower("gpu", *arguments).as_text()
    jax.clear_caches()
    assert_close(tree, loop)
    assert "while" in loop_text
    assert "while" not in tree_text
