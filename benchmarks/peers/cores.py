"""Cores as devices, each with a part of the batch: what `launch.py` does on a CPU."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import NamedSharding
from jax.sharding import PartitionSpec as P

from rnnjax.training.devices import make_mesh
from rnnjax.training.update import AXIS, end_to_end


class Cores:
    """All devices there are; see `layers.Devices`. Gradients are averaged in one message."""

    def __init__(self):
        self.mesh = make_mesh(jax.device_count())

    def gradient(self, function: Callable, batch_axes: tuple[int, ...]) -> Callable:
        """Returns `function` on parts of the batch, then the mean."""

        def mean(params: Any, *arrays: jax.Array) -> Any:
            vector, restore = end_to_end(function(params, *arrays))
            return restore(jax.lax.pmean(vector, AXIS))

        return self._divide(mean, batch_axes, P())

    def forward(self, function: Callable, batch_axis: int) -> Callable:
        """Returns `function` on parts of the batch."""
        return self._divide(function, (batch_axis,), _along(batch_axis))

    def place(self, array: jax.Array, batch_axis: int) -> jax.Array:
        """Gives each device its part."""
        return jax.device_put(jnp.asarray(array), NamedSharding(self.mesh, _along(batch_axis)))

    def _divide(self, function: Callable, batch_axes: tuple[int, ...], out: P) -> Callable:
        specs = (P(), *map(_along, batch_axes))
        # Checked, each use of a parameter in the time loop would bring its own collective.
        return jax.shard_map(
            function, mesh=self.mesh, in_specs=specs, out_specs=out, check_vma=False
        )


def _along(axis: int) -> P:
    return P(*[None] * axis, AXIS)
