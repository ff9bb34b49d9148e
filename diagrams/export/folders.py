"""Output folders: filled whole or not at all.

Files are first written to a hidden folder inside the target, on the same disk; only when all
are there do they take the place of what was there before.  Whatever goes wrong on the way, an
interrupt included, the target is left as it was found.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from diagrams.errors import BadInput

STAGE = ".wickflow-"
"""How the names of hidden folders begin."""

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS)
"""What a disk says that takes no more."""


def check_folder(
    folder: Path, field: str, allowed: str, ours: Callable[[Path], bool] = lambda _: False
) -> None:
    """Raise ``BadInput`` unless ``folder`` is new, empty or ``ours``, and can be written.

    ``field`` is what the user calls the folder, ``allowed`` what it may be.
    """
    try:
        reason = _obstacle(folder, ours)
    except (OSError, ValueError) as error:
        reason = _reason(error)
    if reason:
        raise BadInput(field, str(folder), f"{allowed} ({reason})")


def _obstacle(folder: Path, ours: Callable[[Path], bool]) -> str:
    """Why ``folder`` cannot be filled, in a few words; empty if it can."""
    if not os.path.lexists(folder):
        parent = next(p for p in Path(os.path.abspath(folder)).parents if os.path.lexists(p))
        if not parent.is_dir():
            return "what should hold it is no directory"
        return "" if os.access(parent, os.W_OK | os.X_OK) else "it cannot be written"
    if not folder.exists():
        return "it is a broken link"
    if not folder.is_dir():
        return "it is a file"
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return "it cannot be written"
    used = any(not path.name.startswith(STAGE) for path in folder.iterdir())
    return "it holds something else" if used and not ours(folder) else ""


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


@contextmanager
def filling(folder: Path, field: str) -> Iterator[Path]:
    """Give a fresh folder whose files replace all of ``folder`` when the block ends well.

    Raises :class:`~diagrams.errors.BadInput` when the disk refuses; what the block meets elsewhere,
    a file that it cannot read, passes as it is.
    """
    target = Path(os.path.abspath(folder))
    made: list[Path] = []
    try:
        made = [place for place in (target, *target.parents) if not place.is_dir()]
        target.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(prefix=STAGE, dir=target))
        try:
            (stage / "new").mkdir()
            yield stage / "new"
            _exchange(target, stage)
            shutil.rmtree(stage / "old", ignore_errors=True)
        finally:
            shutil.rmtree(stage / "new", ignore_errors=True)
            for place in (stage / "old", stage):
                with suppress(OSError):  # what could not be moved back stays
                    place.rmdir()
        made = []
    except OSError as error:
        if not _concerns(error, target):
            raise
        allowed = f"a directory that can be written ({_reason(error)})"
        raise BadInput(field, str(folder), allowed) from None
    finally:
        for place in made:
            if place.is_dir() and not any(place.iterdir()):
                place.rmdir()


def _concerns(error: OSError, target: Path) -> bool:
    """Whether it is a folder that refuses: its names are in the error, or none where it is full."""
    if not isinstance(error.filename, str | bytes):
        return error.errno in FULL
    place = Path(os.path.abspath(os.fsdecode(error.filename)))
    return place in (target, *target.parents) or target in place.parents


def _exchange(target: Path, stage: Path) -> None:
    """Move the files of ``target`` into ``stage/old``, those of ``stage/new`` out; or nothing."""
    new, old = stage / "new", stage / "old"
    old.mkdir()
    visible = [path for path in target.iterdir() if not path.name.startswith(STAGE)]
    moves = [(path, old / path.name) for path in visible]
    moves += [(path, target / path.name) for path in new.iterdir()]
    begun = 0
    try:
        for before, after in moves:
            begun += 1
            before.rename(after)
    except BaseException:
        for before, after in reversed(moves[:begun]):
            if after.exists() and not before.exists():
                after.rename(before)
        raise
