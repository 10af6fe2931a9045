"""Whose study it is: folders of one name in one storage, deleted, moved, copied; storage lost."""

import json
import shutil

import optuna
import pytest

from rnnjax import sweeps
from rnnjax.sweeps.folder import study_of
from rnnjax.sweeps.study import open_results
from tests.sweeps.small import SETTINGS


@pytest.fixture(params=["study.journal", pytest.param("study.db", marks=pytest.mark.full)])
def storage(tmp_path, request):
    """A storage outside of the folders."""
    return tmp_path / request.param


def swept(folder, storage, text="seed=0:2", **options):
    return sweeps.run(SETTINGS, text, folder, storage=str(storage), show=False, **options)


def trials(storage, folder):
    return open_results(str(storage), study_of(folder), higher_is_better=False).trials


def test_two_folders_of_one_name_share_a_storage_and_each_trains(tmp_path, formula, storage):
    for home in ("a", "b"):
        assert swept(tmp_path / home / "sw", storage).counts() == {"finished": 2}
    assert len(formula.runs) == 2
    names = [study_of(tmp_path / home / "sw") for home in ("a", "b")]
    assert len(set(names)) == 2
    assert all(name.startswith("sw-") for name in names)
    assert [len(trials(storage, tmp_path / home / "sw")) for home in ("a", "b")] == [2, 2]


@pytest.mark.parametrize("sampler", ["grid", "tpe"])
def test_a_deleted_folder_begins_anew(tmp_path, formula, storage, sampler):
    options = {"sampler": sampler} | ({} if sampler == "grid" else {"trials": 2})
    text = "seed=0:2" if sampler == "grid" else "learning_rate=log(1e-4,1e-1)"
    for times in (1, 2):
        assert swept(tmp_path / "sw", storage, text, **options).counts() == {"finished": 2}
        assert len(formula.runs) == times * (1 if sampler == "grid" else 2)
        shutil.rmtree(tmp_path / "sw")


@pytest.mark.parametrize("how", ["moved", "copied", "linked"])
def test_a_folder_that_is_elsewhere_trains_nothing_again(
    tmp_path, formula, storage, monkeypatch, how
):
    old, new = tmp_path / "sw", tmp_path / "new"
    swept(old, storage)
    name, runs = study_of(old), len(formula.runs)
    if how == "linked":
        new.symlink_to(old)
    else:
        shutil.move(old, new) if how == "moved" else shutil.copytree(old, new)
    # The real one: finished runs are only looked up; the formula would write them again.
    looked_up = lambda run, **options: [_summary(w.folder) for w in run.workdirs]  # noqa: E731
    monkeypatch.setattr("rnnjax.sweeps.unit.train", looked_up)
    assert swept(new, storage).counts() == {"finished": 2}
    assert len(formula.runs) == runs
    assert len(trials(storage, new)) == 2
    assert (study_of(new) == name) == (how == "linked")
    monkeypatch.setattr("rnnjax.sweeps.unit.train", formula)
    assert swept(new, storage, "seed=0:3").counts() == {"finished": 3}
    if how == "copied":  # the one it is a copy of knows nothing of this
        assert study_of(old) == name
        assert swept(old, storage).counts() == {"finished": 2}
        assert len(trials(storage, old)) == 2
    assert formula.runs[runs:] == [[(2, SETTINGS.training.learning_rate)]]


def _summary(folder):
    return json.loads((folder / "summary.json").read_text())


def test_a_storage_that_was_deleted_is_made_again_of_what_the_folder_holds(
    tmp_path, formula, storage, monkeypatch
):
    before = swept(tmp_path / "sw", storage)
    storage.unlink()
    looked_up = lambda run, **options: [_summary(w.folder) for w in run.workdirs]  # noqa: E731
    monkeypatch.setattr("rnnjax.sweeps.unit.train", looked_up)
    assert swept(tmp_path / "sw", storage).points == before.points
    assert [trial.state.name for trial in trials(storage, tmp_path / "sw")] == ["COMPLETE"] * 2


def test_a_folder_from_before_studies_had_names_goes_on_with_its_own(tmp_path, formula):
    folder = tmp_path / "sw"
    own = folder / "study.journal"
    folder.mkdir()
    (folder / ".rnnjax-lock").touch()
    old = open_results(str(own), "sw", higher_is_better=False)
    old.add_trial(optuna.create_trial(value=0.5, user_attrs={"points": [7]}))
    swept(folder, own)
    about = json.loads((folder / "sweep.json").read_text())
    del about["study"]
    (folder / "sweep.json").write_text(json.dumps(about))
    swept(folder, own)
    assert study_of(folder) == "sw"
    assert [trial.user_attrs["points"] for trial in trials(own, folder)] == [[7], [0], [1]]


def test_a_folder_with_any_name_names_its_study(tmp_path, formula):
    folder = tmp_path / "a b[1]*ü\n"
    assert swept(folder, folder / "study.db").counts() == {"finished": 2}
    assert study_of(folder).startswith("a_b_1____-")
