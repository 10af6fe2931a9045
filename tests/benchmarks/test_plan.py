import pytest

from benchmarks import peers, plan
from benchmarks.allocator import TUNABLES, Allocator, environment
from benchmarks.peers import PEERS, Peer
from benchmarks.sections import SECTIONS
from benchmarks.work import Part, Work
from benchmarks.worker import Request

WORK = Work("LSTM", Part.GRADIENT, 28, 4, 3, 8)
BOTH = list(Allocator)


def test_a_missing_peer_is_named():
    PEERS["nobody"] = Peer("nobody:build", "a_package_that_is_not_there")
    try:
        assert peers.missing(("rnnjax", "nobody")) == ("nobody",)
        (line,) = plan.absent(["rnnjax", "nobody"]).values()
    finally:
        del PEERS["nobody"]
    assert line.startswith("nobody is skipped: a_package_that_is_not_there is not installed")


def test_a_cell_that_a_peer_lacks_is_named_and_left_out():
    section, work = SECTIONS["gradient"], WORK._replace(cell="Elman")
    assert plan.unable(section, [WORK, work], ["torch", "equinox"]) == ["equinox has no Elman"]
    names = [peer for peer, _ in plan.who(section, work, ["torch", "equinox"], BOTH[:1])]
    assert names == ["torch"]


def test_one_device_is_not_measured_twice():
    section, ours = SECTIONS["gradient"], ["rnnjax", "rnnjax_one"]
    few = plan.who(section, WORK._replace(batch=1), ours, BOTH)
    assert few == [("rnnjax", Allocator.DEFAULT), ("rnnjax", Allocator.TUNED)]
    alone = plan.who(section, WORK._replace(batch=1), ["rnnjax_one"], BOTH[:1])
    assert alone == [("rnnjax_one", Allocator.DEFAULT)]


def test_curves_are_measured_with_one_allocator():
    assert plan.who(SECTIONS["length"], WORK, ["torch"], BOTH) == [("torch", Allocator.DEFAULT)]


def test_a_worker_is_as_a_user_would_run_it(monkeypatch):
    for name in ("XLA_FLAGS", "OMP_NUM_THREADS", "GLIBC_TUNABLES", "MALLOC_ARENA_MAX"):
        monkeypatch.setenv(name, "1")
    plain, tuned = map(environment, BOTH)
    for name in ("XLA_FLAGS", "OMP_NUM_THREADS", "GLIBC_TUNABLES", "MALLOC_ARENA_MAX"):
        assert name not in plain
    assert tuned == plain | {"GLIBC_TUNABLES": TUNABLES}


def test_a_request_is_read_as_it_was_written():
    request = Request("torch", 2, WORK)
    assert Request.from_json(request.to_json()) == request


@pytest.mark.parametrize("name", SECTIONS)
def test_sections_name_peers_that_there_are(name):
    section = SECTIONS[name]
    assert set(section.peers) <= PEERS.keys()
    assert all(any(w.cell in PEERS[p].cells for p in section.peers) for w in section.works)
