"""Addition: read two numbers as characters, 12+34, and write their sum.

The form of Keras's addition_rnn, which reaches 99 % of characters; Zaremba & Sutskever (2014),
Learning to execute, arXiv:1410.4615. `exact` is the share of sums that the network writes without a
mistake by itself. A tenth of the pairs of numbers is kept from training. `--digits=3 --steps=10000`
is harder; `--translate=12+34` adds numbers of yours.
"""

from rnnjax.settings import EncoderDecoder, Experiment, Training
from rnnjax.tasks import Addition

EXPERIMENT = Experiment(
    Addition(digits=2),
    EncoderDecoder("LSTM", hidden=128),
    Training(
        steps=2000,
        batch_size=128,
        learning_rate=3e-3,
        schedule="cosine",
        optimizer="adamw",
        weight_decay=1.0,  # else 9,000 pairs are learned by heart
    ),
)
