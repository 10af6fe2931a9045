"""What tasks of arithmetic expressions share."""

from typing import TYPE_CHECKING

from rnnjax.tasks.formal.expressions import OPERATORS
from rnnjax.tasks.formal.stringtask import StringTask

_MOST = 46_340  # whose square is below 2^31


class ExpressionTask(StringTask):
    """Read an arithmetic expression modulo a number, then answer with a digit.

    Attributes:
        modulus: how many different digits there are, from 0 on.
    """

    modulus: int = 5

    if TYPE_CHECKING:  # a subclass has them, as a field or always the same
        operators: str = ""

    def __post_init__(self) -> None:
        """Refuses digits and operators that cannot be.

        Raises:
            ValueError: if `modulus` is below 2 or so large that products of digits are no whole
                numbers of 32 bits, or `operators` are none or others than `+-*`; see `StringTask`.
        """
        super().__post_init__()
        if not 2 <= self.modulus <= _MOST:
            raise ValueError(f"{self}: modulus must be from 2 to {_MOST}")
        if not self.operators or not set(self.operators) <= set(OPERATORS):
            raise ValueError(f"{self}: operators must be some of {OPERATORS}")

    @property
    def classes(self) -> int:
        """The digits."""
        return self.modulus
