"""What is compared of a run that was disturbed and of one that was not."""

import jax
import numpy as np

from rnnjax.runs.checkpoint import read_checkpoint


def steps_in(folder):
    """Returns the steps of a run's checkpoints, also while it writes them."""
    names = [path.name for path in (folder / "checkpoints").iterdir()]
    return sorted(int(name) for name in names if name.isdecimal())


def bits(folder):
    """Returns the step and all bits of a run's newest checkpoint."""
    step, tree = read_checkpoint(folder / "checkpoints")
    return step, jax.tree.map(lambda leaf: (leaf.dtype, np.asarray(leaf).tobytes()), tree)


def assert_ends_as(folder, other):
    """Asserts that two runs have left the same files, lines, steps and bits."""
    assert (folder / "metrics.jsonl").read_bytes() == (other / "metrics.jsonl").read_bytes()
    assert steps_in(folder) == steps_in(other)
    names = [{path.name for path in run.iterdir()} for run in (folder, other)]
    assert names[0] == names[1]
    assert bits(folder) == bits(other)
