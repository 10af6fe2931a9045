import pathlib

import pytest

from rnnjax.processor import processor

SAID = """processor\t: 0
vendor_id\t: AuthenticAMD
model name\t: A processor: the first
flags\t\t: fpu avx512_bf16

processor\t: 1
vendor_id\t: AuthenticAMD
flags\t\t: fpu
"""


@pytest.fixture
def says(monkeypatch):
    def replace(said):
        monkeypatch.setattr(pathlib.Path, "read_text", said)
        processor.cache_clear()

    yield replace
    processor.cache_clear()


def test_what_is_said_is_of_the_first_core(says):
    says(lambda path: SAID)
    assert processor() == {
        "processor": "0",
        "vendor_id": "AuthenticAMD",
        "model name": "A processor: the first",
        "flags": "fpu avx512_bf16",
    }


def test_of_other_systems_nothing_is_said(says):
    def missing(path):
        raise FileNotFoundError(path)

    says(missing)
    assert processor() == {}
