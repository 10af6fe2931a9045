"""Generating and scoring text on the command line."""

import pathlib
from collections.abc import Sequence

from rnnjax.datasets.base import expanded, read_bytes
from rnnjax.lab.options import LanguageOptions
from rnnjax.runs.load import load
from rnnjax.training.language import LanguageModel


def texts_to_score(options: LanguageOptions) -> list[str]:
    """Returns the texts that are to be scored.

    Raises:
        ValueError: if a file of them cannot be read.
    """
    texts = [] if options.score is None else [options.score]
    if options.score_file is None:
        return texts
    try:
        return texts + read_bytes(expanded(options.score_file)).decode("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"--score_file={options.score_file}: {error}") from None


def write_and_score(folder: pathlib.Path, texts: Sequence[str], options: LanguageOptions) -> None:
    """Prints the scores of texts and the generated text, as far as options ask for them."""
    if not texts and options.generate is None:
        return
    model = LanguageModel(load(folder))
    for score in model.score_all(texts):
        print(f"{score.bits:.2f} bits, {score.bits_per_symbol:.3f} a symbol: {score.text}")
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
