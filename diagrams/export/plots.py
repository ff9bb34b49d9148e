"""Files that pictures of curves go to."""

from __future__ import annotations

import os
from pathlib import Path

from diagrams.errors import BadInput


def check_svg(name: str) -> Path:
    """Return the path of a picture to be written; raises ``BadInput`` if that cannot be.

    >>> check_svg("curve.png")
    Traceback (most recent call last):
        ...
    diagrams.errors.BadInput: plot: 'curve.png' is not allowed; allowed: a name that ends in .svg
    """
    path = Path(name)
    if path.suffix != ".svg" or "\0" in name:
        raise BadInput("plot", name, "a name that ends in .svg")
    if path.is_dir():
        raise BadInput("plot", name, "a file, not a directory")
    if not path.absolute().parent.is_dir():
        raise BadInput("plot", name, "a file in a directory that exists")
    writable = path if path.exists() else path.absolute().parent
    if not os.access(writable, os.W_OK):
        raise BadInput("plot", name, "a place that can be written to")
    return path
