"""The kernels' tests on the GPU: right or wrong."""

import os
import re
import subprocess
import sys

from benchmarks.gpu.timing import write

_TESTS = (
    "tests/unroll/test_fused.py",
    "tests/unroll/test_fused_linear.py",
)
_WHICH = "on_a_gpu or compiled_kernel"


def main() -> None:
    """Runs them side by side and writes how each ended."""
    command = (
        *(sys.executable, "-m", "pytest", "-n", "8", "-rA", "-W", "ignore", "--tb=short"),
        *("-p", "no:cacheprovider", "-k", _WHICH, *_TESTS),
    )
    environment = {**os.environ, "JAX_PLATFORMS": ""}  # whatever there is; by default a CPU
    made = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    print(made.stdout, made.stderr, file=sys.stderr)
    for outcome, test in re.findall(r"^(PASSED|FAILED|ERROR|SKIPPED) (.+)$", made.stdout, re.M):
        write({"part": "checks", "test": test[:200], "outcome": outcome})


if __name__ == "__main__":
    main()
