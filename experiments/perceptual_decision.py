"""Perceptual decision, of which of two noisy stimuli is the stronger.

Britten, Shadlen, Newsome & Movshon (1992), Journal of Neuroscience 12; in the form of NeuroGym,
Molano-Mazón et al. (2022). An ideal observer is right in .896 of the trials, by chance one half.
"""

from rnnjax.settings import Experiment, Recurrent, Training
from rnnjax.tasks import PerceptualDecision

EXPERIMENT = Experiment(
    PerceptualDecision(),
    Recurrent("GRU", hidden=64),
    Training(steps=2000, batch_size=128, learning_rate=3e-3, schedule="cosine"),
)
