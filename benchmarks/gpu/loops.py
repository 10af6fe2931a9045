"""XLA's own loops, with and without CUDA graphs; each setting is a process."""

import os
import subprocess
import sys

_GRAPHS = "--xla_gpu_enable_command_buffer=+WHILE"
SETTINGS = {
    "as it is": "",
    "graphs": _GRAPHS,
    "graphs, unrolled": f"{_GRAPHS} --xla_gpu_command_buffer_unroll_loops=true",
}


def main() -> None:
    """Starts a process for each setting, or is one."""
    if len(sys.argv) == 1:
        for name, flags in SETTINGS.items():
            given = {"XLA_FLAGS": f"{os.environ.get('XLA_FLAGS', '')} {flags}".strip()}
            command = (sys.executable, "-m", "benchmarks.gpu.loops", name)
            subprocess.run(command, env=os.environ | given, check=False)
        return
    import jax

    from benchmarks.gpu.works import Size, Work, measure
    from rnnjax.unroll import Scan, deferred, scan

    name = sys.argv[1]
    small, large = Size("LSTM", 1024, 16, 64, 64), Size("LSTM", 1024, 16, 768, 768)
    works = [
        Work(engine, size, dtype, None, part)
        for engine, size, dtype in (
            (scan, small, "float32"),
            (deferred, small, "float32"),
            (deferred, small, "bfloat16"),
            (deferred, large, "bfloat16"),
            *(((Scan(unroll=8), small, "float32"),) if name == "as it is" else ()),
        )
        for part in (False, True)
    ]
    measure(f"loops, {name}", works if jax.default_backend() == "gpu" else works[:1])


if __name__ == "__main__":
    main()
