import pytest

from rnnjax.sweeps.space import Choices, Integers, LogUniform, Uniform, read_space


@pytest.mark.parametrize(
    ("text", "axis"),
    [
        ("a=1e-3,3e-4", Choices(("1e-3", "3e-4"))),
        ("a=LSTM", Choices(("LSTM",))),
        ("a=choice(x, y)", Choices(("x", "y"))),
        ("a=0:4", Choices(("0", "1", "2", "3"))),
        ("a=-2:2", Choices(("-2", "-1", "0", "1"))),
        ("a=1:8:3", Choices(("1", "4", "7"))),
        ("a=3:0:-1", Choices(("3", "2", "1"))),
        ("a=0:2,7", Choices(("0", "1", "7"))),
        ("a=log(1e-4,1e-1)", LogUniform(1e-4, 1e-1)),
        (" a = uniform( -1 , .5 ) ", Uniform(-1.0, 0.5)),
        ("a=int(1,64)", Integers(1, 64)),
        ("a=Stack((LSTM(8),GRU(8))),GRU", Choices(("Stack((LSTM(8),GRU(8)))", "GRU"))),
        ("a=(256,1024),512", Choices(("(256,1024)", "512"))),
        ("a=(256,1024)", Choices(("(256,1024)",))),
        ("a=[64, 64],choice", Choices(("[64, 64]", "choice"))),
        ("a=choice((256,1024),512)", Choices(("(256,1024)", "512"))),
        ("a=LSTM(64, forget_bias=2.0)", Choices(("LSTM(64, forget_bias=2.0)",))),
        ("a=/data:/more", Choices(("/data:/more",))),
        ("a=log", Choices(("log",))),
    ],
)
def test_an_axis_reads_as_it_is_meant(text, axis):
    assert read_space(text) == {"a": axis}


def test_axes_keep_their_order():
    space = read_space("seed=0:2; learning_rate=log(1e-4,1e-1);cell=F((a;b)),GRU")
    assert list(space) == ["seed", "learning_rate", "cell"]
    assert space["cell"] == Choices(("F((a;b))", "GRU"))


def test_kinds_of_axes_differ_even_with_equal_ends():
    assert Uniform(1, 2) != LogUniform(1, 2)


def test_what_values_mean_is_for_the_reader_to_say():
    def parse(name, text):
        return tuple(map(int, text.strip("()").split(","))) if name == "widths" else text

    read_space("widths=(256,1024),1024,(1024, 256);name=yes,true,1,1.0", parse)
    read_space("widths=uniform(1,2)", parse)  # a range has no values to compare
    with pytest.raises(ValueError, match=r"^widths has the value \(4,2\) twice, also as \(4, 2\)$"):
        read_space("widths=(4,2),4,(4, 2)", parse)
    with pytest.raises(ValueError, match="invalid literal for int"):
        read_space("widths=wide", parse)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' has no =: an axis of a sweep reads name=values"),
        ("a=1;", "'' has no =: an axis of a sweep reads name=values"),
        ("seed", "'seed' has no =: an axis of a sweep reads name=values"),
        ("--a=1", "'--a' is no name: an axis of a sweep reads name=values"),
        ("a=1;a=2", "a has two axes: write all its values in one"),
        ("a=", "a has an empty value"),
        ("a=1,,2", "a has an empty value"),
        ("a=choice()", "a has an empty value"),
        ("a=LSTM,GRU,LSTM", "a has the value LSTM twice"),
        ("a=1e-3,0.001", "a has the value 1e-3 twice, also as 0.001"),
        ("a=true,false,True", "a has the value true twice, also as True"),
        ("a=no,1,FALSE", "a has the value no twice, also as FALSE"),
        ("a=nan,nan", "a has the value nan twice"),
        ("a=(1,2),(1,2)", "a has the value (1,2) twice"),
        ("a=0:4,2", "a has the value 2 twice"),
        ("a=4:4", "a=4:4 is empty: the end of a range is excluded"),
        ("a=0:8:0", "a=0:8:0 is no range: whole numbers as 0:8, or 0:8:2 for every second"),
        ("a=0:1.5", "a=0:1.5 is no range: whole numbers as 0:8, or 0:8:2 for every second"),
        ("a=0:", "a=0: is no range: whole numbers as 0:8, or 0:8:2 for every second"),
        ("a=0:99999999999", "a=0:99999999999 has more than 10,000 values"),
        ("a=uniform(2,1)", "a=uniform(2,1) is empty: its first end has to be below its second"),
        ("a=int(3,3)", "a=int(3,3) is empty: its first end has to be below its second"),
        ("a=log(0,1)", "a=log(0,1) needs a first end above 0"),
        ("a=log(1)", "a=log(1) needs two ends, as log(1, 10)"),
        ("a=uniform(0,nan)", "a=uniform(0,nan): nan is not a finite number"),
        ("a=log(1,inf)", "a=log(1,inf): inf is not a finite number"),
        ("a=log(1,x)", "a=log(1,x): 'x' is not a number"),
        ("a=int(1,2.5)", "a=int(1,2.5): '2.5' is not a whole number"),
        ("a=log(1,2),3", "a: log(1,2) cannot be one value of several"),
        ("a=LSTM(8", "'a=LSTM(8' has a bracket without its other half"),
        ("a=LSTM)8(", "'a=LSTM)8(' has a bracket without its other half"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(text, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        read_space(text)
    assert str(error.value) == message
