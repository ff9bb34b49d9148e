"""The command line as tests use it: run in this process, checked, read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from diagrams.cli import main

PROBLEMS = Path(__file__).parent / "problems"
Capture = pytest.CaptureFixture[str]


def run(capsys: Capture, *words: str) -> str:
    """Standard output of a command that succeeds."""
    code = main(words)
    out, err = capsys.readouterr()
    assert (code, err) == (0, "")
    return out


def refused(capsys: Capture, *words: str) -> str:
    """The one line of a command that is refused."""
    code = main(words)
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert err.endswith("\n")
    assert err.startswith("wickflow")
    assert "allowed" in err
    assert "Traceback" not in err
    return err


def without_macros(latex: str) -> str:
    """A document with its macros for symbols expanded."""
    known = re.findall(r"^\\newcommand\{(\\wf[A-Za-z]+)\}\{(.*)\}$", latex, re.MULTILINE)
    for macro, meaning in known:
        latex = re.sub(rf"{re.escape(macro)}(?![A-Za-z])", lambda _, m=meaning: m, latex)
    return latex


def tree(folder: Path) -> dict[str, object]:
    """All files below a folder with their content, hidden ones too."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else "folder"
        for path in folder.rglob("*")
    }
