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
from rnnjax.tasks.pairs.addition import Addition
from rnnjax.tasks.pairs.dates import Dates
from rnnjax.tasks.pairs.pairtask import Pair, PairTask
from rnnjax.tasks.pairs.reversal import Reversal
from rnnjax.tasks.sized import SizedTask
from rnnjax.tasks.sources import Part as Part
from rnnjax.tasks.sources import Source as Source
from rnnjax.tasks.stored import Arrays, StoredTask
from rnnjax.tasks.streamed import Streamed
from rnnjax.tasks.text.text import Text
from rnnjax.tasks.text.vocabulary import Vocabulary

__all__ = [
    "Adding",
    "Addition",
    "Arrays",
    "Copying",
    "Dates",
    "Echo",
    "Examples",
    "GeneratedTask",
    "Images",
    "Pair",
    "PairTask",
    "Parity",
    "Reversal",
    "SizedTask",
    "StoredTask",
    "Streamed",
    "Task",
    "Text",
    "Vocabulary",
    "WindowedTask",
    "split",
]
