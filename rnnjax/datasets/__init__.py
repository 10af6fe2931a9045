"""Labelled images in host memory, checked, and the orders in which they are read as sequences."""

from rnnjax.datasets.base import DatasetError, ImageDataset, Split
from rnnjax.datasets.idx import read_idx
from rnnjax.datasets.orders import ORDERS, permuted, pixels, rows
from rnnjax.datasets.parts import default_validation, hold_out
from rnnjax.datasets.prepared import prepare_tfds, read_tfds
from rnnjax.datasets.search import NAMES, load

__all__ = [
    "NAMES",
    "ORDERS",
    "DatasetError",
    "ImageDataset",
    "Split",
    "default_validation",
    "hold_out",
    "load",
    "permuted",
    "pixels",
    "prepare_tfds",
    "read_idx",
    "read_tfds",
    "rows",
]
