"""The influence of parameters within a few steps."""

from rnnjax.learning.rtrl import RTRL


class SnAp(RTRL):
    """Sparse n-step approximation of real-time recurrent learning.

    An influence is kept on those numbers of the state alone that a parameter reaches within `order`
    steps, that at which it is used being the first:

        P_t = mask_n * (P_{t-1} J_t + I_t)

    The mask follows from the cell, not from its numbers. With order 1 a parameter keeps what it
    moves by itself, of an LSTM both the cell and the output of its unit; once the order is the
    number of steps from any unit to any other, it is `RTRL`, which for one matrix on the state is
    at order 2. It is biased: what reaches further is left out.

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
