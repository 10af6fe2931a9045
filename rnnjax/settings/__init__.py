"""Experiments as values: what is learned, by which network, how; and their fields as text."""

from rnnjax.settings.catalogue import find, settings_of
from rnnjax.settings.experiment import Experiment, Settings, problem
from rnnjax.settings.fields import Between
from rnnjax.settings.networks import Embedded, EncoderDecoder, FeedForward, Network, Recurrent
from rnnjax.settings.training import Training

__all__ = [
    "Between",
    "Embedded",
    "EncoderDecoder",
    "Experiment",
    "FeedForward",
    "Network",
    "Recurrent",
    "Settings",
    "Training",
    "find",
    "problem",
    "settings_of",
]
