"""The two-unit recurrent network that one can follow with pencil and paper.

Two inputs, 1 and 2, one after the other; the numbers of both steps are printed.
"""

import jax
import jax.numpy as jnp
import numpy as np

from rnnjax import unroll
from rnnjax.cells import Elman
from rnnjax.cells.plain.elman import ElmanParams

CELL = Elman(hidden=2)
PARAMS = ElmanParams(
    w_x=np.array([[0.5, 0.6]]),
    w_h=np.array([[0.1, 0.2], [0.3, 0.4]]),
    b=np.array([0.1, -0.1]),
)
W_OUT, B_OUT = np.array([1.0, 2.0]), 0.1
XS = np.array([[1.0], [2.0]])


def run() -> tuple[np.ndarray, np.ndarray]:
    """Returns the states `[2, 2]` and the outputs `[2]`, in double precision."""
    with jax.enable_x64(True):
        params = jax.tree.map(jnp.asarray, PARAMS)
        _, hs = unroll.scan(CELL, params, CELL.initial_state(params), jnp.asarray(XS))
        return np.asarray(hs), np.asarray(hs @ W_OUT + B_OUT)


def main() -> None:
    """Prints both steps."""
    print("h_t = tanh(x_t w_x + h_(t-1) w_h + b),  y_t = h_t w_out + b_out\n")
    for name, value in {**PARAMS._asdict(), "w_out": W_OUT, "b_out": B_OUT}.items():
        print(f"  {name:<5} = {np.asarray(value).tolist()}")
    hs, ys = run()
    h = np.zeros(2)
    for t, (x, h_next, y) in enumerate(zip(XS, hs, ys, strict=True), start=1):
        print(f"\nstep {t}: x_t = {x[0]:g}, h_(t-1) = [{h[0]:.8f} {h[1]:.8f}]")
        print(f"  h_t = [{h_next[0]:.8f} {h_next[1]:.8f}]")
        print(f"  y_t = {y:.8f}")
        h = h_next
    print(f"\nelman_by_hand y_1={ys[0]:.8f} y_2={ys[1]:.8f}")


EXPERIMENT = main
