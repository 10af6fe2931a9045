"""Noise-padded CIFAR-10: what a picture of 32 rows shows, told after 968 steps of noise.

Chang, Chen, Haber & Chi (2019), AntisymmetricRNN, arXiv:1902.09689; in the form and with the
settings of the code of Rusch & Mishra (2021), coRNN, arXiv:2010.00951: 120 epochs, of which the
last 20 have a tenth of the learning rate, and no clipping. Wants `--data_dir` with CIFAR-10's
batches. `--dataset=cifar10_grey --order=pixels --length=none` is grey CIFAR-10 by pixels.
"""

from rnnjax.settings import Experiment, Recurrent, Training
from rnnjax.tasks import Images

_EPOCH = 470  # updates

EXPERIMENT = Experiment(
    Images("cifar10", "rows", validation=3000, length=1000),
    Recurrent("CoRNN(128, dt=0.034, gamma=1.3, epsilon=12.7)"),
    Training(
        steps=120 * _EPOCH,
        batch_size=100,
        learning_rate=7.5e-3,
        schedule=f"piecewise_constant_schedule(boundaries_and_scales=(({100 * _EPOCH}, 0.1),))",
        clip_norm=None,
        eval_every=_EPOCH,
    ),
)
