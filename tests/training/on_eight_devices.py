"""What has to be the same on any number of devices; a program, for a process of its own."""

import json
import pathlib
import sys

import jax
import numpy as np

from rnnjax import tasks
from rnnjax.runs.checkpoint import Checkpoints
from rnnjax.runs.keeping import as_members, as_tree
from rnnjax.training import (
    Hyperparameters,
    Optimizer,
    Plan,
    loop,
    make_mesh,
    make_objective,
    make_problem,
    use_cores_as_devices,
)
from rnnjax.training.program import Problem, make_program
from tests.laws.draws import assert_identical
from tests.training import small, test_members

BASE = Hyperparameters(learning_rate=0.03)
RULE = Optimizer("sgd(momentum=0.9)")


def ragged() -> Problem:
    """Returns sequences of unequal lengths, so that the devices' parts differ in weight.

    Of 20 in batches of 15, no two equal parts, the second of two devices has none of the last.
    """
    inputs, classes = small.sequences(small.N)
    lengths = np.arange(small.N) % (small.T + 1)
    task = tasks.Arrays((inputs, np.stack([classes] * small.T, 1), lengths))
    found = problem(task, 6)
    return found._replace(held_out={"test": task.source("train", 16)})


def problem(task: tasks.Task, batch_size: int) -> Problem:
    """Returns an Elman network on a task, for a few updates."""
    objective, plan = make_objective(small.CELL, task), Plan(7, 7, 7)
    return make_problem(objective, Optimizer(), plan, batch_size=batch_size, members=[BASE])


def trained(problem: Problem, numbers: list[Hyperparameters], **shape: int) -> tuple:
    """Returns what becomes of members on a mesh, and how far their parameters moved."""
    program = make_program(problem, numbers, make_mesh(**shape))
    before, lines = loop.begin(problem, program), small.Lines(len(numbers))
    after, _ = loop.run(problem, program, before, [lines])
    (first, *_) = jax.tree.leaves(after.state.params)
    assert len(first.sharding.device_set) == np.prod(list(shape.values())), shape
    params = jax.device_get(after.state.params)
    return (lines.of, params), apart(before.state.params, params)


def apart(one: object, other: object) -> float:
    """Returns the largest distance of two numbers in equal places."""
    distances = jax.tree.map(lambda x, y: float(abs(x - y).max()), one, other)
    return max(jax.tree.leaves(distances))


def divided_batches() -> dict[str, tuple[float, float]]:
    """Returns how far apart devices are that divide batches, and how far parameters moved."""
    echo, two = problem(small.windows(), 8), [BASE, BASE._replace(seed=1)]
    found = {}
    for name, each, members, shape in (
        ("ragged", ragged(), two[:1], {"batch": 2}),
        ("echo", echo, two, {"batch": 4, "members": 2}),
    ):
        one, moved = trained(each, members, batch=1)
        found[name] = apart(one, trained(each, members, **shape)[0]), moved
    return found


def divided_members() -> int:
    """Checks that members are the same bit for bit; returns how many are left."""
    population = test_members.problem(RULE, layers=1)
    *members, lost = test_members.members_of(RULE, layers=1)
    members = [*members[:5], lost]
    one, *others = (small.trained(population, members, count) for count in (1, 2, 8))
    alive = [index for index, member in enumerate(one) if member["ended"] == 0]
    for other in others:
        for index in alive:
            assert_identical(other[index], one[index])
    return len(alive)


def restored(folder: pathlib.Path) -> None:
    """Checks that any number of devices restores what eight have saved."""
    population = test_members.problem(RULE, layers=1)
    counts, members = (1, 2, 8), test_members.members_of(RULE, layers=1)[:6]
    programs = {n: make_program(population, members, make_mesh(members=n)) for n in counts}
    begun = {n: loop.begin(population, program) for n, program in programs.items()}
    with Checkpoints(folder) as kept:
        state = programs[8].put(begun[8].state)
        kept.save(3, as_tree(begun[8]._replace(state=state), alone=False))
        for count, program in programs.items():
            latest = kept.restore_latest(as_tree(begun[count], alone=False))
            assert latest is not None
            state = program.put(as_members(latest.state, begun[count]).state)
            whole = jax.device_get(state.params)
            assert_identical(jax.tree.map(lambda x: x[:6], whole), latest.state["params"])
            assert {len(leaf.sharding.device_set) for leaf in jax.tree.leaves(state)} == {count}


if __name__ == "__main__":
    use_cores_as_devices(8)
    printed = {"devices": jax.device_count(), "alive": divided_members(), **divided_batches()}
    restored(pathlib.Path(sys.argv[1]))
    try:
        use_cores_as_devices(3)
    except RuntimeError:
        printed["late"] = True
    print(json.dumps(printed))
