"""One command: an experiment's flags, and what they ask for."""

import dataclasses
from collections.abc import Mapping, Sequence

from rnnjax.lab import flags
from rnnjax.lab.options import (
    LanguageOptions,
    ProcessOptions,
    RunOptions,
    SweepOptions,
    TranslationOptions,
)
from rnnjax.settings import Experiment, Settings
from rnnjax.settings.catalogue import find, names_of
from rnnjax.settings.fields import Field, fields_of
from rnnjax.tasks.base import Task
from rnnjax.tasks.pairs.pairtask import PairTask
from rnnjax.tasks.text.text import Text

_OPTIONS = {"Run": RunOptions, "Several processes": ProcessOptions, "Sweep": SweepOptions}
# What a network may be asked that has learned a task of some kind, with what such a task is called.
_QUESTIONS = (
    (Text, "Language", LanguageOptions, "a language model, as char_lm"),
    (PairTask, "Translation", TranslationOptions, "pairs of texts, as addition"),
)
# Flags that say how a question is answered, and the question.
_HOW = {"prompt": "generate", "temperature": "generate", "top_p": "generate"}
_HOW |= {"beams": "translate", "alpha": "translate"}


def carry_out(
    name: str,
    imports: Sequence[str],
    words: Sequence[str],
    *,
    again: Sequence[str],
    wants_help: bool,
) -> int:
    """Runs an experiment once, or many times where the flags spell a sweep; returns the exit code.

    Args:
        name: the experiment: a name, a file, or a module.
        imports: modules whose cells may be named.
        words: the command line without what has been read of it, the program first.
        again: the whole command line, for workers.
        wants_help: whether to show the flags instead.

    Raises:
        ValueError: if something is wrong with them, in one line.
    """
    said, value, doc = find(name)
    own = groups(value)
    _refuse_questions(words, own, said)
    given = flags.read(words, {k: field for fields in own.values() for k, field in fields.items()})
    if wants_help:
        print(flags.help_text(doc, own))
        return 0
    if not isinstance(value, Experiment):
        asked = dataclasses.replace(value, **given.values) if own else value
        asked()
        return 0
    settings = Settings(said, value, tuple(imports), names_of(imports))
    texts = {name: text for name, text in given.texts.items() if name in value.fields}
    cell = texts.get("cell", settings.values.get("cell") or "")
    if "hidden" in texts and "(" in cell:
        raise ValueError(f"--hidden is for a cell given by its name; {cell} has its own size")
    settings = settings.parse(texts)
    run_options, sweep_options = given.of(RunOptions), given.of(SweepOptions)
    if sweep_options.sweep is None:
        _refuse(given, SweepOptions, "is for a sweep: it needs --sweep")
        _run_and_ask(settings, run_options, given)
        return 0
    _refuse(given, ProcessOptions, "is for one run; a sweep is shared among --workers")
    for kind in _questions(value.task).values():
        _refuse(given, kind, "is for one run, not for those of a sweep: leave it out")
    alone = [name for name in ("profile", "init_from", "eval_only") if given.values[name]]
    if alone:
        raise ValueError(f"--{alone[0]} is for one run, not for those of a sweep: leave it out")
    from rnnjax.lab.sweep import sweep  # Optuna takes 0.3 s to import

    return sweep(settings, sweep_options, run_options, given=frozenset(texts), again=again)


def _run_and_ask(settings: Settings, options: RunOptions, given: flags.Given) -> None:
    """Runs an experiment once, and asks what was learned; what cannot be asked is refused first."""
    from rnnjax.lab.single import run_once

    for how, question in _HOW.items():
        if how in given.texts and question not in given.texts:
            raise ValueError(f"--{how} says how --{question} is answered: it needs that")
    questions = {"generate", "score", "score_file", "translate"} & given.texts.keys()
    if questions and options.eval_only:
        raise ValueError(f"--eval_only evaluates alone: leave --{min(questions)} out")
    group = given.of(ProcessOptions)
    if isinstance(settings.task, Text):
        from rnnjax.lab.language import texts_to_score, write_and_score

        asked = given.of(LanguageOptions)
        texts = texts_to_score(asked)
        for folder in run_once(settings, options, group, asked=bool(questions)):
            write_and_score(folder, texts, asked)
    elif isinstance(settings.task, PairTask):
        from rnnjax.lab.translation import translate

        asked = given.of(TranslationOptions)
        if asked.translate is not None:
            settings.task.read(asked.translate)
        for folder in run_once(settings, options, group, asked=bool(questions)):
            translate(folder, asked)
    else:
        run_once(settings, options, group)


def groups(value: Experiment | object) -> Mapping[str, Mapping[str, Field]]:
    """Returns the flags of an experiment in groups, by their titles."""
    if not isinstance(value, Experiment):
        is_value = dataclasses.is_dataclass(value) and not isinstance(value, type)
        return {type(value).__name__: fields_of(type(value), value)} if is_value else {}
    found: dict[str, Mapping[str, Field]] = {}
    seen: set[str] = set()

    def own(kind: type, instance: object) -> dict[str, Field]:
        known = fields_of(kind, instance) if dataclasses.is_dataclass(kind) else {}
        fields = {k: f for k, f in known.items() if k not in seen}
        seen.update(fields)
        return fields

    found["Task"] = own(type(value.task), value.task)
    networks = [own(type(network), network) for network in value.networks.values()]
    found["Network"] = {name: field for fields in networks for name, field in fields.items()}
    found["Training"] = own(type(value.training), value.training)
    options = _questions(value.task) | _OPTIONS
    return found | {title: fields_of(kind) for title, kind in options.items()}


def _questions(task: Task) -> dict[str, type]:
    """Returns the options of what a network may be asked that has learned a task."""
    return {title: options for kind, title, options, _ in _QUESTIONS if isinstance(task, kind)}


def _refuse_questions(
    words: Sequence[str], own: Mapping[str, Mapping[str, Field]], name: str
) -> None:
    """Refuses what networks on other tasks are asked, before it is an unknown flag."""
    said = {word.lstrip("-").partition("=")[0] for word in words if word.startswith("-")}
    said.difference_update(*own.values())
    for _, _, options, which in _QUESTIONS:
        alone = sorted(said & fields_of(options).keys())
        if alone:
            raise ValueError(f"--{alone[0]} is for an experiment of {which}; {name} is none")


def _refuse(given: flags.Given, kind: type, why: str) -> None:
    """Refuses flags that mean nothing here."""
    alone = [name for name in fields_of(kind) if name in given.texts]
    if alone:
        raise ValueError(f"--{alone[0]} {why}")
