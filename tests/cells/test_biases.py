import jax
import numpy as np
import pytest

from rnnjax.cells import GRU, LSTM, Chrono, Elman, Forget, Zeros

KEY = jax.random.key(0)


def blocks_of(cell, hidden):
    return dict(zip(cell.blocks, cell.init(KEY, 3).b.reshape(-1, hidden), strict=True))


def test_zeros():
    np.testing.assert_array_equal(Zeros()(KEY, ("a", "b"), 3), np.zeros(6))


def test_forget_fills_the_forget_gates_block_wherever_it_is():
    np.testing.assert_array_equal(Forget(2.5)(KEY, ("n", "f"), 2), [0, 0, 2.5, 2.5])
    with pytest.raises(ValueError, match=r"Forget\(value=1.0\) needs a block f; .* are r, z, n"):
        GRU(3, bias_init=Forget()).init(KEY, 2)


def test_chrono_of_an_lstm_is_the_papers():
    b = Chrono(100)(KEY, LSTM.blocks, 20_000).reshape(4, -1)
    b = dict(zip(LSTM.blocks, b, strict=True))
    u = np.exp(np.asarray(b["f"], float))
    assert 1 <= u.min() < 1.02
    assert 98.9 < u.max() <= 99.001
    assert u.mean() == pytest.approx(50, rel=0.02)  # u is uniform, not its logarithm
    assert (1 / (1 - 1 / (1 + 1 / u))).mean() == pytest.approx(51, rel=0.02)  # steps held
    np.testing.assert_array_equal(b["i"], -b["f"])
    np.testing.assert_array_equal(b["g"], 0)
    np.testing.assert_array_equal(b["o"], 0)


def test_a_grus_update_gate_keeps():
    b = dict(zip(GRU.blocks, Chrono(100)(KEY, GRU.blocks, 200).reshape(3, -1), strict=True))
    assert 0 <= b["z"].min() < 1 < 4 < b["z"].max() <= np.log(99)
    np.testing.assert_array_equal(b["r"], 0)
    np.testing.assert_array_equal(b["n"], 0)


def test_where_writing_alone_is_gated_its_bias_is_the_negative():
    np.testing.assert_array_equal(Chrono(9)(KEY, ("i",), 5), -Chrono(9)(KEY, ("f",), 5))


def test_a_cell_without_such_a_gate_is_refused():
    with pytest.raises(
        ValueError, match=r"Chrono\(t_max=9\) needs a block f, z or i; the blocks are h"
    ):
        Elman(3, bias_init=Chrono(9)).init(KEY, 2)


@pytest.mark.parametrize("t_max", [2, 1.5, -3, float("inf"), float("nan")])
def test_a_longest_time_is_longer_than_two(t_max):
    with pytest.raises(ValueError, match="needs t_max > 2"):
        Chrono(t_max)


def test_an_lstms_forget_bias_gives_way_to_another_initializer():
    b = blocks_of(LSTM(3, forget_bias=7.0, bias_init=Forget(2.0)), 3)
    np.testing.assert_array_equal(b["f"], 2)
    b = blocks_of(LSTM(3, forget_bias=7.0, bias_init=Zeros()), 3)
    np.testing.assert_array_equal(b["f"], 7)
