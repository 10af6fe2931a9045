"""What a network that has learned pairs is asked on the command line."""

import pathlib

from rnnjax.lab.options import TranslationOptions
from rnnjax.models import EncoderDecoder
from rnnjax.runs.load import load
from rnnjax.training.translator import Translator


def translate(folder: pathlib.Path, options: TranslationOptions) -> None:
    """Prints what the network of a run writes for a source, if one is asked for.

    A feed-forward net that was trained beside it is left out.
    """
    if options.translate is None:
        return
    run = load(folder)
    if not isinstance(run.model, EncoderDecoder):
        return
    found = Translator(run).hypotheses(options.translate, beams=options.beams, alpha=options.alpha)
    for text, score in found:
        shown = f"   {score:.3f}" if options.beams > 1 else ""
        print(f"{options.translate} -> {text}{shown}")
