"""Compiled programs kept on disk, so that the same run starts in a fraction of the time."""

import hashlib
import os
import pathlib
import platform
import tempfile

import jax

from rnnjax.processor import processor

_LEAST_SECONDS = 0.1  # a program compiled faster than this is not worth a file


def use_compilation_cache(folder: str | os.PathLike[str] | None = None) -> bool:
    """Keeps compiled programs in a folder; to be called before anything is compiled.

    Kinds of processors that share a home get a folder each, because a program compiled for one may
    not run on another. What the environment says of JAX's cache, `JAX_COMPILATION_CACHE_DIR` or
    `JAX_ENABLE_COMPILATION_CACHE`, goes before the default.

    Args:
        folder: where; by default `rnnjax` in the user's folder of caches.

    Returns:
        False if the folder cannot be written; then nothing is kept.
    """
    if not jax.config.jax_enable_compilation_cache:  # pyright: ignore[reportAttributeAccessIssue]
        return True
    if folder is None and os.environ.get("JAX_COMPILATION_CACHE_DIR"):
        return True
    try:
        path = pathlib.Path(folder or _home() / "rnnjax").expanduser().absolute() / _processor()
        path.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=path).close()
    except (OSError, RuntimeError):  # the second where the user has no home
        return False
    jax.config.update("jax_compilation_cache_dir", str(path))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", _LEAST_SECONDS)
    return True


def _home() -> pathlib.Path:
    return pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")


def _processor() -> str:
    """Names what the compiler sees of the processor."""
    said = processor()
    seen = [said[key] for key in ("model name", "flags", "Features") if key in said]
    text = "\n".join(seen or said.values() or [platform.processor()])
    return f"{platform.machine()}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
