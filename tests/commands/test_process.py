"""The command as a process: signals, pipes, locales, imports."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import PROBLEMS, Capture

from diagrams.series.expansion import Series

WICKFLOW = [sys.executable, "-c", "import sys, diagrams.cli; sys.exit(diagrams.cli.main())"]
LONG = ["cp:order=4,ties=asym", "--terms", "40"]
STARTS_OVER = b"the same command starts over"


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("command", ["expand", "report"])
def test_signals(tmp_path: Path, command: str, number: int) -> None:
    started = tmp_path / "started"
    script = (
        "import signal, sys, pathlib, diagrams.cli, diagrams.problems.spec as module\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "before = module.load_problem\n"
        "def noted(spec):\n"
        f"    pathlib.Path({str(started)!r}).touch()\n"
        "    return before(spec)\n"
        "module.load_problem = noted\n"
        "sys.exit(diagrams.cli.main())\n"
    )
    out = ["--out", str(tmp_path / "deep" / "report")] if command == "report" else []
    process = subprocess.Popen(
        [sys.executable, "-c", script, command, *LONG, *out],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    wait_for(started.exists, process)
    time.sleep(0.3)
    process.send_signal(number)
    try:
        stdout, stderr = process.communicate(timeout=20)
    finally:
        process.kill()
    assert stdout == b""
    assert b"Traceback" not in stderr
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert stderr.count(b"\n") == 1
        said = [b"run the same command again"]  # before there is work that could be kept
        said += [] if command == "expand" else [STARTS_OVER]
        assert stderr in [b"wickflow: interrupted; %b\n" % words for words in said]
    else:
        assert process.returncode == 143
    assert [path.name for path in tmp_path.iterdir()] == ["started"]


def test_a_killed_writer_cleans_up(tmp_path: Path) -> None:
    script = (
        "import sys, time, diagrams.cli, diagrams.report\n"
        "diagrams.report.SOLUTION_SECONDS = 0.0\n"
        "diagrams.report._html = lambda *_: time.sleep(60)\n"
        "sys.exit(diagrams.cli.main())\n"
    )
    target = tmp_path / "deep" / "report"
    process = subprocess.Popen(
        [sys.executable, "-c", script, "report", "cp:order=2", "--terms", "0", "--out", str(target)]
    )
    wait_for(lambda: any(target.glob(".wickflow-*/new/report.tex")), process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 143
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "words", [["--help"], ["expand", "cp:order=4", "--terms", "3", "--format", "json"]]
)
def test_output_closed_early(words: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    process = subprocess.run(
        [*WICKFLOW, *words], stdout=writer, stderr=subprocess.PIPE, check=False, timeout=30
    )
    os.close(writer)
    assert (process.returncode, process.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_output_that_cannot_be_written() -> None:
    with open("/dev/full", "wb") as full:
        process = subprocess.run(
            [*WICKFLOW, "expand", "cp:order=2"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert process.returncode == 2
    assert process.stderr.startswith(b"wickflow: standard output: 'No space left")
    assert process.stderr.count(b"\n") == 1


def test_titles_and_paths_in_any_script_and_locale(tmp_path: Path) -> None:
    text = (PROBLEMS / "two_layer_teacher.toml").read_text()
    file = tmp_path / "\u30c6\u30f3\u30bd\u30eb \u00fc.toml"
    file.write_text(text.replace("Two-layer linear network", "R\u00e9seau \u6df1"), "utf-8")
    byte_path = os.fsencode(tmp_path) + b"/\xff\xfe.toml"
    Path(os.fsdecode(byte_path)).write_bytes(file.read_bytes())
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    for path, kind in ((os.fsencode(file), "latex"), (byte_path, "json")):
        done = subprocess.run(
            [*WICKFLOW, "expand", path, "--terms", "0", "--format", kind],
            env=environment,
            capture_output=True,
            check=True,
        )
        printed = done.stdout.decode("utf-8")
        assert ("R\\'{e}seau" if kind == "latex" else "R\u00e9seau \u6df1") in printed
        if kind == "json":
            assert Series.from_json(printed).problem.title.startswith("R\u00e9seau")
            assert json.loads(printed)["provenance"]["command"].encode("utf-8")


@pytest.mark.parametrize("closed", ["1", "2", "02", "012"])
def test_streams_that_are_closed(tmp_path: Path, closed: str) -> None:
    shell = " ".join(
        [shlex.join([*WICKFLOW, "expand", "cp:order=2"]), *(f"{n}>&-" for n in closed)]
    )
    done = subprocess.run(shell, shell=True, capture_output=True, check=False, cwd=tmp_path)
    whole = done.stdout.startswith(b"CP model") and done.stdout.endswith(b"order 3)\n")
    assert whole == ("1" not in closed)
    assert done.returncode == (2 if "1" in closed else 0)
    assert done.stderr.count(b"\n") == ("1" in closed and "2" not in closed)
    assert not list(tmp_path.iterdir())


def test_complaints_that_cannot_be_written() -> None:
    with open(os.devnull, "rb") as closed:  # not for writing
        done = subprocess.run(
            [*WICKFLOW, "expand", "cp:order=1"], stdout=subprocess.PIPE, stderr=closed, check=False
        )
    assert (done.returncode, done.stdout) == (2, b"")


def test_an_interrupt_before_the_command_is_imported_is_one_line() -> None:
    script = (
        "import os, signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "known = set(sys.modules)\n"
        "sys.argv = ['/usr/bin/wickflow']\n"
        "import diagrams.entry\n"
        "print(*sorted(set(sys.modules) - known - {'diagrams', 'diagrams.entry', '__future__'}))\n"
        "sys.stdout.flush()\n"
        "os.kill(os.getpid(), signal.SIGINT)\n"
        "for _ in range(10**9): pass\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert done.returncode == 130
    assert done.stderr == b"wickflow: interrupted\n"
    assert done.stdout == b"\n"


def test_nothing_heavy_is_imported() -> None:
    script = (
        "import sys, diagrams.cli; diagrams.cli.parser(); diagrams.cli.main(sys.argv[1:]);"
        "print([m for m in ('sympy', 'numpy', 'networkx', 'mpmath') if m in sys.modules])"
    )
    for words in ([], ["expand", "cp:order=3", "--terms", "1"], ["show", "cp:order=2"]):
        done = subprocess.run(
            [sys.executable, "-c", script, *words], capture_output=True, check=True, text=True
        )
        assert done.stdout.splitlines()[-1] == "[]"


def test_another_projects_packages_are_refused(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    import wickflow

    import pde

    monkeypatch.setattr(pde, "DISTRIBUTION", "another")
    assert wickflow.main() == 2
    assert "environment of its own" in capsys.readouterr().err
