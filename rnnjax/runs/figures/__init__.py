"""Figures of a run, each as PNG and PDF."""

from rnnjax.runs.figures.classification import draw_confusion, draw_samples
from rnnjax.runs.figures.curves import draw_curves
from rnnjax.runs.figures.hidden import draw_hidden
from rnnjax.runs.figures.pairs import draw_attention, draw_pairs
from rnnjax.runs.figures.series import draw_series

__all__ = [
    "draw_attention",
    "draw_confusion",
    "draw_curves",
    "draw_hidden",
    "draw_pairs",
    "draw_samples",
    "draw_series",
]
