"""What networks are trained on: a task is sizes, batches in three parts, a loss and metrics."""

from rnnjax.tasks.base import Task
from rnnjax.tasks.examples import Examples, split
from rnnjax.tasks.feed import Feed as Feed
from rnnjax.tasks.formal.binaryaddition import BinaryAddition
from rnnjax.tasks.formal.binarymultiplication import BinaryMultiplication
from rnnjax.tasks.formal.bucketsort import BucketSort
from rnnjax.tasks.formal.computesqrt import ComputeSqrt
from rnnjax.tasks.formal.cyclenavigation import CycleNavigation
from rnnjax.tasks.formal.duplicatestring import DuplicateString
from rnnjax.tasks.formal.evenpairs import EvenPairs
from rnnjax.tasks.formal.missingduplicate import MissingDuplicate
from rnnjax.tasks.formal.modulararithmetic import ModularArithmetic
from rnnjax.tasks.formal.modulararithmeticbrackets import ModularArithmeticBrackets
from rnnjax.tasks.formal.oddsfirst import OddsFirst
from rnnjax.tasks.formal.parity import Parity
from rnnjax.tasks.formal.reversestring import ReverseString
from rnnjax.tasks.formal.solveequation import SolveEquation
from rnnjax.tasks.formal.stackmanipulation import StackManipulation
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
    "BinaryAddition",
    "BinaryMultiplication",
    "BucketSort",
    "ComputeSqrt",
    "Copying",
    "CycleNavigation",
    "DuplicateString",
    "Echo",
    "EvenPairs",
    "Examples",
    "GeneratedTask",
    "Images",
    "MissingDuplicate",
    "ModularArithmetic",
    "ModularArithmeticBrackets",
    "OddsFirst",
    "Parity",
    "ReverseString",
    "SizedTask",
    "SolveEquation",
    "StackManipulation",
    "StoredTask",
    "Streamed",
    "Task",
    "Text",
    "Vocabulary",
    "WindowedTask",
    "split",
]
