"""Experiments and their settings: values, and the text that spells them."""

import dataclasses
import math
from typing import Annotated, Any

import flax.linen as nn
import pytest

from rnnjax.catalogue import catalogue
from rnnjax.runs.load import read_settings
from rnnjax.settings import (
    Between,
    Experiment,
    FeedForward,
    Network,
    Recurrent,
    Settings,
    Training,
    problem,
    settings_of,
)
from rnnjax.settings.catalogue import find
from rnnjax.tasks import Adding, Echo
from rnnjax.training import Hyperparameters

TRAINED = [name for name in catalogue() if isinstance(find(name)[1], Experiment)]
ADDING = Settings("adding", Experiment(Adding(5), Recurrent("Elman", hidden=3)))
# Of every kind another value than the usual one.
OTHERS = {
    "feedback": "3",
    "steps": "7",
    "batch_size": "3",
    "optimizer": "adamw(b1=0.8)",
    "learning_rate": "0.1",
    "schedule": "exponential_decay(transition_steps=10, decay_rate=0.5)",
    "warmup_steps": "2",
    "clip_norm": "none",
    "weight_decay": "0.25",
    "init_scale": "1.5",
    "ema": "0.9",
    "early_stop": "4",
    "log_every": "2",
    "eval_every": "3",
    "seed": "4294967295",
    "devices": "2",
    "time_devices": "3",
    "cell": "LSTM(5, forget_bias=2.0)",
    "layers": "7",
    "readout": "mean",
    "dropout": "0.25",
    "unroll": "Checkpointed(block=3)",
    "precision": "mixed",
    "widths": "(7,8)",
    "length": "1000",
    "tested": "9000",
    "held_out": "0.25",
    "letters": "5",
    "first_year": "1980",
    "last_year": "2001",
    "decoder_cell": "GRU(3)",
    "dataset": "digits",
    "order": "pixels",
    "validation": "100",
    "data_dir": "/data",
    "text": "/data/text.txt",
    "unit": "words",
    "most_symbols": "9",
    "test": "0.25",
    "permutation": "lmu",
    "context": "second",
    "answers": "steps",
    "rule": "dm1",
    "marks": "3",
    "waiting": "0.5",
}
SHORTEST = {"mqar": "60", "temporal_order": "50"}
FORMS = {"2015": "1997", "1997": "short", "marked": "mad"}


def another(name, flag, usual):
    """Returns the text of another value than the usual one; None where there is none."""
    if isinstance(usual, bool):
        return str(not usual).lower()
    if flag == "validation" and isinstance(usual, float):
        return "0.25"
    if flag == "grows":
        return "9"  # which needs `shortest`
    if flag == "shortest":
        return SHORTEST.get(name, "12")
    if flag == "clip_norm" and usual is None:
        return "1.0"
    if flag == "form":
        return FORMS[usual]
    if (flag, type(usual)) == ("order", int):
        return "4" if usual == 1 else "1"
    if flag in OTHERS and not (flag == "length" and usual):
        return OTHERS[flag]
    if isinstance(usual, int) and flag != "hidden":
        return str(2 * usual or 2)
    return str(usual / 2) if isinstance(usual, float) else None


@pytest.mark.parametrize("name", TRAINED)
def test_the_flags_of_settings_spell_the_same_settings(tmp_path, name):
    usual = settings_of(name)
    others = {flag: another(name, flag, value) for flag, value in usual.values.items()}
    texts = {flag: text for flag, text in others.items() if text is not None}
    assert len(texts) == len(usual.values) - ("hidden" in usual.values)  # all but `hidden`
    for settings in (usual, usual.parse(texts), usual.parse({"seed": "3"})):
        lines = settings.as_flags()
        assert lines[0] == f"--experiment={name}"
        (tmp_path / "flags.txt").write_text("".join(f"{line}\n" for line in lines))
        again = read_settings(tmp_path)
        assert again.as_flags() == lines
        # But for `hidden`, which is in the cell then.
        assert again.settled == settings.settled
        assert usual.parse(settings.texts).settled == settings.settled
        assert again.program() == settings.program()
    changed = {name: value for name, value in again.parse(texts).values.items() if name in texts}
    assert [name for name in texts if changed[name] == usual.values[name]] == []


def test_settings_that_are_read_back_have_the_same_configuration(tmp_path):
    settings = ADDING.parse({"cell": "GRU", "hidden": "4", "clip_norm": "none", "layers": "2"})
    (tmp_path / "flags.txt").write_text("\n".join(settings.as_flags()))
    again = read_settings(tmp_path)
    assert again.config() == settings.config()
    config = settings.config()
    assert config["cell"] == "GRU(hidden=4)"
    assert "hidden" not in config
    assert (config["experiment"], config["clip_norm"], config["data"]) == ("adding", None, "")


def test_a_cell_is_said_in_one_way():
    one, two, three = (
        ADDING.parse(texts).config()
        for texts in (
            {"cell": "LSTM", "hidden": "5"},
            {"cell": "LSTM(5)"},
            {"cell": "LSTM( forget_bias=1.0,hidden = 5)", "hidden": "9"},
        )
    )
    assert one == two == three


def test_where_data_lie_is_no_part_of_the_configuration_but_of_the_flags(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = settings_of("mnist_rnn").replace(data_dir="here")
    assert f"--data_dir={tmp_path / 'here'}" in settings.as_flags()
    assert "data_dir" not in settings_of("mnist_rnn").replace(dataset="digits").config()


@pytest.mark.parametrize("name", [n for n in OTHERS if n in ADDING.values])
def test_points_share_a_program_if_only_the_numbers_of_members_differ(name):
    base = ADDING.replace(layers=2)
    if name == "weight_decay":
        base = base.replace(optimizer="adamw")
    text = "3" if name == "layers" else OTHERS[name]
    other = base.parse({name: text})
    assert (other.program() == base.program()) == (name in Hyperparameters._fields)
    assert other.config() != base.config()


def test_points_that_share_a_program_are_one_problem():
    base = ADDING.replace(layers=2, optimizer="adamw")
    texts = {name: OTHERS[name] for name in Hyperparameters._fields}
    other = base.parse(texts)
    one, two = problem(base), problem(other.replace(dropout=0.0))
    assert (one.learning, one.plan, one.train, one.held_out) == (
        two.learning,
        two.plan,
        two.train,
        two.held_out,
    )
    assert other.numbers() == Hyperparameters(2**32 - 1, 0.1, 2, math.inf, 0.25, 0.25, 1.5)
    assert base.numbers() == Hyperparameters(0, 1e-3, 0, 1.0, 1e-4, 0.0, 1.0)


def test_weight_decay_is_optaxs_own_unless_it_is_given():
    for optimizer, given, found in (
        ("adamw", None, 1e-4),
        ("adamw", 0.0, 0.0),
        ("lion", None, 1e-3),
        ("adam", None, 0.0),
    ):
        settings = ADDING.replace(optimizer=optimizer, weight_decay=given)
        assert settings.numbers().weight_decay == found
    with pytest.raises(
        ValueError, match=r"^adam has no weight decay: --weight_decay is for others"
    ):
        ADDING.replace(weight_decay=0.1).numbers()


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"lenght": "5"}, r"^the experiment has no lenght; did you mean length\?$"),
        ({"zzz": "5"}, r"^the experiment has no zzz$"),
        ({"length": "x"}, r"^flag --length=x: x is not a whole number"),
        ({"length": "1"}, r"length must be 2 or more"),
        ({"dropout": "1"}, r"^flag --dropout=1: 1 is not a finite number, at least 0 and below 1$"),
        ({"readout": "first"}, r"^flag --readout=first: value should be one of <auto\|last\|mean"),
    ],
)
def test_what_no_part_has_or_takes_is_refused_in_one_line(texts, message):
    with pytest.raises(ValueError, match=message) as caught:
        ADDING.parse(texts)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cell": "LSTMM"}, r"^unknown name 'LSTMM'; did you mean LSTM\?$"),
        ({"cell": "3"}, r"^'3' is not a cell: name one"),
        ({"cell": "with_states(GRU(3))"}, r"with_states is for Python alone$"),
        ({"unroll": "scam"}, r"^unknown name 'scam'; did you mean scan\?"),
        ({"optimizer": "adamm"}, r"^unknown name 'adamm'; did you mean adam"),
        ({"schedule": "cosin"}, r"^unknown name 'cosin'; did you mean cosine\?$"),
        ({"dropout": 0.5}, r"^--dropout is between layers: it needs --layers=2 or more$"),
        (
            {"readout": "last"},
            r"^--readout=last: Adding\(length=5\) wants an answer at every step$",
        ),
        ({"warmup_steps": 1000}, r"^warmup_steps 1000 must be less than steps 1000$"),
        ({"seed": -1}, r"^seed must be a whole number from 0"),
    ],
)
def test_settings_that_spell_no_problem_are_refused_in_one_line(changes, message):
    with pytest.raises(ValueError, match=message) as caught:
        problem(ADDING.replace(**changes))
    assert "\n" not in str(caught.value)


def test_networks_have_to_fit_the_task():
    echo = Experiment(Echo(3, 100, 10), Recurrent("Elman", hidden=3))
    with pytest.raises(ValueError, match=r"^--bidirectional: a window of a series does not know"):
        problem(Settings("echo", echo.replace(bidirectional=True)))
    with pytest.raises(ValueError, match=r"^a feed-forward net has one answer a sequence; Adding"):
        problem(Settings("adding", Experiment(Adding(5), FeedForward((3,)))))


class Twice(Network):
    """A network with fields of its own, one of which no text can say.

    Attributes:
        width: units.
    """

    width: int = 3
    steps: Annotated[int, Between(1), "Another meaning."] = 2
    extra: Any = None

    def build(self, task, names):
        return nn.Dense(task.output_dim)

    def title(self, names):
        return "twice"


class Wide(Network):
    """A network with a field that no text can say."""

    width: Annotated[int, Between(1), "Units."] = 3
    extra: Any = None

    def build(self, task, names):
        return nn.Dense(task.output_dim)

    def title(self, names):
        return "wide"


def test_two_parts_with_a_field_of_one_name_and_another_meaning_are_refused():
    with pytest.raises(ValueError, match=r"^two parts of the experiment have a field steps"):
        Experiment(Adding(5), Twice())
    both = {"one": Recurrent("GRU"), "other": FeedForward()}
    assert Experiment(Adding(5), both).fields["precision"].default == "f32"  # of both


def test_a_network_of_ones_own_may_have_what_no_text_says():
    experiment = Experiment(Adding(5), Wide(extra=object()), Training(steps=3))
    settings = Settings("own", experiment).parse({"width": "7"})
    assert settings.experiment.networks[""].width == 7
    assert "--width=7" in settings.as_flags()
    assert not [line for line in settings.as_flags() if "extra" in line]
    assert settings.config()["width"] == 7
    assert "extra" not in settings.config()


def test_replacing_changes_the_part_that_has_the_field_and_nothing_else():
    both = {"mlp": FeedForward((3, 4)), "rnn": Recurrent("GRU", hidden=5)}
    experiment = Experiment(Adding(5), both)
    changed = experiment.replace(precision="mixed", length=7, hidden=6)
    assert experiment.network == both
    assert changed.task == Adding(7)
    assert changed.networks["mlp"] == dataclasses.replace(both["mlp"], precision="mixed")
    assert changed.networks["rnn"] == dataclasses.replace(both["rnn"], precision="mixed", hidden=6)
    assert changed.training == experiment.training
    with pytest.raises(ValueError, match=r"^the experiment has no hiden; did you mean hidden\?$"):
        experiment.replace(hiden=3)
