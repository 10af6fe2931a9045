"""Whole runs in folders: begun or resumed, trained, drawn, summed up. One, or a population."""

import contextlib
import pathlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.sharding import Mesh

from rnnjax.runs.checkpoint import Checkpoints, read_checkpoint
from rnnjax.runs.environment import describe_environment, note_members
from rnnjax.runs.keeping import Tree, as_members, as_tree, member_of, stacked
from rnnjax.runs.listeners import Giving, Keeping, Recording, Showing, Sink
from rnnjax.runs.profile import profiled
from rnnjax.runs.progress import Progress
from rnnjax.runs.recording import Recorder, read_metrics
from rnnjax.runs.tensorboard import TensorBoard
from rnnjax.runs.wandb import WeightsAndBiases
from rnnjax.runs.workdir import (
    WorkdirError,
    open_workdir,
    read_json,
    write_json,
)
from rnnjax.training import loop, processes
from rnnjax.training.hyperparameters import Hyperparameters
from rnnjax.training.loop import Listener, Members, Speed
from rnnjax.training.program import Problem, Program, make_program
from rnnjax.training.state import parameter_count
from rnnjax.training.trained import Trained
from rnnjax.training.update import AXIS

Summary = dict[str, Any]
Draw = Callable[[pathlib.Path, Trained, Summary], None]


class Workdir(NamedTuple):
    """The folder of one member.

    Attributes:
        folder: where it is written.
        flags: the command line's flags, for `flags.txt`.
        config: the settings that have to agree for the run to be resumed.
    """

    folder: pathlib.Path
    flags: str
    config: dict[str, Any]


class _Watched(NamedTuple):
    """By what a run is watched; see `train`."""

    listeners: Sequence[Listener]
    draw: Draw | None
    profile: bool
    wandb: str | None
    show: bool | None


class Run(NamedTuple):
    """What is done, and where it is written.

    Attributes:
        name: what the run is called on screen.
        problem: what is trained.
        members: the numbers of each member.
        workdirs: of each member.
        mesh: the devices.
        home: where the checkpoints of several members lie together until they have ended; those
            of one lie in its own folder.
        data: what is trained on, in a word.
        changeable: settings in which a folder may differ that is gone on with.
    """

    name: str
    problem: Problem
    members: Sequence[Hyperparameters]
    workdirs: Sequence[Workdir]
    mesh: Mesh
    home: pathlib.Path | None = None
    data: str = ""
    changeable: frozenset[str] = frozenset()

    @property
    def alone(self) -> bool:
        """Whether there is one member."""
        return len(self.members) == 1

    @property
    def checkpoints(self) -> pathlib.Path:
        """Where checkpoints are written while members train."""
        return (self.home or self.workdirs[0].folder) / "checkpoints"


def train(
    run: Run,
    *,
    listeners: Sequence[Listener] = (),
    begin: Callable[[Members], Members] = lambda members: members,
    announce: Callable[[], object] = lambda: None,
    draw: Draw | None = None,
    profile: bool = False,
    wandb: str | None = None,
    show: bool | None = None,
) -> list[Summary | None]:
    """Begins or resumes members in their folders, and finishes them; finished ones are looked up.

    Each member has the metrics of the run alone on as many devices. One that diverges leaves the
    others as they are. Of several processes, the first one alone uses the folders.

    Args:
        run: what to do, and where.
        listeners: are told after lines and checkpoints are written.
        begin: changes the members of a new run before the first update.
        announce: is called once nothing is refused any more, in the process that uses the folders.
        draw: makes the figures of a run alone.
        profile: whether a trace of some compiled calls is kept in the folder of a run alone.
        wandb: a project of Weights & Biases that gets the metrics as well.
        show: whether progress is shown; None for where it fits, see `Progress`.

    Returns:
        What each `summary.json` holds; None for a member that has diverged.

    Raises:
        WorkdirError: if a folder is not that member's; see `open_workdir`.
        ValueError: if the run's processes differ in their settings.
        LostProcessError: if another process has ended.
        DivergedError: if no loss is finite any more.
    """
    with processes.translated():
        processes.check_settings({"runs": [workdir.config for workdir in run.workdirs]})
        program = make_program(run.problem, run.members, run.mesh)
        first = begin(loop.begin(run.problem, program))
        if not processes.is_first():
            return _follow(run, program, first)
        with contextlib.ExitStack() as held:
            with processes.telling_errors():
                _refuse_more_steps(run)
                env = describe_environment(0, run.mesh.shape[AXIS])
                for (folder, flags, config), numbers in zip(run.workdirs, run.members, strict=True):
                    own = {"env": env | {"seed": int(numbers.seed)}, "changeable": run.changeable}
                    held.enter_context(open_workdir(folder, flags=flags, config=config, **own))
                tree, position = _restore(run, first)
                announce()
                found = _finished(run, tree)
                if found is None:
                    seeds = [int(numbers.seed) for numbers in run.members]
                    folders = [workdir.folder for workdir in run.workdirs]
                    note_members(folders, seeds, env, 0 if tree is None else int(tree["step"]))
                    run.checkpoints.mkdir(parents=True, exist_ok=True)
            processes.tell({"position": position, "summaries": found})
            if found is not None:
                return found
            kept = held.enter_context(Checkpoints(run.checkpoints))
            members = _shared(first if tree is None else as_members(tree, first))
            program.seek(position, int(members.state.step))
            watched = _Watched(listeners, draw, profile, wandb, show)
            return _lead(run, program, members, kept, watched)


def _lead(
    run: Run,
    program: Program,
    members: Members,
    kept: Checkpoints,
    watched: _Watched,
) -> list[Summary | None]:
    """Trains, and writes the folders."""
    resumed_from, steps = int(members.state.step), run.problem.plan.steps
    name = run.name if run.alone else f"{run.name}, {len(run.members)} runs"
    traced = run.workdirs[0].folder / "profile" if watched.profile else None
    with (
        _recording(run, resumed_from, watched.wandb) as recording,
        Progress(steps, resumed_from, name, enabled=watched.show) as progress,
        profiled(program, traced) as program,
    ):
        watching = [
            recording,
            Keeping(kept, program.position, alone=run.alone),
            Showing(progress),
            *watched.listeners,
        ]
        members, speed = loop.run(run.problem, program, members, watching)
    tree = _gathered(members)
    if not run.alone:
        _part(run, tree)
    summaries = [
        _sum_up(run, index, member_of(tree, index), speed, resumed_from, watched.draw)
        for index in range(len(run.members))
    ]
    processes.tell(summaries)
    return summaries


def _follow(run: Run, program: Program, members: Members) -> list[Summary | None]:
    """Takes part in a run that the first process leads: computes the same and writes nothing."""
    told = processes.hear()
    if told["summaries"] is not None:
        return told["summaries"]
    members = _shared(members)
    program.seek(told["position"], int(members.state.step))
    members, _ = loop.run(run.problem, program, members, [Giving()])
    _gathered(members)
    return processes.hear()


def _shared(members: Members) -> Members:
    """Returns in every process the first one's."""
    return as_members(processes.share(as_tree(members, alone=False)), members)


def _gathered(members: Members) -> Tree:
    """Returns all that members are, on the host; every process has to take part."""
    return jax.tree.map(processes.gathered, as_tree(members, alone=False))


def _refuse_more_steps(run: Run) -> None:
    """Refuses folders whose runs have come further than this one will, before one is changed."""
    for workdir in run.workdirs if run.changeable else ():
        try:
            step, _ = read_checkpoint(workdir.folder / "checkpoints", prefix="step")
        except ValueError:  # there is none
            continue
        if step > run.problem.plan.steps:
            raise WorkdirError(
                f"workdir {workdir.folder} holds a run of {step} steps already, "
                f"more than {run.problem.plan.steps}"
            )


def _restore(run: Run, first: Members) -> tuple[Tree | None, dict[str, Any]]:
    """Returns what members were at last, nothing if they have yet to begin, and the position."""
    like = as_tree(jax.device_get(first), alone=run.alone)
    if run.checkpoints.is_dir():
        with Checkpoints(run.checkpoints) as kept:
            found = kept.restore_latest(like)
        if found is not None:
            return found.state, found.extra.get("position", {})
    if run.alone:
        return None, {}
    try:
        own = [
            read_checkpoint(workdir.folder / "checkpoints", member_of(like, 0))[1]
            for workdir in run.workdirs
        ]
    except ValueError:  # one has none
        return None, {}
    furthest = max(int(tree["step"]) for tree in own)
    behind = [tree for tree in own if int(tree["step"]) < furthest and not tree["ended"]]
    return None if behind else stacked(own), {}


def _finished(run: Run, tree: Tree | None) -> list[Summary | None] | None:
    """Returns the summaries of members that have all ended, None if there is something to do."""
    if tree is None:
        return None
    ended = np.atleast_1d(tree["ended"])
    if int(tree["step"]) < run.problem.plan.steps and not ended.all():
        return None
    files = [workdir.folder / "summary.json" for workdir in run.workdirs]
    there = [read_json(file) if file.exists() else None for file in files]
    missing = [found is None and end >= 0 for found, end in zip(there, ended, strict=True)]
    steps = [found and found["planned"] for found in there]
    if any(missing) or any(s is not None and s != run.problem.plan.steps for s in steps):
        return None
    return there


@contextlib.contextmanager
def _recording(run: Run, resumed_from: int, wandb: str | None) -> Iterator[Recording]:
    """Opens what the metrics of each member go to."""
    with contextlib.ExitStack() as stack:
        sinks: list[list[Sink]] = []
        for workdir in run.workdirs:
            own: list[Sink] = [
                stack.enter_context(kind(workdir.folder, resume_step=resumed_from))
                for kind in (Recorder, TensorBoard)
            ]
            if wandb is not None:
                board = WeightsAndBiases(workdir.folder, project=wandb, config=workdir.config)
                own.append(stack.enter_context(board))
            sinks.append(own)
        yield Recording(sinks)


def _part(run: Run, tree: Tree) -> None:
    """Gives each member of a population a checkpoint of its own."""
    for index, workdir in enumerate(run.workdirs):
        own = member_of(tree, index)
        with Checkpoints(workdir.folder / "checkpoints") as kept:
            kept.save(int(own["step"]), own)
    assert run.home is not None, "several members have a home"
    shutil.rmtree(run.home)


def _sum_up(
    run: Run, index: int, tree: Tree, speed: Speed, resumed_from: int, draw: Draw | None
) -> Summary | None:
    if tree["ended"] < 0:
        return None
    folder = run.workdirs[index].folder
    lines = read_metrics(folder)
    best = int(tree["best"]["step"])
    summary = {
        "name": run.name,
        "metric": run.problem.metric,
        "final": _at(lines, int(tree["step"])),
        "best": _at(lines, best) if best else None,
        "steps": int(tree["step"]),
        "planned": run.problem.plan.steps,
        "resumed_from": resumed_from,
        "seconds": round(speed.seconds, 2),
        "examples_per_second": round(speed.examples_per_second / len(run.members), 1),
        "data": run.data,
        "parameters": parameter_count(tree["params"]),
    }
    if draw is not None:
        judged = tree["params"] if tree["average"] is None else tree["average"]
        chosen = tree["best"]["params"] if best else judged
        draw(folder, Trained(run.problem.learning.objective, chosen), summary)
    write_json(folder / "summary.json", summary)
    return summary


def _at(lines: Sequence[dict[str, Any]], step: int) -> dict[str, Any]:
    """Returns the metrics of a step by split."""
    found = {line["split"]: line for line in lines if line["step"] == step}
    return {"step": step} | {
        split: {name: v for name, v in line.items() if name not in ("step", "split")}
        for split, line in found.items()
    }
