"""What a network that has learned pairs is asked on the command line."""

import pathlib
import sys

from rnnjax.lab.options import TranslationOptions
from rnnjax.models import EncoderDecoder
from rnnjax.runs.load import load
from rnnjax.training.translator import Translator


def translate(folder: pathlib.Path, options: TranslationOptions) -> None:
    """Prints what the network of a run writes for a source, if one is asked for.

    Of a feed-forward net that was trained beside it, it says that it does not.
    """
    if options.translate is None:
        return
    run = load(folder)
    if not isinstance(run.model, EncoderDecoder):
        print(f"{folder}: this network has no decoder, it does not translate", file=sys.stderr)
        return
    found = Translator(run).hypotheses(options.translate, beams=options.beams, alpha=options.alpha)
    for text, score in found:
        shown = f"   {score:.3f}" if options.beams > 1 else ""
        print(f"{options.translate} -> {text}{shown}")
