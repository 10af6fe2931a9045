"""Axes of length one."""

import numpy as np

from rnnjax.axes import grown

T, B = 3, 2


def test_a_flag_gets_axes_at_its_end():
    flag = np.arange(T * B).reshape(T, B) % 3 == 0
    assert grown(flag, 2).tolist() == flag.tolist()
    assert grown(flag, 4)[..., 0, 0].tolist() == flag.tolist()
    assert grown(flag[:, 0], 3).shape == (T, 1, 1)
