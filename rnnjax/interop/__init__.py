"""Weights from other libraries and to them: PyTorch, Keras, Flax, Haiku, Equinox, cuDNN.

One module a library, each with `load`, from the library's arrays by the library's names to the
parameters of a cell, and `dump`, back. None imports its library. `load` is differentiable: the
gradient by the library's own weights is `jax.grad` through it.

What is taken is a cell; or several, where the library keeps them together: a `compose.Stack`, a
`models.Recurrent` or `models.Bidirectional`, a tuple of those from the input on (the `layers` of a
`models.SequenceModel`). Functions are kept exactly or not at all: a cell that a library does not
have is refused. Only two biases that add up become one, and the second zero on the way back.
"""

from rnnjax.interop import cudnn, equinox, flax, haiku, keras, safetensors, torch

__all__ = ["cudnn", "equinox", "flax", "haiku", "keras", "safetensors", "torch"]
