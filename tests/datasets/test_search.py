import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

from rnnjax import datasets
from rnnjax.datasets import download, prepared, search
from rnnjax.datasets.contents import PUBLISHED_DIGESTS, digest
from rnnjax.datasets.idx import FILES


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine that holds no data and has no network; returns its file system's root."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("TFDS_DATA_DIR", raising=False)
    monkeypatch.setattr(search, "_SYSTEM", tmp_path / "system")

    def no_network(*_):
        raise datasets.DatasetError("no network")

    monkeypatch.setattr(download, "fetch", no_network)
    return tmp_path


@pytest.fixture
def place_tfds(monkeypatch, small):
    """Makes a folder look prepared; what TFDS would read from it is the small data."""

    def place(folder, name="mnist", file_format="array_record"):
        path = prepared.prepared_path(folder, name)
        path.mkdir(parents=True)
        (path / "dataset_info.json").write_text(f'{{"fileFormat": "{file_format}"}}')
        return folder

    monkeypatch.setattr(prepared, "read_tfds", lambda *_: small)
    return place


def test_sources_are_tried_in_order(machine, place_tfds, write_folder, small, monkeypatch):
    def source():
        return datasets.load("mnist").source

    assert source() == "wheel"
    monkeypatch.setattr(download, "fetch", lambda *_: small)
    assert source() == "download"
    cached = write_folder(machine / "home/.cache/rnnjax/mnist", shift=1)
    assert datasets.load("mnist").digest != digest(*small)
    assert str(cached) in datasets.load("mnist").description
    assert source() == "download"
    write_folder(machine / "system/mnist")
    assert source() == "system"
    place_tfds(machine / "home/tensorflow_datasets")
    assert source() == "tfds"


def test_the_environment_names_other_folders(machine, place_tfds, write_folder, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(machine / "cache"))
    write_folder(machine / "cache/rnnjax/mnist")
    assert datasets.load("mnist").source == "download"
    monkeypatch.setenv("TFDS_DATA_DIR", str(place_tfds(machine / "prepared")))
    assert datasets.load("mnist").source == "tfds"


def test_prepared_data_that_need_tensorflow_are_passed_over_aloud(
    machine, place_tfds, write_folder
):
    folder = place_tfds(machine / "home/tensorflow_datasets", file_format="tfrecord")
    place_tfds(folder, name="fashion_mnist", file_format="tfrecord")
    words = f"TFDS data in {folder}/{{}}/3.0.1 are in the format tfrecord.*prepare_tfds"
    found = datasets.load("mnist")
    assert found.source == "wheel"
    assert re.search(words.format("mnist"), found.description)
    with pytest.raises(datasets.DatasetError, match=words.format("fashion_mnist")):
        datasets.load("fashion_mnist")
    with pytest.raises(datasets.DatasetError, match=words.format("mnist")):
        datasets.load("mnist", folder)
    found = datasets.load("mnist", write_folder(folder))
    assert found.source == "idx"
    assert re.search(words.format("mnist"), found.description)
    assert "\n" not in found.description


def test_a_cache_with_a_file_missing_is_passed_over(machine, write_folder):
    (write_folder(machine / "home/.cache/rnnjax/mnist") / FILES[2]).unlink()
    assert datasets.load("mnist").source == "wheel"


def test_the_system_folder_may_be_spelt_as_debian_does(machine, write_folder):
    write_folder(machine / "system/fashion-mnist")
    fashion = datasets.load("fashion_mnist")
    assert (fashion.name, fashion.source) == ("fashion_mnist", "system")
    assert "30 training and 20 test" in fashion.description


def test_without_any_fashion_mnist_the_error_says_what_to_do(machine):
    with pytest.raises(datasets.DatasetError, match=r"no network.*--data_dir=FOLDER") as refusal:
        datasets.load("fashion_mnist")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("below", [".", "mnist", "MNIST/raw"])
def test_a_folder_of_idx_files(below, machine, write_folder, small):
    write_folder(machine / "home/data" / below)
    for data_dir in (str(machine / "home/data"), "~/data"):
        found = datasets.load("mnist", data_dir)
        assert (found.source, found.digest) == ("idx", digest(*small))


def test_files_that_are_not_the_published_ones_are_told(
    machine, place_tfds, write_folder, small, monkeypatch
):
    folder = write_folder(machine / "data")
    tfds = place_tfds(machine / "prepared")
    for data_dir, source in ((folder, "idx"), (tfds, "tfds")):
        found = datasets.load("mnist", data_dir)
        assert (found.published, found.token) == (False, f"mnist:{source}:50:unpublished")
        assert found.description.startswith("mnist by name, but NOT the examples published")
    monkeypatch.setitem(PUBLISHED_DIGESTS, "mnist", digest(*small))
    for data_dir, source in ((folder, "idx"), (tfds, "tfds")):
        found = datasets.load("mnist", data_dir)
        assert (found.published, found.token) == (True, f"mnist:{source}:50")
        assert found.description.startswith("mnist: 30 training and 20 test images")


def test_the_official_files_and_the_same_transposed(machine, real_folder, idx_bytes):
    assert datasets.load("mnist", real_folder).token == "mnist:idx:70000"
    folder = machine / "transposed"
    shutil.copytree(real_folder, folder)
    for name in FILES[::2]:
        (folder / name).chmod(0o600)
        images = datasets.read_idx(folder / name)
        (folder / name).write_bytes(idx_bytes(np.ascontiguousarray(images.swapaxes(1, 2))))
    assert datasets.load("mnist", folder).token == "mnist:idx:70000:unpublished"


def test_in_a_given_folder_prepared_data_come_first(machine, place_tfds, write_folder):
    folder = place_tfds(write_folder(machine / "data", shift=1))
    assert datasets.load("mnist", str(folder)).source == "tfds"


def test_a_given_folder_is_never_passed_over(machine, write_folder):
    write_folder(machine / "system/mnist")
    empty = machine / "empty"
    empty.mkdir()
    with pytest.raises(datasets.DatasetError, match=f"{empty}.*{', '.join(FILES)}"):
        datasets.load("mnist", str(empty))
    with pytest.raises(datasets.DatasetError, match="no such folder"):
        datasets.load("mnist", str(machine / "nowhere"))
    with pytest.raises(datasets.DatasetError, match="no such folder"):
        datasets.load("mnist", "~nobody-of-this-name/data")
    with pytest.raises(datasets.DatasetError, match="empty text"):
        datasets.load("mnist", "")
    with pytest.raises(datasets.DatasetError, match=f"{FILES[0]}: a file, expected the folder"):
        datasets.load("mnist", machine / "system/mnist" / FILES[0])
    shutil.copy(machine / "system/mnist" / FILES[0], empty)
    with pytest.raises(datasets.DatasetError, match=f"missing {', '.join(FILES[1:])}"):
        datasets.load("mnist", str(empty))


def test_what_a_folder_without_the_data_holds_is_said(machine):
    folder = machine / "data"
    (folder / "f").mkdir(parents=True)
    with pytest.raises(datasets.DatasetError, match=r"it holds f/$"):
        datasets.load("mnist", folder)
    for name in "abcdegh":
        (folder / name).touch()
    with pytest.raises(datasets.DatasetError, match=r"it holds a, b, c, d, e, 3 more$"):
        datasets.load("mnist", folder)


@pytest.mark.parametrize("timeout", [float("nan"), 0, -1, float("inf")])
def test_a_time_limit_that_is_none(timeout, machine):
    with pytest.raises(datasets.DatasetError, match=f"{timeout} s, expected more than 0"):
        datasets.load("mnist", timeout=timeout)


def test_files_of_another_data_set_are_recognised(machine, write_folder, small, monkeypatch):
    monkeypatch.setitem(PUBLISHED_DIGESTS, "mnist", digest(*small))
    folder = write_folder(machine / "data")
    with pytest.raises(datasets.DatasetError, match="files of mnist, not of fashion_mnist"):
        datasets.load("fashion_mnist", str(folder))


def test_an_unknown_name(machine):
    with pytest.raises(datasets.DatasetError, match=r"'cifar'.*mnist, fashion_mnist, digits"):
        datasets.load("cifar")


def test_importing_is_light():
    check = "import sys, rnnjax.datasets; print(*{m.partition('.')[0] for m in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True)
    assert loaded.returncode == 0, loaded.stderr
    heavy = {"tensorflow", "tensorflow_datasets", "mlxtend", "pandas", "PIL", "flax"}
    assert not heavy & set(loaded.stdout.split())
