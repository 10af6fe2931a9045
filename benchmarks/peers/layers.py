"""What all peers in JAX share: from a layer to the compiled program of a piece of work."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np
import optax

from benchmarks.work import CLASSES, RATE, Part, Program, Work

KEY = jax.random.PRNGKey(0)  # an old-style key: every library takes one


def normal(*shape: int) -> np.ndarray:
    """Returns random numbers, without a program of JAX's to compile."""
    return np.random.default_rng(0).standard_normal(shape, np.float32)


class Layer(NamedTuple):
    """A recurrent layer as a pure function."""

    params: Any
    apply: Callable[[Any, jax.Array], jax.Array]  # (params, xs) to the outputs of all steps
    time_axis: int = 0  # of inputs and outputs; the batch has the other of the first two axes

    def xs(self, work: Work) -> jax.Array:
        """Returns inputs, in the layout that the library likes."""
        return jnp.asarray(
            np.moveaxis(normal(work.steps, work.batch, work.inputs), 0, self.time_axis)
        )


class Devices(Protocol):
    """How a batch meets devices."""

    def gradient(self, function: Callable, batch_axes: tuple[int, ...]) -> Callable:
        """Returns `function(params, *arrays)`, a gradient, as the mean over the whole batch."""
        ...

    def forward(self, function: Callable, batch_axis: int) -> Callable:
        """Returns `function(params, xs)`, outputs, for the whole batch."""
        ...

    def place(self, array: jax.Array, batch_axis: int) -> jax.Array:
        """Lays a batch where the program wants it."""
        ...


class OneDevice:
    """The default device, as in most programs."""

    def gradient(self, function: Callable, batch_axes: tuple[int, ...]) -> Callable:
        """Returns `function`."""
        return function

    def forward(self, function: Callable, batch_axis: int) -> Callable:
        """Returns `function`."""
        return function

    def place(self, array: jax.Array, batch_axis: int) -> jax.Array:
        """Returns `array`."""
        return array


class Call(NamedTuple):
    """A function to be compiled and the arguments that it is timed with."""

    function: Callable
    arguments: tuple


def forward(layer: Layer, work: Work, devices: Devices) -> Call:
    """All outputs."""
    axis = 1 - layer.time_axis
    xs = devices.place(layer.xs(work), axis)
    return Call(devices.forward(layer.apply, axis), (layer.params, xs))


def gradient(layer: Layer, work: Work, devices: Devices) -> Call:
    """The weights' gradient of the outputs' mean square."""

    def loss(params: Any, xs: jax.Array) -> jax.Array:
        return jnp.mean(layer.apply(params, xs) ** 2)

    axis = 1 - layer.time_axis
    xs = devices.place(layer.xs(work), axis)
    return Call(devices.gradient(jax.grad(loss), (axis,)), (layer.params, xs))


def update(layer: Layer, work: Work, devices: Devices) -> Call:
    """A training step on a batch of sequences with one class each."""
    optimizer = optax.adam(RATE)

    def loss(params: Any, xs: jax.Array, labels: jax.Array) -> jax.Array:
        own, (w, b) = params
        last = jnp.take(layer.apply(own, xs), -1, axis=layer.time_axis)
        return optax.softmax_cross_entropy_with_integer_labels(last @ w + b, labels).mean()

    axis = 1 - layer.time_axis
    find = devices.gradient(jax.grad(loss), (axis, 0))

    def step(params: Any, opt_state: Any, xs: jax.Array, labels: jax.Array) -> tuple[Any, Any]:
        updates, opt_state = optimizer.update(find(params, xs, labels), opt_state, params)
        return optax.apply_updates(params, updates), opt_state

    params = (layer.params, (normal(work.hidden, CLASSES), normal(CLASSES)))
    labels = jnp.arange(work.batch) % CLASSES
    batch = (devices.place(layer.xs(work), axis), devices.place(labels, 0))
    return Call(step, (params, jax.jit(optimizer.init)(params), *batch))


CALLS = {Part.FORWARD: forward, Part.GRADIENT: gradient, Part.UPDATE: update}


def make_program(layer: Layer, work: Work, devices: Devices | None = None) -> Program:
    """Compiles a piece of work."""
    call = CALLS[work.part](layer, work, devices or OneDevice())
    outputs = jax.eval_shape(layer.apply, layer.params, layer.xs(work)).shape
    if layer.time_axis == 1:
        outputs = (outputs[1], outputs[0], outputs[2])
    return compile_call(call, count(layer.params), outputs)


def compile_call(call: Call, parameters: int, outputs: tuple[int, ...]) -> Program:
    """Compiles a call and says what that took."""
    arguments = jax.block_until_ready(call.arguments)
    begin = time.perf_counter()
    compiled = jax.jit(call.function).lower(*arguments).compile()
    seconds = time.perf_counter() - begin
    arguments = jax.device_put(arguments, compiled.input_shardings[0])
    memory = compiled.memory_analysis()
    planned = jax.device_count() * (memory.temp_size_in_bytes + memory.output_size_in_bytes)
    return Program(
        lambda: jax.block_until_ready(compiled(*arguments)), parameters, outputs, seconds, planned
    )


def count(params: Any) -> int:
    """Returns how many numbers the parameters are."""
    return sum(leaf.size for leaf in jax.tree.leaves(params))
