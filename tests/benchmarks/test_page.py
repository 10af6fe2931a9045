import pytest

from benchmarks import page, results
from benchmarks.allocator import Allocator
from benchmarks.headlines import headlines
from benchmarks.measure import Timing
from benchmarks.results import Measured, Results
from benchmarks.sections import LONG, SHAPES
from benchmarks.work import Part, Work

MACHINE = {
    "processor": "Abacus",
    "cores": 2,
    "memory_gb": 8,
    "system": "Linux glibc 2.36",
    "python": "3.11.7",
    "versions": {"jax": "0.10.2"},
}


def timing(work, peer, *seconds, planned=4e6):
    facts = {"compile_seconds": 0.5, "planned_bytes": planned, "peak_bytes": 6e6, "notes": {}}
    return Timing(work, peer, Allocator.DEFAULT, 1, list(seconds), facts)


def made_up(*timings, skipped=()):
    section = Measured("2030-01-02", list(skipped), list(timings))
    return Results(MACHINE, False, {"gradient": section})


WORK = Work("LSTM", Part.GRADIENT, 28, 4, 3, 8)
SMALL = made_up(
    timing(WORK, "rnnjax", 0.002, 0.002, 0.002),
    timing(WORK, "torch", 0.003, 0.004, 0.006, planned=None),
    Timing(WORK, "keras", Allocator.DEFAULT, 1, [], {"error": "no luck"}),
    skipped=["keras failed"],
)


def test_the_page_of_a_small_result():
    text = page.page(SMALL, ["gradient.png"])
    assert "Abacus, 2 cores, 8 GB, Linux glibc 2.36, Python 3.11.7; jax 0.10.2." in text
    assert "![gradient](gradient.png)" in text
    assert "2030-01-02" in text
    assert (
        "| work | allocator | rnnjax | torch | keras | gain |\n"
        "| --- | --- | --- | --- | --- | --- |\n"
        "| LSTM gradient 28,4,3,8 | default | **2.00** ±0% | 4.00 ±19% |  | 2.00 (torch) |\n"
    ) in text
    assert "| LSTM gradient 28,4,3,8 | default | 6.00 (4.00) | 6.00 |  |\n" in text
    assert text.endswith("\n- keras failed\n")


def test_the_headline_is_the_geometric_mean_over_three_shapes():
    timings = []
    for factor, shape in zip((1.0, 2.0, 4.0), SHAPES, strict=True):
        work = Work("GRU", Part.GRADIENT, *shape)
        timings += [timing(work, "rnnjax", 1.0), timing(work, "flax", factor)]
    (line,) = headlines(made_up(*timings))
    assert line.work.startswith("GRU gradient 28,100,28,100 / ")
    assert line.number == "2.00 (1.00, 2.00, 4.00)"
    assert headlines(made_up(*timings[2:])) == []


def test_the_headlines_of_pixels_are_speed_and_memory():
    work = Work("LSTM", Part.GRADIENT, *LONG)
    found = headlines(
        made_up(
            timing(work, "rnnjax", 1.0, planned=1e6),
            timing(work, "rnnjax_one", 2.0),
            timing(work, "rnnjax_scan", 2.0, planned=8e6),
            timing(work, "haiku", 3.0),
        )
    )
    assert [(line.what, line.number) for line in found] == [
        ("rnnjax against the best library (haiku), speed", "3.00 (3.00 to 3.00)"),
        ("rnnjax_one against the best library (haiku), speed", "1.50 (1.50 to 1.50)"),
        ("rnnjax against autodiff through the loop, memory", "8.0"),
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (0.01234, "0.012"), (0.5, "0.500"), (7.891, "7.89"), (12345.6, "12,346")],
)
def test_numbers_have_three_digits(value, text):
    assert page.number(value) == text


def test_results_are_read_as_they_were_written(tmp_path):
    path = tmp_path / "results.json"
    results.save(path, SMALL)
    assert results.load(path, MACHINE, False) == SMALL


@pytest.mark.parametrize(
    ("machine", "is_quick"), [(MACHINE | {"cores": 4}, False), (MACHINE, True)]
)
def test_results_made_elsewhere_are_not_overwritten(tmp_path, machine, is_quick):
    path = tmp_path / "results.json"
    results.save(path, SMALL)
    with pytest.raises(ValueError, match="another machine, with other versions or sizes: name"):
        results.load(path, machine, is_quick)


def test_a_file_of_something_else_is_refused(tmp_path):
    path = tmp_path / "results.json"
    path.write_text("[]")
    with pytest.raises(ValueError, match="name another folder with --out"):
        results.load(path, MACHINE, False)


def test_plots_are_drawn_of_whatever_there_is(tmp_path):
    assert [p.name for p in page.plots.draw_all(tmp_path, SMALL)] == ["gradient.png"]
    assert (tmp_path / "gradient.png").stat().st_size > 5_000
