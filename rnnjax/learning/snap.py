"""The influence of parameters within a few steps."""

from rnnjax.learning.rtrl import RTRL


class SnAp(RTRL):
    """Sparse n-step approximation of real-time recurrent learning.

    An influence is kept on those units of the state alone that a parameter reaches within `order`
    steps from unit to unit, that at which it is used being the first:

        P_t = mask_n * (P_{t-1} J_t + I_t)

    The mask follows from the cell, not from its numbers. With order 1 a parameter keeps what its
    own unit makes of it, of an LSTM both its cell and its output, so that of units which do not see
    each other nothing is left out; once the order is the number of units on the way from any to any
    other, it is `RTRL`, which for one matrix on the state is at order 2. It is biased: what reached
    further before the window is left out. The window itself, by default the last step, is
    backpropagated whole, as with all rules here; the paper masks that step, too.

    A mask of order 1 may be read more narrowly, as of an LSTM's output gate, which moves its cell
    by the output alone.

    Order 1 costs about what the step does where the state acts through one product that is linear
    in it; other orders, and other cells whose units see each other, N times that.

    Example:
        >>> SnAp(2)
        SnAp(order=2)

    References:
        Menick, Elsen, Evci, Osindero, Simonyan & Graves (2020), A practical sparse approximation
        for real time recurrent learning, ICLR 2021, arXiv:2006.07232.
    """

    order: int = 1

    @property
    def reach(self) -> int | None:
        """The order."""
        return self.order
