"""PyTorch's recurrent layers, which are cuDNN's: what the others are held against."""

import torch

from benchmarks.gpu.timing import seconds, write
from benchmarks.gpu.works import SIZES

LAYERS = {"LSTM": torch.nn.LSTM, "GRU": torch.nn.GRU, "Elman": torch.nn.RNN}
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def main() -> None:
    """Times the layers at all sizes, in single precision with and without TF32 and in half."""
    on_gpu = torch.cuda.is_available()
    device = torch.device("cuda" if on_gpu else "cpu")
    wait = (lambda _: torch.cuda.synchronize()) if on_gpu else (lambda _: None)
    sizes = SIZES if on_gpu else [size for size in SIZES if size.steps == 28][:1]
    for (cell, steps, batch, inputs, hidden), dtype in (
        (size, dtype) for size in sizes for dtype in DTYPES
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
                write(row | {"what": part, "ms": 1e3 * seconds(run, wait)})


if __name__ == "__main__":
    main()
