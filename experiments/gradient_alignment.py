"""Gradient alignment: how gradients of learning rules stand to that of backpropagation.

One of four symbols is shown, and named some steps later. Cosine and norm of each rule's gradient,
against that of backpropagation through time on the same batch: by the lag, at first weights, and
while a network learns at one lag. With the flags as they are, at a lag of 32 and first weights:

                  SnAp(1)  RFLO   TBPTT(window=8)  UORO   ForwardGradient(16)
    cosine        0.566    0.489  0.747            0.097  0.116
    norm          0.40     0.37   0.36             7.47   9.35

Rules that are right on average have little of a single gradient's direction, and many times its
norm; those that are biased lose what goes through other units, more of it the longer the lag.

Marschall, Cho & Savin (2020), A unified framework of online learning algorithms for training
recurrent neural networks, JMLR 21, arXiv:1907.02649.
"""

from rnnjax.lab.gradient_alignment import GradientAlignment

EXPERIMENT = GradientAlignment()
