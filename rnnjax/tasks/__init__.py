"""What networks are trained on: a task is sizes, batches in three parts, a loss and metrics."""

from rnnjax.tasks.base import Task
from rnnjax.tasks.examples import Examples, split
from rnnjax.tasks.feed import Feed as Feed
from rnnjax.tasks.formal.continualreber import ContinualReber
from rnnjax.tasks.formal.counting import Counting
from rnnjax.tasks.formal.dyck import Dyck
from rnnjax.tasks.formal.embeddedreber import EmbeddedReber
from rnnjax.tasks.formal.parity import Parity
from rnnjax.tasks.formal.reber import Reber
from rnnjax.tasks.formal.shuffledyck import ShuffleDyck
from rnnjax.tasks.formal.tomita import Tomita
from rnnjax.tasks.generated import GeneratedTask, WindowedTask
from rnnjax.tasks.images.images import Images
from rnnjax.tasks.memory.adding import Adding
from rnnjax.tasks.memory.copying import Copying
from rnnjax.tasks.memory.echo import Echo
from rnnjax.tasks.sized import SizedTask
from rnnjax.tasks.sources import Part as Part
from rnnjax.tasks.sources import Source as Source
from rnnjax.tasks.stored import Arrays, StoredTask
from rnnjax.tasks.streamed import Streamed
from rnnjax.tasks.text.text import Text
from rnnjax.tasks.text.vocabulary import Vocabulary

__all__ = [
    "Adding",
    "Arrays",
    "ContinualReber",
    "Copying",
    "Counting",
    "Dyck",
    "Echo",
    "EmbeddedReber",
    "Examples",
    "GeneratedTask",
    "Images",
    "Parity",
    "Reber",
    "ShuffleDyck",
    "SizedTask",
    "StoredTask",
    "Streamed",
    "Task",
    "Text",
    "Tomita",
    "Vocabulary",
    "WindowedTask",
    "split",
]
