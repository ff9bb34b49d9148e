"""Output folders: filled whole or not at all.

Files are first written to a hidden folder inside the target, on the same disk; only when all
are there do they take the place of what was there before.  Whatever goes wrong on the way, an
interrupt included, the target is left as it was found.

A run that is killed can undo nothing.  The names inside the hidden folder say how far it came, so
that the next one can: ``new`` is not complete, ``whole`` is while the files of before go to
``old``, ``out`` while the files of now come out.  At every moment one copy is complete, and it is
the one that :func:`check_folder` puts in place.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from diagrams.errors import BadInput

STAGE = ".wickflow-"
"""How the names of hidden folders begin."""

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS)
"""What a disk says that takes no more."""

BUSY = "another wickflow is writing to it"


def check_folder(
    folder: Path, field: str, allowed: str, ours: Callable[[Path], bool] = lambda _: False
) -> None:
    """Raise ``BadInput`` unless ``folder`` is new, empty or ``ours``, and can be written.

    ``field`` is what the user calls the folder, ``allowed`` what it may be.  What a killed run
    left half-done is put right before.
    """
    try:
        if folder.is_dir():
            with _alone(folder):
                _recover(folder)
    except BlockingIOError:
        raise BadInput(field, str(folder), f"{allowed} ({BUSY})") from None
    except (OSError, ValueError):
        pass  # the reason is found below
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
        for place in reversed([target, *target.parents]):
            if not place.is_dir():
                made.append(place)
                place.mkdir()
        with _alone(target), _stage(target) as stage:
            fresh = stage / "new"
            fresh.mkdir()
            yield fresh
            _exchange(target, stage)
            made = []
    except OSError as error:
        if not _concerns(error, target):
            raise
        reason = BUSY if isinstance(error, BlockingIOError) else _reason(error)
        allowed = f"a directory that can be written ({reason})"
        raise BadInput(field, str(folder), allowed) from None
    finally:
        for place in reversed(made):
            if place.is_dir() and not any(place.iterdir()):
                place.rmdir()


def _concerns(error: OSError, target: Path) -> bool:
    """Whether it is a folder that refuses: its names are in the error, or none where it is full."""
    if not isinstance(error.filename, str | bytes):
        return error.errno in (*FULL, errno.EAGAIN)
    place = Path(os.path.abspath(os.fsdecode(error.filename)))
    return place in (target, *target.parents) or target in place.parents


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other runs out, as long as this one lives; ``BlockingIOError`` where one is."""
    try:
        import fcntl
    except ImportError:  # no such locks on this system
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError:
            pass  # nor on this disk
        yield
    finally:
        os.close(handle)


@contextmanager
def _stage(target: Path) -> Iterator[Path]:
    """A hidden folder for one exchange, removed unless something of before is left in it."""
    stage = Path(tempfile.mkdtemp(prefix=STAGE, dir=target))
    done = False
    try:
        yield stage
        done = True
    finally:
        if done or not any(path for path in stage.glob("old/*")):
            shutil.rmtree(stage, ignore_errors=True)


def _visible(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if not path.name.startswith(STAGE)]


def _exchange(target: Path, stage: Path) -> None:
    """Move the files of ``target`` into ``stage/old``, those of ``stage/new`` out; or nothing."""
    new, whole, old, out = (stage / name for name in ("new", "whole", "old", "out"))
    old.mkdir()
    moves = [(new, whole)]
    moves += [(path, old / path.name) for path in _visible(target)]
    moves += [(whole, out)]
    moves += [(out / path.name, target / path.name) for path in new.iterdir()]
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


def _recover(target: Path) -> None:
    """Finish or undo what killed runs began; nothing that came in between is touched."""
    for stage in [path for path in target.glob(f"{STAGE}*") if path.is_dir()]:
        whole, out = stage / "whole", stage / "out"
        if whole.is_dir():
            _bring(stage / "old", target)
            if not _visible(target):
                whole.rename(out)
        if out.is_dir():
            _bring(out, target)
        if not out.is_dir() or not any(out.iterdir()):
            shutil.rmtree(stage, ignore_errors=True)


def _bring(source: Path, target: Path) -> None:
    """Move files to where nothing of their name is."""
    for path in source.iterdir() if source.is_dir() else ():
        if not os.path.lexists(target / path.name):
            path.rename(target / path.name)
