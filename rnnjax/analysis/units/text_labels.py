"""What a unit of a model of text may keep track of, character by character."""

import numpy as np


def inside_quotes(text: str, quote: str = '"') -> np.ndarray:
    """Returns where a text is between two quotes, both quotes included: boolean `[T]`.

    A label belongs to the step that reads the character: with the first quote the network can know.
    What is not closed goes on to the end.

    Raises:
        ValueError: if `quote` is not one character.

    Example:
        >>> inside_quotes('a "b" c').astype(int).tolist()
        [0, 0, 1, 1, 1, 0, 0]
    """
    if len(quote) != 1:
        raise ValueError(f"a quote is one character; got {quote!r}")
    is_quote = np.array([character == quote for character in text], bool)
    return (np.cumsum(is_quote) % 2 == 1) | is_quote


def line_position(text: str) -> np.ndarray:
    r"""Returns how many characters of its line are before each, the newline last: `[T]`.

    Example:
        >>> line_position("ab\nc").tolist()
        [0, 1, 2, 0]
    """
    at = np.arange(len(text))
    begins = np.array([True, *(c == "\n" for c in text[:-1])][: len(text)], bool)
    return at - np.maximum.accumulate(np.where(begins, at, 0))


def bracket_depth(text: str, brackets: str = "()") -> np.ndarray:
    """Returns how many brackets are open once each character is read: `[T]`.

    Raises:
        ValueError: if `brackets` are not an opening and a closing character.

    Example:
        >>> bracket_depth("a(b(c))d").tolist()
        [0, 1, 1, 2, 2, 1, 0, 0]
    """
    if len(brackets) != 2:
        raise ValueError(f"brackets are an opening and a closing one; got {brackets!r}")
    change = {brackets[0]: 1, brackets[1]: -1}
    return np.cumsum([change.get(character, 0) for character in text], dtype=int)
