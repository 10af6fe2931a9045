import math

import pytest

from rnnjax.cells import CTRNN, LSTM, Elman


@pytest.mark.parametrize("hidden", [0, -1, 2.0, True, "3", None])
def test_a_size_is_a_whole_number_of_one_or_more(hidden):
    with pytest.raises(ValueError, match="hidden must be a whole number of 1 or more"):
        Elman(hidden)


@pytest.mark.parametrize("forget_bias", [math.nan, math.inf, "1"])
def test_a_number_is_finite(forget_bias):
    with pytest.raises(ValueError, match="forget_bias must be a finite number"):
        LSTM(3, forget_bias=forget_bias)


def test_an_activation_is_a_function():
    with pytest.raises(ValueError, match="activation must be a function"):
        CTRNN(3, activation="tanh")


def test_the_message_names_the_cell():
    with pytest.raises(ValueError, match=r"Elman\(hidden=0"):
        Elman(0)
