"""Data files with random faults are read or refused in one line, in bounded time and memory."""

import gzip
import io
import os
import pickle
import struct
import tracemalloc
import wave

import numpy as np
import pytest

from rnnjax.datasets import cifar, speech
from rnnjax.datasets.base import DatasetError
from rnnjax.datasets.idx import parse_idx
from rnnjax.datasets.texts import load_text
from rnnjax.datasets.ts import parse_ts, read_ts

DRAW = np.random.default_rng(0)
IMAGES = struct.pack(">4I", 0x803, 2, 28, 28) + DRAW.bytes(2 * 784)
LABELS = struct.pack(">2I", 0x801, 30) + bytes(range(10)) * 3
SERIES = b"@problemName A\n@missing true\n@classLabel true up down\n@data\n"
SERIES += b"1,2,?:0,1,2:up\n5:6:down\n"
BATCH = {b"data": np.zeros((2, 3072), np.uint8), b"labels": [1, 2]}


def sound():
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(speech.RATE)
        written.writeframes(bytes(2000))
    return file.getvalue()


def on_disk(read):
    def reader(body, folder):
        path = folder / "file"
        path.write_bytes(body)
        return read(path)

    return reader


READERS = {
    "idx": (IMAGES, lambda body, _: parse_idx(io.BytesIO(body), "a")),
    "idx.gz": (gzip.compress(LABELS, mtime=0), lambda body, _: parse_idx(io.BytesIO(body), "a")),
    "ts": (SERIES, lambda body, _: parse_ts(body, "a.ts")),
    "ts.gz": (gzip.compress(SERIES, mtime=0), lambda body, _: parse_ts(body, "a.ts.gz")),
    "cifar": (bytes([3]) + bytes(3072), on_disk(cifar._read_binary)),
    "cifar for python": (pickle.dumps(BATCH, protocol=2), on_disk(cifar._read_python)),
    "wav": (sound(), on_disk(speech._read_wave)),
    "text": ("ein Text — mit Zeichen\r\n".encode() * 20, on_disk(load_text)),
}


def damaged(draw, body):
    """Returns bytes that are flipped, cut, repeated or put in."""
    body = bytearray(body)
    for _ in range(draw.integers(1, 4)):
        at = int(draw.integers(len(body) + 1)) if draw.random() < 0.5 else int(draw.integers(32))
        kind = draw.integers(4)
        if kind == 0 and at < len(body):
            body[at] ^= 1 << int(draw.integers(8))
        elif kind == 1:
            del body[at : at + int(draw.integers(1, 2000))]
        elif kind == 2:
            body[at:at] = draw.bytes(int(draw.integers(1, 9)))
        else:
            body[at : at + 4] = b"\xff\xff\xff\xff"
    return bytes(body)


@pytest.mark.filterwarnings("ignore")  # NumPy's, of a damaged pickle
@pytest.mark.parametrize("kind", READERS)
def test_a_damaged_file_is_read_or_refused_in_one_line(kind, tmp_path, tell):
    body, reader = READERS[kind]
    reader(body, tmp_path)  # it is a good one
    draw, count, refused = np.random.default_rng(1), 150, 0
    tracemalloc.start()
    try:
        for _ in range(count):
            said = complaint(reader, damaged(draw, body), tmp_path)
            refused += bool(said)
            assert len(said.splitlines()) == bool(said)
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()
    tell(f"a data file ({kind})", "random damage", count, f"{refused} refused in one line, or read")


def complaint(reader, body, folder):
    """Returns why bytes are refused, nothing if they are read; another error is a fault."""
    try:
        reader(body, folder)
    except DatasetError as error:
        return str(error)
    return ""


def test_a_bomb_of_gzip_is_not_unpacked(tell):
    bomb = gzip.compress(IMAGES + bytes(2**27), compresslevel=1)
    tracemalloc.start()
    try:
        with pytest.raises(DatasetError, match=r"announces 1568 bytes of data, more follow$"):
            parse_idx(io.BytesIO(bomb), "bomb.gz")
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()
    tell("a data file (idx.gz)", "a bomb of 128 MiB", 1, "refused within 4 MiB")


@pytest.mark.parametrize("read", [load_text, read_ts])
def test_what_has_no_end_is_not_waited_for(read, tmp_path, tell):
    pipe = tmp_path / "pipe.ts"
    os.mkfifo(pipe)
    for path in ("/dev/zero", pipe):
        with pytest.raises(DatasetError, match=r"not a regular file"):
            read(path)
    with pytest.raises(DatasetError, match=r"[Dd]irectory"):
        read(tmp_path)
    tell("a data file", "a pipe, a device or a folder in its place", 3, "refused in one line")
