"""What networks are trained on: a task is sizes, batches in three parts, a loss and metrics."""

from rnnjax.tasks.audio.speechcommands import SpeechCommands
from rnnjax.tasks.base import Task
from rnnjax.tasks.examples import Examples, split
from rnnjax.tasks.feed import Feed as Feed
from rnnjax.tasks.formal.binaryaddition import BinaryAddition
from rnnjax.tasks.formal.binarymultiplication import BinaryMultiplication
from rnnjax.tasks.formal.bucketsort import BucketSort
from rnnjax.tasks.formal.computesqrt import ComputeSqrt
from rnnjax.tasks.formal.continualreber import ContinualReber
from rnnjax.tasks.formal.counting import Counting
from rnnjax.tasks.formal.cyclenavigation import CycleNavigation
from rnnjax.tasks.formal.duplicatestring import DuplicateString
from rnnjax.tasks.formal.dyck import Dyck
from rnnjax.tasks.formal.embeddedreber import EmbeddedReber
from rnnjax.tasks.formal.evenpairs import EvenPairs
from rnnjax.tasks.formal.missingduplicate import MissingDuplicate
from rnnjax.tasks.formal.modulararithmetic import ModularArithmetic
from rnnjax.tasks.formal.modulararithmeticbrackets import ModularArithmeticBrackets
from rnnjax.tasks.formal.oddsfirst import OddsFirst
from rnnjax.tasks.formal.parity import Parity
from rnnjax.tasks.formal.reber import Reber
from rnnjax.tasks.formal.reversestring import ReverseString
from rnnjax.tasks.formal.shuffledyck import ShuffleDyck
from rnnjax.tasks.formal.solveequation import SolveEquation
from rnnjax.tasks.formal.stackmanipulation import StackManipulation
from rnnjax.tasks.formal.tomita import Tomita
from rnnjax.tasks.generated import GeneratedTask, WindowedTask
from rnnjax.tasks.images.images import Images
from rnnjax.tasks.memory.adding import Adding
from rnnjax.tasks.memory.associativerecall import AssociativeRecall
from rnnjax.tasks.memory.associativeretrieval import AssociativeRetrieval
from rnnjax.tasks.memory.copying import Copying
from rnnjax.tasks.memory.delay import Delay
from rnnjax.tasks.memory.delayedxor import DelayedXOR
from rnnjax.tasks.memory.echo import Echo
from rnnjax.tasks.memory.flipflop import FlipFlop
from rnnjax.tasks.memory.inductionhead import InductionHead
from rnnjax.tasks.memory.laggedadd import LaggedAdd
from rnnjax.tasks.memory.markedcopying import MarkedCopying
from rnnjax.tasks.memory.mqar import MQAR
from rnnjax.tasks.memory.nback import NBack
from rnnjax.tasks.memory.repeatfirst import RepeatFirst
from rnnjax.tasks.memory.repeatprevious import RepeatPrevious
from rnnjax.tasks.memory.selectivecopying import SelectiveCopying
from rnnjax.tasks.memory.temporalorder import TemporalOrder
from rnnjax.tasks.music.chorales import Chorales
from rnnjax.tasks.neuro.antireach import AntiReach
from rnnjax.tasks.neuro.contextdecision import ContextDecision
from rnnjax.tasks.neuro.delaycomparison import DelayComparison
from rnnjax.tasks.neuro.delayedmatch import DelayedMatch
from rnnjax.tasks.neuro.gonogo import GoNoGo
from rnnjax.tasks.neuro.integrator import Integrator
from rnnjax.tasks.neuro.intervalproduction import IntervalProduction
from rnnjax.tasks.neuro.perceptualdecision import PerceptualDecision
from rnnjax.tasks.neuro.readysetgo import ReadySetGo
from rnnjax.tasks.neuro.yangtask import YangTask
from rnnjax.tasks.pairs.addition import Addition
from rnnjax.tasks.pairs.dates import Dates
from rnnjax.tasks.pairs.pairtask import Pair, PairTask
from rnnjax.tasks.pairs.reversal import Reversal
from rnnjax.tasks.series.fitzhughnagumo import FitzHughNagumo
from rnnjax.tasks.series.henon import Henon
from rnnjax.tasks.series.kuramotosivashinsky import KuramotoSivashinsky
from rnnjax.tasks.series.logistic import Logistic
from rnnjax.tasks.series.lorenz import Lorenz
from rnnjax.tasks.series.lorenz96 import Lorenz96
from rnnjax.tasks.series.mackeyglass import MackeyGlass
from rnnjax.tasks.series.multiplesines import MultipleSines
from rnnjax.tasks.series.narma import NARMA
from rnnjax.tasks.series.periodicoutput import PeriodicOutput
from rnnjax.tasks.series.roessler import Roessler
from rnnjax.tasks.series.sinegenerator import SineGenerator
from rnnjax.tasks.series.timeseries import TimeSeries
from rnnjax.tasks.sized import SizedTask
from rnnjax.tasks.sources import Part as Part
from rnnjax.tasks.sources import Source as Source
from rnnjax.tasks.stored import Arrays, StoredTask
from rnnjax.tasks.streamed import Streamed
from rnnjax.tasks.text.imdb import IMDB
from rnnjax.tasks.text.text import Text
from rnnjax.tasks.text.vocabulary import Vocabulary

__all__ = [
    "IMDB",
    "MQAR",
    "NARMA",
    "Adding",
    "Addition",
    "AntiReach",
    "Arrays",
    "AssociativeRecall",
    "AssociativeRetrieval",
    "BinaryAddition",
    "BinaryMultiplication",
    "BucketSort",
    "Chorales",
    "ComputeSqrt",
    "ContextDecision",
    "ContinualReber",
    "Copying",
    "Counting",
    "CycleNavigation",
    "Dates",
    "Delay",
    "DelayComparison",
    "DelayedMatch",
    "DelayedXOR",
    "DuplicateString",
    "Dyck",
    "Echo",
    "EmbeddedReber",
    "EvenPairs",
    "Examples",
    "FitzHughNagumo",
    "FlipFlop",
    "GeneratedTask",
    "GoNoGo",
    "Henon",
    "Images",
    "InductionHead",
    "Integrator",
    "IntervalProduction",
    "KuramotoSivashinsky",
    "LaggedAdd",
    "Logistic",
    "Lorenz",
    "Lorenz96",
    "MackeyGlass",
    "MarkedCopying",
    "MissingDuplicate",
    "ModularArithmetic",
    "ModularArithmeticBrackets",
    "MultipleSines",
    "NBack",
    "OddsFirst",
    "Pair",
    "PairTask",
    "Parity",
    "PerceptualDecision",
    "PeriodicOutput",
    "ReadySetGo",
    "Reber",
    "RepeatFirst",
    "RepeatPrevious",
    "Reversal",
    "ReverseString",
    "Roessler",
    "SelectiveCopying",
    "ShuffleDyck",
    "SineGenerator",
    "SizedTask",
    "SolveEquation",
    "SpeechCommands",
    "StackManipulation",
    "StoredTask",
    "Streamed",
    "Task",
    "TemporalOrder",
    "Text",
    "TimeSeries",
    "Tomita",
    "Vocabulary",
    "WindowedTask",
    "YangTask",
    "split",
]
