"""One law over all tools: numbers and figures that can be read, of a run as it is loaded."""

import json
import math

import numpy as np
import pytest

from rnnjax import runs
from rnnjax.analysis import tools
from rnnjax.runs.workdir import write_json
from tests.lab.launching import launched

# What makes a tool small, if its defaults are not.
SMALL = {
    "fixed_points": "starts=20, sequences=4",
    "time_constants": "starts=20, sequences=4, states=10",
    "lyapunov": "sequences=8",
    "gradient_lag": "sequences=4",
    "jacobians": "sequences=3, steps=5",
    "gates": "sequences=4, keeps='f'",
    "memory_capacity": "steps=200, washout=10, lags=5",
    "input_information": "sequences=12, lags=3",
    "dimensions": "sequences=4",
    "similarity": "to='{folder}', sequences=4",
    "ablation": "sequences=4",
    "saliency": "points=8",
    "coloured_text": "symbols=60, units=3",
}
TEXT = 'he said "so it is (or was)", and left.\n' * 60


@pytest.fixture(scope="module")
def numbers_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "flip_flop"
    small = ("--length=8", "--cell=LSTM(3)", "--steps=2", "--eval_every=2", "--batch_size=4")
    done = launched("--experiment=flip_flop", *small, "--nofigures", f"--workdir={folder}")
    assert done.code == 0, done.err
    return runs.load(folder)


@pytest.fixture(scope="module")
def text_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "char_lm"
    text = folder.parent / "text.txt"
    text.write_text(TEXT)
    small = ("--hidden=4", "--embedding=3", "--steps=2", "--eval_every=2", "--batch_size=2")
    where = ("--window=8", f"--text={text}", "--nofigures", f"--workdir={folder}")
    done = launched("--experiment=char_lm", *small, *where)
    assert done.code == 0, done.err
    return runs.load(folder)


def faults(findings, folder):
    """Names what cannot be read of what a tool has found."""
    found = [f"no number {name}" for name in findings.chief if name not in findings.numbers]
    write_json(folder / "numbers.json", dict(findings.numbers))
    said = json.loads((folder / "numbers.json").read_text())
    for name, value in findings.numbers.items():
        if isinstance(value, float) and not math.isfinite(value):
            found.append(f"{name} is {value}")
        if value is not None and said[name] is None:
            found.append(f"{name} cannot be written")
    for name, array in findings.arrays.items():
        if array.dtype == object:
            found.append(f"{name} is an array of objects")
        elif array.dtype.kind in "fc" and np.isnan(array).any():
            found.append(f"{name} has NaN")
    for name, figure in findings.figures.items():
        found += [f"{name}: {said}" for said in unlabelled(figure)]
    return found


def unlabelled(figure):
    """Names what a figure does not say."""
    if not figure.get_suptitle():
        yield "no title"
    panels = [panel for panel in figure.axes if panel.get_visible()]
    if not panels:
        yield "no axes"
    xs = any(p.get_xlabel() for p in panels) or figure.get_supxlabel()
    if not xs:
        yield "no axis from left to right has a label"
    for panel in panels:
        is_drawn = panel.lines or panel.patches or panel.collections
        is_said = panel.get_ylabel() or panel.get_title() or figure.get_supylabel()
        if is_drawn and not is_said and panel.get_label() != "<colorbar>":
            yield f"an axis without a label beside {panel.get_xlabel()!r}"


@pytest.mark.parametrize("tool", tools.TOOLS, ids=lambda tool: tool.__name__)
def test_what_a_tool_finds_can_be_read(tool, numbers_run, text_run, tmp_path):
    name = tool.__name__
    run = text_run if name == "coloured_text" else numbers_run
    said = f"{name}({SMALL[name].format(folder=run.folder)})"
    _, asked = tools.read_tool(said, tools.TOOLS)
    findings = asked(run)
    assert faults(findings, tmp_path) == []
    assert findings.figures
    assert all(f"{name}=" in findings.headline() for name in findings.chief)
    assert "\n" not in findings.headline()


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("time_constants(x=(1.0,))", "1 features; inputs have 3"),
        ("lyapunov(x=(1.0, 0.0, 0.0))", "is for a constant input: say for how many steps"),
        ("lyapunov(sequences=1)", "8 steps do not hold a transient"),
        ("lyapunov(transient=0.95)", "transient=0.95 is not at least 0 and at most 0.9"),
        ("gradient_lag(sequences=1)", "sequences=1 is not at least 2"),
        ("gates(keeps='z')", "keeps='z': the gates are i, f, o"),
        ("gates(low=0.9, high=0.1)", "low must be less than high"),
        ("gates(skipped=8)", "no step is left of 8"),
        ("memory_capacity(feature=3)", "feature=3: inputs have 3"),
        ("memory_capacity(scale=0.0)", "scale=0.0 is not above 0"),
        ("input_information(lags=9)", "lags=9: sequences have 8 steps"),
        ("similarity", "name the folder of another run"),
        ("similarity(to='nowhere')", "holds no run"),
        ("ablation(layer=2)", "layer=2: the network has 1"),
        ("ablation(mean=1)", "mean=1 is not of the type bool"),
        ("saliency(at=8)", "at=8: the sequence has 8 steps"),
        ("saliency(output=3)", "output=3: there are 3, from 0 on"),
        ("coloured_text", "is for language models by characters or bytes"),
    ],
)
def test_wrong_settings_are_refused_in_a_line(said, message, numbers_run):
    with pytest.raises((TypeError, ValueError)) as caught:
        tools.read_tool(said, tools.TOOLS)[1](numbers_run)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("memory_capacity", "is for inputs that are numbers"),
        ("coloured_text(label='x')", "the labels are quotes, line, brackets"),
        ("coloured_text(layer=2)", "layer=2: the network has 1"),
    ],
)
def test_what_does_not_serve_a_text_is_refused_in_a_line(said, message, text_run):
    with pytest.raises((TypeError, ValueError), match=message.replace("'", ".")):
        tools.read_tool(said, tools.TOOLS)[1](text_run)


def test_symbols_are_asked_for_by_what_they_are(text_run):
    found = tools.input_information(text_run, sequences=8, lags=2)
    assert found.arrays["score"].shape == (2,)
    assert 0 < found.numbers["chance"] < 1
    page = tools.coloured_text(text_run, symbols=60, units=2).pages["text"]
    assert "&quot;" in page
    assert page.count("<option") == 2


def test_the_law_finds_what_cannot_be_read(tmp_path):
    from matplotlib.figure import Figure

    bare = Figure()
    bare.subplots().plot([1, 2])
    findings = tools.Findings(
        {"size": math.nan}, ("rank",), {"values": np.array([np.nan])}, {"bare": bare}
    )
    assert faults(findings, tmp_path) == [
        "no number rank",
        "size is nan",
        "size cannot be written",
        "values has NaN",
        "bare: no title",
        "bare: no axis from left to right has a label",
        "bare: an axis without a label beside ''",
    ]
