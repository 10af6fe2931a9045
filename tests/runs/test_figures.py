"""What figures show: their numbers are read back from what was drawn."""

import jax.numpy as jnp
import numpy as np
import pytest
from matplotlib.figure import Figure

from rnnjax.cells.base import LinearState
from rnnjax.cells.gated.lstm import LSTMState
from rnnjax.models.observe import BothWays
from rnnjax.runs.figures.classification import draw_confusion, draw_samples
from rnnjax.runs.figures.hidden import draw_hidden
from rnnjax.runs.figures.pairs import Look, Sample, draw_attention, draw_pairs, samples_text
from rnnjax.runs.figures.series import draw_series
from rnnjax.runs.figures.sizes import draw_sizes

RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.normal(size=shape)


@pytest.fixture
def saved(monkeypatch, tmp_path):
    """Draws without rendering and returns the figure."""
    kept = []

    def keep(figure, to, **kwargs):
        kept.append(figure)

    monkeypatch.setattr(Figure, "savefig", keep)

    def draw(function, *args, **kwargs):
        path = tmp_path / "figure.png"
        assert function(path, *args, title="LSTM(8) on a task", **kwargs) == path
        assert kept[-1].get_suptitle() == "LSTM(8) on a task"
        return kept[-1]

    return draw


def titles(figure):
    return [panel.get_title(loc="left") for panel in figure.axes]


def image(panel):
    return np.ma.filled(panel.images[0].get_array().astype(float), np.nan)


def lines(panel):
    return [line.get_ydata() for line in panel.lines]


def test_each_state_of_each_layer_is_a_map_of_units_and_time(saved):
    lstm = LSTMState(h=jnp.asarray(normal(6, 3)), c=jnp.asarray(9 * normal(6, 3)))
    matrix, linear = normal(6, 2, 5), LinearState(normal(6, 4) + 1j * normal(6, 4))
    states = (lstm, BothWays(LinearState(normal(6, 1)), linear), {"S": matrix}, normal(6))
    figure = saved(draw_hidden, states)
    assert titles(figure) == [
        "layer 1, h: 3 units",
        "layer 1, c: 3 units",
        "layer 2, forward h: 1 unit",
        "layer 2, backward h, real part: 4 units",
        "layer 3, S: 10 units",
        "layer 4: 1 unit",
    ]
    wanted = (lstm.h, lstm.c, states[1].forward.h, linear.h.real, matrix.reshape(6, 10))
    for panel, values in zip(figure.axes, (*wanted, states[3][:, None]), strict=True):
        np.testing.assert_allclose(image(panel), values.T, rtol=1e-6)
        low, high = panel.images[0].get_clim()
        assert low == -high
        assert np.quantile(np.abs(values), 0.9) < high <= np.abs(values).max()
        assert panel.get_xlim() == (-0.5, 5.5)


def test_many_steps_are_means_and_many_units_a_choice(saved):
    values = normal(10_000, 1000)
    values[500:510, 0] = np.nan
    figure = saved(draw_hidden, values)
    (panel,) = figure.axes
    rows = np.unique(np.linspace(0, 999, 256).astype(int))
    assert titles(figure) == ["state: 256 of 1,000 units"]
    np.testing.assert_allclose(image(panel), values[:, rows].reshape(1000, 10, -1).mean(1).T)
    assert np.isnan(image(panel)).sum() == 1
    assert panel.get_xlim() == (-0.5, 9999.5)
    assert panel.get_ylim() == (999.5, -0.5)


def test_inputs_are_above_and_outputs_and_targets_below(saved):
    inputs, outputs, targets = np.abs(normal(8, 5)), normal(8, 2), normal(8, 2)
    figure = saved(draw_hidden, (normal(8, 3),), inputs=inputs, outputs=outputs, targets=targets)
    names = ["inputs: 5 features", "layer 1: 3 units", "outputs and targets (dashed)"]
    assert titles(figure) == names
    np.testing.assert_array_equal(image(figure.axes[0]), inputs.T)
    assert figure.axes[0].images[0].get_clim()[0] == 0  # greys, none is below zero
    np.testing.assert_array_equal(lines(figure.axes[2]), [*outputs.T, *targets.T])
    tops = [panel.get_position().y1 for panel in figure.axes]
    assert tops == sorted(tops, reverse=True)
    token = saved(draw_hidden, (normal(8, 3),), inputs=np.arange(8), outputs=normal(8, 12))
    assert titles(token) == ["inputs", "layer 1: 3 units", "outputs: 12 features"]
    np.testing.assert_array_equal(lines(token.axes[0]), [np.arange(8)])


def written(panel):
    """Returns the texts of a panel from left to right, by rows."""
    places = [(*text.get_position()[::-1], text.get_text()) for text in panel.texts]
    return "".join(text for _, _, text in sorted(places))


def test_symbols_are_written_and_of_very_many_their_numbers_are_points(saved):
    figure = saved(draw_hidden, (normal(5, 3),), inputs=np.arange(5), symbols="to be")
    assert written(figure.axes[0]) == "to be"
    figure = saved(draw_hidden, (normal(200, 3),), inputs=np.arange(200), symbols="ab" * 100)
    (points,) = figure.axes[0].lines
    assert (points.get_linestyle(), points.get_marker()) == ("None", ".")


def test_a_text_is_written_with_what_was_wrong_in_red(saved):
    wanted = np.array([[0, 1], [1, 2], [2, 0]])
    given = np.array([[0, 1], [2, 2], [2, 1]])
    mask = np.array([[True, True], [True, True], [True, False]])
    figure = saved(draw_series, np.eye(3)[given], wanted, mask, symbols="abc")
    assert [written(panel) for panel in figure.axes] == ["abcacc", "bcbc"]
    red = [text.get_text() for text in figure.axes[0].texts if text.get_color() != "black"]
    assert red == ["c"]


def test_what_was_read_stands_above_classes(saved):
    read = np.array([[1, 0], [0, 1], [2, 2], [-1, 2]])
    logits, classes, mask = normal(4, 2, 2), np.ones((4, 2), int), np.ones((4, 2), bool)
    figure = saved(draw_series, logits, classes, mask, inputs=read)
    assert [written(panel) for panel in figure.axes] == ["102", "0122"]
    for panel in figure.axes:
        names = [text.get_text() for text in panel.get_yticklabels()]
        assert names == ["input", "target", "output", "error"]


@pytest.mark.parametrize(
    ("states", "inputs", "fault"),
    [
        (((), normal(8, 0)), None, "no states"),
        ((normal(8, 3), normal(7, 3)), None, "layer 1 8, layer 2 7"),
        ((normal(8, 3),), normal(9, 2), "layer 1 8, inputs 9"),
        ((normal(0, 3),), None, "layer 1 0"),
        ((3.0,), None, "one of them is a number"),
    ],
)
def test_states_that_do_not_fit_are_refused(saved, states, inputs, fault):
    with pytest.raises(ValueError, match=fault):
        saved(draw_hidden, states, inputs=inputs)


@pytest.mark.parametrize("classes", [("a", "b", "c", "none"), range(50)], ids=len)
def test_the_confusion_matrix_counts(saved, classes):
    targets, found = RNG.integers(0, 3, 500), RNG.integers(0, 3, 500)
    panel, side = saved(draw_confusion, targets, found, classes=classes).axes
    counts = np.zeros((len(classes), len(classes)))
    for true, predicted in zip(targets, found, strict=True):
        counts[true, predicted] += 1
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    np.testing.assert_allclose(image(panel) ** 2, shares, atol=1e-12)
    recall = [(found[targets == k] == k).mean() for k in range(3)] + [0] * (len(classes) - 3)
    np.testing.assert_allclose([bar.get_width() for bar in side.patches], recall)
    written = {text.get_position()[::-1]: text.get_text() for text in panel.texts}
    told = [text.get_text() for text in side.texts]
    if len(classes) == 4:
        assert written == {(i, j): f"{counts[i, j]:.0f}" for i in range(3) for j in range(3)}
        assert told == [*(f"{share:.1%}" for share in recall[:3]), "no example"]
        assert [label.get_text() for label in panel.get_yticklabels()] == list(classes)
    else:
        assert written == {}
        assert told == []


@pytest.mark.parametrize(
    ("targets", "predictions", "fault"),
    [([0, 3], [0, 1], "3 names but classes from 0 to 3"), ([0, 1], [0], r"\(2,\), \(1,\)")],
)
def test_confusions_that_do_not_fit_are_refused(saved, targets, predictions, fault):
    with pytest.raises(ValueError, match=fault):
        saved(draw_confusion, targets, predictions, classes=range(3))


def test_samples_say_what_is_predicted_and_mark_errors(saved):
    images = np.abs(normal(3, 8, 8))
    chances = np.array([[0.25, 0.75], [0.5, 0.5], [0.0, 1.0]])
    figure = saved(draw_samples, images, [1, 1, 0], chances, classes=("cat", "dog"))
    panels = figure.axes[:3]
    assert [p.get_title() for p in panels] == ["dog  75%", "cat  50%, is dog", "dog  100%, is cat"]
    for panel, shown in zip(panels, images, strict=True):
        np.testing.assert_array_equal(image(panel), shown)
    frames = [panel.spines["left"].get_linewidth() for panel in panels]
    assert frames[0] < frames[1] == frames[2]


def test_sequences_of_few_features_are_lines_and_at_most_forty_are_drawn(saved):
    sequences, classes = normal(50, 20, 3), np.zeros(50, int)
    figure = saved(draw_samples, sequences, classes, np.ones((50, 1)))
    assert len([panel for panel in figure.axes if panel.lines]) == 40
    np.testing.assert_array_equal(lines(figure.axes[39]), sequences[39].T)
    with pytest.raises(ValueError, match=r"got \(50, 20, 3\), \(49,\), \(50, 1\)"):
        saved(draw_samples, sequences, classes[1:], np.ones((50, 1)))


def test_numbers_over_time_are_lines_where_they_count(saved):
    outputs, targets, mask = normal(30, 6, 2), normal(30, 6, 2), RNG.random((30, 6)) < 0.5
    figure = saved(draw_series, outputs, targets, mask)
    assert len(figure.axes) == 4
    end = mask[:, :4].any(1).nonzero()[0][-1] + 1
    for index, panel in enumerate(figure.axes):
        drawn = [a[:end, index, k] for k in range(2) for a in (outputs, targets)]
        wanted = np.where(mask[:end, index], drawn, np.nan)
        np.testing.assert_array_equal(lines(panel), wanted)


def test_classes_over_time_are_colours_and_errors_marks(saved):
    logits, classes = normal(1000, 2, 5), RNG.integers(0, 5, (1000, 2))
    mask = np.arange(1000)[:, None] < np.array([900, 700])
    figure = saved(draw_series, logits, classes, mask)
    for index, panel in enumerate(figure.axes):
        steps = np.arange(500, 900)  # the last 400 up to the last that counts
        found = logits.argmax(-1)[steps, index]
        counts = mask[steps, index]
        pair = np.where(counts, [classes[steps, index], found], np.nan)
        np.testing.assert_array_equal(image(panel), pair)
        wrong = steps[counts & (found != classes[steps, index])]
        np.testing.assert_array_equal(panel.lines[0].get_xdata(), wrong)
    assert [t.get_text() for t in figure.legends[0].get_texts()] == list("01234")


def test_one_number_a_sequence_is_a_point(saved):
    outputs, targets = normal(9, 30, 1), normal(9, 30, 1)
    last = np.arange(9)[:, None] == np.full(30, 8)
    for given in ((outputs, targets, last), (outputs[8], targets[8], last[8])):
        (panel,) = saved(draw_series, *given).axes
        points, diagonal = (line.get_xydata() for line in panel.lines)
        np.testing.assert_array_equal(points, np.stack([targets[8, :, 0], outputs[8, :, 0]], -1))
        np.testing.assert_array_equal(diagonal[:, 0], diagonal[:, 1])


@pytest.mark.parametrize(
    ("shapes", "fault"),
    [
        (((9, 3, 2), (9, 3, 2), (9, 2)), "fit"),
        (((9, 3, 2), (9, 3, 1, 2), (9, 3)), "fit"),
        (((9, 3, 2), (8, 3), (9, 3)), "fit"),
        (((3, 2), (3,), (3,)), "draw_confusion"),
        (((0, 3, 2), (0, 3, 2), (0, 3)), "nothing to draw"),
    ],
)
def test_series_that_do_not_fit_are_refused(saved, shapes, fault):
    outputs, targets, mask = (np.ones(shape) for shape in shapes)
    with pytest.raises(ValueError, match=fault):
        saved(draw_series, outputs, targets, mask.astype(bool))


@pytest.mark.full
def test_numbers_that_are_not_finite_and_nothing_that_counts_can_be_rendered(tmp_path):
    nan, no = np.full((6, 2, 3), np.nan), np.zeros((6, 2), bool)
    path = tmp_path / "a.png"
    draw_series(path, nan, normal(6, 2, 3), ~no, title="diverged")
    draw_series(path, nan, nan, no, title="nothing counts")
    draw_hidden(path, (nan[:, 0], np.zeros((6, 2))), title="dead", outputs=nan[:, 0, :1])
    assert path.with_suffix(".pdf").stat().st_size > 1000


SAMPLES = [Sample("1+2", "3", "3"), Sample("$9+9$", "18", "17"), Sample("5+5", "10", "")]
TABLE = """source  wanted  written
1+2     3       3
$9+9$   18      17       wrong
5+5     10               wrong
"""


def test_samples_are_a_table_in_which_what_is_wrong_is_marked_and_red(saved):
    assert samples_text(SAMPLES) == TABLE
    figure = saved(draw_pairs, SAMPLES)
    drawn = [text for text in figure.texts if text.get_text() != "LSTM(8) on a task"]
    assert [text.get_text() for text in drawn] == TABLE.splitlines()
    colours = [text.get_color() for text in drawn]
    assert colours[1] == "black"
    assert colours[2] == colours[3] not in (colours[0], colours[1])
    heights = [text.get_position()[1] for text in drawn]
    assert heights == sorted(heights, reverse=True)
    assert 0 < heights[-1] < heights[0] < 1
    many = saved(draw_pairs, SAMPLES * 20)
    drawn = [text for text in many.texts if text.get_text() != "LSTM(8) on a task"]
    assert len(drawn) == 1 + 20


def test_where_a_network_looks_is_an_image_with_both_texts_beside_it(saved):
    weights = RNG.dirichlet(np.ones(4), 3)
    looks = [Look(weights, ["a", " ", "b"], ["x", "y", " ", "$"])] * 3
    figure = saved(draw_attention, looks)
    panels = [panel for panel in figure.axes if panel.images]
    assert len(panels) == 3
    for panel in panels:
        np.testing.assert_allclose(image(panel), weights)
        assert panel.images[0].get_clim() == (0, 1)
        assert [t.get_text() for t in panel.get_yticklabels()] == ["a", "\u2423", "b"]
        assert [t.get_text() for t in panel.get_xticklabels()][:3] == ["x", "y", "\u2423"]


def test_sizes_are_drawn_with_those_of_training_in_grey(saved):
    found = {n: {"loss": 1 / n, "accuracy": n / 10} for n in (2, 5, 8)}
    how = {"trained_on": 5, "size": "length", "baseline": 0.7}
    (panel,) = saved(draw_sizes, found, **how).axes
    assert (panel.get_xlabel(), panel.get_ylabel()) == ("length", "accuracy")
    line, end = panel.lines
    assert line.get_xydata().tolist() == [[2, 0.2], [5, 0.5], [8, 0.8]]
    assert end.get_xdata() == [5, 5]
    (panel,) = saved(draw_sizes, found, **how, chance=0.5).axes
    texts = [text.get_text() for text in panel.get_legend().get_texts()]
    assert texts == ["training, length up to 5", "chance"]
    assert lines(panel)[2] == [0.5, 0.5]
    (span,) = panel.patches
    assert (span.get_x(), span.get_width()) == (2, 3)
    losses = {n: {"loss": metrics["loss"]} for n, metrics in found.items()}
    (panel,) = saved(draw_sizes, losses, **how).axes
    assert panel.get_ylabel() == "loss"
    assert [[*values] for values in lines(panel)][::2] == [[1 / 2, 1 / 5, 1 / 8], [0.7, 0.7]]
    with pytest.raises(ValueError, match="there is no size to draw"):
        saved(draw_sizes, {}, **how)
