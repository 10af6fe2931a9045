"""Synthetic tasks, generated on the device."""

from rnnjax.tasks.adding import Adding
from rnnjax.tasks.base import Batch as Batch
from rnnjax.tasks.base import Task as Task
from rnnjax.tasks.copying import Copying
from rnnjax.tasks.echo import Echo

__all__ = ["Adding", "Copying", "Echo"]
