import re

import pytest

from rnnjax import cells
from rnnjax.lab.listing import markdown, row, rows, summary, text

ALL = [getattr(cells, name) for name in cells.__all__]
ALL_ROWS = rows(ALL)


def test_a_cell_is_described_by_its_class():
    assert row(cells.PeepholeLSTM)._replace(summary="") == (
        "PeepholeLSTM",
        "GatedCell",
        "gated",
        2002,
        4 * 128 * (128 + 128 + 1) + 3 * 128,
        "",
        "Gers, Schraudolph & Schmidhuber (2002), Learning precise timing with LSTM recurrent "
        "networks, JMLR 3",
        "rnnjax/cells/gated/peepholelstm.py",
    )
    assert row(cells.GRUResetBefore).contract == "Cell"
    assert row(cells.LRU).contract == "LinearCell"
    assert row(cells.LSTM).year == 1997  # the first of several


def test_the_text_has_a_line_for_each_cell_below_its_family():
    lines = text(ALL).splitlines()
    for name in cells.__all__:
        found = [line for line in lines if line.split()[:1] == [name]]
        assert len(found) == 1
        kind = row(getattr(cells, name))
        known = [*map(str, kind[:4]), *([f"{kind.parameters:,}"] if kind.parameters else [])]
        assert found[0].split(None, len(known)) == [*known, kind.summary]
    heads = [line for line in lines if line and not line.startswith(" ")]
    assert len(heads) == len({r.family for r in ALL_ROWS})
    assert "Plain networks: h_t = f(x_t w_x + h_{t-1} w_h + b)." in heads


def test_families_come_by_their_oldest_cell_and_cells_by_their_years():
    families = [r.family for r in ALL_ROWS]
    assert [f for f, after in zip(families, [*families[1:], None], strict=True) if f != after] == (
        sorted(set(families), key=lambda f: (min(r.year for r in ALL_ROWS if r.family == f), f))
    )
    gated = [r.year for r in ALL_ROWS if r.family == "gated"]
    assert gated == sorted(gated)


@pytest.mark.full
def test_markdown_has_a_row_for_each_cell_with_the_engines_beyond_those_of_all():
    page = markdown(ALL)
    assert set(re.findall(r"^\| \[`(\w+)`\]", page, re.MULTILINE)) == set(cells.__all__)
    assert "All cells run on `auto`, `checkpointed`, `newton`, `scan`;" in page
    engines = re.search(r"^\| \[`LSTM`\].*", page, re.MULTILINE)
    assert engines is not None
    assert engines[0].split(" | ")[3] == "`deferred`, `fused`"


def test_the_summary_has_every_cell_once():
    assert sorted(re.findall(r"`(\w+)`(?=[,| ])", summary(ALL).partition("---|\n")[2])) == sorted(
        cells.__all__
    )


@pytest.mark.parametrize("cell", ALL)
def test_a_cells_file_is_its_name_in_lower_case(cell):
    assert row(cell).file.endswith(f"/{cell.__name__.lower()}.py")


def test_a_cell_without_a_year_is_told_so():
    class Undated(cells.GatedCell):
        """No paper."""

    with pytest.raises(ValueError, match="docstring of Undated needs a year under References"):
        row(Undated)
