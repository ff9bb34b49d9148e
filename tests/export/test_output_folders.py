"""Output folders: which are refused, and that they are filled whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from command_line import Capture, refused, run, tree

import diagrams.report
from diagrams.cli import main
from diagrams.errors import BadInput
from diagrams.export.folders import filling
from diagrams.problems.problem import Problem
from diagrams.report import Report, build_report


@cache
def built(problem: Problem, terms: int) -> Report:
    return build_report(problem, terms, seconds=0.3)


@pytest.fixture(autouse=True)
def _built_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a report says is no matter here; it is written every time."""
    monkeypatch.setattr(
        diagrams.report, "build_report", lambda problem, terms, **_: built(problem, terms)
    )


FOLDERS = [["report", "cp:order=2", "--terms", "0", "--out"], ["diagrams", "cp:order=2", "--draw"]]


@pytest.mark.parametrize("words", FOLDERS, ids=lambda words: words[0])
def test_folders_that_are_refused(capsys: Capture, tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "thesis.tex").write_text("mine")
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")
    (tmp_path / "ring").symlink_to(tmp_path / "ring")
    before = tree(tmp_path)
    reasons = {
        "file": "it is a file",
        "file/below": "no directory",
        "foreign": "it holds something else",
        "broken": "a broken link",
        "broken/below": "no directory",
        "ring": "a broken link",
        "n" * 300: "name too long",
    }
    for name, reason in reasons.items():
        line = refused(capsys, *words, str(tmp_path / name))
        assert reason in line.lower()
        assert line.startswith(f"wickflow: {words[-1].strip('-')}: ")
        assert tree(tmp_path) == before
    assert "the name of a directory" in refused(capsys, *words, "")


@pytest.mark.parametrize("words", FOLDERS, ids=lambda words: words[0])
def test_folders_that_cannot_be_written(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(0o500)
    if os.access(locked, os.W_OK):  # the superuser is not bound by permissions
        monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != locked)
    for name in (locked, locked / "new"):
        assert "it cannot be written" in refused(capsys, *words, str(name))
    locked.chmod(0o700)


@pytest.mark.parametrize("words", FOLDERS, ids=lambda words: words[0])
def test_a_full_disk_leaves_nothing(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    def full(path: Path, *_: object, **__: object) -> int:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_text", full)
    assert "No space left" in refused(capsys, *words, str(tmp_path / "deep" / "new"))
    assert not list(tmp_path.iterdir())


def test_new_empty_linked_and_current_folders_are_filled(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("report", "cp:order=2", "--terms", "0", "--out")
    for name in ("empty", "deep/Überschrift \u2603 '\"$x"):
        if name == "empty":
            (tmp_path / name).mkdir()
        assert str(tmp_path / name) in run(capsys, *words, str(tmp_path / name))
    (tmp_path / "target").mkdir()
    (tmp_path / "link").symlink_to("target")
    run(capsys, *words, str(tmp_path / "link"))
    assert (tmp_path / "link").is_symlink()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    run(capsys, *words, ".")
    expected = set(tree(tmp_path / "empty"))
    assert {"report.html", "report.tex", "data.json", "figures/loss.svg"} <= expected
    for name in ("deep/Überschrift \u2603 '\"$x", "target", "here"):
        assert set(tree(tmp_path / name)) == expected


def test_a_report_of_ours_is_replaced_whole(capsys: Capture, tmp_path: Path) -> None:
    target = tmp_path / "report"
    run(capsys, "report", "cp:order=2", "--terms", "1", "--out", str(target))
    (target / "report.pdf").write_text("compiled")
    (target / "report.aux").write_text("compiled")
    before = set(tree(target))
    run(capsys, "report", "cp:order=2,target=zero", "--terms", "0", "--out", str(target))
    after = tree(target)
    assert "report.pdf" not in after
    assert "report.aux" not in after
    assert set(after) < before
    assert b"cp:order=2" in after["data.json"]  # type: ignore[operator]
    (target / "figures" / "mine.png").write_text("mine")
    line = refused(capsys, "report", "cp:order=2", "--out", str(target))
    assert "it holds something else" in line


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
@pytest.mark.parametrize("old", [False, True], ids=["new", "replaced"])
@pytest.mark.parametrize("moment", ["_html", "_data", "rename"])
def test_a_run_that_fails_changes_nothing(
    capsys: Capture,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: type[BaseException],
    old: bool,
    moment: str,
) -> None:
    target = tmp_path / "below" / "report"
    if old:
        run(capsys, "report", "cp:order=2,target=zero", "--terms", "0", "--out", str(target))
    before = tree(tmp_path)
    words = ("report", "cp:order=2", "--terms", "0", "--out", str(target))
    with monkeypatch.context() as patched:
        if moment == "rename":
            patched.setattr(Path, "rename", failing_at(3, Path.rename, error))
        else:
            patched.setattr(diagrams.report, moment, failing_at(0, print, error))
        if error is KeyboardInterrupt:
            assert main(words) == 130
            assert "interrupted" in capsys.readouterr().err
        else:
            with pytest.raises(error):
                main(words)
    assert tree(tmp_path) == before


def failing_at(
    turn: int, function: Callable[..., object], error: type[BaseException]
) -> Callable[..., object]:
    """``function``, except that its call number ``turn`` raises ``error``."""
    calls = 0

    def called(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        if calls == turn + 1:
            raise error
        return function(*arguments)

    return called


def test_drawings(capsys: Capture, tmp_path: Path) -> None:
    folder = tmp_path / "drawn"
    words = ("diagrams", "cp:order=2", "--terms", "0", "--draw", str(folder))
    assert run(capsys, *words) == run(capsys, *words[:-2])
    names = {path.name for path in folder.iterdir()}
    single = {f"order-0-diagram-{n}.{kind}" for n in (1, 2, 3) for kind in ("svg", "tex")}
    assert names == single | {"order-0.svg", "wickflow-styles.tex"}
    assert "it holds something else" in refused(capsys, *words)


def test_what_is_not_the_folders_fault_is_not_said_of_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), filling(tmp_path / "out", "out"):
        Path(tmp_path / "elsewhere" / "data").read_text()
    with pytest.raises(BadInput, match="a directory that can be written"):  # noqa: SIM117
        with filling(tmp_path / "out", "out") as place:
            Path(place / "missing" / "data").write_text("")
    assert not (tmp_path / "out").exists()
