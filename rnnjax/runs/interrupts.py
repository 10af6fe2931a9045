"""How a command ends that is told to: Ctrl-C, SIGTERM, a terminal that goes away.

The first signal ends a run at its next checkpoint; where there is none within seconds, and at a
second signal, the process ends at once, and what was saved before stays.
"""

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Iterator

# Kubernetes and Slurm give 30 seconds, systemd 90, and people ten.
_PATIENCE = 9.0  # seconds from a signal to an end without a checkpoint
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(KeyboardInterrupt):
    """Something is ended by a signal: all that cares for Ctrl-C cares for it.

    Attributes:
        signal: the number of the signal.
        step: of the checkpoint that was saved for it; None outside of training.

    Example:
        >>> Interrupted(signal.SIGTERM, step=50).code
        143
    """

    def __init__(self, number: int, step: int | None = None):
        super().__init__(number)
        self.signal, self.step = number, step

    @property
    def code(self) -> int:
        """The exit code of a process that is ended so: 128 and the signal's number."""
        return 128 + self.signal


_asked: int | None = None  # the signal that has come
_postponed = False
_answered = threading.Event()  # set once what is `handled` now is ending


def asked() -> int | None:
    """Returns the number of the signal by which what runs was told to end, None for none."""
    return _asked


def end_if_asked(step: int | None = None) -> None:
    """Ends what runs if it was `asked` to end.

    Args:
        step: of the checkpoint that was saved; None where there is none to speak of.

    Raises:
        Interrupted: if so.
    """
    if _asked is not None:
        _answered.set()
        raise Interrupted(_asked, step)


@contextlib.contextmanager
def postponed() -> Iterator[None]:
    """Lets signals wait: what is in the body looks itself whether it is `asked` to end.

    Raises:
        Interrupted: it was asked before. Python drops what is raised in a destructor or a callback
            of the garbage collector, and that may be where the signal was answered.
    """
    global _postponed
    end_if_asked()
    before, _postponed = _postponed, True
    try:
        yield
    finally:
        _postponed = before


@contextlib.contextmanager
def handled() -> Iterator[None]:
    """Answers signals while the body runs, in the main thread of a process that is a command.

    Raises:
        Interrupted: in the body, at a signal that is not `postponed`.
    """
    global _asked, _answered
    # A new one: whoever still waits for another command's end is not to wait for this one's.
    _asked, _answered = None, threading.Event()
    woken, waking = socket.socketpair()
    waking.setblocking(False)
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    # Who is started by nohup does not end with its terminal.
    listened = [number for number in _SIGNALS if before[number] is not signal.SIG_IGN]
    for number in listened:
        signal.signal(number, _answer)
    fd = signal.set_wakeup_fd(waking.fileno(), warn_on_full_buffer=False)
    watching = threading.Thread(target=_watch, args=(woken, listened, _answered), daemon=True)
    watching.start()
    try:
        yield
    finally:
        _answered.set()
        signal.set_wakeup_fd(fd)
        for number in listened:
            signal.signal(number, before[number])
        waking.close()


def _answer(number: int, _: object) -> None:
    """Runs in the main thread, once it is back from what XLA or a library does."""
    global _asked
    _asked = number
    if not _postponed:
        end_if_asked()


def _watch(woken: socket.socket, listened: list[int], answered: threading.Event) -> None:
    """Ends the process where the main thread does not come to it: it may be compiling."""
    with woken:
        first = _next(woken, listened)
        if first is None:
            return
        if _postponed:
            _say("ending at the next checkpoint; a second signal ends at once")
        threading.Thread(target=_end_unanswered, args=(first, answered), daemon=True).start()
        second = _next(woken, listened)
        if second is not None:
            _end(second, "ended at once")


def _end_unanswered(number: int, answered: threading.Event) -> None:
    if not answered.wait(_PATIENCE):
        _end(number, f"no checkpoint came within {_PATIENCE:.0f} seconds")


def _next(woken: socket.socket, listened: list[int]) -> int | None:
    """Waits for a signal; None once there will be none."""
    while number := woken.recv(1):
        if number[0] in listened:
            return number[0]
    return None


def _end(number: int, why: str) -> None:
    _say(f"{why}; the same command goes on from the last checkpoint")
    os._exit(128 + number)


def _say(text: str) -> None:
    """Writes a line although the main thread may be in the middle of one."""
    with contextlib.suppress(OSError):
        os.write(2, f"{text}\n".encode())
