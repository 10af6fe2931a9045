"""How many files a process may hold open, of which a population needs one a member."""

import resource

_SPARE = 128  # what a process holds besides
_MOST = 16_384  # more than any population needs; where there is no limit some systems refuse more


def raise_open_files() -> None:
    """Lets this process hold as many files open as it may; shells usually say 1,024.

    Example:
        >>> raise_open_files()
        >>> open_files() >= min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 1024)
        True
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for most in (_MOST, 10_240):  # which is all that macOS allows, whatever it says
        wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
        if soft == resource.RLIM_INFINITY or wanted <= soft:
            return
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (OSError, ValueError):
            continue
        return


def open_files() -> int:
    """Returns how many files this process may hold open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST if soft == resource.RLIM_INFINITY else soft


def check_open_files(members: int) -> None:
    """Checks that the folders of a population can all be held, before it is drawn.

    Args:
        members: of the largest population.

    Raises:
        ValueError: if they cannot.

    Example:
        >>> check_open_files(8)
    """
    if members + _SPARE > open_files():
        raise ValueError(
            f"--population: {members} runs in one program hold {members + _SPARE} files open, and "
            f"a process here may hold {open_files()}: a smaller --population, or more by ulimit -n"
        )
