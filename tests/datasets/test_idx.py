import gzip
import hashlib

import numpy as np
import pytest

from rnnjax import datasets
from rnnjax.datasets.contents import PUBLISHED_DIGESTS, digest
from rnnjax.datasets.idx import FILES, read_folder

# SHA-256 of the decompressed files.
OFFICIAL = {
    "train-images-idx3-ubyte.gz": (
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"
    ),
    "train-labels-idx1-ubyte.gz": (
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"
    ),
    "t10k-images-idx3-ubyte.gz": (
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"
    ),
    "t10k-labels-idx1-ubyte.gz": (
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"
    ),
}


def assert_refused(path, *words):
    """Reading `path` fails with one line that names the file and holds all `words`."""
    with pytest.raises(datasets.DatasetError) as refusal:
        datasets.read_idx(path)
    message = str(refusal.value)
    assert "\n" not in message
    for word in (str(path), *words):
        assert word in message


@pytest.mark.parametrize("compressed", [True, False])
def test_what_was_written_is_read(compressed, small, write_folder, tmp_path):
    for read, written in zip(read_folder(write_folder(tmp_path, compressed)), small, strict=True):
        np.testing.assert_array_equal(read.images, written.images)
        np.testing.assert_array_equal(read.labels, written.labels)
        assert (read.images.dtype, read.labels.dtype) == (np.uint8, np.int32)


def test_compression_is_told_from_the_content_not_the_name(small, idx_bytes, tmp_path):
    body = idx_bytes(small[0].images)
    (tmp_path / "plain.gz").write_bytes(body)
    (tmp_path / "packed").write_bytes(gzip.compress(body))
    for name in ("plain.gz", "packed"):
        np.testing.assert_array_equal(datasets.read_idx(tmp_path / name), small[0].images)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "train-images-idx3-ubyte.gz"


@pytest.mark.parametrize("kept", [5, 100, -1])
def test_truncated_gzip(kept, path, small, idx_bytes):
    path.write_bytes(gzip.compress(idx_bytes(small[0].images))[:kept])
    assert_refused(path, "damaged gzip")


def test_a_flipped_byte_in_gzip(path, small, idx_bytes):
    packed = bytearray(gzip.compress(idx_bytes(small[0].images)))
    packed[len(packed) // 2] ^= 0xFF
    path.write_bytes(packed)
    assert_refused(path, "damaged gzip")


def test_rubbish_after_gzip(path, small, idx_bytes):
    path.write_bytes(gzip.compress(idx_bytes(small[0].images)) + b"rubbish")
    assert_refused(path, "damaged gzip")


@pytest.mark.parametrize("pack", [gzip.compress, bytes])
def test_truncated_content(pack, path, small, idx_bytes):
    path.write_bytes(pack(idx_bytes(small[0].images)[:1000]))
    assert_refused(path, "23520 bytes", "only 984")


@pytest.mark.parametrize("lie", [-1, 1])
@pytest.mark.parametrize("pack", [gzip.compress, bytes])
def test_a_count_that_lies(lie, pack, path, small, idx_bytes):
    path.write_bytes(pack(idx_bytes(small[0].images, lie)))
    assert_refused(path, f"{(30 + lie) * 784} bytes", "more follow" if lie < 0 else "only 23520")


@pytest.mark.parametrize("count", [0, 500_001, 2**32 - 1])
def test_a_count_out_of_all_proportion(count, path, idx_bytes):
    path.write_bytes(idx_bytes(np.zeros((1, 28, 28), np.uint8), lie=count - 1))
    assert_refused(path, f"{count} examples")


def test_wrong_magic_number(path):
    path.write_bytes(gzip.compress(bytes.fromhex("00000d03") + bytes(100)))
    assert_refused(path, "not an IDX file", "0x00000803")


def test_a_web_page_saved_under_the_name(path):
    path.write_bytes(b"<!DOCTYPE html><html>404</html>")
    assert_refused(path, "not an IDX file", "<!DO")


@pytest.mark.parametrize("body", [b"", b"\0\0", gzip.compress(b"", mtime=0), b"\x1f\x8b"])
def test_an_empty_file(body, path):
    path.write_bytes(body)
    assert_refused(path)


def test_a_file_that_ends_inside_its_header(path):
    path.write_bytes(bytes.fromhex("00000803 0000001e 0000"))
    assert_refused(path, "header")


def test_images_of_another_size(path, idx_bytes):
    path.write_bytes(idx_bytes(np.zeros((4, 32, 28), np.uint8)))
    assert_refused(path, "32x28", "28x28")


def test_a_label_out_of_range(path, idx_bytes):
    path.write_bytes(idx_bytes(np.array([0, 9, 200, 3], np.uint8)))
    assert_refused(path, "label 200")


def test_a_gzip_bomb_is_not_expanded(path, idx_bytes, monkeypatch):
    head = idx_bytes(np.zeros((10, 28, 28), np.uint8))
    path.write_bytes(gzip.compress(head + bytes(50_000_000)))
    handed_out = []
    read = gzip.GzipFile.read
    monkeypatch.setattr(
        gzip.GzipFile, "read", lambda *args: handed_out.append(read(*args)) or handed_out[-1]
    )
    assert_refused(path, "7840 bytes", "more follow")
    assert sum(map(len, handed_out)) == 16 + 7840 + 1


def test_a_folder_in_place_of_a_file(path):
    path.mkdir()
    assert_refused(path, "not a regular file")


def test_a_missing_file(path):
    assert_refused(path, "No such file")


def test_a_file_that_cannot_be_opened(path):
    path.symlink_to(path)
    assert_refused(path, "cannot be read")


@pytest.mark.parametrize("name", FILES)
def test_each_missing_file_is_named(name, write_folder, tmp_path):
    (write_folder(tmp_path) / name).unlink()
    with pytest.raises(datasets.DatasetError, match=f"missing {name}"):
        read_folder(tmp_path)


def dotted(name):
    """`train-images.idx3-ubyte`, as some unpackers write it."""
    return name.replace("-idx", ".idx")


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize(
    "place",
    [
        dotted,
        lambda name: f"{name}/{name}",
        lambda name: f"{dotted(name)}/{name}",
        lambda name: f"{name}/{dotted(name)}",
        lambda name: f"{name.removesuffix('.gz')}/{dotted(name)}",
    ],
)
def test_the_names_that_unpackers_give(place, compressed, small, write_folder, tmp_path):
    written = write_folder(tmp_path / "written", compressed)
    for path in list(written.iterdir()):
        target = tmp_path / "read" / place(path.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
    assert digest(*read_folder(tmp_path / "read")) == digest(*small)


def test_a_folder_that_lacks_its_file(small, write_folder, tmp_path):
    folder = write_folder(tmp_path, compressed=False)
    plain = folder / FILES[0].removesuffix(".gz")
    kept = plain.rename(folder / dotted(plain.name))
    plain.mkdir()
    assert digest(*read_folder(folder)) == digest(*small)  # the folder is beside the point
    kept.unlink()
    with pytest.raises(datasets.DatasetError, match=f"{plain}: not a regular file"):
        read_folder(folder)


def test_counts_of_images_and_labels_that_differ(write_folder, idx_bytes, tmp_path):
    labels = write_folder(tmp_path) / "t10k-labels-idx1-ubyte.gz"
    labels.write_bytes(idx_bytes(np.zeros(19, np.uint8)))
    with pytest.raises(datasets.DatasetError, match=r"20 images, but 19 labels in .*t10k-labels"):
        read_folder(tmp_path)


def test_images_and_labels_exchanged(write_folder, tmp_path):
    folder = write_folder(tmp_path)
    images, labels = folder / FILES[0], folder / FILES[1]
    images.rename(folder / "other")
    labels.rename(images)
    (folder / "other").rename(labels)
    with pytest.raises(datasets.DatasetError, match=r"train-images.* holds labels"):
        read_folder(tmp_path)


def test_the_digest_is_that_of_the_contents(small):
    expected = hashlib.sha256()
    for split in small:
        expected.update(split.images.tobytes())
        for label in split.labels:
            expected.update(int(label).to_bytes(4, "little"))
    assert digest(*small) == expected.hexdigest()
    assert digest(*small) == digest(*small)
    changed = small[1]._replace(labels=small[1].labels[::-1])
    assert digest(small[0], changed) != digest(*small)


def test_the_official_files(real_folder):
    for name, expected in OFFICIAL.items():
        body = gzip.decompress((real_folder / name).read_bytes())
        assert hashlib.sha256(body).hexdigest() == expected
    train, test = read_folder(real_folder)
    assert (train.images.shape, test.images.shape) == ((60000, 28, 28), (10000, 28, 28))
    assert train.labels[:8].tolist() == [5, 0, 4, 1, 9, 2, 1, 3]
    assert np.bincount(test.labels).tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009,
    ]  # fmt: skip
    assert digest(train, test) == PUBLISHED_DIGESTS["mnist"]
