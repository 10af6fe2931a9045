"""Experiments by name, by path and by module, and cells of one's own."""

import sys

import pytest

from rnnjax.catalogue import catalogue
from rnnjax.settings import Experiment, find, problem, settings_of
from rnnjax.settings.catalogue import names_of, short

OWN = '''"""Own: its first line.

And more.
"""

from rnnjax.settings import Experiment, Recurrent, Training
from rnnjax.tasks import Adding

EXPERIMENT = Experiment(Adding(4), Recurrent("Elman", hidden=2), Training(steps=3, batch_size=2))
'''
CELLS = '''"""Cells."""

import os

from rnnjax import cells


class Mine(cells.GRU):
    """The same by another name."""


def tripled(x):
    return 3 * x


_hidden = Mine
'''


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Writes an experiment and a module of cells where a user is."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path])
    before = set(sys.modules)
    (tmp_path / "own.py").write_text(OWN)
    (tmp_path / "owncells.py").write_text(CELLS)
    (tmp_path / "lab_of_mine").mkdir()
    (tmp_path / "lab_of_mine" / "sums.py").write_text(OWN.replace("Adding(4)", "Adding(6)"))
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def test_all_experiments_are_found_with_what_they_say_of_themselves():
    for name, first in catalogue().items():
        said, value, doc = find(name)
        assert said == name
        assert doc.partition("\n")[0] == first
        assert isinstance(value, Experiment) or callable(value)
    assert {"adding", "copying", "echo", "mnist_rnn", "elman_by_hand"} <= catalogue().keys()


def test_an_experiment_is_found_by_its_path_from_anywhere(own, monkeypatch):
    said, value, doc = find("own.py")
    assert said == str(own / "own.py")
    assert doc == "Own: its first line.\n\nAnd more."
    assert value.task.length == 4
    monkeypatch.chdir("/")
    again = find(said)
    assert again[1] is value
    assert short(said) == "own"
    settings = settings_of(said)
    assert settings.as_flags()[0] == f"--experiment={own / 'own.py'}"
    assert problem(settings).plan.steps == 3


def test_an_experiment_is_found_by_its_module(own):
    said, value, _ = find("lab_of_mine.sums")
    assert (said, value.task.length, short(said)) == ("lab_of_mine.sums", 6, "sums")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("addin", r"^unknown experiment 'addin'; did you mean adding\?$"),
        ("zzz", r"^unknown experiment 'zzz'; there are adding, addition, "),
        ("nothing.py", r"^--experiment=nothing.py: there is no such file$"),
        ("no/thing", r"^--experiment=no/thing: there is no such file$"),
        ("no.thing", r"^--experiment=no.thing: No module named 'no'$"),
        ("owncells.py", r"^--experiment=owncells.py has no EXPERIMENT, an rnnjax.settings.Exp"),
        ("", r"^unknown experiment ''; there are "),
        (".", r"^unknown experiment '.'; "),
    ],
)
def test_what_is_no_experiment_is_refused_in_one_line(own, name, message):
    with pytest.raises(ValueError, match=message) as caught:
        find(name)
    assert "\n" not in str(caught.value)


def test_what_trains_nothing_has_no_settings():
    with pytest.raises(ValueError, match=r"^--experiment=elman_by_hand trains nothing: it has no"):
        settings_of("elman_by_hand")


def test_cells_of_imported_modules_are_named_with_their_module_or_without(own):
    names = names_of(["owncells"])
    mine = sys.modules["owncells"].Mine
    assert names["owncells.Mine"] is names["Mine"] is mine
    assert names["tripled"](2) == 6
    assert not {"_hidden", "owncells._hidden", "os.system"} & names.keys()
    settings = settings_of("own.py", ["owncells"])
    texts = ("Mine", "owncells.Mine", "Mine(2)", "owncells.Mine(2, activation=tripled)")
    for text in texts:
        cell = problem(settings.parse({"cell": text})).learning.objective.model.layers[0].cell
        assert type(cell) is mine
        assert cell.hidden == 2
    changed = settings.parse({"cell": "owncells.Mine"})
    assert changed.as_flags()[1:2] == ["--import=owncells"]
    assert "--cell=Mine(hidden=2)" in changed.as_flags()
    assert changed.config()["import"] == ["owncells"]
    assert "import" not in settings_of("own.py").config()


def test_a_name_of_the_library_stays_its_own(own):
    (own / "othercells.py").write_text("class LSTM:\n    pass\n")
    settings = settings_of("own.py", ["othercells"]).parse({"cell": "LSTM"})
    cell = problem(settings).learning.objective.model.layers[0].cell
    assert type(cell).__module__.startswith("rnnjax.")


def test_modules_that_cannot_be_imported_are_refused(own):
    with pytest.raises(ValueError, match=r"^--import=nowhere: No module named 'nowhere'$"):
        names_of(["nowhere"])
    with pytest.raises(ValueError, match=r"^unknown name 'Mine'; "):
        problem(settings_of("own.py").parse({"cell": "Mine(2)"}))
