import re

import pytest

from rnnjax.text import read

CALLS = []


def record(*args, **kwargs):
    CALLS.append((args, kwargs))
    return args, kwargs


def complain(*_):
    raise ValueError("this will not do\nand here is why")


NAMES = {
    "record": record,
    "complain": complain,
    "number": 7,
    "mine.record": record,
    "mine.deep.number": 8,
}


@pytest.fixture(autouse=True)
def _forget_calls():
    CALLS.clear()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        (" -2.5 ", -2.5),
        ("1e-3", 0.001),
        ("True", True),
        ("None", None),
        ("'text'", "text"),
        ("(1, -2)", (1, -2)),
        ("[1, (2,)]", (1, (2,))),
        ("number", 7),
        ("record(1, two=2)", ((1,), {"two": 2})),
        ("record((record(), number), a=-1)", (((((), {}), 7),), {"a": -1})),
        ("mine.record(1, two=mine.deep.number)", ((1,), {"two": 8})),
    ],
)
def test_literals_names_and_calls_are_read(text, value):
    assert read(text, NAMES) == value


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "record.__globals__",
        "record.record",
        "number.real",
        "record.mine.record",
        "record().mine.record",
        "record.__globals__['CALLS'].append(1)",
        "record(record.__class__)",
        "(1).__class__",
        "record(*(1, 2))",
        "record(**{'a': 1})",
        "record()()",
        "(lambda: record())()",
        "[record() for _ in (1,)]",
        "(record() for _ in (1,))",
        "record(1 + 1)",
        "record(2 ** 9)",
        "not record",
        "~1",
        "+1",
        "-'a'",
        "f'{record()}'",
        "{1}",
        "{'a': record()}",
        "NAMES['record']",
        "record() if 1 else 2",
        "record() or 1",
        "1 < 2",
        "(x := 3)",
        "record(1); record(2)",
        "import os",
        "record(",
        "",
        "#",
        "record(1)\nrecord(2)",
        "record(\0)",
    ],
)
def test_any_other_code_is_refused_in_one_line_and_not_run(text):
    with pytest.raises(ValueError, match="cannot read") as caught:
        read(text, NAMES)
    assert len(str(caught.value).splitlines()) == 1
    assert CALLS == []


@pytest.mark.parametrize(
    "text",
    [
        "eval('1')",
        "print(1)",
        "open('file')",
        "record(exec)",
        "os.system('true')",
        "mine.number",
        "mine.record.__globals__",
        "mine.record.__call__()",
        "mine",
    ],
)
def test_builtins_are_not_known(text):
    with pytest.raises(ValueError, match="unknown name"):
        read(text, NAMES)
    assert CALLS == []


def test_a_name_that_is_nearly_right_gets_a_suggestion():
    with pytest.raises(ValueError, match=r"^unknown name 'recrod'; did you mean record\?$"):
        read("recrod(1)", NAMES)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("mine.recrod", "mine.record"),
        ("MINE.Record", "mine.record"),
        ("mime.deep.number", "mine.deep.number"),
        ("thing", "theirs.thing"),
        ("thimg(1)", "theirs.thing"),
    ],
)
def test_a_name_in_a_module_gets_a_suggestion(text, meant):
    with pytest.raises(ValueError, match=rf"^unknown name '.*'; did you mean {meant}\?$"):
        read(text, {**NAMES, "theirs.thing": 9})


def test_a_name_like_none_gets_the_list():
    known = "complain, mine.deep.number, mine.record, number, record"
    with pytest.raises(ValueError, match=f"^unknown name 'xyz'; known: {known}$"):
        read("record(xyz)", NAMES)


def test_only_what_can_be_called_is_called():
    with pytest.raises(ValueError, match=r"^number is not to be called$"):
        read("number(1)", NAMES)


def test_what_a_call_complains_of_is_told_in_one_line_with_the_call():
    with pytest.raises(ValueError, match=r"^complain\(1\): this will not do") as caught:
        read("record(complain(1))", NAMES)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    "call", [lambda: 1 / 0, lambda: ()[0], lambda: {}["a"], lambda: (1).upper(), lambda: 1 + "a"]
)
def test_what_a_value_of_the_wrong_kind_leads_to_is_told_in_one_line(call):
    with pytest.raises(ValueError, match=r"^call\(\): "):
        read("call()", {"call": call})


@pytest.mark.parametrize(
    "text", ["-" * 100_000 + "1", "(" * 1000 + ")" * 1000, "-" * 900 + "1", "(1)" + ".b" * 900]
)
def test_text_too_deep_to_read_is_refused(text):
    with pytest.raises(ValueError, match="cannot read") as caught:
        read(text, NAMES)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("record(1e-46)", "1e-46 is 0 in single precision"),
        ("record(a=-1e39)", "1e+39 is infinite in single precision"),
        ("1e999", "inf is infinite in single precision"),
        ("9" * 400, "a whole number of so many digits is infinite in single precision"),
    ],
)
def test_a_number_that_single_precision_loses_is_refused(text, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        read(text, NAMES)
    assert CALLS == []
