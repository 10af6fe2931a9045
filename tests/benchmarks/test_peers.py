import pytest

from benchmarks import measure, peers
from benchmarks.allocator import Allocator
from benchmarks.work import Part, Work

I, H = 3, 5
WORK = Work("LSTM", Part.UPDATE, 7, 4, I, H)
WEIGHTS = 4 * H * (I + H)
BIASES = {"torch": 8 * H}  # two a gate, and one in the others


@pytest.mark.parametrize("peer", ["rnnjax", *peers.OTHERS])
@pytest.mark.full
def test_peers_do_the_same_work(peer):
    if peers.missing((peer,)):
        pytest.skip(f"{peer} is not installed")
    (timing,) = measure.measure(WORK, [(peer, Allocator.DEFAULT)], 1, lambda text: None)
    assert timing.facts.get("error") is None
    assert timing.facts["outputs"] == [7, 4, H]
    assert timing.facts["parameters"] == WEIGHTS + BIASES.get(peer, 4 * H)
    assert len(timing.seconds) == 1


def test_a_peer_that_fails_says_why_in_one_line():
    wide = WORK._replace(cell="Nonesuch")
    (timing,) = measure.measure(wide, [("rnnjax", Allocator.DEFAULT)], 1, lambda text: None)
    assert timing.seconds == []
    assert timing.facts == {
        "error": "AttributeError: module 'rnnjax.cells' has no attribute 'Nonesuch'"
    }
