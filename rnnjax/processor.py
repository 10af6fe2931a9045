"""What Linux says of the processor: who made it, which model it is, what it can do."""

import functools
import pathlib


@functools.cache
def processor() -> dict[str, str]:
    """Returns what is said of the first core, by Linux's names for it; nothing on other systems.

    Example:
        >>> isinstance(processor().get("flags", ""), str)
        True
    """
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text()
    except OSError:
        return {}
    pairs = (line.partition(":")[::2] for line in text.split("\n\n")[0].splitlines())
    return {key.strip(): value.strip() for key, value in pairs}
