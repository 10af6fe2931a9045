import json
import logging

import optuna
import pytest

from rnnjax.sweeps.journal import RepairingBackend, open_journal
from rnnjax.sweeps.study import has_heartbeat, open_queue, open_results
from rnnjax.sweeps.units import plan_units, unit_of


def units(file):
    return [unit_of(trial) for trial in open_queue(str(file), "sweep").trials]


@pytest.mark.parametrize("tail", [b'{"op_code":5,"wor', b"\0" * 5000, b'{"op_code":5}'])
def test_a_torn_last_line_is_dropped_when_the_study_is_opened(tmp_path, tail, caplog):
    file = tmp_path / "study.journal"
    plan_units(open_queue(str(file), "sweep"), 3)
    whole = file.read_bytes()
    with file.open("ab") as opened:
        opened.write(tail)
    assert units(file) == [0, 1, 2]
    assert file.read_bytes().startswith(whole)
    assert caplog.messages == [f"{file}: a torn last line was dropped"]
    plan_units(open_queue(str(file), "sweep"), 4)
    assert units(file) == [0, 1, 2, 3]
    assert all(json.loads(line) for line in file.read_text().splitlines())


def test_a_process_that_is_at_work_writes_on_behind_the_whole_lines(tmp_path):
    """As after the death of another one that was writing."""
    file = tmp_path / "study.journal"
    queue = open_queue(str(file), "sweep")
    plan_units(queue, 1)
    with file.open("ab") as opened:
        opened.write(b'{"op_code":4,"st')
    plan_units(queue, 2)
    assert [unit_of(trial) for trial in queue.trials] == units(file) == [0, 1]


def test_a_first_line_that_is_torn_leaves_an_empty_study(tmp_path):
    file = tmp_path / "study.journal"
    file.write_bytes(b'{"op_c')
    assert units(file) == []


def test_a_line_in_the_middle_that_is_no_record_is_named(tmp_path):
    file = tmp_path / "study.journal"
    plan_units(open_queue(str(file), "sweep"), 2)
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([lines[0], b"{torn\n", *lines[1:]]))
    with pytest.raises(
        ValueError, match=r"study\.journal is damaged: line 2 is no record; delete it, "
    ):
        open_journal(file)


def test_optuna_reads_what_is_written_and_the_lock_is_given_back(tmp_path):
    file = tmp_path / "study.journal"
    study = open_results(str(file), "sweep", higher_is_better=False)
    study.add_trial(optuna.create_trial(value=0.5))
    backend = optuna.storages.journal.JournalFileBackend(str(file))
    [trial] = optuna.load_study(
        study_name="sweep", storage=optuna.storages.JournalStorage(backend)
    ).trials
    assert trial.value == 0.5
    assert [path.name for path in tmp_path.iterdir()] == ["study.journal"]
    assert not has_heartbeat(study)


def test_whole_lines_are_left_as_they_are(tmp_path, caplog):
    caplog.set_level(logging.WARNING)
    file = tmp_path / "study.journal"
    plan_units(open_queue(str(file), "sweep"), 2)
    before = file.read_bytes()
    RepairingBackend(file).repair()
    assert (file.read_bytes(), caplog.messages) == (before, [])
