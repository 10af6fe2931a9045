"""What an engine refuses, and that it saves memory: laws of engines that depend on no cell."""

import functools
from typing import Any, get_args

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rnnjax import unroll
from rnnjax.cells import LSTM, Cell
from rnnjax.testing.draws import B, D, T, params_of, state_of, weigh
from rnnjax.testing.engine_results import XS
from rnnjax.typing import Array, Params, State
from rnnjax.unroll import Engine


def refuses_masks_that_do_not_fit(engine: Engine, cell: Cell) -> None:
    run = functools.partial(engine, cell, params_of(cell), state_of(cell, (B,)), jnp.asarray(XS))
    wrong = jnp.ones((T, B + 1), bool)
    for flag in ("mask", "reset"):
        with pytest.raises(ValueError, match=rf"{flag} \({T}, {B + 1}\).* \({T}, {B}, {D}\)"):
            run(**{flag: wrong})
        with pytest.raises(TypeError, match=f"{flag} must be boolean"):
            run(**{flag: jnp.ones((T, B))})
        with pytest.raises(TypeError, match=f"{flag} must be an array; got list"):
            run(**{flag: [True] * T})
    with pytest.raises(ValueError, match="time first and features last"):
        engine(cell, params_of(cell), state_of(cell), jnp.ones(T))


def refuses_cells_it_does_not_serve(engine: Engine, cell: Cell, contract: Any) -> None:
    with pytest.raises(TypeError) as refusal:
        engine(cell, params_of(cell), state_of(cell, (B,)), jnp.asarray(XS))
    for kind in get_args(contract) or (contract,):  # all that a union is of
        assert kind.__name__ in str(refusal.value)


def remembers_less_than_scan(engine: Engine, factor: float) -> None:
    cell, steps = LSTM(8), 1024
    params = cell.init(jax.random.key(0), D)
    state = cell.initial_state(params, (4,))

    def temporaries(engine: Engine) -> int:
        def total(params: Params, state: State, xs: Array) -> Array:
            return weigh(engine(cell, params, state, xs)[0])

        compiled = jax.jit(jax.grad(total)).lower(params, state, np.ones((steps, 4, D))).compile()
        return compiled.memory_analysis().temp_size_in_bytes

    assert factor * temporaries(engine) <= temporaries(unroll.scan)
