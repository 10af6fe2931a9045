"""A number that training would have as 0 or as infinity is refused: nothing is trained with it."""

import pytest

from tests.lab.launching import launched

ADDING = ("--experiment=adding", "--length=4", "--cell=Elman(2)", "--batch_size=4", "--steps=2")
LOST = [
    ("--learning_rate=1e-46",),
    ("--learning_rate=1e-40",),
    ("--clip_norm=1e-46",),
    ("--clip_norm=1e39",),
    ("--init_scale=1e-46",),
    ("--dropout=1e-46", "--layers=2"),
    ("--dropout=0.99999999999", "--layers=2"),
    ("--weight_decay=1e-46", "--optimizer=adamw"),
    ("--ema=1e-46",),
    ("--ema=0.99999999999",),
    ("--optimizer=adam(eps=1e-46)",),
    ("--optimizer=adam(eps=1e39)",),
    ("--schedule=exponential_decay(decay_rate=1e-46)",),
    ("--cell=LSTM(2, forget_bias=1e-46)",),
    ("--sweep=learning_rate=1e-3,1e-46",),
    ("--sweep=learning_rate=log(1e-46,1e-3)", "--sampler=random", "--trials=2"),
]


@pytest.mark.parametrize("flags", LOST, ids=" ".join)
def test_a_number_that_is_lost_in_single_precision_is_refused(flags, tmp_path, tell):
    done = launched(*ADDING, *flags, f"--workdir={tmp_path}/run")
    assert done.code == 2, done.out
    (line,) = done.err.splitlines()
    assert "in single precision" in line or "below 1" in line
    assert not list(tmp_path.iterdir())
    tell("a run's settings", "a number that is 0, 1 or infinite in float32", 1, "refused in a line")
