"""Reversal: read a word, and write it backward. One network reads, another one writes.

`--attention` lets the one that writes look back, and `attention.png` shows where; then words may be
long. `--decoder_cell=GRU` and the like let another cell write than read; the states are handed over
all the same. `--translate=word` writes a word of yours.

Sutskever, Vinyals & Le (2014), Sequence to sequence learning with neural networks, NeurIPS,
arXiv:1409.3215; Luong, Pham & Manning (2015), EMNLP, arXiv:1508.04025 (attention).
"""

from rnnjax.settings import EncoderDecoder, Experiment, Training
from rnnjax.tasks import Reversal

EXPERIMENT = Experiment(
    Reversal(length=10),
    EncoderDecoder("GRU", hidden=128, attention=True),
    Training(steps=2000, batch_size=128, learning_rate=3e-3, schedule="cosine"),
)
