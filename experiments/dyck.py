"""Dyck language: which brackets may come next? Trained on short strings, tested on longer ones.

Bhattamishra, Ahuja & Goyal (2020), On the ability and limitations of transformers to recognize
formal languages, EMNLP, arXiv:2009.11264: strings of 2 to 50 symbols, and then of 52 to 100.
"""

from rnnjax.settings import Experiment, Recurrent, Training
from rnnjax.tasks import Dyck

EXPERIMENT = Experiment(
    Dyck(pairs=25, kinds=2, tested=50),
    Recurrent("LSTM", hidden=64),
    Training(steps=5000, batch_size=128, learning_rate=3e-3, schedule="cosine"),
)
