"""Comparing on the command line: every format, exit codes 3 and 4, refusals."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from command_line import PROBLEMS, Capture, refused, run

from diagrams import Agreement
from diagrams.cli import main

FREE = "cp:order=4,target=zero"
AT = ("--at", "p=8,H=4,sigma=1/4", "--seeds", "2", "--points", "3", "--terms", "1")
SMALL = (*AT, "--until", "1/10")


def test_text_says_what_agrees_and_which_sizes_are_enough(capsys: Capture) -> None:
    text = run(capsys, "compare", FREE, "--regime", "A-B", *SMALL)
    for part in ("series: exact to order 1", "solution: explicit", "agreement:", "sizes:"):
        assert part in text
    assert text.splitlines()[2].split()[:4] == ["t", "series", "solution", "mean"]


def test_json_and_csv(capsys: Capture) -> None:
    words = ("compare", FREE, "--regime", "A-B", *SMALL, "--sizes", "4,8")
    text = run(capsys, *words, "--format", "json")
    found = Agreement.from_json(text)
    assert found.scaling is not None
    assert [point.size for point in found.scaling.points] == [4, 8]
    command = json.loads(text)["provenance"]["command"]
    assert command.startswith(f"wickflow compare {FREE} --regime A-B")
    lines = run(capsys, *words, "--format", "csv").splitlines()
    rows = list(csv.DictReader(io.StringIO("\n".join(lines[1:]))))
    assert [float(row["median"]) for row in rows] == list(found.simulation.median)


@pytest.mark.parametrize(
    ("ending", "start"), [(".svg", b"<svg "), (".pdf", b"%PDF-"), (".png", b"\x89PNG")]
)
def test_plots(ending: str, start: bytes, tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / f"plot{ending}"
    words = ("compare", FREE, "--regime", "A-B", *SMALL, "--sizes", "none")
    run(capsys, *words, "--plot", str(file))
    assert file.read_bytes().startswith(start)
    words = ("simulate", FREE, *SMALL[:-4], "--until", "1/10", "--plot", str(file))
    run(capsys, *words)
    assert file.read_bytes().startswith(start)


def test_an_unsolved_regime_is_still_drawn_and_leaves_with_4(
    tmp_path: Path, capsys: Capture
) -> None:
    file = tmp_path / "plot.svg"
    words = ("compare", "cp:order=2,ties=asym", "--regime", "A-B", *SMALL, "--plot", str(file))
    assert main(words) == 4
    out, err = capsys.readouterr()
    assert out.count("the closure misses") == 1
    assert "solution: not solved: the closure misses" in out
    assert err.startswith("wickflow: not solved: the closure misses")
    assert err.count("\n") == 1
    assert "simulated mean" in file.read_text()


def test_times_without_a_solution_leave_with_3(capsys: Capture) -> None:
    assert main(("compare", "cp:order=4", *SMALL, "--sizes", "none")) == 3
    out, err = capsys.readouterr()
    assert "series: exact" in out
    assert "no Borel sum" in err


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ((FREE, "--regime", "Q", *SMALL), "regime"),
        ((FREE, "--regime", "A-B", *SMALL, "--sizes", "16,x"), "sizes"),
        ((FREE, "--regime", "A-B", *SMALL, "--sizes", "1"), "sizes"),
        ((FREE, "--regime", "A-B", *SMALL, "--plot", "curve.bmp"), "plot"),
        ((FREE, "--regime", "A-B", *AT, "--until", "0"), "until"),
        ((FREE, "--regime", "A-B", *AT, "--until", "soon"), "until"),
        ((FREE, "--regime", "A-B", "--at", "p=8,H=4", "--until", "1"), "at"),
        ((str(PROBLEMS / "two_layer_teacher.toml"), *SMALL), "p"),
    ],
)
def test_refusals(words: tuple[str, ...], field: str, capsys: Capture) -> None:
    assert f"wickflow: {field}" in refused(capsys, "compare", *words)


def test_a_solution_that_is_one_number_has_no_range(capsys: Capture) -> None:
    """A time at which only the start is known: errors are no parts of a range then."""
    words = ("--at", "p=2,H=2,sigma=1/2", "--until", "-1/100", "--seeds", "1", "--sizes", "none")
    assert main(("compare", "cp:order=3,ties=asym,target=zero", *words)) in (0, 3)
    assert "Traceback" not in capsys.readouterr().err
