"""What is no number ends a run: the last good checkpoint stays, and what is at fault is said."""

import json
import math
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import cells, tasks, training
from rnnjax.batch import Batch
from rnnjax.runs.checkpoint import read_checkpoint
from rnnjax.training import DivergedError, Hyperparameters, Plan
from rnnjax.training.loop import Listener
from tests.full import full
from tests.lab.launching import launched

DATA = '''"""Broken: numbers that are not finite, in one part, after so many updates."""

import jax
import jax.numpy as jnp
import numpy as np
from rnnjax.settings import Experiment, Recurrent, Training
from rnnjax.tasks import Examples, StoredTask


class Broken(StoredTask):
    """Add up.

    Attributes:
        part: which is broken.
        value: by what.
    """

    part: str = ""
    value: str = "nan"
    input_dim, output_dim = 1, 1

    def load(self):
        draw = np.random.default_rng(0)
        parts = {}
        for part in ("train", "validation", "test"):
            xs = draw.normal(size=(32, 3, 1)).astype(np.float32)
            ys = xs.cumsum(1)
            if part == self.part:
                xs[20, 1] = float(self.value)
            parts[part] = Examples(xs, ys)
        return parts


PLAN = Training(steps=8, batch_size=4, log_every=1, eval_every=1, schedule="constant")
EXPERIMENT = Experiment(Broken(), Recurrent("Elman", hidden=2), PLAN)
'''


@pytest.fixture
def broken(tmp_path):
    path = tmp_path / "broken.py"
    path.write_text(DATA)
    return lambda *argv: launched(
        f"--experiment={path}", f"--workdir={tmp_path}/run", "--nofigures", *argv
    )


@pytest.mark.parametrize(
    ("part", "value"),
    [
        full("train", "nan"),
        ("train", "inf"),  # units saturate: the loss stays finite, and the gradient does not
        full("train", "-inf"),
        full("validation", "nan"),
        full("test", "nan"),
    ],
)
def test_data_that_are_no_numbers_are_named(broken, tmp_path, part, value, tell):
    done = broken(f"--part={part}", f"--value={value}")
    assert done.code == 1, done.out
    line = done.err.splitlines()[-1]
    where = "the loss|parameter layers_0/cell/b" if part == "train" else f"the {part} loss"
    assert re.match(rf"error: ({where}) is nan (between|after) step", line)
    assert "1 of the inputs of" in line
    assert line.endswith("are not finite")
    folder = tmp_path / "run"
    assert not (folder / "summary.json").exists()
    lines = [json.loads(text) for text in (folder / "metrics.jsonl").read_text().splitlines()]
    assert all(math.isfinite(v) for found in lines for v in found.values() if v != found["split"])
    if part == "train":  # the last good state is there
        step, state = read_checkpoint(folder / "checkpoints")
        assert step == max(found["step"] for found in lines)
        assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(state["params"]))
        assert np.isfinite(state["best"]["metric"])
    tell("a run's data", f"{value} in {part}", 1, "ends with code 1, the batch named")


class Root(tasks.GeneratedTask):
    """A task whose loss has a gradient that is no number, and a value that is one."""

    metric = "loss"
    input_dim = 1  # pyright: ignore[reportAssignmentType, reportIncompatibleMethodOverride]
    output_dim = 1  # pyright: ignore[reportAssignmentType, reportIncompatibleMethodOverride]

    def sample(self, key, batch_size):
        """Returns zeros."""
        zeros = jnp.zeros((2, batch_size, 1))
        return Batch(zeros, zeros, jnp.ones(zeros.shape[:2], bool))

    def loss(self, outputs, batch):
        """Returns a root of 0."""
        return jnp.sqrt(jnp.square(outputs * 0).sum())


class Kept(Listener):
    """Remembers the steps that would be saved."""

    def __init__(self):
        self.steps = []

    def evaluated(self, moment):
        """Remembers."""
        self.steps.append(moment.step)


def test_a_gradient_that_is_nan_where_no_loss_is_ends_the_run(tell):
    kept = Kept()
    wanted = r"^parameter \S+ is nan between steps 0 and 1, the loss is not: a gradient is no"
    with pytest.raises(DivergedError, match=wanted):
        training.fit(
            cells.Elman(2), Root(), 4, batch_size=4, log_every=1, eval_every=1, listeners=[kept]
        )
    assert kept.steps == []
    tell("a run", "a gradient of NaN behind a finite loss", 1, "ends at once, the parameter named")


def test_an_exploding_member_is_lost_alone(tell):
    task = tasks.Adding(4)
    members = [Hyperparameters(learning_rate=rate) for rate in (1e-2, 1e30, 1e-3)]
    options = {"batch_size": 4, "optimizer": "sgd", "log_every": 1, "eval_every": 2}
    together = training.fit_members(cells.Elman(2), task, 4, members, **options)
    assert [fitted.best_step is None for fitted in together] == [False, True, False]
    tell("a population", "one of three members explodes", 1, "that one is lost, and no other")


def test_steps_that_32_bits_cannot_count_are_refused():
    with pytest.raises(ValueError, match=r"^steps must be less than 2147483648; got 2147483648$"):
        Plan(2**31).check()
