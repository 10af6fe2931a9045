"""Gradient alignment: how gradients of learning rules stand to that of backpropagation.

One of four symbols is shown, and named some steps later. Cosine and norm of each rule's gradient,
against that of backpropagation through time on the same batch: by the lag, at first weights, and
while a network learns at one lag.

Marschall, Cho & Savin (2020), A unified framework of online learning algorithms for training
recurrent neural networks, JMLR 21, arXiv:1907.02649, section 5.
"""

from rnnjax.lab.gradient_alignment import GradientAlignment

EXPERIMENT = GradientAlignment()
