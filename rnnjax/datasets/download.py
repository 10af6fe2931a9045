"""Fetches the four IDX files, and gives up at once where there is no network."""

import contextlib
import http.client
import io
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

from rnnjax.datasets.base import DatasetError, Split
from rnnjax.datasets.contents import PUBLISHED_DIGESTS, digest
from rnnjax.datasets.idx import FILES, TEST_FILES, TRAIN_FILES, pair, parse_idx

URLS = {
    "mnist": "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "fashion_mnist": "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
}
_STALL = 10.0  # seconds without a byte
_TOTAL = 60.0  # seconds for the four files
_LARGEST = 64 * 2**20  # bytes a file; the largest published one has 26 million


def fetch(name: str, cache: Path, timeout: float) -> tuple[Split, Split]:
    """Downloads, checks and caches the published files.

    Nothing is written before all four files have arrived and are the published ones, to the bit.

    Args:
        name: `"mnist"` or `"fashion_mnist"`.
        cache: the folder to keep the files in; left alone where it cannot be written or is
            a relative path.
        timeout: seconds in which the server has to answer for the first time.

    Returns:
        The training and the test split.

    Raises:
        DatasetError: if there is no network, or what arrived is not what was published.
    """
    urls = {file: URLS[name] + file for file in FILES}
    _ask(urls[FILES[-1]], timeout)
    deadline = time.monotonic() + _TOTAL
    bodies = {file: _get(url, deadline) for file, url in urls.items()}
    arrays = {file: parse_idx(io.BytesIO(bodies[file]), url) for file, url in urls.items()}
    train, test = (
        pair(arrays[images], arrays[labels], (urls[images], urls[labels]))
        for images, labels in (TRAIN_FILES, TEST_FILES)
    )
    if digest(train, test) != PUBLISHED_DIGESTS[name]:
        raise DatasetError(f"{URLS[name]}: the files are not those published as {name}")
    # The data are good without a cache. A relative one is that of a user without a home directory.
    if cache.is_absolute():
        with contextlib.suppress(OSError):
            _store(bodies, cache)
    return train, test


def _ask(url: str, timeout: float) -> None:
    """Returns once a server answers for `url`, and raises after `timeout` seconds at the latest."""
    outcome: list[Exception | None] = []

    def ask() -> None:
        try:
            with urllib.request.urlopen(url, timeout=timeout):
                outcome.append(None)
        except Exception as error:  # ValueError too, for a proxy in the environment that is none
            outcome.append(error)

    # Looking a name up knows no time limit, so the thread may have to be left behind.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(timeout)
    if not outcome:
        raise DatasetError(f"{url}: no answer within {timeout:g} s")
    if (error := outcome[0]) is not None:
        raise DatasetError(f"{url}: {str(error) or type(error).__name__}") from error


def _get(url: str, deadline: float) -> bytes:
    body = bytearray()
    try:
        with urllib.request.urlopen(url, timeout=_STALL) as response:
            while chunk := response.read1(2**16):
                body += chunk
                if len(body) > _LARGEST or time.monotonic() > deadline:
                    raise DatasetError(f"{url}: too large or too slow, {len(body)} bytes arrived")
    except (OSError, http.client.HTTPException) as error:
        raise DatasetError(f"{url}: the download failed ({error})") from error
    return bytes(body)


def _store(bodies: dict[str, bytes], cache: Path) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as unfinished:
        for file, body in bodies.items():
            (Path(unfinished) / file).write_bytes(body)
        for file in bodies:
            (Path(unfinished) / file).replace(cache / file)
