"""The examples in docstrings run, and everything that can be imported from a face has one."""

import doctest
import importlib
import pkgutil

import jax
import pytest

from tests.full import full

# A package's modules are run, and its face's names are looked at; a module is both.
PARTS = tuple(
    f"rnnjax.{part}"
    for part in (
        "typing",
        "text",
        "axes",
        "batch",
        "processor",
        "catalogue",
        "cells",
        "compose",
        "dynamics",
        "unroll",
        "testing",
        "learning",
        "models",
        "interop",
        "datasets",
        "tasks",
        "training",
        "settings",
        "runs",
        "analysis",
        "sweeps",
        "lab",
    )
)

# Whose examples train or compile much, and say what tests of their own say as well.
LONG = frozenset(
    f"rnnjax.{module}"
    for module in (
        "batch",
        "cells.gatedcell",
        "cells.initializers",
        "models.decoding",
        "tasks.formal.dyck",
        "tasks.formal.shuffledyck",
        "tasks.memory.delay",
        "tasks.memory.flipflop",
        "tasks.neuro.yangtask",
        "tasks.pairs.dates",
        "testing.check",
        "training.activity",
        "training.fit",
        "training.trained",
    )
)


def modules(part):
    """Returns the names of a package's modules, its own included."""
    found = importlib.import_module(part)
    below = pkgutil.walk_packages(getattr(found, "__path__", ()), f"{part}.")
    return [part, *(module.name for module in below)]


def named(part):
    """Returns what the house itself defines of what a face has, by its names."""
    found = importlib.import_module(part)
    lazy = {name: getattr(found, name) for name in getattr(found, "__all__", ())}
    face = vars(found) | lazy
    return {
        f"{part}.{name}": value
        for name, value in face.items()
        if not name.startswith("_")
        and callable(value)
        and (getattr(value, "__module__", None) or "").startswith("rnnjax")
    }


@pytest.fixture(autouse=True)
def _as_users_have_it():
    with jax.numpy_rank_promotion("allow"):
        yield


@pytest.mark.parametrize(
    "module",
    [full(name) if name in LONG else name for part in PARTS for name in modules(part)],
)
def test_the_examples_of_a_module_run(module, capsys):
    failed, _ = doctest.testmod(importlib.import_module(module), optionflags=doctest.ELLIPSIS)
    assert not failed, capsys.readouterr().out


@pytest.mark.parametrize("part", PARTS)
def test_every_name_of_a_face_has_an_example(part):
    without = [name for name, value in named(part).items() if ">>>" not in (value.__doc__ or "")]
    assert not without, f"no example (>>>) in the docstring of {', '.join(without)}"
