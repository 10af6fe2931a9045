"""Runs that have learned nothing, with the weights that a test wants."""

import pathlib

import jax

from rnnjax import training
from rnnjax.runs import LoadedRun
from rnnjax.settings import settings_of

SETTINGS = settings_of("flip_flop")


def run_of(cell, task, folder="run", **how):
    """Returns a run that has learned nothing."""
    objective = training.make_objective(cell, task, **how)
    params = objective.init(jax.random.key(0), task.sample(jax.random.key(1), 2))
    return LoadedRun(objective, params, pathlib.Path(folder), SETTINGS, 0)


def with_cell(run, **leaves):
    run.params["layers_0"]["cell"] |= leaves
    return run
