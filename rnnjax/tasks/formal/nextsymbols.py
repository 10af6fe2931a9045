"""What tasks share that ask, after each symbol, which ones may come next."""

from rnnjax.batch import Batch, masked_mean
from rnnjax.tasks.sized import SizedTask
from rnnjax.typing import Array


class NextSymbols(SizedTask):
    """Say after each symbol of a string which ones may come next.

    Targets have a bit for each symbol: 1 if some string of the language goes on with it. The loss
    is the mean squared error of the bits, and an output above one half predicts a 1. A string is
    right if all bits are, at all its steps: the accuracy is the share of such strings.

    References:
        Gers & Schmidhuber (2001), LSTM recurrent networks learn simple context-free and
        context-sensitive languages, IEEE Transactions on Neural Networks 12.
        Suzgun, Gehrmann, Belinkov & Shieber (2019), LSTM networks can perform dynamic counting,
        arXiv:1906.03648. There outputs pass a logistic function; here they are linear.
    """

    metric = "accuracy"

    def metrics(self, outputs: Array, batch: Batch) -> dict[str, Array]:
        """The share of strings of which every bit is right, and that of steps."""
        right = ((outputs > 0.5) == (batch.targets > 0.5)).all(-1)
        whole = (right | ~batch.mask).all(0)
        return {
            "accuracy": masked_mean(whole.astype(outputs.dtype), batch.mask.any(0)),
            "steps_right": masked_mean(right.astype(outputs.dtype), batch.mask),
        }


def bit_error(chance: float) -> float:
    """Returns the squared error of the best guess at a bit that is 1 with a chance.

    Example:
        >>> bit_error(0.5)
        0.25
    """
    return chance * (1 - chance)
