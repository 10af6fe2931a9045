"""What networks are trained on: a task is sizes, batches in three parts, a loss and metrics."""

from rnnjax.tasks.base import Task
from rnnjax.tasks.examples import Examples, split
from rnnjax.tasks.feed import Feed as Feed
from rnnjax.tasks.formal.parity import Parity
from rnnjax.tasks.generated import GeneratedTask, WindowedTask
from rnnjax.tasks.images.images import Images
from rnnjax.tasks.memory.adding import Adding
from rnnjax.tasks.memory.copying import Copying
from rnnjax.tasks.memory.echo import Echo
from rnnjax.tasks.series.fitzhughnagumo import FitzHughNagumo
from rnnjax.tasks.series.henon import Henon
from rnnjax.tasks.series.kuramotosivashinsky import KuramotoSivashinsky
from rnnjax.tasks.series.logistic import Logistic
from rnnjax.tasks.series.lorenz import Lorenz
from rnnjax.tasks.series.lorenz96 import Lorenz96
from rnnjax.tasks.series.mackeyglass import MackeyGlass
from rnnjax.tasks.series.multiplesines import MultipleSines
from rnnjax.tasks.series.narma import NARMA
from rnnjax.tasks.series.roessler import Roessler
from rnnjax.tasks.series.sinegenerator import SineGenerator
from rnnjax.tasks.sized import SizedTask
from rnnjax.tasks.sources import Part as Part
from rnnjax.tasks.sources import Source as Source
from rnnjax.tasks.stored import Arrays, StoredTask
from rnnjax.tasks.streamed import Streamed
from rnnjax.tasks.text.text import Text
from rnnjax.tasks.text.vocabulary import Vocabulary

__all__ = [
    "NARMA",
    "Adding",
    "Arrays",
    "Copying",
    "Echo",
    "Examples",
    "FitzHughNagumo",
    "GeneratedTask",
    "Henon",
    "Images",
    "KuramotoSivashinsky",
    "Logistic",
    "Lorenz",
    "Lorenz96",
    "MackeyGlass",
    "MultipleSines",
    "Parity",
    "Roessler",
    "SineGenerator",
    "SizedTask",
    "StoredTask",
    "Streamed",
    "Task",
    "Text",
    "Vocabulary",
    "WindowedTask",
    "split",
]
