"""Add: the odds of a coin from bits 5 and 9 steps ago, learned online, at every step, by RTRL.

Marschall, Cho & Savin (2020), A unified framework of online learning algorithms for training
recurrent neural networks, JMLR 21. The loss is 0.6616 without memory, 0.5192 with the nearer bit
alone, 0.4545 with both. --unroll takes the other rules: UORO, SnAp, EProp, TBPTT.
"""

from rnnjax.settings import Experiment, Recurrent, Training
from rnnjax.tasks import LaggedAdd

EXPERIMENT = Experiment(
    LaggedAdd(first=5, second=9, length=10_000, window=1),
    Recurrent("Elman", hidden=32, unroll="RTRL"),
    Training(
        steps=30_000,
        batch_size=1,
        optimizer="sgd",
        learning_rate=0.03,
        clip_norm=None,
        eval_every=3000,
        log_every=300,
    ),
)
