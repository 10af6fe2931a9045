"""What signals do to the process that a command is."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from rnnjax.runs import interrupts


@pytest.fixture(autouse=True)
def _as_from_a_terminal():
    """Listens to SIGHUP also where the tests were started by nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def send(number):
    os.kill(os.getpid(), number)
    time.sleep(0.05)  # Python runs a handler between two of its steps


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_raises_what_ctrl_c_raises_with_its_exit_code(number):
    with interrupts.handled(), pytest.raises(KeyboardInterrupt) as caught:
        send(number)
    assert isinstance(caught.value, interrupts.Interrupted)
    assert (caught.value.code, caught.value.step) == (128 + number, None)


def test_a_signal_that_is_postponed_waits_until_something_is_saved(capfd):
    with interrupts.handled(), interrupts.postponed():
        assert interrupts.asked() is None
        interrupts.end_if_asked(7)
        send(signal.SIGTERM)
        assert interrupts.asked() == signal.SIGTERM
        with pytest.raises(interrupts.Interrupted) as caught:
            interrupts.end_if_asked(8)
    assert (caught.value.code, caught.value.step) == (143, 8)
    with interrupts.handled():
        assert interrupts.asked() is None
    wanted = "ending at the next checkpoint; a second signal ends at once\n"
    assert capfd.readouterr().err == wanted


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_signal_that_a_destructor_has_swallowed_is_answered_when_training_begins():
    class Sends:
        def __del__(self):
            send(signal.SIGTERM)

    with interrupts.handled():
        sends = Sends()
        del sends  # Python says that an exception is ignored
        assert interrupts.asked() == signal.SIGTERM
        with pytest.raises(interrupts.Interrupted) as caught, interrupts.postponed():
            pass
    assert caught.value.code == 143


def test_a_command_is_not_ended_for_a_signal_to_the_one_before_it(monkeypatch):
    ended, next_signal = [], interrupts._next

    def late(*arguments):  # as where the main thread holds on to the interpreter
        number = next_signal(*arguments)
        time.sleep(0.2)
        return number

    monkeypatch.setattr(interrupts, "_next", late)
    monkeypatch.setattr(interrupts, "_PATIENCE", 0.2)
    monkeypatch.setattr(interrupts, "_end", lambda *arguments: ended.append(arguments))
    with pytest.raises(interrupts.Interrupted), interrupts.handled():
        send(signal.SIGTERM)
    with interrupts.handled():
        time.sleep(0.8)
    assert not ended


def test_what_answered_before_answers_again_afterwards():
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    with interrupts.handled():
        assert signal.getsignal(signal.SIGTERM) != before[0]
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before


def test_who_does_not_listen_goes_on_not_listening():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        with interrupts.handled():
            send(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


BUSY = """
import time
from rnnjax.runs import interrupts
{patience}
with interrupts.handled(), interrupts.postponed():
    print("ready", flush=True)
    for _ in range(1000):
        time.sleep(0.05)
"""


@pytest.mark.parametrize("count", [1, 2])
def test_what_does_not_come_to_a_checkpoint_is_ended(count):
    """After the patience with one signal, at once with two."""
    patience = "interrupts._PATIENCE = 1.0" if count == 1 else ""
    process = subprocess.Popen(
        [sys.executable, "-c", BUSY.format(patience=patience)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    killer = threading.Timer(60, process.kill)
    killer.start()
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    for _ in range(count):
        process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
    _, err = process.communicate()
    killer.cancel()
    assert process.returncode == 143
    why = "no checkpoint came within 1 seconds" if count == 1 else "ended at once"
    assert err.splitlines()[-1] == f"{why}; the same command goes on from the last checkpoint"
