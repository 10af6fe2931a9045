import importlib

import numpy as np

from tests.lab.launching import launched

# h_t = tanh(x_t w_x + h_(t-1) w_h + b) and y_t = h_t w_out + b_out, worked out with paper and a
# table of tanh: w_x = [.5 .6], w_h = [.1 .2; .3 .4], b = [.1 -.1], w_out = [1 2], b_out = .1.
STATES = [[0.53704957, 0.46211716], [0.85973818, 0.88366641]]
OUTPUTS = [1.56128388, 2.72707101]


def test_the_numbers_are_those_of_pencil_and_paper():
    hs, ys = importlib.import_module("experiments.elman_by_hand").run()
    np.testing.assert_allclose(hs, STATES, rtol=0, atol=5e-9)
    np.testing.assert_allclose(ys, OUTPUTS, rtol=0, atol=5e-9)
    assert hs.dtype == ys.dtype == np.float64


def test_they_are_printed_with_eight_decimals():
    done = launched("--experiment=elman_by_hand")
    assert done.code == 0, done.err
    for first, second in STATES:
        assert f"h_t = [{first:.8f} {second:.8f}]" in done.out
    for output in OUTPUTS:
        assert f"y_t = {output:.8f}" in done.out
    assert done.result == ("elman_by_hand", {"y_1": "1.56128388", "y_2": "2.72707101"})
