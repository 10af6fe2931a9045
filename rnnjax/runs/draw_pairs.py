"""The figures of a run whose network has learned pairs of sequences."""

import pathlib

import numpy as np

from rnnjax.batch import Batch
from rnnjax.models import EncoderDecoder
from rnnjax.runs.durable import write_text
from rnnjax.runs.figures.pairs import Look, Sample, draw_attention, draw_pairs, samples_text
from rnnjax.tasks.pairs.pairtask import PairTask
from rnnjax.training.trained import Trained
from rnnjax.training.translator import Translator


def draw_pair_samples(
    folder: pathlib.Path, trained: Trained, task: PairTask, batch: Batch, *, title: str
) -> None:
    """Writes `samples.txt` and draws `samples.png`, and where the network looked `attention.png`.

    Args:
        folder: of the run.
        trained: the network.
        task: what it has learned.
        batch: sources and targets.
        title: above each figure.
    """
    written = np.asarray(trained.predict(batch.inputs, steps=batch.steps))
    samples = []
    for index in range(batch.inputs.shape[1]):
        steps = None if batch.steps is None else np.asarray(batch.steps[:, index])
        source = task.source_text(np.asarray(batch.inputs[:, index]), steps)
        wanted = task.target_text(np.asarray(batch.targets[:, index]))
        samples.append(Sample(source, wanted, task.target_text(written[:, index])))
    write_text(folder / "samples.txt", samples_text(samples))
    draw_pairs(folder / "samples.png", samples, title=title)
    if isinstance(trained.model, EncoderDecoder) and trained.model.attention is not None:
        translator = Translator(trained)
        looks = [Look(*translator.attention(sample.source)) for sample in samples[:4]]
        draw_attention(folder / "attention.png", looks, title=title)
