"""The tool `input_information`."""

from typing import Annotated

import numpy as np

from rnnjax.analysis.information.input_information import (
    decode_classes,
    decode_inputs,
    plot_input_information,
)
from rnnjax.analysis.information.recording import Recording
from rnnjax.analysis.tools.findings import Findings, numbers_of
from rnnjax.analysis.tools.precision import in_double
from rnnjax.analysis.tools.recurrence import as_precise, recurrence, title_of
from rnnjax.analysis.tools.sequences import sequences_of
from rnnjax.runs.load import LoadedRun
from rnnjax.settings import Between


@in_double
def input_information(
    run: LoadedRun,
    *,
    sequences: Annotated[int, Between(4, 10**6)] = 256,
    lags: Annotated[int, Between(1, 10**5)] = 10,
) -> Findings:
    """Finds what a linear readout of the states knows about the inputs of earlier steps.

    It is fitted on half of the sequences of the test and judged on the other half; those that have
    not all of their steps are left out. In double precision.

    Args:
        run: what was learned.
        sequences: of the test.
        lags: from 0 to one less.

    Returns:
        What is found at lag 0 and at the greatest, by the share of the variance, the mean over
        features, or of symbols by the share that is named rightly; the bits of all lags together.

    Raises:
        TypeError: if the network has no state that one step leads from the next.
        ValueError: if sequences are not longer than the lags, or too few have all steps.

    Example:
        >>> from rnnjax import runs
        >>> run = runs.load("runs/adding-1234abcd")  # doctest: +SKIP
        >>> input_information(run).headline()  # doctest: +SKIP
        'at_lag_0=0.9981 at_lag_9=0.2714 chance=0'
    """
    network = recurrence(run)
    given = sequences_of(run, sequences).whole()
    states, inputs = network.visited(given.xs), given.batch.inputs
    if lags > len(states):
        raise ValueError(f"lags={lags}: sequences have {len(states)} steps")
    half = states.shape[1] // 2
    is_symbols = run.model.encoder is not None
    inputs = inputs if is_symbols else as_precise(inputs)
    train = Recording(states[:, :half], inputs[:, :half])
    test = Recording(states[:, half:], inputs[:, half:])
    if is_symbols:
        found = decode_classes(train, test, range(lags), run.task.input_dim)
    else:
        found = decode_inputs(train, test, range(lags))
    score = np.asarray(found.score).reshape(lags, -1).mean(1)
    numbers = numbers_of(
        **{"at_lag_0": score[0], f"at_lag_{lags - 1}": score[-1]},
        chance=found.chance,
        bits=np.asarray(found.bits).sum(),
        sequences=states.shape[1],
    )
    features = np.asarray(found.score).shape[1:]
    names = None if is_symbols else [f"input {k + 1}" for k in range(*features)]
    title = title_of(run, "what is known of inputs by states")
    figure = plot_input_information(found, title=title, names=names)
    arrays = {name: np.asarray(value) for name, value in found._asdict().items()}
    chief = ("at_lag_0", *([f"at_lag_{lags - 1}"] if lags > 1 else []), "chance")
    return Findings(numbers, chief, arrays, {"input_information": figure})
