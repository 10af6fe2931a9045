"""What the command line says besides settings: where and how to run, not what."""

from typing import Annotated, Literal

from rnnjax.settings.fields import POSITIVE, Between
from rnnjax.typing import Static


class RunOptions(Static):
    """Where a run is written, and what it begins from."""

    workdir: Annotated[
        str | None, "Where the run is written. By default a folder in runs/ that the flags name."
    ] = None
    init_from: Annotated[
        str | None, "A finished run's folder, whose best parameters this run begins with."
    ] = None
    eval_only: Annotated[
        bool, "Only evaluates what the run in --workdir, or in --init_from, has learned."
    ] = False
    figures: Annotated[bool, "Whether figures are drawn at the end of the run."] = True
    profile: Annotated[bool, "Keeps a trace of a few calls in the workdir."] = False
    wandb: Annotated[
        str | None, "Name of a Weights & Biases project that gets the metrics as well."
    ] = None
    compilation_cache: Annotated[
        str | None,
        "Where compiled programs are kept for the next run, or none. By default a folder rnnjax in "
        "the user's cache.",
    ] = ""


class LanguageOptions(Static):
    """What a language model does when it has learned: it writes, and it scores text."""

    generate: Annotated[
        int | None, Between(1, 10**7), "Symbols that it writes, never the unknown one."
    ] = None
    prompt: Annotated[str, "What it goes on with."] = ""
    temperature: Annotated[
        float, POSITIVE, "What logits are divided by; near 0 the likeliest symbol is taken."
    ] = 1.0
    top_p: Annotated[
        float,
        Between(0, 1, open_low=True),
        "It draws from the likeliest symbols that together have this chance.",
    ] = 1.0
    score: Annotated[
        str | None, "A text that it scores: bits, bits a symbol, and how many of them are unknown."
    ] = None
    score_file: Annotated[
        str | None, "A file whose lines it scores, one by one; blank ones are left out."
    ] = None


class TranslationOptions(Static):
    """What a network that has learned pairs does then: it translates."""

    translate: Annotated[str | None, "A source for which it writes the target."] = None
    beams: Annotated[int, Between(1, 1000), "Targets that are kept at each step, and shown."] = 1
    alpha: Annotated[
        float, Between(0), "How much length is made up for in the scores of several."
    ] = 0.6


class ProcessOptions(Static):
    """How several processes, each with its own devices, train one run."""

    coordinator: Annotated[
        str | None,
        "Where the processes of one run meet: host:port, at which process 0 listens, or auto in "
        "Slurm's srun, Open MPI, Kubernetes or on a TPU slice. --devices and --batch_size are of "
        "all processes together; process 0 writes the workdir.",
    ] = None
    num_processes: Annotated[int | None, Between(1, 65_536), "How many processes meet there."] = (
        None
    )
    process_id: Annotated[int | None, Between(0, 65_535), "Which of them this is, from 0."] = None


class SweepOptions(Static):
    """What to vary, and who does the work."""

    sweep: Annotated[
        str | None,
        "What to vary: 'learning_rate=1e-3,3e-4;cell=LSTM,GRU;seed=0:8' is a grid; "
        "'learning_rate=log(1e-4,1e-1)', uniform(a,b), int(a,b) and choice(a,b) are for a search. "
        "In a search every point is run with all the seeds. A value in brackets may have commas: "
        "'widths=(256,1024),512'.",
    ] = None
    sampler: Annotated[
        Literal["grid", "qmc", "random", "tpe"],
        "How points are chosen; tpe learns from results.",
    ] = "grid"
    trials: Annotated[int | None, Between(1, 10_000), "Points of a search."] = None
    pruner: Annotated[Literal["median", "none"], "What stops hopeless points of tpe."] = "none"
    population: Annotated[
        int,
        Between(1, 1024),
        "Most runs in one compiled program; runs share one if they differ only in seed, "
        "learning_rate, warmup_steps, clip_norm, weight_decay, dropout, init_scale.",
    ] = 128
    workers: Annotated[int, Between(1, 1024), "Processes that share the work."] = 1
    executor: Annotated[Literal["debug", "local", "slurm"], "Where the workers run."] = "local"
    slurm: Annotated[
        str | None,
        "What Slurm is asked for a worker: 'partition=gpu,cpus=2,gpus=1,minutes=60,account=...,"
        "qos=...,mem_gb=...,setup=module load cuda'; anything of submitit's is passed on; setup="
        " may be said several times.",
    ] = None
    storage: Annotated[
        str | None,
        "Where Optuna keeps the study: a database URL, or a file. By default study.db in the "
        "workdir; with --executor=slurm study.journal there, which several machines may share.",
    ] = None
    retry: Annotated[bool, "Whether points that have failed are tried again."] = False
    sweep_worker: Annotated[int | None, "Which worker this is; for the launcher's own use."] = None
