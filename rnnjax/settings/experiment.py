"""What an experiment is, and its settings: values, read from text once."""

import dataclasses
import difflib
from collections.abc import Mapping
from typing import Any

import jax

from rnnjax.datasets.base import expanded
from rnnjax.settings.fields import Field, fields_of
from rnnjax.settings.networks import Names, Network, Recurrent
from rnnjax.settings.training import Training, shared_program
from rnnjax.tasks.base import Task
from rnnjax.tasks.feed import first_of
from rnnjax.training.fit import make_problem
from rnnjax.training.hyperparameters import Hyperparameters
from rnnjax.training.make_objective import make_objective
from rnnjax.training.program import Problem
from rnnjax.training.state import first_batch, keys_of


@dataclasses.dataclass(frozen=True, eq=False)
class Experiment:
    """A task, the networks that learn it, and how they are trained; all with their usual values.

    The fields of all three are flags. A file of an experiment has a docstring and one value of this
    kind, `EXPERIMENT`.

    Attributes:
        task: what is learned.
        network: what learns it; several by name are trained one after another and compared.
        training: how.

    Raises:
        ValueError: if parts have a field of the same name with another value or meaning.

    Example:
        >>> from rnnjax.tasks import Adding
        >>> experiment = Experiment(Adding(50), Recurrent("GRU"), Training(steps=200))
        >>> sorted(experiment.fields)[:4]
        ['alike', 'batch_size', 'bidirectional', 'cell']
    """

    task: Task
    network: Network | Mapping[str, Network] = Recurrent()  # noqa: RUF009 (it is immutable)
    training: Training = Training()  # noqa: RUF009

    def __post_init__(self) -> None:
        """Refuses parts that do not fit each other."""
        self.fields  # noqa: B018 (it raises)

    @property
    def networks(self) -> dict[str, Network]:
        """The networks by name; a single one has the name ""."""
        if isinstance(self.network, Network):
            return {"": self.network}
        return dict(self.network)

    @property
    def parts(self) -> list[Any]:
        """The values whose fields are settings."""
        return [self.task, *self.networks.values(), self.training]

    @property
    def fields(self) -> dict[str, Field]:
        """All fields by name: the task's own first."""
        found: dict[str, Field] = {}
        for part in self.parts:
            if not dataclasses.is_dataclass(part):
                continue
            for name, field in fields_of(type(part), part).items():
                if name in found and found[name] != field:
                    raise ValueError(
                        f"two parts of the experiment have a field {name} of other value or meaning"
                    )
                found[name] = field
        return found

    def field(self, name: str) -> Field:
        """Returns the field of a name.

        Raises:
            ValueError: if no part has it.
        """
        fields = self.fields
        if name not in fields:
            near = difflib.get_close_matches(name, fields, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ValueError(f"the experiment has no {name}{hint}")
        return fields[name]

    def replace(self, **values: Any) -> "Experiment":
        """Returns the experiment with other values of fields, whichever part has them.

        Raises:
            ValueError: if no part has one of them, or a part refuses it.
        """
        for name in values:
            self.field(name)

        def changed(part: Any) -> Any:
            if not dataclasses.is_dataclass(part):
                return part
            own = {name: v for name, v in values.items() if name in vars(part)}
            return dataclasses.replace(part, **own) if own else part  # pyright: ignore[reportArgumentType]

        networks = {name: changed(network) for name, network in self.networks.items()}
        network = networks[""] if isinstance(self.network, Network) else networks
        return Experiment(changed(self.task), network, changed(self.training))


@dataclasses.dataclass(frozen=True, eq=False)
class Settings:
    """All that decides a run's numbers: an experiment with values for every field.

    Attributes:
        name: the experiment's, as it is said: a name, a path, or a module.
        experiment: the values.
        imports: the modules that were named for the text of cells.
        names: what those modules have, by name.

    Example:
        >>> from rnnjax.tasks import Adding
        >>> settings = Settings("adding", Experiment(Adding(50)))
        >>> settings.parse({"length": "20", "cell": "GRU(8)"}).task
        Adding(length=20)
    """

    name: str
    experiment: Experiment
    imports: tuple[str, ...] = ()
    names: Names = dataclasses.field(default_factory=dict)

    @property
    def training(self) -> Training:
        """How it is trained."""
        return self.experiment.training

    @property
    def task(self) -> Task:
        """What is learned."""
        return self.experiment.task

    def replace(self, **values: Any) -> "Settings":
        """Returns the settings with other values of fields.

        Raises:
            ValueError: see `Experiment.replace`.
        """
        return dataclasses.replace(self, experiment=self.experiment.replace(**values))

    def parse(self, texts: Mapping[str, str]) -> "Settings":
        """Returns the settings with other values, given as text.

        Raises:
            ValueError: if there is no such field, or a text spells no value of it.
        """
        values = {}
        for name, text in texts.items():
            field = self.experiment.field(name)
            try:
                values[name] = field.parse(text)
            except ValueError as error:
                raise ValueError(f"flag --{name}={text}: {error}") from None
        return self.replace(**values)

    @property
    def values(self) -> dict[str, Any]:
        """The values of all fields by name."""
        return {name: field.default for name, field in self.experiment.fields.items()}

    @property
    def settled(self) -> dict[str, Any]:
        """The values as they decide the numbers, each thing said in one way: see `Network`."""
        values = self.values
        for network in self.experiment.networks.values():
            own = {k: v for k, v in network.settled(self.names).items() if k in values}
            values = {k: v for k, v in values.items() if k in own or k not in vars(network)} | own
        return values

    @property
    def texts(self) -> dict[str, str]:
        """The settled values as texts that `parse` reads."""
        fields, values = self.experiment.fields, self.settled
        for name in self.task.located_by:
            if values.get(name):  # as it is found from anywhere
                values[name] = str(expanded(values[name]).absolute())
        return {name: fields[name].format(value) for name, value in values.items()}

    def as_flags(self, texts: Mapping[str, str] | None = None) -> list[str]:
        """Returns the flags that spell these settings, or the same experiment with other texts."""
        texts = self.texts if texts is None else texts
        lines = [f"--experiment={self.name}", *(f"--import={name}" for name in self.imports)]
        return lines + [f"--{name}={text}" for name, text in texts.items()]

    def config(self) -> dict[str, Any]:
        """Returns what has to agree for a run to be gone on with: what data are, not where."""
        values = self.settled
        values.pop("data_dir", None)
        imports = {"import": list(self.imports)} if self.imports else {}
        about = {"experiment": self.name, **imports, "task": self.task.title}
        return {**about, **values, "data": self.task.digest}

    def numbers(self, part: str = "") -> Hyperparameters:
        """Returns the numbers in which members of a population may differ."""
        return self.training.numbers(self.experiment.networks[part].rate)

    def program(self) -> str:
        """Returns what runs share that are one compiled program: all but those numbers, as text."""
        shared = dataclasses.replace(self.experiment, training=shared_program(self.training))
        if "dropout" in shared.fields:
            shared = shared.replace(dropout=0.0)
        return "\n".join(dataclasses.replace(self, experiment=shared).as_flags())


def problem(settings: Settings, part: str = "") -> Problem:
    """Returns what is trained.

    Args:
        settings: all of them.
        part: the name of the network, where there are several.

    Raises:
        ValueError: if they do not fit each other; the message is one line.

    Example:
        >>> from rnnjax.tasks import Adding
        >>> settings = Settings("adding", Experiment(Adding(5), Recurrent("GRU", hidden=4)))
        >>> problem(settings).plan.steps
        1000
    """
    task, training = settings.task, settings.training
    network = settings.experiment.networks[part].build(task, settings.names)
    found = make_problem(
        make_objective(network, task),
        training.rule,
        training.plan,
        batch_size=training.batch_size,
        members=[settings.numbers(part)],
        ema=training.ema,
    )
    _check_batch(found)
    return found


def _check_batch(found: Problem) -> None:
    """Refuses a task without steps or targets, as a length of 0 makes one; nothing is drawn."""
    batch = jax.eval_shape(lambda: first_batch(first_of(found.train), keys_of(0).data))
    if not batch.mask.size or not len(batch.inputs):
        raise ValueError(
            f"{found.learning.objective.task} has nothing to learn: its batches have inputs "
            f"{batch.inputs.shape} and targets {batch.targets.shape}"
        )
