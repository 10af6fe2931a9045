"""Says what pyproject.toml cannot: the wheel holds `experiments/` as `rnnjax.experiments`."""

from setuptools import find_namespace_packages, setup

setup(
    packages=[*find_namespace_packages(include=["rnnjax*"]), "rnnjax.experiments"],
    package_dir={"rnnjax.experiments": "experiments"},
)
