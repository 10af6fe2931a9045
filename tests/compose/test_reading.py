import re

import jax.numpy as jnp
import pytest

from rnnjax import cells, compose, unroll
from rnnjax.cells import GRU, LSTM, Elman, Identity, Normal, relu
from rnnjax.cells.vocabulary import ACTIVATIONS
from rnnjax.compose import (
    BlockDiagonal,
    Dale,
    Dilated,
    DropConnect,
    FastSlow,
    Independent,
    LayerNorm,
    LearnedStart,
    MixedPrecision,
    OrthogonalRecurrence,
    PartsWithStates,
    PreactivationNoise,
    Probed,
    RecurrentDropout,
    Residual,
    Skip,
    SkipRNN,
    Sparse,
    Stack,
    StateNoise,
    UpdateDropout,
    WithStates,
    Wrapper,
    Zoneout,
    read_cell,
)
from tests.catalogue import CELLS, VARIANTS

COMPOSED = (
    Stack((LSTM(8),)),
    Stack((LSTM(8), Elman(4, activation=relu), Residual(GRU(4)))),
    Residual(GRU(4)),
    LearnedStart(cells.CTRNN(3, dt=0.5)),
    MixedPrecision(LearnedStart(cells.LRU(8))),
    LayerNorm(RecurrentDropout(LSTM(8), 0.5)),
    WithStates(Zoneout(cells.LRU(8), 0.2)),
    OrthogonalRecurrence(LSTM(8), cells.Cayley(None)),
    Probed(cells.GRUResetBefore(8)),
    PartsWithStates(Stack((LSTM(8),))),
    Dilated(FastSlow((GRU(8), GRU(8)), SkipRNN(LSTM(4))), 4),
    DropConnect(UpdateDropout(LSTM(8), 0.5), 0.5),
    StateNoise(PreactivationNoise(Sparse(Dale(GRU(8)), 0.5), 0.2), 0.1),
    Skip(BlockDiagonal(GRU(8), heads=2), steps=3),
    Independent(GRU(8), recurrent_init=Normal(0.5)),
)


@pytest.mark.parametrize("cell", [*CELLS, *VARIANTS, *COMPOSED], ids=repr)
def test_a_cell_is_read_from_what_it_prints(cell):
    assert read_cell(repr(cell), hidden=99) == cell


IMAGES = {"ConvGRU", "ConvLSTM"}  # whose width does not say how large they are


@pytest.mark.parametrize("name", [name for name in cells.__all__ if name not in IMAGES])
def test_a_name_alone_takes_the_width_given(name):
    cell = read_cell(name, hidden=5)
    assert cell == getattr(cells, name)(5)
    assert cell.hidden == 5
    assert read_cell(f" {name}(7) ", hidden=5) == getattr(cells, name)(7)


@pytest.mark.parametrize("name", sorted(IMAGES))
def test_a_cell_of_images_is_read_with_their_size(name):
    assert read_cell(f"{name}(7, image=(2, 3))", hidden=5) == getattr(cells, name)(7, (2, 3))
    with pytest.raises(ValueError, match="missing 1 required positional argument: 'image'"):
        read_cell(name, hidden=5)


@pytest.mark.parametrize("name", [function.__name__ for function in ACTIVATIONS])
def test_activations_are_read_from_what_they_print(name):
    cell = read_cell(f"Elman(3, activation={name})", hidden=1)
    assert f"activation={name}" in repr(cell)
    assert read_cell(repr(cell), hidden=1) == cell
    assert cell.activation is getattr(cells, name)


@pytest.mark.parametrize(
    "text",
    [
        "GRU(3, gate_activation=hard_sigmoid)",
        "LSTM(3, forget_bias=0.5, activation=soft_sign, gate_activation=sigmoid)",
        "LSTM(3, forget_bias=1.0, bias_init=Chrono(t_max=784))",
        "JANET(3, beta=1.0, bias_init=Forget(value=2.0), recurrent_init=Uniform(scale=0.1))",
        "MGU(3, input_init=LecunNormal(), recurrent_init=SpectralRadius(radius=0.9))",
        "Elman(3, activation=tanh, recurrent_init=Ring(r_min=0.9, r_max=0.99, max_phase=0.3))",
        "Elman(3, activation=lecun_tanh, recurrent_init=NormalBySize(scale=0.5))",
        "LinearAttention(3, heads=1, feature_map=identity)",
        "S4D(3, state_dim=8, discretisation=bilinear, spectrum=s4d_legs)",
    ],
)
def test_what_a_cell_prints_evaluates_in_the_face(text):
    cell = read_cell(text, hidden=1)
    assert eval(repr(cell), vars(cells)) == cell
    assert sorted(repr(cell)) == sorted(text.replace("(3", "(hidden=3"))


def test_the_default_activation_is_the_one_that_is_read():
    assert read_cell("Elman(3, activation=tanh)", 1) == Elman(3) == Elman(3, jnp.tanh)


def test_initializers_are_read():
    text = "Elman(5, activation=relu, recurrent_init=Identity(), input_init=Normal(0.001))"
    irnn = Elman(5, activation=relu, recurrent_init=Identity(), input_init=Normal(0.001))
    assert read_cell(text, 1) == irnn


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("LSMT", "unknown name 'LSMT'; did you mean LSTM"),
        ("Stack((LSTM(3), GURU(2)))", "unknown name 'GURU'; did you mean GRU"),
        ("relu", "'relu' is not a cell: name one .*LSTM"),
        ("Stack", "'Stack' is not a cell"),
        ("Glorot()", "is not a cell"),
        ("3", "'3' is not a cell"),
        ("LSTM()", r"LSTM\(\): LSTM missing 1 required positional argument: 'hidden'"),
        ("LSTM(0)", "hidden must be a whole number of 1 or more"),
        ("LSTM(-3)", "hidden must be a whole number of 1 or more"),
        ("LSTM(2.5)", "hidden must be a whole number of 1 or more"),
        ("LSTM('3')", "hidden must be a whole number of 1 or more"),
        ("LSTM(True)", "hidden must be a whole number of 1 or more"),
        ("LSTM(3, forget_bias=1e999)", "inf is infinite in single precision"),
        ("LSTM(3, 4, 5)", "takes from 2 to 3 positional arguments"),
        ("LSTM(3, forgetbias=2)", "unexpected keyword argument 'forgetbias'"),
        ("LSTM(3, hidden=4)", "multiple values for argument 'hidden'"),
        ("Elman(3, activation=1)", "activation must be a function"),
        ("LRU(3, r_min=0.9, r_max=0.5)", "needs 0 <= r_min < r_max < 1"),
        ("Stack(LSTM(3))", r"Stack takes a tuple of cells.*got LSTM\(hidden=3"),
        ("Stack(())", "Stack takes a tuple of cells"),
        ("Stack((LSTM(3), 4))", "Stack takes a tuple of cells"),
        ("Stack((LSTM, GRU))", "Stack takes a tuple of cells"),
        ("Elman(3, bias_init=Chrono(1))", r"Chrono\(1\): .* needs t_max > 2"),
        ("Elman(3, recurrent_init=0.9)", "recurrent_init must be a function"),
        ("Elman(3, recurrent_init=Ring(2, 1))", "needs 0 <= r_min <= r_max"),
        ("Elman(3, activation=softsign)", "unknown name 'softsign'; did you mean soft_sign"),
        ("Residual(3)", "cell must be a cell"),
        ("learned_start(GRU)", "cell must be a cell"),
        ("relu('a')", r"^relu\('a'\): "),
        ("LSTM(3).__class__", "cannot read"),
        ("__import__('os')", "unknown name '__import__'"),
    ],
)
def test_what_spells_no_cell_is_refused_in_one_line(text, message):
    with pytest.raises(ValueError, match=message) as caught:
        read_cell(text, hidden=3)
    assert len(str(caught.value).splitlines()) == 1


class Leaky(GRU):
    """A cell of one's own, and below what one may have beside it."""


class Scaled(Wrapper):
    scale: float = 2.0


def cubic(x):
    return x**3


OWN = {"mycells.Leaky": Leaky, "mycells.Scaled": Scaled, "mycells.cubic": cubic, "Leaky": Leaky}


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("mycells.Leaky", Leaky(5)),
        (" Leaky ", Leaky(5)),
        ("mycells.Leaky(3)", Leaky(3)),
        ("Stack((mycells.Leaky(3), LSTM(2)))", Stack((Leaky(3), LSTM(2)))),
        ("mycells.Scaled(Elman(4, activation=mycells.cubic), scale=0.5)", None),
        (repr(Residual(Leaky(7))), Residual(Leaky(7))),
        ("LSTM", LSTM(5)),
    ],
)
def test_cells_of_ones_own_are_read_by_the_names_given(text, cell):
    cell = cell or Scaled(Elman(4, activation=cubic), scale=0.5)
    assert read_cell(text, hidden=5, names=OWN) == cell


def test_what_has_a_name_in_rnnjax_keeps_it():
    assert read_cell("LSTM", hidden=5, names={"LSTM": Leaky}) == LSTM(5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mycells.Leeky", r"^unknown name 'mycells.Leeky'; did you mean mycells.Leaky\?$"),
        ("mycell.Leaky(3)", r"^unknown name 'mycell.Leaky'; did you mean mycells.Leaky\?$"),
        ("Scaled(GRU(3))", r"^unknown name 'Scaled'; did you mean mycells.Scaled\?$"),
        ("mycells.Leaky.step", "^unknown name 'mycells.Leaky.step'"),
        ("mycells.Scaled", r"^mycells.Scaled\(hidden=5\): .*unexpected keyword argument"),
        ("mycells.cubic", r"^'mycells.cubic' is not a cell: name one \(.*mycells.Leaky.*LSTM"),
        ("mycells.Leaky(0)", r"^mycells.Leaky\(0\): .*hidden must be"),
        ("os.system('true')", "^unknown name 'os.system'"),
    ],
)
def test_what_spells_no_cell_of_ones_own_is_refused_in_one_line(text, message):
    with pytest.raises(ValueError, match=message) as caught:
        read_cell(text, hidden=5, names=OWN)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "engine"),
    [
        ("scan", unroll.scan),
        ("Scan(unroll=4)", unroll.Scan(unroll=4)),
        ("associative", unroll.associative),
        ("Checkpointed", unroll.checkpointed),
        ("Checkpointed()", unroll.checkpointed),
        ("Checkpointed(block=28)", unroll.Checkpointed(block=28)),
        ("time_sharded", unroll.TimeSharded()),
        (repr(unroll.Newton(damping=0.5)), unroll.Newton(damping=0.5)),
    ],
)
def test_an_engine_is_read_by_its_name_or_call(text, engine):
    assert unroll.read_engine(text) == engine


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sacn", "unknown name 'sacn'; did you mean [Ss]can"),
        ("Checkpointed(block=0)", "block must be a whole number of 1 or more; got 0"),
        ("Checkpointed(size=3)", "unexpected keyword argument 'size'"),
        ("checkpointed(block=3)", r"settings are the class's: Checkpointed\(block=3\)"),
        ("28", "'28' is not an engine"),
        ("scan.__call__", "cannot read"),
    ],
)
def test_what_spells_no_engine_is_refused_in_one_line(text, message):
    with pytest.raises(ValueError, match=message) as caught:
        unroll.read_engine(text)
    assert len(str(caught.value).splitlines()) == 1


def test_every_composed_cell_can_be_read():
    composed = {name for name in compose.__all__ if isinstance(getattr(compose, name), type)}
    assert composed <= {word for cell in COMPOSED for word in re.findall(r"\w+", repr(cell))}


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("zoneout(dale(LSTM(4)), 0.1)", Zoneout(Dale(LSTM(4)), 0.1)),
        ("drop_connect(LSTM(4), 0.5)", DropConnect(LSTM(4), 0.5)),
        ("sparse(GRU(4), 0.2, seed=3)", Sparse(GRU(4), 0.2, seed=3)),
        ("independent(zoneout(LSTM(4), 0.1))", Zoneout(Independent(LSTM(4)), 0.1)),
        ("block_diagonal(GRU(4), heads=2)", BlockDiagonal(GRU(4), 2)),
        ("update_dropout(Stack((GRU(4),)), 0.1)", Stack((UpdateDropout(GRU(4), 0.1),))),
        ("skip(Elman(4), 5)", Skip(Elman(4), 5)),
        ("state_noise(LSTM(4), 0.1)", StateNoise(LSTM(4), 0.1)),
        ("preactivation_noise(LSTM(4), 0.1)", PreactivationNoise(LSTM(4), 0.1)),
    ],
)
def test_a_change_is_read_from_its_function(text, cell):
    assert read_cell(text, hidden=9) == cell
