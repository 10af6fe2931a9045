"""What a measurement was made on."""

import importlib.metadata
import os
import platform

from rnnjax.processor import processor

_PACKAGES = (
    *("rnnjax", "jax", "jaxlib", "flax", "optax"),
    *("torch", "dm-haiku", "equinox", "keras"),
)


def describe() -> dict[str, object]:
    """Returns the processor, its cores and memory, and the versions of all that was run."""
    from rnnjax.training import core_count  # 1 s that neither --help nor a wrong flag has to wait

    return {
        "processor": _processor(),
        "cores": core_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "system": " ".join((platform.system(), *platform.libc_ver())).strip(),
        "python": platform.python_version(),
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    """Returns the versions of all that was run, as far as it is installed."""
    return {name: v for name in _PACKAGES if (v := _version(name)) is not None}


def _processor() -> str:
    """Returns the model's name, with family and model number: virtual machines hide the name."""
    facts = processor()
    name = facts.get("model name") or platform.processor() or platform.machine()
    numbers = [f"{key} {facts[key]}" for key in ("cpu family", "model") if key in facts]
    return f"{name} ({', '.join(numbers)})" if numbers else name


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
