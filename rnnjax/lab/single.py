"""One run, or the runs of an experiment that compares networks."""

import pathlib
import sys
from typing import NamedTuple

import jax
from rich.console import Console

from rnnjax import training
from rnnjax.lab.devices import use_devices
from rnnjax.lab.options import ProcessOptions, RunOptions
from rnnjax.runs.draw import draw_run
from rnnjax.runs.folders import changeable, workdir_of
from rnnjax.runs.header import print_header
from rnnjax.runs.load import load_params, param_shapes
from rnnjax.runs.run import train
from rnnjax.runs.summary import Summary, read_planned
from rnnjax.runs.work import Run
from rnnjax.runs.workdir import folder_of
from rnnjax.settings import Settings, problem
from rnnjax.settings.catalogue import short
from rnnjax.training.loop import Members
from rnnjax.training.memory import Size, check_memory, size_of
from rnnjax.training.program import Problem
from rnnjax.training.trained import Trained


class _Done(NamedTuple):
    """What has come of a network, and whether all of that was there before."""

    summary: Summary
    folder: pathlib.Path
    was_finished: bool


def run_once(
    settings: Settings, options: RunOptions, group: ProcessOptions, *, asked: bool = False
) -> list[pathlib.Path]:
    """Runs what settings and options say, and prints the result.

    Args:
        settings: what is learned, and how.
        options: where it is written, and the like.
        group: the processes that train it.
        asked: whether it is for questions: of a run that is finished nothing is printed then.

    Returns:
        The folder of each network's run.

    Raises:
        ValueError: if something is wrong with them, in one line, before anything is written.
        DivergedError: if the loss is not finite.
    """
    devices = use_devices(settings.training, options, group)
    problems = {part: problem(settings, part) for part in settings.experiment.networks}
    sizes = {part: size_of(found) for part, found in problems.items()}
    for size in sizes.values():
        check_memory(size)
    if options.eval_only:
        _evaluate(settings, options, problems)
        return []
    done = {
        part: _train(settings, options, part, found, sizes[part], devices, asked)
        for part, found in problems.items()
    }
    if len(done) > 1 and not (asked and all(run.was_finished for run in done.values())):
        _print_comparison(settings, {part: run.summary for part, run in done.items()})
    return [run.folder for run in done.values()]


def _train(
    settings: Settings,
    options: RunOptions,
    part: str,
    found: Problem,
    size: Size,
    devices: int,
    asked: bool,
) -> _Done:
    workdir = workdir_of(
        settings, options.workdir, part, init_from=options.init_from, devices=devices
    )
    name = _name(settings, part)
    networks = settings.experiment.networks
    network = networks[part].title(settings.names)
    mesh = training.make_mesh(devices, time=settings.training.time_devices)
    before = read_planned(workdir.folder)
    finished = before is not None and before["planned"] == settings.training.steps
    run = Run(
        name,
        found,
        [settings.numbers(part)],
        [workdir],
        mesh,
        data=settings.task.token,
        changeable=changeable(settings),
    )

    def begin(members: Members) -> Members:
        if options.init_from is None:
            return members
        return _from(options.init_from, part, members, settings)

    def announce() -> None:
        if asked and finished:
            return
        if asked:
            print(f"{workdir.folder} has no finished run to ask: it trains first", file=sys.stderr)
        print_header(
            Console(),
            name=name,
            network=network,
            task=str(settings.task),
            parameters=size.parameters,
            bytes_needed=size.bytes_needed,
            bytes_carried=size.bytes_carried,
            devices=f"{mesh.size} x {jax.devices()[0].device_kind}",
            data=settings.task.description if part == next(iter(networks)) else None,
            workdir=workdir.folder,
        )

    def draw(folder: pathlib.Path, trained: training.Trained, summary: Summary) -> None:
        title = f"{name}: {network} on {settings.task.title}"
        draw_run(folder, trained, summary, title=title)

    summary, *_ = train(
        run,
        begin=begin,
        announce=announce,
        draw=draw if options.figures else None,
        profile=options.profile,
        wandb=options.wandb,
    )
    assert summary is not None, "a run alone that diverges raises"
    if asked and finished:
        return _Done(summary, workdir.folder, finished)
    if finished:
        print(
            f"{workdir.folder} holds this run, finished; more --steps go on with it where its rate "
            "is constant, another --workdir trains again"
        )
    print(result_line(summary, workdir.folder))
    return _Done(summary, workdir.folder, finished)


def _name(settings: Settings, part: str) -> str:
    """Returns what a run is called on screen."""
    return "/".join(filter(None, (short(settings.name), part)))


def _from(folder: str, part: str, members: Members, settings: Settings) -> Members:
    """Gives a member that begins the parameters of another run."""
    like = jax.tree.map(lambda leaf: leaf[0], members.state.params)
    params = load_params(folder_of(folder) / part, like, settings)
    params = jax.tree.map(lambda leaf: leaf[None], params)
    average = None if members.state.average is None else params
    state = members.state._replace(params=params, average=average)
    best = members.best._replace(params=None if members.best.params is None else params)
    return members._replace(state=state, best=best)


def _evaluate(settings: Settings, options: RunOptions, problems: dict[str, Problem]) -> None:
    """Evaluates parameters that are there on what is held out, and writes nothing."""
    given = [folder for folder in (options.workdir, options.init_from) if folder]
    if len(given) != 1:
        raise ValueError(
            "--eval_only needs the run's folder: --workdir or --init_from, one of them"
        )
    (folder,) = given
    for part, found in problems.items():
        params = load_params(folder_of(folder) / part, param_shapes(found), settings)
        trained, words = Trained(found.learning.objective, params), [_name(settings, part)]
        for split in ("test", "validation"):
            if split in found.held_out:
                metrics = trained.evaluate(split, batch_size=settings.training.batch_size)
                words += _numbers(split, metrics)
        print(*words, f"data={settings.task.token}", f"workdir={folder}")


def result_line(summary: Summary, workdir: pathlib.Path) -> str:
    """Returns the last line of a run: the test of the state that was chosen, and of the last."""
    chosen, last = summary["best"], summary["final"]
    words = [summary["name"]]
    words += _numbers("test", (chosen or last).get("test", {}))
    if chosen is not None:
        words += [f"chosen_step={chosen['step']}"]
        words += _numbers("validation", chosen.get("validation", {}))
        words += _numbers("last_test", last.get("test", {}))
    words += [f"{name}={summary[name]}" for name in ("steps", "seconds", "data")]
    words += [f"metrics={summary['metrics']}"] if "metrics" in summary else []
    return " ".join([*words, f"workdir={workdir}"])


def _numbers(prefix: str, metrics: dict[str, float]) -> list[str]:
    return [f"{prefix}_{name}={value:.4g}" for name, value in sorted(metrics.items())]


def _print_comparison(settings: Settings, summaries: dict[str, Summary]) -> None:
    """Prints the networks side by side."""
    from rich.table import Table

    metric = settings.task.metric
    table = Table("network", title=f"{settings.training.steps} updates, {settings.task}")
    for column in ("parameters", f"test {metric}", "last", "seconds", "examples/s"):
        table.add_column(column, justify="right")
    words = [short(settings.name)]
    for part, summary in summaries.items():
        chosen = summary["best"] or summary["final"]
        words.append(f"{part}_test_{metric}={chosen['test'][metric]:.4g}")
        table.add_row(
            settings.experiment.networks[part].title(settings.names),
            f"{summary['parameters']:,}",
            f"{chosen['test'][metric]:.4f}",
            f"{summary['final']['test'][metric]:.4f}",
            f"{summary['seconds']:.1f}",
            f"{summary['examples_per_second']:,.0f}",
        )
    Console().print(table)
    print(*words, f"steps={settings.training.steps}", f"data={settings.task.token}")
