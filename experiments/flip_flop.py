"""Flip-flop: remember the signs of the last pulses of three inputs.

Sussillo & Barak (2013), Opening the black box, Neural Computation 25; in the form and with the
network of Golub & Sussillo (2018), FixedPointFinder, JOSS 3, but for the pulses, which have a
probability of 0.5 there: trained, it has a stable fixed point at each corner of a cube. Rarer
pulses make it hold them for longer; with 0.5 an LSTM may drift where no sequence sees it, and rest
at seven.
"""

from rnnjax.settings import Experiment, Recurrent, Training
from rnnjax.tasks import FlipFlop

EXPERIMENT = Experiment(
    FlipFlop(length=64, bits=3, pulse=0.2),
    Recurrent("Elman", hidden=16),
    Training(steps=3000, batch_size=128, learning_rate=1e-2, schedule="cosine"),
)
