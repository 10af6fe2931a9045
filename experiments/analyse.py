"""Analyse: look inside a run that has learned something, with a tool.

What is found is written to `RUN/analysis/TOOL/`: numbers, arrays and figures. On the flip-flop task
the tool fixed_points shows the cube of Sussillo & Barak (2013), Opening the black box, Neural
Computation 25: a stable point for each of the eight settings of three bits, and saddles between.
"""

from rnnjax.lab.analyse import Analyse

EXPERIMENT = Analyse()
