"""PyTorch's recurrent layers, which are cuDNN's: what the others are held against."""

import statistics
import time
from collections.abc import Callable

import torch

from benchmarks.gpu.timing import write
from benchmarks.gpu.works import SIZES

LAYERS = {"LSTM": torch.nn.LSTM, "GRU": torch.nn.GRU, "Elman": torch.nn.RNN}
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
_ROUNDS = 5


def main() -> None:
    """Times the layers at all sizes, in single precision with and without TF32 and in half."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    for (cell, steps, batch, inputs, hidden), dtype in (
        (size, dtype) for size in SIZES for dtype in DTYPES
    ):
        torch.backends.cudnn.allow_tf32 = False
        layer = LAYERS[cell](inputs, hidden).to(device, DTYPES[dtype])
        xs = torch.randn(steps, batch, inputs, device=device, dtype=DTYPES[dtype])
        row = {"part": "pytorch", "cell": cell, "size": (steps, batch, inputs, hidden)}
        for tf32 in (False, True) if dtype == "float32" else (False,):
            torch.backends.cudnn.allow_tf32 = tf32
            row |= {"dtype": dtype + " tf32" * tf32}

            def forward(layer=layer, xs=xs) -> None:
                with torch.inference_mode():
                    layer(xs)

            def gradient(layer=layer, xs=xs) -> None:
                layer.zero_grad()
                layer(xs)[0].float().square().mean().backward()

            for part, run in (("forward", forward), ("gradient", gradient)):
                write(row | {"what": part, "ms": 1e3 * seconds(run, device)})


def seconds(run: Callable[[], None], device: torch.device) -> float:
    """Returns the median time of a call among calls that follow each other."""

    def wait() -> None:
        if device.type == "cuda":
            torch.cuda.synchronize()

    for _ in range(3):
        run()
    wait()
    begin = time.perf_counter()
    run()
    wait()
    count = max(1, int(0.02 / (time.perf_counter() - begin)))
    times = []
    for _ in range(_ROUNDS):
        begin = time.perf_counter()
        for _ in range(count):
            run()
        wait()
        times.append((time.perf_counter() - begin) / count)
    return statistics.median(times)


if __name__ == "__main__":
    main()
