"""Training: what is minimised, on which batches, by which rule; no folder and no flag is needed."""

from rnnjax.training.activity import ActivityRegularised, activity, slowness
from rnnjax.training.devices import (
    core_count,
    make_mesh,
    suitable_devices,
    use_cores_as_devices,
)
from rnnjax.training.fit import Fitted, fit, fit_members, make_problem
from rnnjax.training.hyperparameters import Hyperparameters
from rnnjax.training.language import LanguageModel, Score
from rnnjax.training.loop import DivergedError, Listener, Moment
from rnnjax.training.make_objective import make_objective
from rnnjax.training.objective import Objective
from rnnjax.training.optimizer import Optimizer
from rnnjax.training.plan import Plan
from rnnjax.training.trained import Trained
from rnnjax.training.translator import Hypothesis, Translator

__all__ = [
    "ActivityRegularised",
    "DivergedError",
    "Fitted",
    "Hyperparameters",
    "Hypothesis",
    "LanguageModel",
    "Listener",
    "Moment",
    "Objective",
    "Optimizer",
    "Plan",
    "Score",
    "Trained",
    "Translator",
    "activity",
    "core_count",
    "fit",
    "fit_members",
    "make_mesh",
    "make_objective",
    "make_problem",
    "slowness",
    "suitable_devices",
    "use_cores_as_devices",
]
