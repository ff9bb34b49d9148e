"""Folders whose replacing is killed at any step: one copy is whole, and the next run finds it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_line import tree

from diagrams.errors import BadInput
from diagrams.export import folders
from diagrams.report import is_report

OLD = {"data.json": b"old", "report.tex": b"old", "figures": "folder", "figures/loss.svg": b"old"}
NEW = {"data.json": b"new", "report.html": b"new", "figures": "folder", "figures/order.svg": b"new"}
STEPS = 1 + 3 + 1 + 3
"""Renames of one exchange: complete, old ones in, all in, new ones out."""


class Killed(BaseException):
    """The end of a process that undoes nothing."""


def write(folder: Path, files: dict[str, object]) -> None:
    for name, content in files.items():
        path = folder / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.mkdir()


def fill(target: Path, files: dict[str, object]) -> None:
    folders.check_folder(target, "out", "ours", is_ours)
    with folders.filling(target, "out") as place:
        write(place, files)


def is_ours(folder: Path) -> bool:
    """Only a complete report is taken for one."""
    visible = {name: content for name, content in tree(folder).items() if name[0] != "."}
    return visible in (OLD, NEW)


def kill_at(step: int, patch: pytest.MonkeyPatch) -> None:
    """From its rename number ``step`` on, this process moves and deletes nothing any more."""
    calls = 0
    rename = Path.rename

    def killed(path: Path, target: Path) -> Path:
        nonlocal calls
        calls += 1
        if calls > step:
            raise Killed
        return rename(path, target)

    patch.setattr(Path, "rename", killed)
    patch.setattr(shutil, "rmtree", lambda *_, **__: None)


@pytest.mark.parametrize("before", [{}, OLD], ids=["new", "replaced"])
@pytest.mark.parametrize("step", range(STEPS + 1))
def test_killed_at_any_step_the_next_run_finds_a_whole_copy(
    tmp_path: Path, before: dict[str, object], step: int
) -> None:
    target = tmp_path / "report"
    if before:
        fill(target, before)
    with pytest.MonkeyPatch.context() as patch:
        kill_at(step, patch)
        try:
            fill(target, NEW)
        except Killed:
            pass
        else:
            assert step >= STEPS - (0 if before else 3)
    folders.check_folder(target, "out", "ours", is_ours)
    assert tree(target) in (before, NEW)
    if step > 0 and not before:
        assert tree(target) == NEW
    fill(target, OLD)
    assert tree(target) == OLD


def test_what_came_in_between_is_not_touched(tmp_path: Path) -> None:
    for step in range(STEPS + 1):
        target = tmp_path / str(step)
        fill(target, OLD)
        with pytest.MonkeyPatch.context() as patch:
            kill_at(step, patch)
            with contextlib.suppress(Killed):
                fill(target, NEW)
        (target / "thesis.tex").write_bytes(b"mine")
        with pytest.raises(BadInput, match="something else"):
            fill(target, NEW)
        kept = tree(target)
        assert kept.pop("thesis.tex") == b"mine"
        assert kept in (OLD, NEW)


def test_two_runs_do_not_write_to_one_folder(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    with folders.filling(tmp_path, "out") as place:
        write(place, NEW)
        with pytest.raises(BadInput, match="another wickflow"):
            folders.check_folder(tmp_path, "out", "ours", is_ours)
        with pytest.raises(BadInput, match="another wickflow"), folders.filling(tmp_path, "out"):
            pass
    assert tree(tmp_path) == NEW


@pytest.mark.full
@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL on this system")
def test_reports_killed_while_they_are_exchanged(tmp_path: Path) -> None:
    slow = (
        "import sys, time, pathlib, diagrams.cli, diagrams.report\n"
        "diagrams.report.SOLUTION_SECONDS = 0.0\n"
        "rename = pathlib.Path.rename\n"
        "def slowly(path, to):\n"
        "    print(flush=True)\n"
        "    time.sleep(0.2)\n"
        "    return rename(path, to)\n"
        "pathlib.Path.rename = slowly\n"
        "sys.exit(diagrams.cli.main())\n"
    )
    target = tmp_path / "report"
    words = [sys.executable, "-c", slow, "report", "cp:order=2", "--terms", "0", "--out"]
    subprocess.run([*words, str(target)], check=True, stdout=subprocess.DEVNULL)
    for step in range(11):
        process = subprocess.Popen([*words, str(target)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        for _ in range(step):
            process.stdout.readline()
        time.sleep(0.1)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        folders.check_folder(target, "out", "a report", is_report)
        names = set(tree(target))
        assert {"report.html", "report.tex", "data.json", "figures/loss.svg"} <= names
        assert not any(name.startswith(".") for name in names)
