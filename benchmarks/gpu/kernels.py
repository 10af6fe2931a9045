"""`unroll.fused` by sequences and warps of a program and by the precision of its products."""

import jax

from benchmarks.gpu.works import Size, Work, measure
from rnnjax.unroll import Fused

HALF = (("LSTM", 64), ("LSTM", 128), ("GRU", 128), ("Elman", 256))
SINGLE = (("LSTM", 32), ("LSTM", 64), ("GRU", 64), ("Elman", 128), ("GRU", 128))
TENSOR_CORES = ("BF16_BF16_F32_X3", "BF16_BF16_F32_X6", "TF32_TF32_F32")


def works() -> list[Work]:
    """Returns what is measured, the forward pass and the gradient of each, the newest first."""
    tiles = []
    for cell, hidden in SINGLE[:-1]:
        size = Size(cell, 1024, 16, hidden, hidden)
        tiles += [(Fused(1, warps), size, "float32", "highest") for warps in (4, 8)]
    for cell, hidden in HALF:
        size = Size(cell, 1024, 16, hidden, hidden)
        tiles += [(Fused(16, warps), size, "bfloat16", None) for warps in (4, 8)]
    for cell, hidden in SINGLE:
        size = Size(cell, 1024, 16, hidden, hidden)
        tiles += [(Fused(4, warps), size, "float32", "highest") for warps in (4, 8)]
        tiles += [(Fused(16, 8), size, "float32", name) for name in TENSOR_CORES]
    many = Size("LSTM", 128, 2048, 64, 64)
    tiles += [(Fused(rows, 8), many, "bfloat16", None) for rows in (16, 32)]
    tiles += [(Fused(rows, 8), many, "float32", "highest") for rows in (1, 4, 8)]
    tiles += [(Fused(rows, 8), many, "float32", "BF16_BF16_F32_X3") for rows in (16, 32)]
    return [Work(*tile, part) for tile in tiles for part in (False, True)]


if __name__ == "__main__":
    found = works()
    measure("kernels", found if jax.default_backend() == "gpu" else found[:1])
