"""Programs for machines that are not here."""

import contextlib

import jax
from jax.sharding import AbstractMesh, AxisType

TRITON = "stablehlo.custom_call @__gpu$xla.gpu.triton"
MOSAIC = "stablehlo.custom_call @tpu_custom_call"


def exported(function, platform, *arguments):
    """Returns the program that `function` is on a platform."""
    # No promise is made that a later jax still reads the kernel, which is not asked of it here.
    known = [jax.export.DisabledSafetyCheck.custom_call("__gpu$xla.gpu.triton")]
    with an_h100() if platform == "cuda" else contextlib.nullcontext():
        program = jax.export.export(jax.jit(function), platforms=[platform], disabled_checks=known)
        return program(*arguments)


def an_h100():
    """Since jax 0.11 a kernel for Triton is made for a certain GPU, be it in name alone."""
    if jax.__version_info__ < (0, 11):
        return contextlib.nullcontext()
    device = jax.sharding.AbstractDevice(
        device_kind="NVIDIA H100 80GB HBM3", num_cores=None, platform="gpu"
    )
    # The axis is that of `unroll.time_sharded`, which uses the mesh around it.
    mesh = AbstractMesh((1,), ("time",), axis_types=(AxisType.Auto,), abstract_device=device)
    return jax.sharding.use_abstract_mesh(mesh)
