"""A text coloured by what units do as they read it, as a page of its own."""

import base64
import html
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_LEVELS = 21  # colours, an odd number: the one in the middle is zero
_BLUE, _WHITE, _RED = (33, 102, 172), (255, 255, 255), (178, 24, 43)
_PICTURES = {code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n"}


def coloured_text(
    text: str | Sequence[str],
    activations: npt.ArrayLike,
    *,
    title: str,
    names: Sequence[str] | None = None,
    note: str = "A symbol's colour is the unit after the step that reads it.",
) -> str:
    """Returns a page (HTML) that shows a text in the colours of a unit, to be chosen from a list.

    Blue is -1, white 0 and red +1, the same for all units. The page needs nothing from elsewhere:
    `pathlib.Path("units.html").write_text(page, encoding="utf-8")`. It is used by keyboard as
    well: the arrow keys in the list change the unit, those in the text ask for a symbol's value.
    The first unit can be read without JavaScript, too.

    Args:
        text: what was read: characters, or tokens.
        activations: `[T, N]`, -1 to 1, N units of one sequence: `h` of most cells, `tanh(c)` of an
            LSTM. Those of interest first: `activations[:, ranking.order]`.
        title: above the text.
        names: of the units; "unit 0" and so on if None.
        note: which step a colour belongs to.

    Raises:
        ValueError: if there are no symbols or units, or not one row a symbol and one name a unit,
            or a number is not from -1 to 1.

    Example:
        >>> page = coloured_text("a<b", [[0.0], [1.0], [-1.0]], title="LSTM(1)")
        >>> '<span class="c20">&lt;</span><span class="c0">b</span>' in page
        True

    References:
        Karpathy, Johnson & Li (2016), Visualizing and understanding recurrent networks, ICLR
        workshop, arXiv:1506.02078, fig. 2.
    """
    values = np.asarray(activations, float)
    if values.ndim != 2 or len(values) != len(text) or 0 in values.shape:
        raise ValueError(f"activations {values.shape} must be [T, N] of {len(text)} symbols")
    if not (np.abs(values) <= 1 + 1e-6).all():
        raise ValueError("activations must be from -1 to 1: take tanh(c) of an LSTM's memory")
    called = [f"unit {i}" for i in range(values.shape[1])] if names is None else list(names)
    if len(called) != values.shape[1]:
        raise ValueError(f"{len(called)} names do not fit activations {values.shape}")
    rounded = np.rint(127 * np.clip(values.T, -1, 1)).astype(np.int8)  # [N, T]
    spans = zip(_levels(rounded[0]), map(_shown, text), strict=True)
    options = (f'<option value="{i}">{html.escape(n)}</option>' for i, n in enumerate(called))
    parts = {
        "TITLE": html.escape(title),
        "COLOURS": "\n".join(map(_rule, range(_LEVELS))),
        "NOTE": html.escape(note),
        "OPTIONS": "".join(options),
        "SCALE": "".join(f'<i class="c{level}"></i>' for level in range(_LEVELS)),
        "SPANS": "".join(f'<span class="c{level}">{symbol}</span>' for level, symbol in spans),
        "VALUES": base64.b64encode(rounded.tobytes()).decode(),
        "MOST": str(_LEVELS - 1),
    }
    page = _PAGE.split("@")  # every second part is a name
    return "".join(parts[part] if i % 2 else part for i, part in enumerate(page))


def _levels(rounded: np.ndarray) -> list[int]:
    """Returns the colours of numbers from -127 to 127; the page computes others likewise."""
    return np.floor((rounded / 127 + 1) / 2 * (_LEVELS - 1) + 0.5).astype(int).tolist()


def _shown(symbol: str) -> str:
    """Returns a symbol as HTML; a newline is seen, and control characters are pictures."""
    return html.escape(symbol.translate(_PICTURES)).replace("\n", "↵\n")


def _rule(level: int) -> str:
    """Returns the style of a colour, with letters in black or white, whichever is read better."""
    share = 2 * level / (_LEVELS - 1) - 1
    end = _RED if share > 0 else _BLUE
    mixed = [round(w + abs(share) * (e - w)) for w, e in zip(_WHITE, end, strict=True)]
    back = _luminance(mixed)
    letters = "#000" if (back + 0.05) / 0.05 >= 1.05 / (back + 0.05) else "#fff"
    return f".c{level}{{background:#{bytes(mixed).hex()};color:{letters}}}"


def _luminance(colour: Sequence[int]) -> float:
    """Returns the relative luminance of sRGB, as the Web Content Accessibility Guidelines do."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in np.divide(colour, 255)
    ]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>@TITLE@</title>
<style>
:root{color-scheme:light}
body{font:16px/1.45 system-ui,sans-serif;color:#222;background:#fff;max-width:60rem;
margin:0 auto;padding:1rem}
h1{font-size:1.3rem;margin:.2rem 0 .6rem}
header{position:sticky;top:0;background:#fff;padding:.4rem 0;border-bottom:1px solid #999}
.row{display:flex;flex-wrap:wrap;gap:.5rem 1.2rem;align-items:center}
select{font:inherit;min-height:2.2rem;max-width:100%}
output{min-width:16rem;font-variant-numeric:tabular-nums}
.scale{display:inline-flex;align-items:center;gap:.3rem}
.scale i{display:inline-block;width:.5rem;height:1.1rem}
.bar{display:inline-flex;border:1px solid #999}
pre{font:15px/1.75 ui-monospace,Menlo,Consolas,monospace;white-space:pre-wrap;
overflow-wrap:anywhere;margin:.8rem 0;padding:.3rem}
pre span,.scale i{forced-color-adjust:none;print-color-adjust:exact}
pre span.at{outline:2px solid #000;outline-offset:-1px}
:focus-visible{outline:3px solid #222;outline-offset:2px}
@COLOURS@
</style>
</head>
<body>
<h1>@TITLE@</h1>
<header>
<div class="row">
<label for="unit">Unit</label> <select id="unit">@OPTIONS@</select>
<span class="scale" role="img" aria-label="Colours: blue is -1, white is 0, red is +1">
<span>&minus;1</span><span class="bar">@SCALE@</span><span>+1</span></span>
<output id="value" aria-live="polite">point at a symbol for its value</output>
</div>
</header>
<p>@NOTE@</p>
<noscript><p>Without JavaScript the first unit alone is shown.</p></noscript>
<pre id="text" tabindex="0" aria-label="The text, coloured; arrow keys move">@SPANS@</pre>
<script type="text/plain" id="values">@VALUES@</script>
<script>
"use strict";
const text = document.getElementById("text"), spans = Array.from(text.children);
const unit = document.getElementById("unit"), told = document.getElementById("value");
const bytes = atob(document.getElementById("values").textContent);
const values = Int8Array.from(bytes, c => c.charCodeAt(0));
let at = -1;
const valueOf = i => values[Number(unit.value) * spans.length + i] / 127;
const levelOf = v => Math.floor((v + 1) / 2 * @MOST@ + 0.5);
function paint() {
  spans.forEach((span, i) => { span.className = "c" + levelOf(valueOf(i)); });
  if (at >= 0) tell(at);
}
function tell(i) {
  if (at >= 0) spans[at].classList.remove("at");
  at = i;
  spans[i].classList.add("at");
  const name = unit.options[unit.selectedIndex].text;
  told.textContent = name + ", symbol " + i + ": " + valueOf(i).toFixed(2);
}
unit.addEventListener("change", paint);
text.addEventListener("mouseover", event => {
  const i = spans.indexOf(event.target);
  if (i >= 0) tell(i);
});
text.addEventListener("keydown", event => {
  const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
  if (step === undefined) return;
  event.preventDefault();
  tell(Math.min(spans.length - 1, Math.max(0, at + step)));
});
paint();
</script>
</body>
</html>
"""
