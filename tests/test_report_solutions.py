"""The report's third chapter: solved dynamics, in every format."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from json_schemas import checked

from diagrams.problems.cp import cp_problem
from diagrams.report import build_report, write_report


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    problem = cp_problem(order=2, ties="asym", target="zero")
    report = build_report(problem, terms=1, drawn=1, seconds=1.0, solving=60)
    return write_report(report, tmp_path_factory.mktemp("report") / "out")


class Open(HTMLParser):
    """Elements that are not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "wbr", "br"):
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag


def test_every_regime_has_a_solution_or_a_reason(folder: Path) -> None:
    data = json.loads((folder / "data.json").read_text(encoding="utf-8"))
    solutions = {entry["regime"]: entry for entry in data["solutions"]}
    assert list(solutions) == [r["name"] for r in data["regimes"]["regimes"]]
    kernel = solutions["B"]
    assert kernel["kind"] == "explicit"
    assert kernel["evidence"]["kind"] == "derived"
    assert solutions["A-B"]["kind"] == "unsolved"
    assert "first at order 1" in solutions["A-B"]["failure"]


def test_the_data_fit_their_schema(folder: Path) -> None:
    data = checked((folder / "data.json").read_text(encoding="utf-8"))
    assert any("endings" in entry for entry in data["solutions"])


def test_the_page_shows_formulas_and_derivations(folder: Path) -> None:
    page = (folder / "report.html").read_text(encoding="utf-8")
    chapter = page[page.index('id="solved"') : page.index("</main>")]
    reader = Open()
    reader.feed(page)
    assert reader.stack == []
    assert chapter.count("<details>") == chapter.count("<summary>Derivation") == 2
    assert "<mfrac>" in chapter
    assert "first at order 1" in chapter
    assert "**" not in chapter


def test_the_report_begins_with_what_is_solved_and_how_to_go_on(folder: Path) -> None:
    data = json.loads((folder / "data.json").read_text(encoding="utf-8"))
    page = (folder / "report.html").read_text(encoding="utf-8")
    short = page[page.index('<h2 id="short">') : page.index('<h2 id="problem">')]
    solved, not_solved = re.findall("<p[^>]*>.*?olved.*?</p>", short)
    for entry in data["solutions"]:
        unsolved = entry["kind"] == "unsolved"
        name = entry["regime"]
        assert re.search(rf"(?<![\w-]){name}[,.;]", not_solved if unsolved else solved)
        here = f'class="answer[^"]* solution-{name}[ "]'
        assert bool(re.search(here, page)) is unsolved
    assert "<code>compare</code>" in short


def test_the_document_holds_the_chapter(folder: Path) -> None:
    text = (folder / "report.tex").read_text(encoding="utf-8")
    chapter = text[text.index("\\section*{Solved dynamics}") :]
    assert "\\subsection*{B: $" in chapter
    assert "\\wfkappa" in chapter
    assert "\\newcommand{\\wfkappa}{\\kappa}" in text
    assert "**" not in chapter


@pytest.mark.latex
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_the_chapter_compiles(folder: Path, tmp_path: Path) -> None:
    shutil.copy(folder / "report.tex", tmp_path)
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "report.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull" not in done.stdout


def test_what_holds_for_all_solutions_is_said_once(folder: Path) -> None:
    page = (folder / "report.html").read_text("utf-8")
    document = (folder / "report.tex").read_text("utf-8")
    solved = page.count('href="#notes"')
    assert solved == 2
    assert page.count('id="notes"') == 1
    for text in (page, document):
        assert text.count("taken term by term") == 1
        assert text.count("is read off coefficients") == 1


def test_diagrams_of_zero_average_are_folded_away(tmp_path: Path) -> None:
    report = build_report(cp_problem(order=3, ties="asym"), 1, 2, seconds=0.3, solving=0)
    page = (write_report(report, tmp_path / "r") / "report.html").read_text("utf-8")
    orders = page.split('id="diagrams"')[1].split('id="coefficients"')[0].split("<h3>")[1:]
    hidden = []
    for order, classes in zip(orders, report.table.orders, strict=True):
        _, *folded = order.split("<details>")
        assert order.count("<td>") == 5 * len(classes)
        hidden.append(sum(part.count("<td>") for part in folded) // 5)
        assert hidden[-1] in (0, sum(not found.average for found in classes))
    assert hidden == [0, 0, 21]
