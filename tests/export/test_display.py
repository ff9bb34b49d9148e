"""Display: notebooks and terminals show every value, shortened; exports are complete."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from diagrams.export.text.series import SCREEN_TERMS, sector_text, series_text
from diagrams.problems.problem import Problem
from diagrams.problems.spec import load_problem
from diagrams.series.classes import diagram_table
from diagrams.series.expansion import Series, expand

PROBLEMS = Path(__file__).parents[1] / "problems"
PROBLEM = load_problem("cp:order=3,ties=2+1,scale=c,decay=lambda")


@cache
def series() -> Series:
    return expand(PROBLEM, 3)


def network() -> Problem:
    return load_problem(PROBLEMS / "two_layer_data.toml")


VALUES: Mapping[str, Callable[[], Any]] = {
    "diagram": lambda: next(iter(PROBLEM.observable))[0],
    "combination": lambda: PROBLEM.potential,
    "problem": lambda: PROBLEM,
    "series": series,
    "table": lambda: diagram_table(PROBLEM, 1),
    "network": network,
    "network series": cache(lambda: expand(network(), 1)),
}


def shown(value: object) -> dict[str, str]:
    """What a notebook shows of a value, by the kind of output."""
    try:
        from IPython.core.interactiveshell import InteractiveShell
    except ImportError:
        kinds = {"image/svg+xml": "svg", "text/latex": "latex", "text/html": "html"}
        methods = {kind: getattr(value, f"_repr_{kind_}_", None) for kind, kind_ in kinds.items()}
        found = {kind: method() for kind, method in methods.items() if method is not None}
        return {kind: text for kind, text in found.items() if text is not None}
    data: dict[str, Any] = InteractiveShell().display_formatter.format(value)[0]
    return data


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.filterwarnings("ignore")
def test_notebooks_show_pictures_or_formulas(name: str) -> None:
    data = shown(VALUES[name]())
    assert set(data) & {"image/svg+xml", "text/latex", "text/html"}
    if "text/latex" in data:
        assert re.fullmatch(r"\$[^$]+\$", data["text/latex"])
    if "image/svg+xml" in data:
        assert ElementTree.fromstring(data["image/svg+xml"]).tag.endswith("svg")
    if "text/html" in data:
        assert data["text/html"].count("<svg") == data["text/html"].count("</svg>") > 0


def test_what_each_value_shows() -> None:
    kinds = {"diagram": "_repr_svg_", "table": "_repr_html_"}
    for name, value in VALUES.items():
        method = kinds.get(name, "_repr_latex_")
        assert getattr(value(), method)()


@pytest.mark.latex
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_formulas_compile(tmp_path: Path) -> None:
    formulas = [text for v in VALUES.values() if (text := v()._repr_latex_()) is not None]
    head = "\\documentclass{article}\\usepackage{amsmath}\\begin{document}\n"
    text = head + "\n\n".join(formulas) + "\n\\end{document}\n"
    (tmp_path / "formulas.tex").write_text(text)
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "formulas.tex"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-1500:]


def test_long_series_are_shortened_on_screens_only() -> None:
    terms = sum(map(len, series()))
    assert terms > 60
    notebook = series()._repr_latex_()
    assert re.search(r"\\cdots\\ \(\d+\\text\{ more terms\}\)", notebook)
    assert len(re.findall(r"[ (]p", notebook)) < terms
    screen = series_text(series(), width=80)
    left = sum(map(int, re.findall(r"\((\d+) more terms?\)", screen)))
    assert left
    assert count(screen) + left == terms
    assert max(map(len, screen.splitlines())) <= 80
    for export in (series_text(series()), series().to_latex(), series().to_json()):
        assert "more term" not in export
        assert "cdots" not in export
    assert count(series_text(series())) == terms
    assert series().to_json().count('"coefficient"') == terms
    assert "more term" not in series().to_latex(standalone=True)
    assert "..." in str(series())


def count(text: str) -> int:
    """The number of terms of all lines ``Y_s = ..``; a sign inside a power is none."""
    body = text[text.index("Y_0") : text.index("evidence")]
    body = re.sub(r"\+ \.\.\. \(\d+ more terms?\)", "", body)
    return len(re.findall(r" [+-] |\n +[+-] ", body)) + body.count(" = ")


def test_sectors_in_text() -> None:
    zeroth = series().coefficient(0)
    assert sector_text(zeroth, PROBLEM.sizes) == ("sigma**6*(1/2*p**3*H + p**2*H) + 1/2*c**2*p")
    assert sector_text(-zeroth, PROBLEM.sizes) == ("-sigma**6*(1/2*p**3*H + p**2*H) - 1/2*c**2*p")
    assert sector_text(zeroth - zeroth, PROBLEM.sizes) == "0"
    for line in series_text(series(), width=60).splitlines():
        assert len(line) <= 100
    assert "(1 more term)" in series_text(series(), 80, most=SCREEN_TERMS)


def test_tables_in_text() -> None:
    table = diagram_table(PROBLEM, 1)
    wide, narrow = table.to_text(), table.to_text(80)
    assert max(map(len, wide.splitlines())) > 80 >= max(map(len, narrow.splitlines()))
    words = [set(re.findall(r"[^\s;:]+", text)) for text in (wide, narrow)]
    assert words[0] - {"diagram"} <= words[1]


@pytest.mark.parametrize("name", VALUES)
def test_representations_are_short(name: str) -> None:
    value = VALUES[name]()
    lines = repr(value).splitlines()
    assert len(lines) <= 5
    assert max(map(len, lines)) <= 79
    assert lines[0].startswith(type(value).__name__)
