"""Context-dependent decision: which of two noisy stimuli counts, a cue says.

Mante, Sussillo, Shenoy & Newsome (2013), Context-dependent computation by recurrent dynamics in
prefrontal cortex, Nature 503. An ideal observer is right in .943 of the trials, by chance one half.
"""

from rnnjax.settings import Experiment, Recurrent, Training
from rnnjax.tasks import ContextDecision

EXPERIMENT = Experiment(
    ContextDecision(dt=20),
    Recurrent("CTRNN(128, dt=20.0, tau=100.0)"),
    Training(steps=4000, batch_size=64, learning_rate=1e-3),
)
