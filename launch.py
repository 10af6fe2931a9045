"""Runs experiments: `python launch.py` lists them and says how, as the script `rnnjax` does."""

from rnnjax.lab.main import run

if __name__ == "__main__":
    run()
