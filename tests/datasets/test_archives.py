"""Files in zip archives, whole and damaged."""

import re
import zipfile

import pytest

from rnnjax.datasets import DatasetError
from rnnjax.datasets.archives import read_members

TEXTS = re.compile(r"(.*/)?[^/]*\.txt")


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "a.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in ("b/two.txt", "one.txt", "one.txt.gz", "b/"):
            packed.writestr(name, name * 100)
    return path


def test_files_are_read_by_their_whole_names(archive):
    found = read_members(archive, TEXTS, 1000)
    assert list(found) == ["b/two.txt", "one.txt"]
    assert found["one.txt"] == b"one.txt" * 100


@pytest.mark.parametrize("at", [0, 40, -30])
def test_a_damaged_archive_is_told_in_one_line(at, archive):
    body = bytearray(archive.read_bytes())
    for i in range(20):
        body[at + i] ^= 0xFF
    archive.write_bytes(body)
    with pytest.raises(DatasetError, match=r"a\.whl: no readable zip archive") as caught:
        read_members(archive, TEXTS, 1000)
    assert "\n" not in str(caught.value)


def test_what_is_too_large_is_not_unpacked(archive):
    with pytest.raises(DatasetError, match=r"b/two\.txt is too large"):
        read_members(archive, TEXTS, 800)
