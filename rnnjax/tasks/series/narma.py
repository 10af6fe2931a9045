"""The nonlinear autoregressive moving average."""

import dataclasses

import jax
import jax.numpy as jnp

from rnnjax.batch import Batch
from rnnjax.tasks.series.series import Series, least, redrawn
from rnnjax.typing import Array, Key

_ESCAPED = 2.0


class NARMA(Series):
    """Say what a nonlinear system makes of a random input (NARMA-10).

        y_{t+1} = alpha y_t + beta y_t (y_t + ... + y_{t-9}) + gamma u_{t-9} u_t + delta

    for the order 10. The input is `u_t`, uniform in [0, amplitude], the target is `y_{t+1}`. If y
    has been 0 and all u are 0.25, the next y are 0.19375, 0.25375, 0.27555.

    At the amplitude 1/2 long runs of large inputs make y escape to infinity, about 5 times in a
    million steps: such a sequence is drawn again as a whole. Up to the amplitude 0.3109 none can
    escape.

    Attributes:
        order: how many steps the system looks back.
        ahead: 1 for the target `y_{t+1}`; 0 for `y_t`, which does not depend on `u_t` yet.
        amplitude: greatest input.
        alpha: weight of the last output.
        beta: weight of the products of outputs.
        gamma: weight of the product of inputs.
        delta: the constant; for the order 30 they are usually 0.2, 0.04, 1.5 and 0.001.
        transient: steps from the start that are left out.

    References:
        Atiya & Parlos (2000), New results on recurrent network training: unifying the algorithms
        and accelerating convergence, IEEE Transactions on Neural Networks 11.
        Jaeger (2003), Adaptive nonlinear system identification with echo state networks, NeurIPS.

    Example:
        >>> batch = NARMA(100).sample(jax.random.key(0), batch_size=1)
        >>> u, y = batch.inputs[:, 0, 0], batch.targets[:, 0, 0]
        >>> wanted = 0.3 * y[49] + 0.05 * y[49] * y[40:50].sum() + 1.5 * u[41] * u[50] + 0.1
        >>> bool(jnp.isclose(y[50], wanted))
        True
    """

    order: int = 10
    ahead: int = 1

    _: dataclasses.KW_ONLY
    amplitude: float = 0.5
    alpha: float = 0.3
    beta: float = 0.05
    gamma: float = 1.5
    delta: float = 0.1
    transient: int = 200

    def __post_init__(self) -> None:
        """Refuses what cannot be.

        Raises:
            ValueError: if `order` or `transient` is below 1, `amplitude` not positive,
                `ahead` neither 0 nor 1, if even the mean input lets y escape, or see `SizedTask`.
        """
        super().__post_init__()
        least(self, order=1, transient=1)
        if self.ahead not in (0, 1):
            raise ValueError(f"{self}: ahead must be 0 or 1")
        if not self.amplitude > 0:
            raise ValueError(f"{self}: amplitude must be positive")
        # With the mean input y settles where m = alpha m + beta order m^2 + drive, if anywhere.
        drive = self.gamma * (self.amplitude / 2) ** 2 + self.delta
        settles = (1 - self.alpha) ** 2 >= 4 * self.beta * self.order * drive
        if not (abs(self.alpha) < 1 and settles):
            raise ValueError(
                f"{self}: y escapes to infinity; a high order takes a smaller alpha, beta and "
                "delta (of order 30: 0.2, 0.04, 0.001)"
            )

    @property
    def input_dim(self) -> int:
        """A number."""
        return 1

    @property
    def output_dim(self) -> int:
        """A number."""
        return 1

    @property
    def baseline(self) -> float | None:
        """The variance of y, less what the present input explains; known for the defaults alone.

        `u_t` is independent of everything before it, so the best guess of `y_{t+1}` from it is
        linear, of slope `gamma` times the mean of u, and explains the slope squared times the
        variance of u, 1/48, of the variance of y. That was measured. `y_t` is independent of `u_t`.
        """
        coefficients = (self.order, self.amplitude, self.alpha, self.beta, self.gamma, self.delta)
        if coefficients != (10, 0.5, 0.3, 0.05, 1.5, 0.1):
            return None
        return 0.01186 - self.ahead * (1.5 * 0.25) ** 2 / 48

    def draw(self, key: Key, size: Array | int) -> Batch:
        """Draws an input and its output."""
        del size
        steps = self.order - 1 + self.transient + self.length

        def inputs_outputs(key: Key) -> tuple[Array, Array]:
            us = jax.random.uniform(key, (steps,), maxval=self.amplitude)
            return us, self.outputs(us)

        us, ys = redrawn(inputs_outputs, lambda drawn: (jnp.abs(drawn[1]) < _ESCAPED).all(), key)
        first = self.transient - 1 + self.ahead
        ys = ys[first : first + self.length]
        return Batch(us[-self.length :, None], ys[:, None], jnp.ones(self.length, bool))

    def outputs(self, us: Array) -> Array:
        """Returns `y_1, ..., y_T` of inputs up to `u_{T-1}`, the first `order - 1` before `u_0`."""
        now = us[self.order - 1 :]
        before = us[: len(now)]

        def body(ys: Array, drive: Array) -> tuple[Array, Array]:
            y = self.alpha * ys[0] + self.beta * ys[0] * ys.sum() + drive
            return jnp.concatenate([y[None], ys[:-1]]), y

        past = jnp.zeros(self.order, us.dtype)
        return jax.lax.scan(body, past, self.gamma * before * now + self.delta)[1]
