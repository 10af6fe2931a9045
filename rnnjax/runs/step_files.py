"""How one step lies in a folder of checkpoints.

    200/state/        the arrays, nested by the paths of the leaves; Orbax alone can read them
    200/record.json   what each leaf is, the SHA-256 of its bits, and what was saved beside them

The digests are there because Orbax restores flipped bits without a word.
"""

import contextlib
import hashlib
import json
import logging
import pathlib
import re
import shutil
import tempfile
from typing import Any

import numpy as np

from rnnjax.runs.durable import sync, sync_below
from rnnjax.runs.leaves import Leaf, nest
from rnnjax.runs.saving import saving

FORMAT = 1  # of a step's files; one without a number is of the first format
_TEMPORARY = ".orbax-checkpoint-tmp"  # what Orbax's own tools take for no step, as ours do


# Orbax takes a path for a pattern, for text in UTF-8, or for the name of a bucket.
_PLAIN = re.compile(r"/(?!(gs|s3|az|hf)/)[\w/ .,=+@~-]*", re.ASCII)


class DamagedError(Exception):
    """What a step holds is not what was saved."""


def steps_in(folder: pathlib.Path) -> list[int]:
    """Returns the steps that a folder holds, sound or damaged, oldest first."""
    names = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
    return sorted(int(name) for name in names if name.isdecimal())


class StepFiles:
    """Writes, reads and removes the steps of one folder.

    A step is there as a whole or not at all, whatever ends the process or the machine: it is
    written under another name, stored on the disk and then renamed, and renamed before it is
    removed. Nothing but `make`, `write` and `remove` changes the folder.

    Args:
        folder: where the steps are.
    """

    def __init__(self, folder: pathlib.Path):
        import orbax.checkpoint as ocp  # 0.5 s, and only runs that save need it
        from etils import epath

        self._ocp, self.folder = ocp, folder
        self._held = contextlib.ExitStack()
        self._plain_folder = epath.Path(folder if _PLAIN.fullmatch(str(folder)) else self._link())
        self._is_read_back = False
        # Orbax tells its progress through absl, which prints it beside the run's own output.
        logging.getLogger("absl").addFilter(_is_not_orbax)
        # The handler itself, not a CheckpointManager around it: that takes twice as long, and
        # deletes what another process is writing when it is opened.
        self._handler = ocp.PyTreeCheckpointHandler(
            # The first process of a run saves alone: Orbax must not wait for the others.
            multiprocessing_options=ocp.options.MultiprocessingOptions(
                primary_host=0, active_processes={0}, barrier_sync_key_prefix="first"
            )
        )

    def close(self) -> None:
        """Lets go of what reading and writing hold."""
        self._handler.close()
        self._held.close()

    def make(self) -> None:
        """Makes the folder, or clears from it what a killed process has left half done."""
        self.folder.mkdir(parents=True, exist_ok=True)
        sync(self.folder.parent, self.folder.parent.parent)
        for left in self.folder.glob(f"*{_TEMPORARY}"):
            shutil.rmtree(left)

    def steps(self) -> list[int]:
        """Returns the steps there are, oldest first."""
        return steps_in(self.folder)

    def has(self, step: int) -> bool:
        """Says whether the step is there, sound or damaged."""
        return (self.folder / str(step)).exists()

    def write(
        self,
        step: int,
        described: list[Leaf],
        arrays: list[np.ndarray],
        extra: dict[str, Any],
        *,
        synced: bool = True,
    ) -> None:
        """Writes a step that is not there yet; not `synced` it does not wait for the disk.

        Raises:
            ValueError: two leaves would be stored under one name.
        """
        stored = _nested(described, arrays)
        record: dict[str, Any] = {
            "format": FORMAT,
            "leaves": {
                leaf.name: _entry(leaf, array)
                for leaf, array in zip(described, arrays, strict=True)
            },
            "extra": extra,
        }
        record["digest"] = _digest(json.dumps(record, sort_keys=True).encode())
        temporary = self._temporary(step)
        temporary.mkdir()
        if stored is not None:
            state = self._plain_folder / temporary.name / "state"
            with saving(self.folder):
                self._handler.save(state, args=self._ocp.args.PyTreeSave(stored))
                self._handler.finalize(state)
        (temporary / "record.json").write_text(json.dumps(record, indent=1), encoding="utf-8")
        self._read_back(temporary.name)
        if synced:
            sync_below(temporary)
        temporary.rename(self.folder / str(step))
        if synced:
            sync(self.folder)

    def read_array(self, step: int | str, name: str, entry: dict[str, Any]) -> np.ndarray:
        """Returns the array of the leaf `name`, of which the record has `entry`.

        Raises:
            DamagedError: it cannot be read, or has changed.
        """
        array = np.zeros(entry["shape"], entry["dtype"])
        if array.size:
            array = self._read_stored(step, name, array)
        if _digest(array.tobytes()) != entry["sha256"]:
            raise DamagedError(f"the bits of {name or 'the state'} have changed")
        return array

    def remove(self, step: int) -> None:
        """Removes a step."""
        temporary = self._temporary(step)
        (self.folder / str(step)).rename(temporary)
        if temporary.is_dir():
            shutil.rmtree(temporary)
        else:  # somebody's file that is named by a number
            temporary.unlink()

    def _temporary(self, step: int) -> pathlib.Path:
        return self.folder / f"{step}{_TEMPORARY}"

    def _link(self) -> pathlib.Path:
        """Makes a way to the folder by a name that Orbax takes as it is."""
        made = self._held.enter_context(tempfile.TemporaryDirectory(prefix="rnnjax-"))
        link = pathlib.Path(made, "checkpoints")
        link.symlink_to(self.folder, target_is_directory=True)
        return link

    def _read_back(self, name: str) -> None:
        """Reads what is first written here, so that no save counts that nobody could restore.

        Raises:
            RuntimeError: it does not come back as it was.
        """
        if self._is_read_back:
            return
        try:
            for leaf, entry in read_record(self.folder / name)["leaves"].items():
                self.read_array(name, leaf, entry)
        except DamagedError as error:
            raise RuntimeError(f"a save in {self.folder} does not come back: {error}") from error
        self._is_read_back = True

    def _read_stored(self, step: int | str, name: str, like: np.ndarray) -> np.ndarray:
        # One at a time: when one of several fails, the others that Orbax reads beside it print
        # tracebacks from threads that have lost their event loop.
        args = self._ocp.args.PyTreeRestore(nest({name: like}), partial_restore=True)
        try:
            state = self._plain_folder / str(step) / "state"
            found = self._handler.restore(state, args=args)
            for key in name.split("/") if name else ():
                found = found[key]
        except Exception as error:  # damage shows in whatever way the reader first trips over it
            raise DamagedError(
                f"{name or 'the state'} cannot be read ({type(error).__name__})"
            ) from error
        return found


def read_record(step: pathlib.Path) -> dict[str, Any]:
    """Returns what `record.json` in the folder of a step says.

    Raises:
        DamagedError: it cannot be read, or has changed.
        ValueError: it is of a format that is not known here.
    """
    try:
        record = json.loads((step / "record.json").read_bytes())
        digest = record.pop("digest")
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise DamagedError(f"its record cannot be read ({type(error).__name__})") from error
    if digest != _digest(json.dumps(record, sort_keys=True).encode()):
        raise DamagedError("its record has changed")
    if (found := record.get("format", 1)) != FORMAT:
        raise ValueError(
            f"checkpoint {step} has format {found}, and this version of rnnjax reads format "
            f"{FORMAT}"
        )
    return record


def _entry(leaf: Leaf, array: np.ndarray) -> dict[str, Any]:
    """Returns what the record says of a leaf; a typed key is stored as integers."""
    return {
        "kind": leaf.kind,
        "dtype": array.dtype.name,
        "shape": array.shape,
        "sha256": _digest(array.tobytes()),
    }


def _nested(described: list[Leaf], arrays: list[np.ndarray]) -> Any:
    """Returns what Orbax stores, if anything: it refuses arrays without elements."""
    taken: dict[str, str] = {}
    for name, _ in described:
        file = name.replace("/", ".")  # as Orbax names it
        if file in taken:
            raise ValueError(f"{taken[file]} and {name} of the state would be stored as one")
        taken[file] = name
    named = {leaf.name: array for leaf, array in zip(described, arrays, strict=True)}
    nest(named)  # raises, if what has no elements is in the way
    stored = {name: array for name, array in named.items() if array.size}
    return nest(stored) if stored else None


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _is_not_orbax(record: logging.LogRecord) -> bool:
    return "orbax" not in pathlib.PurePath(record.pathname).parts
