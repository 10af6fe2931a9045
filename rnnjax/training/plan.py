"""How long to train, and when to look."""

from typing import NamedTuple


class Plan(NamedTuple):
    """How long to train and how often to look.

    Attributes:
        steps: updates in all.
        log_every: updates between two lines of training metrics.
        eval_every: updates between two evaluations, each with a checkpoint.
        patience: a member ends after so many evaluations without a better one on validation; None
            for never.

    Example:
        >>> plan = Plan(steps=10, log_every=4, eval_every=5)
        >>> [plan.next_stop(step) for step in (0, 4, 5, 8)]
        [4, 5, 8, 10]
    """

    steps: int
    log_every: int = 50
    eval_every: int = 500
    patience: int | None = None

    def next_stop(self, step: int) -> int:
        """Returns where to stop next after `step`: at a log, an evaluation, or the end."""
        following = ((step // every + 1) * every for every in (self.log_every, self.eval_every))
        return min(*following, self.steps)

    def evaluates_at(self, step: int) -> bool:
        """Says whether there is an evaluation after `step` updates."""
        return step % self.eval_every == 0 or step == self.steps

    def check(self) -> None:
        """Refuses a plan that has no updates or would never look.

        Raises:
            ValueError: in one line.
        """
        for name, value in self._asdict().items():
            if name == "patience" and value is None:
                continue
            if type(value) is not int or value < 1:
                raise ValueError(f"{name} must be a whole number of 1 or more; got {value!r}")
            if value >= 2**31:  # steps are counted in 32 bits
                raise ValueError(f"{name} must be less than {2**31}; got {value}")
