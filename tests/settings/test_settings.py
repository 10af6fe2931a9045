"""Experiments as values, and their fields as text."""

import dataclasses
import math
from typing import Annotated

import pytest

from rnnjax.catalogue import catalogue
from rnnjax.settings import Between, Experiment, FeedForward, Recurrent, Training, problem
from rnnjax.settings.catalogue import find, names_of, settings_of
from rnnjax.settings.fields import fields_of
from rnnjax.tasks import Adding
from rnnjax.training import Hyperparameters
from rnnjax.typing import Static

NAMES = [name for name in catalogue() if isinstance(find(name)[1], Experiment)]
OTHERS = {int: "3", float: "0.25", bool: "true", str: "x", tuple: "5,6"}


@pytest.mark.parametrize("name", NAMES)
def test_every_field_is_spelled_and_read_back(name):
    fields = find(name)[1].fields
    assert {"steps", "learning_rate", "seed"} <= fields.keys()
    for field in fields.values():
        assert field.parse(field.format(field.default)) == field.default
        assert field.help.endswith("."), field.name
        text = field.choices[-1] if field.choices else OTHERS[field.kind]
        assert field.format(field.parse(text)) == text
        if field.kind is not str or field.choices:
            with pytest.raises(ValueError, match=r"is not|one of"):
                field.parse("nan,nan")


@pytest.mark.parametrize("name", NAMES)
def test_the_flags_of_settings_spell_the_same_settings(name):
    settings = settings_of(name).parse({"seed": "7", "learning_rate": "0.0123"})
    texts = dict(flag.removeprefix("--").split("=", 1) for flag in settings.as_flags())
    again = settings_of(texts.pop("experiment")).parse(texts)
    assert again.settled == settings.settled
    assert again.as_flags() == settings.as_flags()


@pytest.mark.parametrize(
    ("within", "inside", "outside"),
    [
        (Between(0, 1), ["0", "1", "0.5"], ["-0.1", "1.1", "nan", "inf", "x", ""]),
        (Between(0, 1, open_low=True, open_high=True), ["0.5"], ["0", "1"]),
        (Between(), ["-1e300"], ["nan", "-inf"]),
    ],
)
def test_numbers_stay_within_their_bounds(within, inside, outside):
    class Bounded(Static):
        rate: Annotated[float, within, "A rate."] = 0.5

    field = fields_of(Bounded)["rate"]
    assert [field.parse(text) for text in inside] == [float(text) for text in inside]
    for text in outside:
        with pytest.raises(ValueError, match=f"{text} is not a finite number"):
            field.parse(text)


def test_none_is_a_number_of_every_member():
    plain = Training(optimizer="adamw", clip_norm=None).numbers(dropout=0.5)
    assert plain == Hyperparameters(0, 1e-3, 0, math.inf, 1e-4, 0.5, 1.0)
    assert Training(optimizer="adamw", weight_decay=0.0).numbers().weight_decay == 0
    with pytest.raises(ValueError, match="adam has no weight decay"):
        Training(weight_decay=0.1).numbers()


def test_points_share_a_program_where_numbers_alone_differ():
    settings = settings_of("adding")
    for name, text in (
        ("seed", "3"),
        ("learning_rate", "0.5"),
        ("warmup_steps", "7"),
        ("clip_norm", "none"),
        ("init_scale", "2"),
        ("dropout", "0.5"),
    ):
        assert settings.parse({name: text}).program() == settings.program(), name
        assert settings.parse({name: text}).config() != settings.config()
    for name, text in (
        ("length", "7"),
        ("hidden", "5"),
        ("cell", "GRU"),
        ("optimizer", "sgd"),
        ("steps", "9"),
        ("ema", "0.9"),
        ("layers", "2"),
    ):
        assert settings.parse({name: text}).program() != settings.program(), name
    same = settings.parse({"cell": "LSTM(hidden=128, forget_bias=1.0)"})
    assert (same.program(), same.config()) == (settings.program(), settings.config())


def test_wrong_values_get_one_line():
    settings = settings_of("adding")
    for texts, message in (
        ({"lenght": "3"}, "the experiment has no lenght"),
        ({"length": "x"}, "flag --length=x: x is not a whole number"),
        ({"length": "1"}, "length must be 2 or more"),
        ({"readout": "first"}, "one of <auto|last|mean|all>"),
    ):
        with pytest.raises(ValueError, match=r"^[^\n]+$") as caught:
            settings.parse(texts)
        assert message in str(caught.value)
    with pytest.raises(ValueError, match="wants an answer at every step"):
        problem(settings.replace(readout="last"))
    with pytest.raises(ValueError, match="must be less than steps 4"):
        problem(settings.replace(steps=4, warmup_steps=4))


def test_two_parts_cannot_mean_different_things_by_one_name():
    class Wide(FeedForward):
        length: Annotated[int, "Another length."] = 3

    with pytest.raises(ValueError, match="two parts of the experiment have a field length"):
        _ = Experiment(Adding(5), Wide()).fields
    both = Experiment(Adding(5), {"a": FeedForward(), "b": Recurrent()})
    assert both.replace(precision="bf16").networks["a"].precision == "bf16"
    assert both.replace(precision="bf16").networks["b"].precision == "bf16"


def test_what_a_module_of_a_user_has_goes_by_both_its_names(tmp_path, monkeypatch):
    (tmp_path / "cells_of_settings_test.py").write_text("from rnnjax.cells import GRU as Mine\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    names = names_of(["cells_of_settings_test"])
    assert names["cells_of_settings_test.Mine"] is names["Mine"]
    settings = dataclasses.replace(settings_of("adding"), names=names)
    found = settings.parse({"cell": "cells_of_settings_test.Mine(3)"})
    assert found.config()["cell"] == "GRU(hidden=3)"
