"""Images read as sequences: by rows, by pixels, or by pixels in a fixed random order."""

import jax.numpy as jnp
import numpy as np

from rnnjax.datasets.permutations import permutation
from rnnjax.typing import Array

ORDERS = ("rows", "pixels", "permuted")


def rows(images: Array | np.ndarray) -> Array:
    """Reads an image row by row, from the top: 28 steps of 28 pixels.

    Args:
        images: uint8 `[..., 28, 28]`.

    Returns:
        float32 `[28, ..., 28]` between 0 and 1.

    Example:
        >>> image = np.zeros((28, 28), np.uint8)
        >>> image[3] = 255  # a line, fourth from the top
        >>> xs = rows(image)
        >>> xs.shape, np.flatnonzero(xs.sum(-1))
        ((28, 28), array([3]))
    """
    return _scale(jnp.moveaxis(jnp.asarray(images), -2, 0))


def pixels(images: Array | np.ndarray) -> Array:
    """Reads an image pixel by pixel, as one reads a page: 784 steps of one pixel.

    Args:
        images: uint8 `[..., 28, 28]`.

    Returns:
        float32 `[784, ..., 1]` between 0 and 1.

    References:
        Le, Jaitly and Hinton (2015), A simple way to initialize recurrent networks of rectified
        linear units, arXiv:1504.00941.

    Example:
        >>> images = np.zeros((10, 28, 28), np.uint8)
        >>> images[:, 1, 2] = 255  # the third pixel of the second row
        >>> xs = pixels(images)
        >>> xs.shape, np.flatnonzero(xs[:, 0])
        ((784, 10, 1), array([30]))
    """
    images = jnp.asarray(images)
    flat = images.reshape(*images.shape[:-2], -1)
    return _scale(jnp.moveaxis(flat, -1, 0)[..., None])


def permuted(images: Array | np.ndarray, name: str = "scornn") -> Array:
    """Reads the pixels in one fixed random order, which takes their neighbourhood away.

    Step `t` shows pixel `p[t]`, where `p` is the `permutation` of that name, by default NumPy's
    `RandomState(92916).permutation(784)`, the order in the code of Helfrich et al. and of others
    after them. Orders differ from paper to paper, so this one is part of what a figure means.

    Args:
        images: uint8 `[..., 28, 28]`.
        name: of a published permutation.

    Returns:
        float32 `[784, ..., 1]` between 0 and 1.

    Raises:
        ValueError: if the images are not 28x28, or no permutation has that name.

    References:
        Le, Jaitly and Hinton (2015), arXiv:1504.00941 (the task).
        Helfrich, Willmott and Ye (2018), Orthogonal recurrent neural networks with scaled Cayley
        transform, ICML; file scoRNN_mnist.py of github.com/SpartinStuff/scoRNN (the order).

    Example:
        >>> image = np.zeros((28, 28), np.uint8)
        >>> image[11, 11] = 255  # the first pixel that is shown
        >>> np.flatnonzero(permuted(image))
        array([0])
    """
    if images.shape[-2:] != (28, 28):
        raise ValueError(f"permuted needs images [..., 28, 28], got {images.shape}")
    return pixels(images)[permutation(name)]


def colour_rows(images: Array | np.ndarray) -> Array:
    """Reads an image in colour row by row: of each the red values, the green ones, the blue ones.

    Args:
        images: uint8 `[..., H, W, 3]`.

    Returns:
        float32 `[H, ..., 3W]` between 0 and 1.

    References:
        Rusch and Mishra (2021), Coupled oscillatory recurrent neural network, ICLR,
        arXiv:2010.00951; noisy_cifar10_task.py of github.com/tk-rusch/coRNN.

    Example:
        >>> image = np.zeros((32, 32, 3), np.uint8)
        >>> image[3, 5, 1] = 255  # green
        >>> xs = colour_rows(image)
        >>> xs.shape, np.flatnonzero(xs[3])
        ((32, 96), array([37]))
    """
    planes = jnp.moveaxis(jnp.asarray(images), -1, -2)
    return rows(planes.reshape(*planes.shape[:-2], -1))


def colour_pixels(images: Array | np.ndarray) -> Array:
    """Reads an image in colour pixel by pixel, as one reads a page: red, green and blue at once.

    Args:
        images: uint8 `[..., H, W, 3]`.

    Returns:
        float32 `[HW, ..., 3]` between 0 and 1.

    Example:
        >>> image = np.zeros((32, 32, 3), np.uint8)
        >>> image[1, 2, 1] = 255
        >>> xs = colour_pixels(image)
        >>> xs.shape, np.argwhere(xs).tolist()
        ((1024, 3), [[34, 1]])
    """
    images = jnp.asarray(images)
    flat = images.reshape(*images.shape[:-3], -1, 3)
    return _scale(jnp.moveaxis(flat, -2, 0))


def _scale(images: Array) -> Array:
    return images.astype(jnp.float32) / 255
