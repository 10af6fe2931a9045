"""Generating and scoring text on the command line."""

import pathlib
from collections.abc import Sequence

from rnnjax.datasets.texts import read_text
from rnnjax.lab.options import LanguageOptions
from rnnjax.runs.load import load
from rnnjax.training.language import LanguageModel


def texts_to_score(options: LanguageOptions) -> list[str]:
    """Returns the texts that are to be scored.

    Raises:
        ValueError: if a text is empty, or a file of them cannot be read or has none.
    """
    texts = [] if options.score is None else [options.score]
    if not all(map(str.strip, texts)):
        raise ValueError("--score= is blank: give it a text")
    if options.score_file is None:
        return texts
    lines = read_text(options.score_file, "--score_file").replace("\r\n", "\n").split("\n")
    lines = [line for line in lines if line.strip()]
    if not lines:
        raise ValueError(f"--score_file={options.score_file} has blank lines only")
    return texts + lines


def write_and_score(folder: pathlib.Path, texts: Sequence[str], options: LanguageOptions) -> None:
    """Prints the scores of texts and the generated text, as far as options ask for them."""
    if not texts and options.generate is None:
        return
    model = LanguageModel(load(folder))
    for score in model.score_all(texts):
        unknown = f" ({score.unknown} unknown)" if score.unknown else ""
        print(f"{score.bits:.2f} bits, {score.bits_per_symbol:.3f} a symbol{unknown}: {score.text}")
    if options.generate is not None:
        print(options.prompt, end="")
        for piece in model.stream(
            options.prompt,
            options.generate,
            temperature=options.temperature,
            top_p=options.top_p,
        ):
            print(piece, end="", flush=True)
        print()
