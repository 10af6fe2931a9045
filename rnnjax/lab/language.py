"""What a language model is asked on the command line."""

import pathlib

from rnnjax.lab.options import LanguageOptions
from rnnjax.runs.load import load
from rnnjax.training.language import LanguageModel


def write_and_score(folder: pathlib.Path, options: LanguageOptions) -> None:
    """Prints what the network of a run writes, and how likely it finds texts, as far as is asked.

    Raises:
        ValueError: if a file that is to be scored cannot be read.
    """
    texts = [] if options.score is None else [options.score]
    if options.score_file is not None:
        try:
            texts += pathlib.Path(options.score_file).expanduser().read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"--score_file={options.score_file}: {error}") from None
    if not texts and options.generate is None:
        return
    model = LanguageModel(load(folder))
    for score in model.score_all(texts):
        print(f"{score.bits:.2f} bits, {score.bits_per_symbol:.3f} a symbol: {score.text}")
    if options.generate is not None:
        print(options.prompt, end="")
        how = {"temperature": options.temperature, "top_p": options.top_p}
        for piece in model.stream(options.prompt, options.generate, **how):
            print(piece, end="", flush=True)
        print()
