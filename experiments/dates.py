"""Dates: read one as people write it, "thursday, january 1, 1970", and write 1970-01-01.

The formats of Ahmed (2017), Attention in Keras, github.com/datalogue/keras-attention, in English; a
network with the attention of Luong, Pham & Manning (2015), arXiv:1508.04025, whose figure is
`attention.png`. `--translate="1 jan 1970" --beams=4` writes a date of yours, and the likeliest
others.
"""

from rnnjax.settings import EncoderDecoder, Experiment, Training
from rnnjax.tasks import Dates

EXPERIMENT = Experiment(
    Dates(),
    EncoderDecoder("GRU", hidden=64, bidirectional=True, attention=True),
    Training(steps=2000, batch_size=64, learning_rate=3e-3, schedule="cosine"),
)
