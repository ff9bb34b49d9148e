"""Pictures as files: names that can be written to, and files written whole or not at all."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from diagrams.display import Displayed
from diagrams.errors import BadInput

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ENDINGS = (".svg", ".pdf", ".png")
PIXELS = 200
"""Pixels of an inch of a curve, in PNG."""
STEEP = 30
"""By what factor a curve falls that is drawn on a logarithmic axis."""
ABOUT = {
    "svg": {"Creator": "wickflow", "Date": None},
    "pdf": {"Creator": "wickflow", "CreationDate": None},
    "png": {"Software": "wickflow"},
}
"""What files say of themselves: no date, so that the same picture is the same file."""


def check_plot(name: str, endings: Sequence[str] = ENDINGS) -> Path:
    """Return the path of a picture that can be written; raises ``BadInput``.

    >>> check_plot("curve.bmp")
    Traceback (most recent call last):
        ...
    diagrams.errors.BadInput: plot: 'curve.bmp' is not allowed; allowed: a file name that ends in \
.svg, .pdf or .png
    """
    path = Path(name)
    listed = " or ".join(filter(None, (", ".join(endings[:-1]), endings[-1])))
    if path.suffix.lower() not in endings or not path.stem or "\0" in name:
        raise BadInput("plot", name, f"a file name that ends in {listed}")
    try:
        reason = _obstacle(path)
    except OSError as error:
        raise _unwritable(name, error) from None
    if reason:
        raise BadInput("plot", name, reason)
    return path


def _obstacle(path: Path) -> str:
    """What is needed for a file to be written; empty if it can be."""
    if path.is_dir():
        return "the name of a file; this is a directory"
    if not path.parent.is_dir():
        return f"a file in a directory that exists, not in {path.parent}"
    writable = os.access(path if path.exists() else path.parent, os.W_OK)
    return "" if writable else "a file that can be written"


def write_picture(path: Path, value: Displayed) -> None:
    """Write the picture of a value, in the format that the name of the file ends in."""
    if path.suffix.lower() == ".svg":
        from diagrams.export.pictures.sketch_svg import sketch_svg

        return write_whole(path, sketch_svg(value.render("sketch")).encode("utf-8"))
    return write_whole(path, value.render(path.suffix[1:].lower()))


def write_axes(path: Path, title: str, *draws: Callable[[Axes], object]) -> None:
    """Write what is drawn on new axes in a row, in the format that the file's name ends in."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    figure, file, ending = Figure(layout="constrained"), io.BytesIO(), path.suffix[1:].lower()
    width, height = figure.get_size_inches()
    figure.set_size_inches(width * (1 + 0.6 * (len(draws) - 1)), height)
    figure.suptitle(title, wrap=True, fontsize="medium")
    for axes, draw in zip(figure.subplots(1, len(draws), squeeze=False)[0], draws, strict=True):
        draw(axes)
        low, high = axes.dataLim.intervaly
        if 0 < STEEP * low < high:
            axes.set_yscale("log")
    with rc_context({"svg.hashsalt": path.stem, "pdf.fonttype": 42}):
        figure.savefig(file, format=ending, dpi=PIXELS, metadata=ABOUT[ending])
    write_whole(path, file.getvalue())


def write_whole(path: Path, data: bytes) -> None:
    """Write a file, whole or not at all; raises ``BadInput`` when the disk refuses."""
    stage = None
    try:
        handle, stage = tempfile.mkstemp(prefix=".wickflow-", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(stage, 0o666 & ~mask)
        os.replace(stage, path)
        stage = None
    except OSError as error:
        raise _unwritable(str(path), error) from None
    finally:
        if stage is not None:
            Path(stage).unlink(missing_ok=True)


def _unwritable(name: str, error: OSError) -> BadInput:
    return BadInput("plot", name, f"a file that can be written ({error.strerror or error})")
