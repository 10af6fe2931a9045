import json

import jax
import numpy as np
import pytest

from rnnjax import cells, unroll
from rnnjax.lab.delayed_copy import DelayedCopy
from rnnjax.learning import RTRL
from tests.lab.launching import launched

SMALL = (
    "--experiment=gradient_alignment",
    "--hidden=4",
    "--lags=1,2",
    "--lag=3",
    "--steps=4",
    "--batches=2",
    "--batch_size=3",
    "--points=2",
)


def test_rules_are_compared_by_lag_and_over_training(tmp_path):
    folder = tmp_path / "run"
    done = launched(*SMALL, "--rules=RTRL; TBPTT(window=2)", f"--workdir={folder}")
    assert done.code == 0, done.err
    name, found = done.result
    assert name == "gradient_alignment"
    assert float(found["RTRL_cosine"]) == pytest.approx(1, abs=1e-4)
    assert 0 < float(found["TBPTT_window_2_cosine"]) < 0.9999
    assert found["steps"] == "4"
    assert found["workdir"] == str(folder)
    numbers = json.loads((folder / "alignment.json").read_text())
    assert list(numbers["over_training"]["RTRL"]) == list(numbers["loss"]) == ["0", "4"]
    exact = [each for places in numbers["by_lag"]["RTRL"].values() for each in places["norm"]]
    np.testing.assert_allclose(exact, 1, rtol=1e-4)
    # A window of two steps, of which the answer is the last, has all of a lag of one.
    one, two = (numbers["by_lag"]["TBPTT(window=2)"][lag]["cosine"] for lag in "12")
    np.testing.assert_allclose(one, 1, rtol=1e-5)
    assert max(two) < 0.9999
    assert {path.name for path in folder.iterdir()} >= {
        "alignment.pdf",
        "alignment.png",
        "config.json",
        "env.json",
        "flags.txt",
    }
    assert done.err.count("step ") == 4  # of two lags, and at two updates


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--cell=GRU", "--rules=RTRL;RFLO"], "RFLO runs LeakyElman or CTRNN; got GRU(hidden=4)"),
        (["--rules=deferred"], "deferred is an engine, and no learning rule"),
        (["--rules=RTRL; RTRL"], "RTRL is said twice"),
        (["--rules=RTRL(carry=True)"], "carries, and here nothing goes on"),
        (["--rules=RTLR"], "unknown name 'RTLR'"),
        (["--lags=0,1"], "0,1 is not whole numbers apart by commas"),
    ],
)
def test_what_is_wrong_gets_one_line_and_leaves_nothing(flags, said, tmp_path):
    done = launched(*SMALL, *flags, f"--workdir={tmp_path}/run")
    assert done.code == 2
    assert said in done.err
    assert len(done.err.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_steps_before_the_symbol_do_not_happen():
    """The loss at a lag is the same in a longer run, whatever the state would do before."""
    losses, network = [], None
    for steps in (4, 7):
        task = DelayedCopy(cells.LeakyElman(3), steps, batch_size=5)
        network = network or task.init(jax.random.key(0))
        network = network._replace(cell=network.cell._replace(b=np.ones(3, np.float32)))
        losses.append(task.loss(network, jax.random.key(1), 3, unroll.scan))
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-6)


def test_the_loss_is_the_cross_entropy_of_what_was_shown():
    task = DelayedCopy(cells.LeakyElman(3), 4, batch_size=5)
    network = task.init(jax.random.key(0))
    xs, mask, targets = task.draw(jax.random.split(jax.random.key(1))[0], 2)
    assert mask.tolist() == [[False] * 5] + [[True] * 5] * 3
    np.testing.assert_array_equal(xs.argmax(-1)[1], targets)
    assert xs.sum() == 5
    h = np.zeros((5, 3))
    p = jax.tree.map(np.asarray, network.cell)
    for x_t in np.asarray(xs)[1:]:
        h = 0.8 * h + 0.2 * np.tanh(x_t @ p.w_x + h @ p.w_h + p.b)
    logits = h @ np.asarray(network.w)
    chances = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    wanted = -np.log(chances[np.arange(5), targets]).mean()
    for engine in (unroll.scan, RTRL()):
        found = task.loss(network, jax.random.key(1), 2, engine)
        np.testing.assert_allclose(found, wanted, rtol=1e-5)
