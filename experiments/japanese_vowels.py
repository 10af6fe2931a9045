"""Japanese Vowels: who of nine speakers says /ae/, of series of 7 to 29 steps.

Kudo, Toyama & Shimbo (1999), Multidimensional curve classification using passing-through regions,
Pattern Recognition Letters 20. 270 series for training and 370 for the test come with the package;
`--dataset=NAME --data_dir=FOLDER` reads other series of the UEA and UCR archives.
"""

from rnnjax.settings import Experiment, Recurrent, Training
from rnnjax.tasks import TimeSeries

EXPERIMENT = Experiment(
    TimeSeries("JapaneseVowels"),
    Recurrent("LSTM", hidden=64),
    Training(steps=600, batch_size=27, learning_rate=3e-3, schedule="cosine"),
)
