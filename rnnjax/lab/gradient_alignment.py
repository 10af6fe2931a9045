"""How gradients of learning rules stand to that of backpropagation: the experiment."""

import math
import re
import time
from typing import Annotated, Any

import jax
import numpy as np

from rnnjax import compose
from rnnjax.cells.base import Cell
from rnnjax.lab.cache import use_compilation_cache
from rnnjax.lab.delayed_copy import SYMBOLS, DelayedCopy
from rnnjax.learning import Alignment, Rule, read_engine
from rnnjax.runs.environment import describe_environment
from rnnjax.runs.figures.alignment import Aligned, draw_alignment
from rnnjax.runs.folders import default_workdir
from rnnjax.runs.progress import Progress
from rnnjax.runs.workdir import open_workdir, write_json
from rnnjax.settings.fields import POSITIVE, Between, fields_of, flag_line
from rnnjax.typing import Static

NAME = "gradient_alignment"


class GradientAlignment(Static):
    """Which rules are compared, on which network, and how much.

    Example:
        >>> GradientAlignment(rules="RTRL; SnAp(2)").read_rules()
        {'RTRL': RTRL(), 'SnAp(2)': SnAp(order=2)}
    """

    cell: Annotated[str, "The recurrence: a name that --cells lists, or a call."] = "LeakyElman"
    hidden: Annotated[int, Between(1, 4096), "Units of a cell given by its name."] = 32
    rules: Annotated[str, "Learning rules, apart by ';': names, or calls such as SnAp(2)."] = (
        "RTRL; SnAp(1); RFLO; TBPTT(window=8); UORO; ForwardGradient(16)"
    )
    lags: Annotated[
        tuple[int, ...], Between(1, 10_000), "Steps from what is shown to the answer."
    ] = (1, 2, 4, 8, 16, 32)
    lag: Annotated[int, Between(1, 10_000), "That of training."] = 8
    steps: Annotated[int, Between(1, 10**9), "Updates of training, by backpropagation."] = 300
    learning_rate: Annotated[float, POSITIVE, "Of Adam."] = 3e-3
    batch_size: Annotated[int, Between(1, 10**6), "Sequences of a gradient."] = 32
    batches: Annotated[int, Between(1, 10**6), "Gradients that are compared at each point."] = 20
    points: Annotated[int, Between(1, 1000), "At how many updates rules are compared."] = 8
    seed: Annotated[int, Between(0, 2**32 - 1), "Of every chance in it."] = 0
    workdir: Annotated[
        str | None, "Where it is written. By default a folder in runs/ that the flags name."
    ] = None

    def __call__(self) -> None:
        """Compares, writes numbers and a figure in the folder, and prints the result.

        Raises:
            ValueError: if settings spell no cell or rule.
            TypeError: if a rule does not run the cell.
        """
        began = time.monotonic()
        use_compilation_cache()
        cell, rules = self.read_cell(), self.read_rules()
        for rule in rules.values():
            rule.check_cell(rule.learner(cell, SYMBOLS))
        fields = fields_of(type(self), self)
        texts = {k: f.format(f.default) for k, f in fields.items() if k != "workdir"}
        config = {"experiment": NAME, **texts}
        with open_workdir(
            self.workdir or default_workdir(NAME, config),
            flags="".join(f"{flag_line(name, text)}\n" for name, text in config.items()),
            config=config,
            env=describe_environment(self.seed),
        ) as folder:
            print(f"{NAME}: {', '.join(rules)} against backpropagation, {cell}, {folder}")
            found = self.measure(cell, rules)
            write_json(folder / "alignment.json", found)
            draw_alignment(
                folder / "alignment.png",
                _aligned(found["by_lag"]),
                _aligned(found["over_training"]),
                title=f"Gradients against backpropagation: {cell}, delayed copy",
                lag=self.lag,
            )
        last = found["over_training"]
        words = [f"{_key(rule)}_cosine={_cosine(last, rule, self.steps):.4g}" for rule in rules]
        words += [f"loss={found['loss'][self.steps]:.4g}", f"steps={self.steps}"]
        words += [f"seconds={time.monotonic() - began:.1f}"]
        print(NAME, *words, f"workdir={folder}")

    def read_cell(self) -> Cell:
        """Returns the cell.

        Raises:
            ValueError: if the text spells none.
        """
        return compose.read_cell(self.cell, self.hidden, {})

    def read_rules(self) -> dict[str, Rule]:
        """Returns the rules by how they are said.

        Raises:
            ValueError: if one is none, or is said twice.
        """
        found: dict[str, Rule] = {}
        for text in self.rules.split(";"):
            name, rule = "".join(text.split()), read_engine(text)
            if not isinstance(rule, Rule) or name in found:
                why = "said twice" if name in found else "an engine, and no learning rule"
                raise ValueError(f"--rules={self.rules}: {name} is {why}")
            if rule.carry:
                raise ValueError(f"--rules={self.rules}: {name} carries, and here nothing goes on")
            found[name] = rule
        return found

    def measure(self, cell: Cell, rules: dict[str, Rule]) -> dict[str, Any]:
        """Returns how rules stand at each lag and over training, shown as it goes."""
        task = DelayedCopy(cell, self._length(rules), self.batch_size)
        compare = {name: task.comparison(rule) for name, rule in rules.items()}
        begin, train = task.training(self.learning_rate)
        first, keys, of_training = jax.random.split(jax.random.key(self.seed), 3)
        keys, trained = jax.random.split(keys, self.batches), begin(first)
        by_lag: dict[str, Any] = {name: {} for name in rules}
        over_training: dict[str, Any] = {name: {} for name in rules}
        losses, done, updates = {}, 0, 0
        with Progress(len(self.lags) + len(self._updates), description=NAME) as progress:
            for lag in self.lags:
                for name in rules:
                    by_lag[name][lag] = _numbers(compare[name](trained.network, lag, keys))
                done += 1
                progress.evaluated(done, {f"lag {lag}": _lowest(by_lag, lag)})
            for last in self._updates:
                before = time.monotonic()
                trained, loss = train(trained, self.lag, of_training, updates, last)
                losses[last] = float(loss)
                speed = (last - updates) * self.batch_size / (time.monotonic() - before)
                for name in rules:
                    found = compare[name](trained.network, self.lag, keys)
                    over_training[name][last] = _numbers(found)
                done += 1
                progress.logged(done, {"loss": losses[last]}, speed)
                updates = last
                progress.evaluated(done, {f"update {last}": _lowest(over_training, last)})
        return {"by_lag": by_lag, "over_training": over_training, "loss": losses}

    @property
    def _updates(self) -> list[int]:
        """At how many updates rules are compared: none, and more and more."""
        places = np.geomspace(1, self.steps, max(1, self.points - 1))
        return [0, *sorted({*np.round(places[:-1]).astype(int).tolist(), self.steps})]

    def _length(self, rules: dict[str, Rule]) -> int:
        """The steps of a run: the longest lag's, in whole windows of each rule."""
        steps = max(*self.lags, self.lag) + 1
        # A longer window is all of time.
        whole = math.lcm(*(rule.window for rule in rules.values() if rule.window <= steps))
        return -(-steps // whole) * whole


def _numbers(found: tuple[Alignment, dict[str, Alignment]]) -> dict[str, Any]:
    """Returns what `alignment.json` has of a rule at one place."""
    whole, leaves = jax.tree.map(np.asarray, found)
    each = {name: {"cosine": leaf.cosine.mean()} for name, leaf in leaves.items()}
    return {"cosine": whole.cosine, "norm": whole.norm, "leaves": each}


def _lowest(found: dict[str, Any], place: int) -> dict[str, float]:
    return {"lowest cosine": min(_cosine(found, name, place) for name in found)}


def _cosine(found: dict[str, Any], rule: str, place: int) -> float:
    return float(found[rule][place]["cosine"].mean())


def _aligned(found: dict[str, Any]) -> Aligned:
    return {
        rule: {place: np.stack([each["cosine"], each["norm"]]) for place, each in places.items()}
        for rule, places in found.items()
    }


def _key(rule: str) -> str:
    """Returns a rule's name without what a result line has other uses for."""
    return re.sub(r"\W+", "_", rule).strip("_")
