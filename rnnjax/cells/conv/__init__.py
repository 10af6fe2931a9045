"""Convolutional cells: gates of `W * x_t + U * h_{t-1}`, a convolution in place of each matrix.

Inputs, states and outputs are images as flat vectors, pixel after pixel, so that these cells run
wherever others do; see `ImageCell`.
"""
