"""Fields as text: read, written, and read again."""

import math
from typing import Annotated, Literal

import pytest

from rnnjax.catalogue import catalogue
from rnnjax.lab.options import ProcessOptions, RunOptions, SweepOptions
from rnnjax.settings import Between, Experiment, find
from rnnjax.settings.fields import fields_of
from rnnjax.typing import Static


def every_field():
    """Returns the fields of all experiments and of all options, each once."""
    values = [find(name)[1] for name in catalogue()]
    found = [
        field
        for value in values
        if isinstance(value, Experiment)
        for field in value.fields.values()
    ]
    options = (RunOptions, ProcessOptions, SweepOptions)
    found += [field for kind in options for field in fields_of(kind).values()]
    return {(field.name, field.default): field for field in found}.values()


def values_of(field):
    """Returns values that a field may have, at the ends of its bounds as well."""
    found = [field.default]
    if field.optional:
        found.append(None)
    if field.choices is not None:
        return found + list(field.choices)
    low, high = (max(-1e6, field.within.low), min(1e6, field.within.high))
    inside = {
        int: [math.ceil(low), math.floor(high), 7],
        float: [float(low), float(high), 0.1, 1 / 3, 1e-30, 2.0**-126, 12345.678],
        tuple: [(1,), (256, 1024), (3, 3, 3)],
        bool: [True, False],
        str: ["adam", "LSTM(64, forget_bias=2.0)", "a=b, c", "", "[(']"],
    }[field.kind]
    if field.kind in (int, float):
        inside = [number for number in inside if number in field.within]
        if math.isfinite(field.within.high) and not field.within.open_high:
            inside.append(field.kind(field.within.high))
    return found + inside


@pytest.mark.parametrize("field", every_field(), ids=lambda field: f"{field.name}={field.default}")
def test_a_value_comes_back_from_its_text_and_a_text_from_its_value(field):
    assert field.help == " ".join(field.help.split())
    assert field.help.endswith(".")
    for value in values_of(field):
        text = field.format(value)
        again = field.parse(text)
        assert (again, type(again)) == (value, type(value))
        assert field.format(again) == text


class Own(Static):
    """What there is.

    Attributes:
        steps: how many,
            in two lines.
        plain: another.
    """

    steps: Annotated[int, Between(1, 10)] = 3
    rate: Annotated[float, Between(0, 1, open_low=True, open_high=True), "A rate."] = 0.5
    loud: Annotated[bool, "Whether it is."] = False
    kind: Annotated[Literal["a", "b"], "Which."] = "a"
    widths: Annotated[tuple[int, ...], Between(1, 100), "Sizes."] = (1, 2)
    some: Annotated[int | None, "Some."] = None
    plain: str = "text"
    other: object = None
    either: int | str = 1


FIELDS = fields_of(Own)


def test_fields_are_those_that_text_can_say_with_their_sentences():
    assert list(FIELDS) == ["steps", "rate", "loud", "kind", "widths", "some", "plain"]
    helps = {name: FIELDS[name].help for name in ("steps", "rate", "plain")}
    assert helps == {"steps": "How many, in two lines.", "rate": "A rate.", "plain": "Another."}
    assert fields_of(Own, Own(steps=5))["steps"].default == 5
    kinds = {name: field.kind for name, field in FIELDS.items()}
    assert kinds == {
        "steps": int,
        "rate": float,
        "loud": bool,
        "kind": str,
        "widths": tuple,
        "some": int,
        "plain": str,
    }
    assert [name for name, field in FIELDS.items() if field.optional] == ["some"]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("steps", " 10 ", 10),
        ("steps", "+1", 1),
        ("rate", "1e-3", 0.001),
        ("rate", ".25", 0.25),
        ("loud", "True", True),
        ("loud", "no", False),
        ("loud", "1", True),
        ("widths", "(3, 4,)", (3, 4)),
        ("widths", "5", (5,)),
        ("some", "None", None),
        ("some", " none ", None),
        ("some", "-3", -3),
        ("plain", "none", "none"),
    ],
)
def test_texts_are_read_as_people_write_them(name, text, value):
    found = FIELDS[name].parse(text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "texts", "wanted"),
    [
        ("steps", ["0", "11", "-1", "1.0", "1e3", "", "one", "none", "9" * 400],
         "a whole number, at least 1 and at most 10"),
        ("rate", ["0", "1", "-0.1", "nan", "inf", "-inf", "1e400", "", "half", "none"],
         "a finite number, above 0 and below 1"),
        ("loud", ["", "maybe", "2", "none"], "true or false"),
        ("widths", ["", "()", "1,,2", "1.5", "0", "1,101", "a", "1;2"],
         "whole numbers apart by commas, at least 1 and at most 100"),
        ("some", ["", "nothing", "1.5"], "a whole number, or none"),
    ],
)  # fmt: skip
def test_what_is_no_value_is_refused_and_what_would_be_is_said(name, texts, wanted):
    for text in texts:
        with pytest.raises(ValueError, match=f" is not {wanted}$") as caught:
            FIELDS[name].parse(text)
        assert str(caught.value).startswith(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1e-46", "1e-46 is 0 in single precision"),
        ("1e-40", "1e-40 is 0 in single precision"),  # to XLA, which has no subnormal numbers
        ("0.999999999", "0.999999999 is not a finite number, above 0 and below 1"),
    ],
)
def test_a_number_that_single_precision_loses_is_refused(text, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        FIELDS["rate"].parse(text)


def test_choices_are_told():
    with pytest.raises(ValueError, match=r"^value should be one of <a\|b>$"):
        FIELDS["kind"].parse("c")


@pytest.mark.parametrize(
    ("bounds", "inside", "outside", "said"),
    [
        (Between(1, 10), [1, 10, 1.5], [0, 11, 0.999], "at least 1 and at most 10"),
        (Between(0, open_low=True), [5e-324, 1e308, 10**400], [0, -1], "above 0"),
        (Between(high=2, open_high=True), [-(10**400), 1.999], [2, 3], "below 2"),
        (Between(), [0, -1e308], [], "any"),
    ],
)
def test_bounds_hold_what_they_say(bounds, inside, outside, said):
    assert all(number in bounds for number in inside)
    never = [math.nan, math.inf, -math.inf, "1", None]
    assert not any(number in bounds for number in [*outside, *never])
    assert str(bounds) == said
