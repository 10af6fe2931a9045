"""Who is measured: rnnjax in its ways, and other libraries, each as its users would run it."""

import importlib
import importlib.util
from collections.abc import Callable
from typing import NamedTuple

from benchmarks.work import Program, Work


def one(work: Work) -> int:
    """One JAX device, with XLA's default flags; PyTorch uses all cores by threads of its own."""
    del work
    return 1


def by_batch(work: Work) -> int:
    """As many devices as `launch.py` gives a batch of this size."""
    from rnnjax.training import core_count, suitable_devices  # 1 s that workers need not wait

    return suitable_devices(work.batch, core_count())


def by_members(work: Work) -> int:
    """As many cores as share the members evenly."""
    from rnnjax.training import core_count

    return max(n for n in range(1, core_count() + 1) if work.members % n == 0)


class Peer(NamedTuple):
    """A way to do a piece of work."""

    maker: str  # module and function below `benchmarks.peers` that make the program
    package: str  # what has to be installed
    devices: Callable[[Work], int] = one
    cells: tuple[str, ...] = ("LSTM", "GRU", "Elman")


_OURS = ("LSTM", "GRU", "Elman", "LRU", "MinGRU")

PEERS = {
    "rnnjax": Peer("rnnjax:auto", "rnnjax", by_batch, _OURS),
    "rnnjax_mixed": Peer("rnnjax:mixed", "rnnjax", by_batch, _OURS),
    "rnnjax_one": Peer("rnnjax:auto", "rnnjax", cells=_OURS),
    "rnnjax_scan": Peer("rnnjax:scan", "rnnjax", cells=_OURS),
    "rnnjax_tree": Peer("rnnjax:associative", "rnnjax", cells=_OURS),
    "rnnjax_newton": Peer("rnnjax:newton", "rnnjax", cells=_OURS),
    "one_by_one": Peer("population:one_by_one", "rnnjax"),
    "vmap": Peer("population:vmapped", "rnnjax"),
    "lax_map": Peer("population:mapped", "rnnjax"),
    "cores": Peer("population:divided", "rnnjax", by_members),
    "torch": Peer("pytorch:build", "torch"),
    "torch_autocast": Peer("pytorch:autocast", "torch"),
    "flax": Peer("flax_linen:build", "flax"),
    "nnx": Peer("flax_nnx:build", "flax"),
    "haiku": Peer("dm_haiku:build", "haiku"),
    "equinox": Peer("eqx:build", "equinox", cells=("LSTM", "GRU")),
    "keras": Peer("keras_jax:build", "keras"),
}
OTHERS = ("torch", "flax", "nnx", "haiku", "equinox", "keras")


def missing(names: tuple[str, ...]) -> tuple[str, ...]:
    """Returns those of `names` whose package is not installed."""
    return tuple(n for n in names if importlib.util.find_spec(PEERS[n].package) is None)


def load(name: str) -> Callable[[Work], Program]:
    """Imports a peer and returns what makes its programs."""
    module, _, function = PEERS[name].maker.partition(":")
    return getattr(importlib.import_module(f"benchmarks.peers.{module}"), function)
