"""Carries out what an experiment has put together, as the flags say."""

import hashlib
import json
import pathlib
from typing import Any, NamedTuple

import jax
from absl import flags

from experiments import _common, _flags
from rnnjax import models, tasks, training
from rnnjax.training.state import first_batch

FLAGS = flags.FLAGS


class Problem(NamedTuple):
    """What an experiment trains; the flags say the rest.

    Attributes:
        objective: what is minimised.
        train: the batches of training.
        test: the batches of evaluation.
        best: the test metric that decides which checkpoint is the best.
        data: the data in one word, for the result line.
        about: the data in one sentence, for the screen.
        baseline: a loss worth a line in the plot.
        digest: of stored data, empty for those that are made.
    """

    objective: training.Objective
    train: training.Source
    test: training.Source
    best: str
    data: str
    about: str
    baseline: float | None = None
    digest: str = ""


def on_images(objective: training.Objective, images: _common.Images) -> Problem:
    """Returns the problem of classifying images."""
    return Problem(
        objective,
        images.train,
        images.test,
        best="accuracy",
        data=images.token,
        about=images.found.description,
        digest=images.found.digest,
    )


def on_task(task: tasks.Task) -> Problem:
    """Returns the problem of a task's whole sequences, with the network that the flags spell."""
    model = _common.read_model(models.All, task.output_dim)
    return Problem(
        training.on_sequences(model, task),
        training.TaskSource(task, FLAGS.batch_size),
        training.TaskSource(task, FLAGS.batch_size, batches=10),
        best="loss",
        data=type(task).__name__.lower(),
        about=f"{task}; the best loss without memory is {task.baseline:.4f}",
        baseline=task.baseline,
    )


def check(problem: Problem) -> None:
    """Raises what is wrong with a network, before a run of several parts writes anything."""
    key = jax.random.key(0)
    jax.eval_shape(lambda: problem.objective.init(key, first_batch(problem.train, key)))


def run_of(problem: Problem, devices: int, *, part: str = "") -> training.Run:
    """Returns the run that the flags spell, each batch divided over so many devices."""
    optimizer = training.OptimizerSettings(
        FLAGS.optimizer,
        FLAGS.learning_rate,
        FLAGS.schedule,
        FLAGS.warmup_steps,
        FLAGS.clip_norm,
        FLAGS.weight_decay,
    )
    training.make_optimizer(optimizer, FLAGS.steps)  # raises what is wrong with them
    return training.Run(
        name=f"{FLAGS.experiment}/{part}" if part else FLAGS.experiment,
        objective=problem.objective,
        train=problem.train,
        test=problem.test,
        plan=training.Plan(FLAGS.steps, FLAGS.log_every, FLAGS.eval_every),
        optimizer=optimizer,
        seed=FLAGS.seed,
        devices=devices,
        best=problem.best,
        data=problem.data,
        baseline=problem.baseline,
        dropout=_common.read_dropout() or None,
        time_devices=FLAGS.time_devices,
        init_scale=None if FLAGS.init_scale == 1 else FLAGS.init_scale,
    )


def place_of(problem: Problem, devices: int, folder: pathlib.Path | None) -> training.Place:
    """Returns where the run is written: `folder`, or one that the settings name."""
    config = _config(problem, devices)
    return training.Place(
        folder or default_workdir(FLAGS.experiment, config),
        flags_text(devices),
        config,
        FLAGS.profile,
    )


def train(problem: Problem, devices: int, *, part: str = "") -> dict[str, Any]:
    """Carries out a run, or a named part of an experiment of several, and prints its result.

    Args:
        problem: what to train.
        devices: over how many devices each batch is divided.
        part: the name of a part, which gets a folder of its own in the experiment's.

    Returns:
        What `summary.json` holds.
    """
    run = run_of(problem, devices, part=part)
    given = pathlib.Path(FLAGS.workdir).expanduser() if FLAGS.workdir else None
    place = place_of(problem, devices, given)
    place = place._replace(folder=place.folder / part)
    print(problem.about)
    finished_before = (place.folder / "summary.json").exists()
    summary = training.carry_out(run, place)
    if finished_before:
        print(f"{place.folder} holds this run, finished; name another --workdir to train again")
    print(_result_line(summary, place.folder))
    return summary


def settings(devices: int | None) -> dict[str, Any]:
    """Returns what the flags come to, by name; `None` for what is left out.

    The cell is spelled out with the defaults of today, --hidden in it, and the number of devices is
    the one chosen, so that the same settings make the same numbers elsewhere and later.
    """
    modules = ("experiments._flags", f"experiments.{FLAGS.experiment}")
    own = [flag for module in modules for flag in FLAGS.get_key_flags_for_module(module)]
    out = (*_flags.NOT_SETTINGS, "hidden")
    found = {flag.name: flag.value for flag in own if flag.name not in out}
    if "cell" in found:
        found["cell"] = repr(_common.read_cell())
    if found.get("data_dir"):
        found["data_dir"] = str(pathlib.Path(found["data_dir"]).expanduser().absolute())
    return {"experiment": FLAGS.experiment, **found, "devices": devices}


def _config(problem: Problem, devices: int) -> dict[str, Any]:
    """Returns all that decides a run's numbers: what data are, not where they lie."""
    found = settings(devices)
    found.pop("data_dir", None)
    return found | {"data": problem.digest}


def default_workdir(name: str, config: dict[str, Any]) -> pathlib.Path:
    """Returns a folder for this very configuration: the same command finds its run again."""
    digest = hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()
    return pathlib.Path("runs") / f"{name}-{digest[:8]}"


def flags_text(devices: int | None) -> str:
    """Returns a flag file that runs this again, in whatever folder."""
    lines = []
    for name, value in settings(devices).items():
        if isinstance(value, bool):
            lines.append(f"--{name}" if value else f"--no{name}")
        elif isinstance(value, list):
            lines.append(f"--{name}={','.join(value)}")
        elif value is not None:
            lines.append(f"--{name}={value}")
        elif FLAGS[name].default is not None:
            lines.append(f"--{name}=none")
    return "".join(f"{line}\n" for line in lines)


def _result_line(summary: dict[str, Any], workdir: pathlib.Path) -> str:
    final = {k: v for k, v in summary["final"].items() if k not in ("step", "split")}
    words = [f"test_{name}={value:.4g}" for name, value in sorted(final.items())]
    words += [f"{name}={summary[name]}" for name in ("steps", "seconds", "data")]
    return " ".join([summary["name"], *words, f"workdir={workdir}"])
