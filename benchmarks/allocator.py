"""How a worker's memory allocator is set.

A recurrent layer's gradient takes and gives back hundreds of megabytes at every call. By default
glibc asks the kernel for large buffers anew each time, and each fresh page costs a fault; tuned, it
keeps what it has, in huge pages. That helps every library, so each is measured both ways: an LSTM's
gradient at 784,100,1,128 on an Intel Xeon had 229,000 faults in PyTorch, which are half of its
time, 137,000 in flax, 88,000 in the plain loop and 20,000 in rnnjax, and tuned hardly any. glibc
reads its settings when a process begins; other allocators ignore them.
"""

import enum
import os

# No buffer is mapped of its own, none is given back, huge pages where the kernel leaves the choice
# ("madvise"), one heap, since those of further threads are too small for large buffers. With one,
# JAX's devices wait for each other's small allocations: two that take 6 ms for the gradient of an
# LSTM at 28,100,28,100 take 9, and PyTorch at 784,100,1,128 a tenth less than with many.
_TUNABLES = {
    "mmap_threshold": 4 << 30,
    "trim_threshold": 1 << 40,
    "hugetlb": 1,
    "arena_max": 1,
}
TUNABLES = ":".join(f"glibc.malloc.{name}={value}" for name, value in _TUNABLES.items())


class Allocator(enum.StrEnum):
    """A setting of glibc's malloc."""

    DEFAULT = "default"
    TUNED = "tuned"


def environment(allocator: Allocator) -> dict[str, str]:
    """Returns the environment of a worker: the user's, without what would favour one peer."""
    ours = ("XLA_FLAGS", "OMP_NUM_THREADS", "GLIBC_TUNABLES")
    kept = {k: v for k, v in os.environ.items() if k not in ours and not k.startswith("MALLOC_")}
    own = {"JAX_PLATFORMS": "cpu", "JAX_ENABLE_COMPILATION_CACHE": "false"}
    tuned = {"GLIBC_TUNABLES": TUNABLES} if allocator is Allocator.TUNED else {}
    return kept | own | tuned
