"""Labelled images, series and texts in host memory, checked, and images read as sequences."""

from rnnjax.datasets.base import DatasetError, ImageDataset, Split
from rnnjax.datasets.idx import read_idx
from rnnjax.datasets.known import KNOWN, Known
from rnnjax.datasets.orders import ORDERS, colour_pixels, colour_rows, permuted, pixels, rows
from rnnjax.datasets.parts import default_validation, hold_out
from rnnjax.datasets.permutations import PERMUTATIONS, permutation, permutation_hash
from rnnjax.datasets.prepared import prepare_tfds, read_tfds
from rnnjax.datasets.search import NAMES, load
from rnnjax.datasets.series import Series, SeriesDataset, load_series
from rnnjax.datasets.ts import TimeSeriesFile, read_ts

__all__ = [
    "KNOWN",
    "NAMES",
    "ORDERS",
    "PERMUTATIONS",
    "DatasetError",
    "ImageDataset",
    "Known",
    "Series",
    "SeriesDataset",
    "Split",
    "TimeSeriesFile",
    "colour_pixels",
    "colour_rows",
    "default_validation",
    "hold_out",
    "load",
    "load_series",
    "permutation",
    "permutation_hash",
    "permuted",
    "pixels",
    "prepare_tfds",
    "read_idx",
    "read_tfds",
    "read_ts",
    "rows",
]
