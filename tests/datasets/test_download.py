import gzip
import re
import threading
import urllib.request
from pathlib import Path

import pytest

from rnnjax import datasets
from rnnjax.datasets import download
from rnnjax.datasets.contents import PUBLISHED_DIGESTS, digest
from rnnjax.datasets.idx import FILES, read_folder


@pytest.fixture
def server(tmp_path, write_folder, small, monkeypatch):
    """A folder in place of the server, its files in place of the published ones."""
    folder = write_folder(tmp_path / "server")
    monkeypatch.setitem(download.URLS, "mnist", folder.as_uri() + "/")
    monkeypatch.setitem(PUBLISHED_DIGESTS, "mnist", digest(*small))
    return folder


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "home" / "rnnjax" / "mnist"


def assert_refused(cache, match):
    with pytest.raises(datasets.DatasetError, match=match) as refusal:
        download.fetch("mnist", cache, timeout=5.0)
    assert "\n" not in str(refusal.value)
    assert not cache.parents[1].exists()


def test_what_is_downloaded_is_kept(server, cache, small):
    assert digest(*download.fetch("mnist", cache, timeout=5.0)) == digest(*small)
    assert sorted(path.name for path in cache.iterdir()) == sorted(FILES)
    assert digest(*read_folder(cache)) == digest(*small)


def test_a_cache_that_cannot_be_written_costs_nothing(server, cache, small):
    cache.parents[1].write_text("a file where the folder should be")
    assert digest(*download.fetch("mnist", cache, timeout=5.0)) == digest(*small)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_does_not_arrive_leaves_nothing_behind(name, server, cache):
    (server / name).unlink()
    assert_refused(cache, name)


@pytest.mark.parametrize("name", FILES)
def test_a_truncated_file_leaves_nothing_behind(name, server, cache):
    body = (server / name).read_bytes()
    (server / name).write_bytes(body[: len(body) // 2])
    assert_refused(cache, f"{name}: damaged gzip")


def test_a_login_page_in_place_of_a_file(server, cache):
    (server / FILES[1]).write_text("<html>Please log in</html>")
    assert_refused(cache, f"{FILES[1]}: not an IDX file")


def test_sound_files_that_are_not_the_published_ones(server, cache, write_folder):
    write_folder(server, shift=1)
    assert_refused(cache, "not those published as mnist")


def test_a_file_without_end(server, cache, monkeypatch):
    monkeypatch.setattr(download, "_LARGEST", 1000)
    assert_refused(cache, "too large or too slow")


def test_repackaged_files_are_as_good(server, cache, small):
    for name in FILES:
        body = gzip.decompress((server / name).read_bytes())
        (server / name).write_bytes(gzip.compress(body, compresslevel=1, mtime=7))
    assert digest(*download.fetch("mnist", cache, timeout=5.0)) == digest(*small)


@pytest.mark.parametrize("error", [TimeoutError(), ValueError("no proxy: [bad")])
def test_any_failure_to_connect_is_told(error, cache, monkeypatch):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(urllib.request, "urlopen", fail)
    assert_refused(cache, re.escape(str(error)) or "TimeoutError")


def test_without_a_home_directory_nothing_is_kept(server, small, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.iterdir())
    read = download.fetch("mnist", Path("~nobody-of-this-name/.cache"), timeout=5.0)
    assert digest(*read) == digest(*small)
    assert set(tmp_path.iterdir()) == before


def test_a_network_that_hangs_is_left_after_the_time_limit(cache, monkeypatch):
    released = threading.Event()

    def hang(*_, **__):
        released.wait(60)
        raise OSError("released")

    monkeypatch.setattr(urllib.request, "urlopen", hang)
    with pytest.raises(datasets.DatasetError, match=r"no answer within 0\.1 s"):
        download.fetch("mnist", cache, timeout=0.1)
    released.set()
