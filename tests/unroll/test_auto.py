import functools
import json

import jax
import jax.numpy as jnp
import pytest

from rnnjax import unroll
from rnnjax.cells import GLA, GRU, LRU, LSTM, GRUResetBefore
from rnnjax.compose import Residual, Stack, learned_start, mixed_precision
from rnnjax.unroll.choose import measurements
from rnnjax.unroll.choose.auto import CANDIDATES, ByPart, best
from rnnjax.unroll.choose.measurements import Row, Size, Table, read_table
from tests.laws.draws import assert_close, normal, params_of, state_of, weigh


def row(milliseconds, megabytes, *, cell="LSTM", size=(28, 8, 32), gradient=True):
    steps, batch, hidden = size
    contract = "LinearCell" if cell == "LRU" else "SplitCell"
    return Row(contract, cell, steps, batch, 4, hidden, gradient, milliseconds, megabytes)


@pytest.fixture
def measured(monkeypatch):
    """Replaces what was measured, of which a compiled call knows nothing more."""

    def replace(*rows):
        monkeypatch.setattr(measurements, "read_table", lambda _: Table("here", rows))
        jax.clear_caches()

    yield replace
    jax.clear_caches()


def program(engine, cell):
    run = jax.make_jaxpr(functools.partial(engine, cell))
    return str(run(params_of(cell), state_of(cell), normal(1, (5, 2))))


def test_the_fastest_is_best_and_of_those_as_fast_the_leanest():
    megabytes = {"scan": 9.0, "deferred": 2.0, "third": 1.0}
    assert row({"scan": 1.0, "deferred": 1.2, "third": 3.0}, megabytes).fastest() == ["scan"]
    assert row({"scan": 1.0, "deferred": 1.09, "third": 3.0}, megabytes).fastest() == [
        "deferred",
        "scan",
    ]


def test_the_nearest_size_is_that_of_the_smallest_factors():
    table = Table(
        "here",
        (
            row({"scan": 1.0}, {"scan": 1.0}, size=(28, 8, 32)),
            row({"scan": 2.0}, {"scan": 1.0}, size=(784, 8, 32)),
            row({"scan": 3.0}, {"scan": 1.0}, size=(28, 64, 32)),
            row({"scan": 4.0}, {"scan": 1.0}, size=(28, 8, 32), gradient=False),
            row({"scan": 5.0}, {"scan": 1.0}, size=(28, 8, 32), cell="GRU"),
            row({"scan": 6.0}, {"scan": 1.0}, size=(28, 8, 32), cell="LRU"),
        ),
    )

    def nearest(*size, contract="SplitCell", cell="LSTM", gradient=True):
        found = table.nearest(contract, cell, Size(*size), gradient=gradient)
        return found and found.milliseconds["scan"]

    assert nearest(50, 8, 32) == 1
    assert nearest(400, 9, 30) == 2
    assert nearest(28, 500, 32) == 3
    assert nearest(28, 8, 32, gradient=False) == 4
    assert nearest(28, 8, 32, cell="GRU") == 5
    assert nearest(28, 8, 32, cell="CTRNN") == 1  # another cell of the same contract
    assert nearest(28, 8, 32, contract="LinearCell") == 6
    assert nearest(28, 8, 32, contract="LinearCell", gradient=False) is None


@pytest.mark.full
@pytest.mark.parametrize("fastest", ["scan", "deferred"])
def test_auto_is_the_program_of_the_engine_that_was_best(measured, fastest):
    times = {"scan": 1.0, "deferred": 1.0} | {fastest: 0.5}
    sizes = {"scan": 1.0, "deferred": 1.0}
    measured(*(row(times, sizes, gradient=wanted) for wanted in (False, True)))
    other = {"scan": unroll.deferred, "deferred": unroll.scan}[fastest]
    expected = program(getattr(unroll, fastest), GRU(3))
    assert program(unroll.auto, GRU(3)) == expected != program(other, GRU(3))


@pytest.mark.full
def test_auto_runs_another_engine_where_a_gradient_is_taken(measured):
    sizes = {"scan": 1.0, "deferred": 1.0}
    measured(
        row({"scan": 1.0, "deferred": 3.0}, sizes, gradient=False),
        row({"scan": 3.0, "deferred": 1.0}, sizes, gradient=True),
    )
    cell = LSTM(3)
    arguments = params_of(cell), state_of(cell, (2,)), normal(1, (5, 2, 2))
    flags = {"mask": jnp.ones((5, 2), bool).at[3, 0].set(False), "reset": jnp.ones((5, 2), bool)}

    def total(engine, *arguments):
        return weigh(engine(cell, *arguments, **flags))

    def rules(engine):
        text = str(jax.make_jaxpr(functools.partial(total, engine))(*arguments))
        return text.count("custom_jvp_call[")

    # Without a gradient the loop is one of scan: of deferred it would have a rule of its own.
    assert rules(unroll.auto) == rules(unroll.scan) + 1
    for engine in (unroll.scan, unroll.deferred):
        expected = jax.jit(jax.value_and_grad(functools.partial(total, engine), (0, 1, 2)))
        actual = jax.jit(jax.value_and_grad(functools.partial(total, unroll.auto), (0, 1, 2)))
        assert_close(actual(*arguments), expected(*arguments))
    together = jax.vmap(lambda xs: unroll.auto(cell, *arguments[:2], xs, **flags)[1])
    xs = jnp.stack([arguments[2], -arguments[2]])
    alone = unroll.scan(cell, *arguments[:2], xs[1], **flags)[1]
    assert_close(together(xs)[1], alone)


def test_without_a_gradient_auto_stays_with_the_engine_of_the_gradient_if_that_is_as_fast(measured):
    sizes = {"scan": 1.0, "deferred": 2.0}
    measured(
        row({"scan": 1.0, "deferred": 1.05}, sizes, gradient=False),
        row({"scan": 3.0, "deferred": 1.0}, sizes, gradient=True),
    )
    assert program(unroll.auto, LSTM(3)) == program(unroll.deferred, LSTM(3))


def test_each_part_needs_an_engine_that_runs_it():
    cell = Stack((LSTM(3), LSTM(3)))
    arguments = params_of(cell), state_of(cell), normal(1, (5, 2))
    with pytest.raises(TypeError, match=r"has 1 engines for 2 parts: Stack"):
        unroll.ByPart((unroll.scan,))(cell, *arguments)
    with pytest.raises(TypeError, match=r"unroll.associative runs an AssociativeCell.*; got LSTM"):
        unroll.ByPart((unroll.scan, unroll.associative))(cell, *arguments)


def test_a_cell_of_neither_form_runs_by_the_plain_loop():
    cell = GRUResetBefore(3)
    assert program(unroll.auto, cell) == program(unroll.scan, cell)


def test_each_part_of_a_cell_made_of_cells_has_an_engine_of_its_own(measured, capsys):
    small, large = LSTM(3), LSTM(30)
    for_small, for_large = {"scan": 1.0, "deferred": 3.0}, {"scan": 3.0, "deferred": 1.0}
    sizes = {"scan": 1.0, "deferred": 1.0}
    measured(
        *(row(for_small, sizes, size=(5, 1, 3), gradient=wanted) for wanted in (False, True)),
        *(row(for_large, sizes, size=(5, 1, 30), gradient=wanted) for wanted in (False, True)),
    )
    cell = Stack((small, Residual(GRUResetBefore(3)), large))

    arguments = params_of(cell), state_of(cell), normal(1, (5, 2))
    chosen = unroll.choose(cell, *arguments)
    assert chosen == ByPart((unroll.scan, unroll.scan, unroll.deferred))
    assert program(unroll.auto, cell) == program(chosen, cell)
    assert program(chosen, cell) != program(ByPart(3 * (unroll.scan,)), cell)
    assert_close(chosen(cell, *arguments), unroll.scan(cell, *arguments))
    unroll.explain(cell, params_of(cell), state_of(cell), normal(1, (5, 2)))
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines if not line.startswith(" ")] == [
        *(repr(small), "scan"),
        *("GRUResetBefore(hidden=3)", "scan"),
        *(repr(large), "deferred"),
    ]


@pytest.mark.parametrize(
    ("cell", "engine"), [(LRU(3), "associative"), (GRU(3), "deferred"), (GLA(4), "linear_scan")]
)
def test_where_nothing_was_measured_the_choice_is_by_the_contract_alone(monkeypatch, cell, engine):
    monkeypatch.setattr(jax, "default_backend", lambda: "abacus")
    choice = best(cell, Size(28, 8, 32))
    assert choice.engine == getattr(unroll, engine)
    assert "nothing was measured on this backend, abacus" in choice.reason


@pytest.mark.parametrize(
    ("cell", "engine"),
    [
        (LSTM(64), unroll.fused),
        (LSTM(128), unroll.deferred),  # is too large for a kernel in single precision
        (mixed_precision(LSTM(128)), unroll.fused),
        (LRU(3), unroll.fused),
        (GRUResetBefore(3), unroll.scan),
    ],
    ids=repr,
)
def test_on_a_gpu_a_kernel_is_chosen_where_there_is_one(monkeypatch, cell, engine):
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    params = jax.eval_shape(lambda: cell.init(jax.random.key(0), 2))
    state = jax.eval_shape(lambda: cell.initial_state(cell.init(jax.random.key(0), 2), (3,)))
    xs = jax.ShapeDtypeStruct((5, 3, 2), jnp.float32)
    assert unroll.choose(cell, params, state, xs) == engine


def test_a_wrapped_cell_is_measured_as_the_cell_in_it(measured):
    sizes = {"scan": 1.0, "deferred": 1.0}
    measured(
        row({"scan": 1.0, "deferred": 3.0}, sizes, cell="LSTM"),
        row({"scan": 3.0, "deferred": 1.0}, sizes, cell="GRU"),
    )
    for wrap in (learned_start, mixed_precision, lambda cell: mixed_precision(learned_start(cell))):
        assert best(wrap(LSTM(3)), Size(28, 8, 32)).engine == unroll.scan
        assert best(wrap(GRU(3)), Size(28, 8, 32)).engine == unroll.deferred


@pytest.mark.parametrize("gains", [True, False])
def test_half_precision_has_measurements_of_its_own_where_it_gains(measured, monkeypatch, gains):
    monkeypatch.setattr("rnnjax.compose.half_products.gains_by_halves", lambda: gains)
    sizes = {"scan": 1.0, "deferred": 1.0}
    measured(
        row({"scan": 1.0, "deferred": 3.0}, sizes),
        row({"scan": 3.0, "deferred": 1.0}, sizes, size=(280, 8, 32))._replace(half=True),
    )
    assert best(LSTM(3), Size(28, 8, 32)).engine == unroll.scan
    for cell in (mixed_precision(LSTM(3)), learned_start(mixed_precision(LSTM(3)))):
        assert best(cell, Size(28, 8, 32)).engine == (unroll.deferred if gains else unroll.scan)


def test_what_is_explained_is_what_is_run(measured, capsys):
    measured(row({"scan": 2.5, "deferred": 1.25}, {"scan": 8.0, "deferred": 1.0}))
    cell = LSTM(64)
    params = params_of(cell)
    xs = jax.ShapeDtypeStruct((100, 16, 2), jnp.float32)
    unroll.explain(cell, params, cell.initial_state(params, (16,)), xs)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("deferred: the leanest of the fastest")
    assert lines[1].endswith("LSTM(hidden=64, forget_bias=1.0), T=100 B=16 H=64")
    assert lines[2].endswith("gradient of LSTM(32), T=28 B=8 D=4, on each device at once")
    assert [line.split() for line in lines[3:5]] == [
        ["deferred", "1.25", "ms", "1.0", "MB"],
        ["scan", "2.50", "ms", "8.0", "MB"],
    ]
    assert lines[5].split() == ["on:", "here"]


def test_the_table_that_is_shipped_has_all_candidates_in_each_row():
    table = read_table("cpu")
    names = {kind.__name__: {e.name for e in engines} for kind, engines in CANDIDATES.items()}
    for found in table.rows:
        assert found.milliseconds.keys() == found.megabytes.keys() == names[found.contract]
    for contract in names:
        parts = {found.gradient for found in table.rows if found.contract == contract}
        assert parts == {True, False}


def test_a_table_is_read_from_its_file(monkeypatch, tmp_path):
    made = row({"scan": 1.0}, {"scan": 2.0})
    text = json.dumps({"about": "a machine", "rows": [made._asdict()]})
    (tmp_path / "measured").mkdir()
    (tmp_path / "measured" / "abacus.json").write_text(text)
    monkeypatch.setattr(measurements.importlib.resources, "files", lambda _: tmp_path)
    read_table.cache_clear()
    assert read_table("abacus") == Table("a machine", (made,))
    assert read_table("slide_rule") is None
    read_table.cache_clear()
