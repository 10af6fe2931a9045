"""Twenty cognitive tasks by one network, which a rule tells what to do.

Yang, Joglekar, Song, Newsome & Wang (2019), Task representations in neural networks trained to
perform many cognitive tasks, Nature Neuroscience 22; --rule=delaygo trains one of them alone.
"""

from rnnjax.settings import Experiment, Recurrent, Training
from rnnjax.tasks import YangTask

EXPERIMENT = Experiment(
    YangTask("all"),
    Recurrent("PreactivationNoise(LeakyElman(256, activation=relu), 0.158)"),
    Training(steps=20_000, batch_size=64, learning_rate=1e-3),
)
