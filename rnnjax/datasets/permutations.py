"""The fixed orders in which papers show the pixels of an image, each pinned by a hash."""

import functools
import hashlib
from collections.abc import Callable

import numpy as np

_SIZE = 784  # pixels of an image of 28x28


def permutation(name: str = "scornn") -> np.ndarray:
    """Returns which pixel each step shows, int32 `[784]`.

    Published figures under "permuted MNIST" are of different permutations, so the name of one is
    part of what a figure means:

        scornn       scoRNN (Helfrich et al. 2018), expRNN: NumPy's seed 92916
        cornn        coRNN (Rusch & Mishra 2021), Lipschitz RNN: torch.randperm, seed 12008
        lem          LEM and UnICORNN (Rusch et al. 2021, 2022): torch.randperm, seed 5544
        lmu          LMU (Voelker et al. 2019), NRU (Chandar et al. 2019): NumPy's seed 50, after
                     the 60,000 images have been shuffled
        bit_reversal HiPPO (Gu et al. 2020), S4, S5, LRU: step t is the number whose binary digits
                     are those of t read backward; far from random
        nnrnn        nnRNN (Kerg et al. 2019): NumPy's seed 1234
        keras_lmu    the notebook of keras-lmu: NumPy's seed 0

    Raises:
        ValueError: if no permutation has that name.

    Example:
        >>> permutation("bit_reversal")[:6].tolist()
        [0, 512, 256, 768, 128, 640]
    """
    if name not in PERMUTATIONS:
        raise ValueError(f"no permutation {name!r}, there are {', '.join(PERMUTATIONS)}")
    return _made(name)


def permutation_hash(name: str) -> str:
    """Returns the first 16 digits of the SHA-256 of a permutation as little-endian int32.

    Example:
        >>> permutation_hash("scornn")
        '8028ff1eba5833e7'
    """
    return hashlib.sha256(permutation(name).astype("<i4").tobytes()).hexdigest()[:16]


@functools.cache
def _made(name: str) -> np.ndarray:
    order = PERMUTATIONS[name]().astype(np.int32)
    order.setflags(write=False)  # it is kept, and given to all who ask
    return order


# The legacy generators on purpose: their streams are frozen, and they are those others have used.


def _numpy(seed: int, before: int = 0) -> np.ndarray:
    """Draws as NumPy does, after a permutation of `before`."""
    random = np.random.RandomState(seed)
    if before:
        random.permutation(before)
    return random.permutation(_SIZE)


def _torch(seed: int) -> np.ndarray:
    """Draws as `torch.randperm` does on a CPU after `torch.manual_seed`.

    Its generator is the same Mersenne twister, whose 32 bits are taken modulo what is left.
    """
    draws = np.random.RandomState(seed).randint(0, 2**32, _SIZE - 1, np.uint32).tolist()
    order = list(range(_SIZE))
    for i, draw in enumerate(draws):
        j = i + draw % (_SIZE - i)
        order[i], order[j] = order[j], order[i]
    return np.array(order)


def _bit_reversal() -> np.ndarray:
    bits = (_SIZE - 1).bit_length()
    whole = [int(f"{i:0{bits}b}"[::-1], 2) for i in range(2**bits)]
    return np.array([i for i in whole if i < _SIZE])


PERMUTATIONS: dict[str, Callable[[], np.ndarray]] = {
    "scornn": lambda: _numpy(92916),
    "cornn": lambda: _torch(12008),
    "lem": lambda: _torch(5544),
    "lmu": lambda: _numpy(50, before=60_000),
    "bit_reversal": _bit_reversal,
    "nnrnn": lambda: _numpy(1234),
    "keras_lmu": lambda: _numpy(0),
}
