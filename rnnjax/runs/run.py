"""Whole runs in folders: begun or resumed, trained, drawn, summed up. One, or a population."""

import contextlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import jax

from rnnjax.runs import interrupts
from rnnjax.runs.checkpoint import Checkpoints
from rnnjax.runs.durable import sync, sync_below
from rnnjax.runs.environment import describe_environment, note_members
from rnnjax.runs.keeping import Tree, as_members, as_tree, member_of
from rnnjax.runs.listeners import Giving, Guarding, Keeping, Recording, Showing, Sink
from rnnjax.runs.profile import profiled
from rnnjax.runs.progress import Progress
from rnnjax.runs.recording import Recorder, check_metrics, is_damaged
from rnnjax.runs.resume import refuse_more_steps, restore
from rnnjax.runs.summary import (
    FILE,
    Draw,
    Summary,
    draw_missing,
    finished,
    results,
    write_summary,
)
from rnnjax.runs.tensorboard import TensorBoard
from rnnjax.runs.wandb import WeightsAndBiases
from rnnjax.runs.work import Run
from rnnjax.runs.workdir import open_workdir
from rnnjax.training import loop, processes
from rnnjax.training.loop import Listener, Members, Speed
from rnnjax.training.program import Program, make_program
from rnnjax.training.update import AXIS


class _Watched(NamedTuple):
    """By what a run is watched; see `train`."""

    listeners: Sequence[Listener]
    draw: Draw | None
    profile: bool
    wandb: str | None
    show: bool | None


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
        LostWorkdirError: if a folder is gone, or another process's, while it trains.
        DivergedError: if no loss is finite any more.
        Interrupted: if a signal has ended it, after a checkpoint; see `interrupts`.
    """
    with processes.translated():
        processes.check_settings({"runs": [workdir.config for workdir in run.workdirs]})
        program = make_program(run.problem, run.members, run.mesh)
        first = begin(loop.begin(run.problem, program))
        if not processes.is_first():
            return _follow(run, program, first)
        with contextlib.ExitStack() as held:
            with processes.telling_errors():
                refuse_more_steps(run)
                env = describe_environment(0, run.mesh.shape[AXIS])
                for (folder, flags, config), numbers in zip(run.workdirs, run.members, strict=True):
                    own = {"env": env | {"seed": int(numbers.seed)}, "changeable": run.changeable}
                    held.enter_context(open_workdir(folder, flags=flags, config=config, **own))
                # All at once, and each once: a population has hundreds of files in one parent.
                folders = [workdir.folder for workdir in run.workdirs]
                sync(*{path for folder in folders for path in (folder.parent, *folder.iterdir())})
                tree, extra = restore(run, first)
                announce()
                found = finished(folders, tree, run.problem.plan.steps)
                if found is None:
                    seeds = [int(numbers.seed) for numbers in run.members]
                    note_members(folders, seeds, env, 0 if tree is None else int(tree["step"]))
                    run.checkpoints.mkdir(parents=True, exist_ok=True)
                elif tree is not None:
                    for folder, digest in zip(folders, extra.get("metrics", ()), strict=False):
                        check_metrics(folder, int(tree["step"]), digest)
                    _draw(run, tree, draw)
            position = extra.get("position", {})
            processes.tell({"position": position, "summaries": found})
            if found is not None:
                return found
            kept = held.enter_context(run.open_checkpoints())
            members = _shared(first if tree is None else as_members(tree, first))
            program.seek(position, int(members.state.step))
            watched = _Watched(listeners, draw, profile, wandb, show)
            return _lead(run, program, members, kept, extra.get("metrics"), watched)


def _lead(
    run: Run,
    program: Program,
    members: Members,
    kept: Checkpoints,
    digests: Sequence[str] | None,
    watched: _Watched,
) -> list[Summary | None]:
    """Trains, and writes the folders; `digests` are of the metrics up to here."""
    resumed_from, steps = int(members.state.step), run.problem.plan.steps
    name = run.name if run.alone else f"{run.name}, {len(run.members)} runs"
    traced = run.workdirs[0].folder / "profile" if watched.profile else None
    with (
        _recording(run, resumed_from, digests, watched.wandb) as recording,
        Progress(steps, resumed_from, name, enabled=watched.show) as progress,
        profiled(program, traced) as program,
        interrupts.postponed(),
    ):
        watching = [
            Guarding([workdir.folder for workdir in run.workdirs]),
            recording,
            Keeping(kept, recording, program.position, run.problem.plan),
            Showing(progress),
            *watched.listeners,
        ]
        members, speed = loop.run(run.problem, program, members, watching)
    tree = _gathered(members)
    if not run.alone:
        _part(run, tree)
    summaries = [
        _sum_up(run, index, member_of(tree, index), speed, resumed_from)
        for index in range(len(run.members))
    ]
    files = [workdir.folder / FILE for workdir in run.workdirs]
    sync(*(file for file in files if file.exists()))
    _draw(run, member_of(tree, 0), watched.draw)
    processes.tell(summaries)
    return summaries


def _follow(run: Run, program: Program, members: Members) -> list[Summary | None]:
    """Takes part in a run that the first process leads: computes the same and writes nothing."""
    told = processes.hear()
    if told["summaries"] is not None:
        return told["summaries"]
    members = _shared(members)
    program.seek(told["position"], int(members.state.step))
    with interrupts.postponed():
        members, _ = loop.run(run.problem, program, members, [Giving()])
    _gathered(members)
    return processes.hear()


def _shared(members: Members) -> Members:
    """Returns in every process the first one's."""
    return as_members(processes.share(as_tree(members, alone=False)), members)


def _gathered(members: Members) -> Tree:
    """Returns all that members are, on the host; every process has to take part."""
    return jax.tree.map(processes.gathered, as_tree(members, alone=False))


@contextlib.contextmanager
def _recording(
    run: Run, resumed_from: int, digests: Sequence[str] | None, wandb: str | None
) -> Iterator[Recording]:
    """Opens what the metrics of each member go to."""
    with contextlib.ExitStack() as stack:
        recorders: list[Recorder] = []
        sinks: list[list[Sink]] = []
        for index, workdir in enumerate(run.workdirs):
            digest = digests[index] if digests else None
            recorders.append(Recorder(workdir.folder, resume_step=resumed_from, digest=digest))
            board = TensorBoard(workdir.folder, resume_step=resumed_from)
            own: list[Sink] = [recorders[-1], board]
            if wandb is not None:
                page = WeightsAndBiases(workdir.folder, project=wandb, config=workdir.config)
                own.append(stack.enter_context(page))
            sinks.append(own)
        yield Recording(recorders, sinks)


def _part(run: Run, tree: Tree) -> None:
    """Gives each member of a population a checkpoint of its own."""
    for index, workdir in enumerate(run.workdirs):
        own = member_of(tree, index)
        with Checkpoints(workdir.folder / "checkpoints") as kept:
            kept.save(int(own["step"]), own, synced=False)
    sync_below(*(workdir.folder / "checkpoints" for workdir in run.workdirs))
    assert run.home is not None, "several members have a home"
    # All at once: a process killed on the way would leave checkpoints that cannot be read.
    done = run.home.with_name(f"{run.home.name}.done")
    if done.exists():
        shutil.rmtree(done)
    run.home.rename(done)
    shutil.rmtree(done)


def _sum_up(run: Run, index: int, tree: Tree, speed: Speed, resumed_from: int) -> Summary | None:
    if tree["ended"] < 0:
        return None
    folder = run.workdirs[index].folder
    found = {
        "name": run.name,
        "metric": run.problem.metric,
        **results(folder, tree),
        "planned": run.problem.plan.steps,
        "resumed_from": resumed_from,
        "seconds": round(speed.seconds, 2),
        "examples_per_second": round(speed.examples_per_second / len(run.members), 1),
        "data": run.data,
        "figures": False,
    }
    if is_damaged(folder):
        found["metrics"] = "damaged"
    write_summary(folder, found, synced=False)
    return found


def _draw(run: Run, tree: Tree, draw: Draw | None) -> None:
    """Draws the figures of a run alone."""
    if draw is not None and run.alone and tree["ended"] >= 0:
        draw_missing(run.workdirs[0].folder, tree, run.problem.learning.objective, draw)
