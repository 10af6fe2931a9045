"""Periodic output: a wave from no input, learned by RFLO with random feedback.

Murray (2019), Local online learning in recurrent networks with random feedback, eLife 8, figure 2,
in the form of the authors' example, with biases. --unroll=scan --feedback=none learns it by
backpropagation.
"""

from rnnjax.settings import Experiment, Recurrent, Training
from rnnjax.tasks import PeriodicOutput

EXPERIMENT = Experiment(
    PeriodicOutput(length=100),
    Recurrent(
        "LeakyElman(50, dt=1.0, tau=10.0, recurrent_init=NormalBySize(10.6), "
        "bias_init=RandomBiases(0.1))",
        unroll="RFLO",
        feedback=0,
    ),
    Training(
        steps=10_000,
        batch_size=1,
        optimizer="sgd",
        learning_rate=0.02,
        clip_norm=None,
        eval_every=1000,
        log_every=100,
    ),
)
