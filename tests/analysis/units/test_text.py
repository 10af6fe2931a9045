"""Units on a text: ranking against SciPy and known answers, and a page read back as browsers do."""

import base64
import html.parser
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from rnnjax.analysis import (
    bracket_depth,
    coloured_text,
    inside_quotes,
    line_position,
    plot_ranking,
    rank_units,
)

RNG = np.random.default_rng(0)


def slow(*shape):
    """Returns what changes slowly."""
    found = np.cumsum(RNG.normal(size=shape), axis=0)
    return found - np.linspace(0, 1, shape[0]).reshape(-1, *[1] * (len(shape) - 1)) * found[-1]


def test_labels_of_a_text_are_what_they_say():
    text = 'He said "no (not\nyet)" twice.'
    quoted = "".join(c for c, inside in zip(text, inside_quotes(text), strict=True) if inside)
    assert quoted == '"no (not\nyet)"'
    assert line_position(text)[text.index("\n") :].tolist() == [16, *range(12)]
    deep = "".join(c for c, d in zip(text, bracket_depth(text), strict=True) if d)
    assert deep == "(not\nyet"
    assert all(len(f("")) == 0 for f in (inside_quotes, line_position, bracket_depth))


def test_correlations_and_areas_are_those_of_scipy(x64):
    x, labels = np.round(RNG.normal(size=(300, 6)), 1), RNG.random(300) < 0.3  # ties
    x[:, 2] += labels
    found = jax.jit(rank_units)(jnp.asarray(x), jnp.asarray(labels))
    for unit in range(6):
        exact = scipy.stats.pearsonr(x[:, unit], labels)[0]
        np.testing.assert_allclose(found.correlations[unit], exact, rtol=1e-9)
        u = scipy.stats.mannwhitneyu(x[labels, unit], x[~labels, unit]).statistic
        np.testing.assert_allclose(found.auc[unit], u / labels.sum() / (~labels).sum(), rtol=1e-9)
    assert found.order[0] == 2
    assert sorted(found.order.tolist()) == list(range(6))


def test_the_label_itself_is_first_and_a_constant_unit_is_nothing(x64):
    labels = slow(400)
    x = np.stack([RNG.normal(size=400), -labels, np.ones(400)], 1)
    found = rank_units(jnp.asarray(x), jnp.asarray(labels))
    np.testing.assert_allclose(found.correlations[1:], [-1, 0], atol=1e-12)
    np.testing.assert_allclose(found.auc[1:], [0, 0.5], atol=1e-12)
    assert found.order.tolist()[0] == 1
    assert found.order.tolist()[-1] == 2


def test_chance_is_that_of_the_label_moved_around(x64):
    x, labels = slow(200, 5), slow(200)
    found = rank_units(jnp.asarray(x), jnp.asarray(labels))
    largest = [
        max(abs(np.corrcoef(column, np.roll(labels, k))[0, 1]) for column in x.T)
        for k in range(10, 190)
    ]
    np.testing.assert_allclose(found.by_chance, np.quantile(largest, 0.95), rtol=1e-9)


def test_what_is_unrelated_is_rarely_above_chance(x64):
    x, labels = jnp.asarray(RNG.normal(size=(300, 200, 20))), jnp.asarray(RNG.random((300, 200)))
    found = jax.jit(jax.vmap(rank_units))(x, labels)
    over = jnp.abs(found.correlations).max(1) > found.by_chance
    assert 0.01 < over.mean() < 0.1


class Page(html.parser.HTMLParser):
    """What a browser makes of a page: the text with its classes, the options, the values."""

    def __init__(self, page):
        super().__init__()
        self.spans, self.options, self.values, self.tags, self.where = [], [], "", [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.tags.append((tag, given))
        if tag not in ("meta", "link"):
            self.where.append((tag, given))
        if ("pre", "text") in [(t, a.get("id")) for t, a in self.where] and tag == "span":
            self.spans.append([given["class"], ""])

    def handle_endtag(self, tag):
        assert self.where.pop()[0] == tag

    def handle_data(self, data):
        tag, given = self.where[-1] if self.where else ("", {})
        if tag == "span" and "pre" in [t for t, _ in self.where]:
            self.spans[-1][1] += data
        elif tag == "option":
            self.options.append(data)
        elif given.get("id") == "values":
            self.values += data


TEXT = "if (a < b && \"</pre><script>alert(1)</script>\") {\n\tx\x00 = 'é'; }"


def test_a_page_has_the_text_and_the_units_and_no_more():
    values = np.clip(RNG.normal(size=(len(TEXT), 3)), -1, 1)
    names = ["<b>first</b>", "@VALUES@", "third"]
    found = Page(coloured_text(TEXT, values, title="</title><img src=x>", names=names))
    shown = "".join(symbol for _, symbol in found.spans)
    assert shown == TEXT.replace("\n", "↵\n").replace("\x00", "␀")
    assert len(found.spans) == len(TEXT)
    assert found.options == names
    assert [tag for tag, _ in found.tags].count("script") == 2
    assert "img" not in [tag for tag, _ in found.tags]
    assert not any(k in given for _, given in found.tags for k in ("src", "href"))  # alone
    stored = np.frombuffer(base64.b64decode(found.values), np.int8).reshape(3, -1)
    np.testing.assert_allclose(stored / 127, values.T, atol=0.5 / 127 + 1e-9)
    levels = [int(kind.removeprefix("c")) for kind, _ in found.spans]
    np.testing.assert_allclose(np.array(levels) / 10 - 1, values[:, 0], atol=0.06)


def test_letters_can_be_read_on_every_colour_and_signs_are_told_apart():
    page = coloured_text("a", [[0.0]], title="colours")
    rules = re.findall(r"\.c(\d+)\{background:#(\w{6});color:#(\w{3})\}", page)
    assert len(rules) == 21

    def luminance(code):
        c = np.frombuffer(bytes.fromhex(code), np.uint8) / 255
        return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4) @ [
            0.2126,
            0.7152,
            0.0722,
        ]

    for _, back, letters in rules:
        dark, light = sorted([luminance(back), {"000": 0.0, "fff": 1.0}[letters]])
        assert (light + 0.05) / (dark + 0.05) >= 4.5
    colours = {int(level): back for level, back, _ in rules}
    assert (colours[0], colours[10], colours[20]) == ("2166ac", "ffffff", "b2182b")


def test_what_is_for_people_who_do_not_see_or_point_is_there():
    tags = Page(coloured_text("ab", np.zeros((2, 2)), title="two units")).tags
    assert ("html", {"lang": "en"}) in tags
    assert ("label", {"for": "unit"}) in tags
    assert ("select", {"id": "unit"}) in tags
    (text,) = (given for tag, given in tags if tag == "pre")
    assert text["tabindex"] == "0"
    assert text["aria-label"]
    assert any(given.get("aria-live") == "polite" for _, given in tags)


def test_the_figure_shows_the_first_units():
    found = rank_units(jnp.asarray(RNG.normal(size=(50, 9))), jnp.asarray(RNG.random(50) > 0.5))
    (panel,) = plot_ranking(found, title="nine units", label="chance", most=4).axes
    units = [int(tick.get_text()) for tick in panel.get_xticklabels()]
    assert units == found.order[:4].tolist()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: coloured_text("abc", np.zeros((2, 1)), title=""), r"\(2, 1\) .* 3 symbols"),
        (lambda: coloured_text("", np.zeros((0, 1)), title=""), "0 symbols"),
        (lambda: coloured_text("a", [[1.5]], title=""), "from -1 to 1"),
        (lambda: coloured_text("a", [[np.nan]], title=""), "from -1 to 1"),
        (lambda: coloured_text("a", [[0]], title="", names=[]), "0 names"),
        (lambda: rank_units(jnp.zeros((30, 2)), jnp.zeros(29)), r"\(30, 2\) and labels \(29,\)"),
        (lambda: rank_units(jnp.zeros((9, 2)), jnp.zeros(9)), "20 steps"),
        (lambda: inside_quotes("a", "''"), "one character"),
        (lambda: bracket_depth("a", "("), "opening and a closing"),
    ],
)
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
