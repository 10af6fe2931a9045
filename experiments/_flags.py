"""The flags that experiments share, in groups; those that one does not define it does not know."""

import math
from collections.abc import Callable

from absl import flags

from rnnjax import cells, datasets, models, training, unroll

SAMPLERS = ("grid", "qmc", "random", "tpe")
POPULATION = (  # numbers that runs of one compiled program may differ in
    "seed",
    "learning_rate",
    "warmup_steps",
    "clip_norm",
    "weight_decay",
    "dropout",
    "init_scale",
)
OF_SWEEPS = (  # flags that only a sweep obeys
    "sweep",
    "sampler",
    "trials",
    "pruner",
    "population",
    "workers",
    "executor",
    "slurm_partition",
    "slurm_gpus",
    "slurm_cpus",
    "slurm_minutes",
    "storage",
    "sweep_worker",
)
OF_PROCESSES = ("coordinator", "num_processes", "process_id")
# Flags that say where and how to run, not what.
NOT_SETTINGS = ("workdir", "profile", "compilation_cache", *OF_PROCESSES, *OF_SWEEPS)


class _Number(flags.FloatParser):
    """A finite number in a range; absl's own bounds let nan pass."""

    def __init__(self, within: Callable[[float], bool], description: str, optional: bool = False):
        super().__init__()
        self._within, self._optional = within, optional
        self.syntactic_help = description + (" or none" if optional else "")

    def parse(self, argument):
        if self._optional and argument == "none":
            return None
        value = self.convert(argument)
        if not (math.isfinite(value) and self._within(value)):
            raise ValueError(f"{argument} is not {self.syntactic_help}")
        return value


_POSITIVE = _Number(lambda value: value > 0, "a finite number above 0")
_POSITIVE_OR_NONE = _Number(lambda value: value > 0, "a finite number above 0", optional=True)
_NOT_NEGATIVE_OR_NONE = _Number(
    lambda value: value >= 0, "a finite number of 0 or more", optional=True
)
_CHANCE = _Number(lambda value: 0 <= value < 1, "a number from 0 to below 1")


def define_number(name: str, default: float | None, text: str, parser: flags.FloatParser) -> None:
    """Defines a flag for a number that `parser` lets pass."""
    flags.DEFINE(parser, name, default, text, serializer=flags.ArgumentSerializer())


def define_training(*, steps: int, batch_size: int, learning_rate: float, schedule: str) -> None:
    """Defines how an experiment trains and where it writes."""
    flags.DEFINE_integer("steps", steps, "Updates in all.", lower_bound=1, upper_bound=2**31 - 1)
    flags.DEFINE_integer("batch_size", batch_size, "Sequences an update.", 1, 1_000_000)
    flags.DEFINE_enum("optimizer", "adam", sorted(training.OPTIMIZERS), "Optax's optimizer.")
    define_number("learning_rate", learning_rate, "Highest rate of the schedule.", _POSITIVE)
    flags.DEFINE_enum("schedule", schedule, training.SCHEDULES, "How the learning rate falls.")
    flags.DEFINE_integer("warmup_steps", 0, "Updates in which the rate rises.", lower_bound=0)
    define_number("clip_norm", 1.0, "Largest norm of a gradient, or none.", _POSITIVE_OR_NONE)
    define_number(
        "weight_decay",
        None,
        "Of adamw and muon; by default Optax's.",
        _NOT_NEGATIVE_OR_NONE,
    )
    define_number("init_scale", 1.0, "Factor on the first weight matrices.", _POSITIVE)
    flags.DEFINE_enum(
        "precision",
        "f32",
        [precision.value for precision in models.Precision],
        "f32, or bf16 throughout, or mixed: products in bf16, the rest in f32.",
    )
    flags.DEFINE_integer("log_every", 50, "Updates between two lines of metrics.", lower_bound=1)
    flags.DEFINE_integer(
        "eval_every", 500, "Updates between two evaluations and checkpoints.", lower_bound=1
    )
    flags.DEFINE_integer("seed", 0, "Of every chance in the run.", 0, 2**32 - 1)
    flags.DEFINE_integer(
        "devices",
        None,
        "Cores, GPUs or TPUs over which a batch is divided. By default as many as leave each "
        f"{training.MIN_ROWS} sequences. Part of a run's configuration: sums depend on it in the "
        "last bits.",
        lower_bound=1,
        upper_bound=1024,
    )
    flags.DEFINE_integer(
        "time_devices",
        1,
        "Devices over which time is divided, for each part of a batch: for --unroll=time_sharded.",
        lower_bound=1,
        upper_bound=1024,
    )
    flags.DEFINE_string(
        "workdir",
        None,
        "Where the run is written. By default a folder in runs/ that the flags name.",
    )
    flags.DEFINE_boolean("profile", False, "Keeps a trace of a few calls in the workdir.")
    flags.DEFINE_string(
        "compilation_cache",
        None,
        "Where compiled programs are kept for the next run, or none. By default a folder rnnjax in "
        "the user's cache.",
    )
    _define_processes()


def _define_processes() -> None:
    """Defines how several processes, each with its own devices, train one run."""
    flags.DEFINE_string(
        "coordinator",
        None,
        "Where the processes of one run meet: host:port, at which process 0 listens, or auto in "
        "Slurm's srun, Open MPI, Kubernetes or on a TPU slice. --devices and --batch_size are of "
        "all processes together; process 0 writes the workdir.",
    )
    flags.DEFINE_integer("num_processes", None, "How many processes meet there.", 1, 65_536)
    flags.DEFINE_integer("process_id", None, "Which of them this is, from 0.", 0, 65_535)


def define_sweep() -> None:
    """Defines how many runs are tried at once, and where."""
    flags.DEFINE_string(
        "sweep",
        None,
        "What to vary: 'learning_rate=1e-3,3e-4;cell=LSTM,GRU;seed=0:8' is a grid; "
        "'learning_rate=log(1e-4,1e-1)', uniform(a,b), int(a,b) and choice(a,b) are for a search. "
        "In a search every point is run with all the seeds.",
    )
    flags.DEFINE_enum(
        "sampler", "grid", SAMPLERS, "How points are chosen; tpe learns from results."
    )
    flags.DEFINE_integer("trials", None, "Points of a search.", 1, 10_000)
    flags.DEFINE_enum("pruner", "none", ["median", "none"], "What stops hopeless points of tpe.")
    flags.DEFINE_integer(
        "population",
        128,
        "Most runs in one compiled program; runs share one if they differ only in "
        f"{', '.join(POPULATION)}.",
        lower_bound=1,
        upper_bound=1024,
    )
    flags.DEFINE_integer("workers", 1, "Processes that share the work.", 1, 1024)
    flags.DEFINE_enum("executor", "local", ["debug", "local", "slurm"], "Where the workers run.")
    flags.DEFINE_string("slurm_partition", None, "Slurm's partition for the workers.")
    flags.DEFINE_integer("slurm_gpus", 0, "GPUs a worker under Slurm.", 0, 16)
    flags.DEFINE_integer("slurm_cpus", 2, "Cores a worker under Slurm.", 1, 1024)
    flags.DEFINE_integer("slurm_minutes", 60, "Time limit of a worker under Slurm.", lower_bound=1)
    flags.DEFINE_string(
        "storage",
        None,
        "Where Optuna keeps the study: a database URL, for workers on several machines. By default "
        "study.db in the workdir.",
    )
    flags.DEFINE_integer("sweep_worker", None, "Which worker this is; for the launcher's own use.")


def define_cell(cell: str, hidden: int) -> None:
    """Defines the recurrent part of a network."""
    flags.DEFINE_string(
        "cell",
        cell,
        f"The recurrence: {', '.join(cells.__all__)}, or a call such as "
        "LSTM(64, forget_bias=2.0) or Stack((LSTM(128), Elman(64, activation=relu))).",
    )
    flags.DEFINE_integer("hidden", hidden, "Units of a cell given by its name.", 1, 1_000_000)
    flags.DEFINE_integer("layers", 1, "Recurrent layers of that cell.", 1, 1000)
    define_number("dropout", 0.0, "Chance that a feature between layers is dropped.", _CHANCE)
    flags.DEFINE_string(
        "unroll",
        "auto",
        f"How time is run: {', '.join(unroll.__all__)}, or a call such as Checkpointed(block=28).",
    )


def define_images() -> None:
    """Defines the images that are read as sequences."""
    flags.DEFINE_enum(
        "dataset", "mnist", datasets.NAMES, "Images; digits are the 5,000 that need no network."
    )
    flags.DEFINE_string(
        "data_dir",
        None,
        "Folder with the four IDX files or with prepared TFDS data (which may name Python modules "
        "to import: trust it). By default this machine is searched, then the network is tried.",
    )
    flags.DEFINE_enum(
        "order", "rows", datasets.ORDERS, "How an image is read: 28 rows, or 784 pixels."
    )


def define_widths() -> None:
    """Defines the hidden layers of a feed-forward network."""
    flags.DEFINE_list("widths", "256,1024", "Units of each hidden layer of the feed-forward net.")
