import numpy as np

from rnnjax import unroll
from rnnjax.cells import MinGRU
from tests.laws.draws import normal, params_of

XS = normal(1, (6, 2))


def test_the_papers_equations():
    cell = MinGRU(3)
    params = params_of(cell)
    w_x, b = (np.asarray(p, float) for p in params)
    _, ys = unroll.scan(cell, params, cell.initial_state(params), XS)
    h = np.zeros(3)
    for x_t, y_t in zip(XS.astype(float), ys, strict=True):
        for j in range(3):
            z = 1 / (1 + np.exp(-(x_t @ w_x[:, j] + b[j])))
            n = x_t @ w_x[:, 3 + j] + b[3 + j]
            h[j] = (1 - z) * h[j] + z * n
        np.testing.assert_allclose(y_t, h, rtol=1e-5, atol=1e-6)
