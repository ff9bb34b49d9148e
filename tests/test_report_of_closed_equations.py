"""Reports of losses that average functions over inputs, and their pictures on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from json_schemas import checked

from diagrams.cli import main
from diagrams.problems.files import parse_problem
from diagrams.report import build_report, is_report, write_report

SPEC = Path(__file__).parents[1] / "docs" / "systems" / "soft_committee.toml"


def test_a_function_without_a_formula_has_equations_and_says_why_no_more(tmp_path: Path) -> None:
    problem = parse_problem(SPEC.read_text().replace("erf(", "phi("))
    folder = write_report(build_report(problem), tmp_path / "out")
    text = (folder / "report.html").read_text()
    assert "Closed equations" in text
    assert "averages with a closed form" in text
    checked((folder / "data.json").read_text())
    assert is_report(folder)


def test_one_draw_is_drawn_and_its_points_of_rest_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plot = tmp_path / "curve.svg"
    at = ["--at", "K=1,M=1,N=50,q=1", "--until", "40", "--points", "41", "--seed", "1"]
    assert main(["close", str(SPEC), *at, "--plot", str(plot)]) == 0
    assert "no small change grows" in capsys.readouterr().out
    assert plot.read_text().count("<svg") == 1
