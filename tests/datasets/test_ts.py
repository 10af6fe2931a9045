"""The `.ts` reader, against lines written by hand and files whose facts are known."""

import gzip
import hashlib
import zipfile
from importlib import resources

import numpy as np
import pytest

from rnnjax import datasets
from rnnjax.datasets import series as search
from rnnjax.datasets.ts import parse_ts

HEAD = "@problemName Made Up\n@classLabel true b a\n"
SHIPPED = {  # SHA-256 of the two files unpacked, as they are in the wheel of aeon 1.6.0
    "TRAIN": "68a430eabd919cc77f40b1f5f3bc0dcafacc1486bca9260785aeb7d262cc78cd",
    "TEST": "b3d41d6a0ca3bcad3afb9ca7d4365382aa51341e2e58bae2a574babdda5b9462",
}


def parsed(text):
    return parse_ts(text.encode(), "made.ts")


@pytest.fixture(scope="module")
def vowels():
    return datasets.load_series("JapaneseVowels")


@pytest.fixture
def nothing_installed(monkeypatch):
    monkeypatch.setattr(search, "_folders_of", lambda package: [])


@pytest.mark.parametrize(
    "head",
    [
        HEAD,
        "# a comment\n% another\n\n@PROBLEMNAME Made Up\r\n@TimeStamps FALSE\n@missing True\n"
        "@univariate false\n@Dimensions 2\n@equalLength false\n@ClassLabel TRUE b a\n@unknown 3\n",
        "\ufeff" + HEAD,
    ],
)
def test_series_are_channels_of_values_and_a_label(head):
    found = parsed(f"{head}@Data\n1,-2.5 , 3e1:4,?,NaN: a\n# between\n0:7:b\n")
    assert found.problem == "Made Up"
    assert found.labels == ("a", "b")
    assert found.classes == ("b", "a")
    nan = np.nan
    wanted = [[[1, 4], [-2.5, nan], [30, nan]], [[0, 7]]]
    for x, y in zip(found.series, wanted, strict=True):
        assert x.dtype == np.float32
        np.testing.assert_array_equal(x, np.array(y, np.float32))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"made.ts: there is no line @data"),
        (HEAD + "1,2:a\n", "made.ts, line 3: data before the line @data: '1,2:a'"),
        (HEAD + "@data\n", "made.ts: there is no series after @data"),
        (HEAD + "@data\n\n1,x:a\n", "made.ts, line 5: 'x' is no number"),
        (HEAD + "@data\n1,:a\n", "made.ts, line 4: '' is no number"),
        (HEAD + "@data\n1,inf:a\n", "made.ts, line 4: inf is not finite"),
        (HEAD + "@data\n1,2:c\n", "made.ts, line 4: label 'c' is none of b a"),
        (HEAD + "@data\n1,2\n", "made.ts, line 4: 0 channels and a label, expected some"),
        (HEAD + "@data\n1:2:a\n1:a\n", "made.ts, line 5: 1 channels and a label, expected 2"),
        (HEAD + "@dimensions 3\n@data\n1:a\n", "line 5: 1 channels and a label, expected 3"),
        (HEAD + "@univariate true\n@data\n1:1:a\n", "line 5: 2 channels and a label, expected 1"),
        (HEAD + "@data\n1,2:1,2,3:a\n", "made.ts, line 4: channels of 2, 3 steps"),
        (HEAD + "@seriesLength 3\n@data\n1,2:a\n", "line 5: 2 steps, but @seriesLength 3"),
        (HEAD + "@seriesLength x\n@data\n1,2:a\n", "line 3: 'x' is no number of them"),
        (HEAD + "@missing false\n@data\n1,?:a\n", "line 5: a value is missing, but @missing says"),
        (HEAD + "@timestamps true\n@data\n", "made.ts, line 3: series with time stamps"),
        (HEAD + "@univariate maybe\n@data\n", "line 3: 'maybe' is neither true nor false"),
        ("@classLabel false\n@data\n1,2\n", "made.ts: the series have no class labels"),
        ("@targetlabel true\n@data\n1:2\n", "line 1: series with a number as a label"),
    ],
)
def test_lines_that_are_not_the_format_are_told_with_their_number(text, message):
    with pytest.raises(datasets.DatasetError, match=f"{message}") as caught:
        parsed(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"\x1f\x8b nothing", "damaged gzip data"),
        (gzip.compress(HEAD.encode() * 99)[:-9], "damaged gzip data .the file ends too soon"),
        (gzip.compress(b"\xff\xfe"), "no text in UTF-8, byte 0"),
    ],
    ids=["damaged", "cut", "no text"],  # of bytes they would have the time in them
)
def test_bytes_that_are_no_text_are_refused(body, message):
    with pytest.raises(datasets.DatasetError, match=f"made.ts.gz: {message}"):
        parse_ts(body, "made.ts.gz")


def test_the_vowels_are_those_published(vowels):
    folder = resources.files("rnnjax.datasets") / "japanese_vowels"
    for part, wanted in SHIPPED.items():
        packed = (folder / f"JapaneseVowels_{part}.ts.gz").read_bytes()
        assert hashlib.sha256(gzip.decompress(packed)).hexdigest() == wanted
    train, test = vowels.train, vowels.test
    assert np.bincount(train.labels).tolist() == [30] * 9
    assert np.bincount(test.labels).tolist() == [31, 35, 88, 44, 29, 24, 40, 50, 29]
    for part, least, most, steps in ((train, 7, 26, 4274), (test, 7, 29, 5687)):
        assert (part.lengths.min(), part.lengths.max(), part.lengths.sum()) == (least, most, steps)
        past = np.arange(29) >= part.lengths[:, None]
        assert not part.series[past].any()
        assert np.isfinite(part.series).all()
    first = train.series[0, 0]
    assert first[[0, 1, 2, 11]].tolist() == pytest.approx([1.860936, -0.207383, 0.261557, 0.088728])
    assert vowels.classes == tuple("123456789")
    assert "270 training and 370 test series of 7 to 29 steps" in vowels.description


@pytest.mark.parametrize("form", ["plain", "gz", "folder", "wheel"])
def test_files_are_found_in_a_folder(form, tmp_path, nothing_installed):
    texts = {"TRAIN": HEAD + "@data\n1,2:b\n3:a\n", "TEST": HEAD + "@data\n4,5,6:a\n"}
    if form == "wheel":
        with zipfile.ZipFile(tmp_path / "other-1.0-py3-none-any.whl", "w") as wheel:
            for part, text in texts.items():
                wheel.writestr(f"other/data/Toy_{part}.ts", text)
        with zipfile.ZipFile(tmp_path / "aaa.zip", "w") as wheel:
            wheel.writestr("nothing", "")
    for part, text in texts.items():
        folder = tmp_path / "Toy" if form == "folder" else tmp_path
        folder.mkdir(exist_ok=True)
        if form == "gz":
            (folder / f"Toy_{part}.ts.gz").write_bytes(gzip.compress(text.encode()))
        elif form != "wheel":
            (folder / f"Toy_{part}.ts").write_text(text)
    found = datasets.load_series("Toy", str(tmp_path))
    assert found.train.series.tolist() == [[[1], [2], [0]], [[3], [0], [0]]]
    assert found.test.series.tolist() == [[[4], [5], [6]]]
    assert (found.train.labels.tolist(), found.test.labels.tolist()) == ([1, 0], [0])
    assert found.train.lengths.tolist() == [2, 1]
    assert found.classes == ("a", "b")
    assert found.source == ("wheel" if form == "wheel" else "files")
    assert str(tmp_path) in found.description


def test_a_missing_value_is_the_one_before_and_steps_without_any_are_the_end(tmp_path):
    lines = ["?,1,?,?:2,?,3,?:a", "?,?:?,?:a", "1,2:3,4:b"]
    for part in ("TRAIN", "TEST"):
        (tmp_path / f"Toy_{part}.ts").write_text(HEAD + "@data\n" + "\n".join(lines))
    found = datasets.load_series("Toy", tmp_path).train
    assert found.series.tolist() == [
        [[0, 2], [1, 2], [1, 3]],
        [[0, 0], [0, 0], [0, 0]],
        [[1, 3], [2, 4], [0, 0]],
    ]
    assert found.lengths.tolist() == [3, 1, 2]


def test_an_installed_package_is_read_without_importing_it(tmp_path, monkeypatch):
    folder = tmp_path / "aeon" / "datasets" / "data" / "Toy"
    folder.mkdir(parents=True)
    (tmp_path / "aeon" / "__init__.py").write_text("raise ImportError('never imported')")
    for part in ("TRAIN", "TEST"):
        (folder / f"Toy_{part}.ts").write_text(HEAD + "@data\n1:b\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert datasets.load_series("Toy").description.endswith("of the aeon wheel.")


def test_series_that_are_not_there_are_told_in_one_line(tmp_path, nothing_installed):
    (tmp_path / "Half_TRAIN.ts").write_text(HEAD + "@data\n1:b\n")
    (tmp_path / "Two_TRAIN.ts").write_text(HEAD + "@data\n1:b\n")
    (tmp_path / "Two_TEST.ts").write_text(HEAD + "@data\n1:2:b\n")
    (tmp_path / "z.whl").write_text("no archive")
    cases = [
        ("Nothing", None, "no series Nothing on this machine: put Nothing_TRAIN.ts and"),
        ("Half", tmp_path, "Half_TRAIN.ts is here, but not Half_TEST.ts"),
        ("Two", tmp_path, "Two_TEST.ts: 2 channels, 1 in training"),
        ("Nothing", tmp_path, "z.whl: no readable zip archive"),
        ("Nothing", tmp_path / "none", "no such folder"),
        ("../up", None, "'../up' is no name of time series"),
    ]
    for name, folder, message in cases:
        with pytest.raises(datasets.DatasetError, match=message) as caught:
            datasets.load_series(name, folder)
        assert "\n" not in str(caught.value)
    (tmp_path / "z.whl").unlink()
    with pytest.raises(datasets.DatasetError, match=r"no Nothing here: neither Nothing_TRAIN.ts"):
        datasets.load_series("Nothing", tmp_path)
