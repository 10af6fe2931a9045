"""One peer doing one piece of work in a process of its own.

The first argument says what, as JSON. Each line on stdin is answered by one line of JSON on stdout:
the first, which is empty, by facts about the program, each further one, a number of calls, by the
seconds that a call took.
"""

import json
import os
import signal
import sys
import time
from typing import NamedTuple

from benchmarks import peers
from benchmarks.memory import peak_bytes
from benchmarks.work import Part, Program, Work


class Request(NamedTuple):
    """What a worker is started with."""

    peer: str
    devices: int
    work: Work

    def to_json(self) -> str:
        """Returns the text that `from_json` reads."""
        return json.dumps(self)

    @classmethod
    def from_json(cls, text: str) -> "Request":
        """Reads what `to_json` returned."""
        peer, devices, (cell, part, *sizes) = json.loads(text)
        return cls(peer, devices, Work(cell, Part(part), *sizes))


def seconds(program: Program, calls: int) -> float:
    """Returns the mean time of a call."""
    begin = time.perf_counter()
    for _ in range(calls):
        program.run()
    return (time.perf_counter() - begin) / calls


def facts(program: Program) -> dict:
    """Makes the first calls and returns what is known of a program besides its speed."""
    begin = time.perf_counter()
    peak = peak_bytes(program.run)
    first, once = time.perf_counter() - begin, seconds(program, 1)
    compiled = program.compile_seconds
    return {
        "parameters": program.parameters,
        "outputs": program.outputs,
        # Where nothing is compiled ahead, what the first call takes more than another.
        "compile_seconds": max(first - once, 0.0) if compiled is None else compiled,
        "planned_bytes": program.planned_bytes,
        "peak_bytes": peak,
        "notes": program.notes,
        "once": once,
    }


def main() -> None:
    """Answers until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's, which closes stdin
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no answer
    request = Request.from_json(sys.argv[1])
    if peers.PEERS[request.peer].devices is not peers.one:
        from rnnjax.training import use_cores_as_devices

        use_cores_as_devices(request.devices)
    make, program = peers.load(request.peer), None
    for line in sys.stdin:
        try:
            if program is None:
                program = make(request.work)
                answer = facts(program)
            else:
                program.run()  # while others had their turns, caches were theirs
                answer = seconds(program, int(line))
        except Exception as error:
            first_line = str(error).strip().partition("\n")[0]
            answer = {"error": f"{type(error).__name__}: {first_line}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
