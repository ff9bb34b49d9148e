"""The report: what it says, that LaTeX needs one run only, and that the pages hold together."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from command_line import without_macros

from diagrams.export.content.statement import facts
from diagrams.export.html.mathml import sectors_mathml
from diagrams.polynomials.pareto import pareto_terms
from diagrams.problems.files import parse_problem
from diagrams.problems.spec import load_problem
from diagrams.report import build_report, is_report, write_report

PROBLEMS = Path(__file__).parent / "problems"
HOSTILE = """
title = '<script>alert("&")</script> $x_1$ \\input{/etc/passwd} %'
families = {alpha_beta = {size = "N", index = "mu"}, feature = "d"}
[tensors]
u_2 = {families = ["alpha_beta", "feature"], role = "trained", variance = "g_1/N^(1/2)", rate = "N"}
w = {families = ["alpha_beta"], role = "frozen", variance = "1/d"}
b = {families = [], role = "trained", variance = 1}
[tensors.Omega]
families = ["alpha_beta", "alpha_beta"]
role = "frozen"
variance = 0
mean = {pattern = "delta", value = "gamma"}
[model]
output = "u_2[a,i] Omega[a,e] w[e] + b[]"
target = "0"
[loss]
kind = "squared error"
over = ["i"]
prefactor = "1/(2*d)"
decay = "lambda"
"""


def problem_of(name: str) -> object:
    if name == "hostile":
        return parse_problem(HOSTILE)
    return load_problem(name if name.startswith("cp:") else PROBLEMS / f"{name}.toml")


NAMES = (
    "cp:order=4,ties=sym",
    "cp:order=3,ties=2+1,scale=c,decay=lambda",
    "cp:order=2,ties=asym,target=zero",
    "cp:order=5,ties=2+2+1",
    "two_layer_data",
    "hostile",
)
TWICE = (NAMES[1], "hostile")
"""Reports that LaTeX runs over again, to see that nothing moves; for all, it asks for no rerun."""


@pytest.fixture(scope="module", params=NAMES, ids=lambda name: name.split(",")[0])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    drawn = 2 if "order=2" in request.param else int("order=5" not in request.param)
    report = build_report(problem_of(request.param), 2, drawn, seconds=0.3)  # type: ignore[arg-type]
    return write_report(report, tmp_path_factory.mktemp("report") / "new", "wickflow report ..")


def latex(folder: Path) -> str:
    """Run LaTeX once; return its log."""
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "report.tex"],
        cwd=folder,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-1500:]
    return (folder / "report.log").read_text(errors="replace")


@pytest.mark.latex
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_one_run_of_latex_is_enough(
    folder: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    shutil.copy(folder / "report.tex", tmp_path)
    log = latex(tmp_path)
    assert "Overfull" not in log
    assert "Warning" not in log
    assert "Rerun" not in log
    if request.node.callspec.params["folder"] in TWICE and shutil.which("pdftotext"):
        places = []
        for again in (True, False):
            command = ["pdftotext", "-bbox", "report.pdf", "-"]
            text = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True).stdout
            places.append(re.findall(rb"<word .*", text))
            if again:
                latex(tmp_path)
        assert places[0] == places[1]
        assert len(places[0]) > 100


class Balanced(HTMLParser):
    """Checks that tags close what they open."""

    VOID = frozenset({"meta", "wbr", "br", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_pages_are_well_formed_and_keep_to_themselves(folder: Path) -> None:
    page = (folder / "report.html").read_text("utf-8")
    parser = Balanced()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    assert not {"link", "img", "iframe"} & set(parser.seen)
    assert parser.seen.count("script") == 1 + 2 * ('id="explorer"' in page)
    assert not re.search(r"<[^>]*\s(style|on[a-z]+)=", page)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert "unsafe" not in policy[1]
    assert not re.search(r'(href|src)="?(https?:)?//', page)
    assert "wickflow report .." in page
    assert "|Aut|" in page
    assert "pairings" in page
    for figure in (folder / "figures").iterdir():
        ElementTree.parse(figure)


def test_the_report_says_what_it_should(folder: Path) -> None:
    tex = (folder / "report.tex").read_text("ascii")
    for section in (
        "The problem",
        "The diagrams",
        "Order $0$",
        "The coefficients",
        "Regimes and phase boundaries",
    ):
        assert section in tex
    assert "\\wickleading{\\text{marked}}" in tex
    assert tex.count("\\wickleading{") > 3
    assert all(f"Y_{{{s}}} ={{}}&" in tex for s in (0, 1, 2))
    assert "variance" in tex
    assert "\\emph{Evidence}: exact" in tex


def test_law_and_rate_are_stated(tmp_path: Path) -> None:
    report = build_report(parse_problem(HOSTILE), 0, 0, seconds=0.3)
    folder = write_report(report, tmp_path / "report")
    tex, page = ((folder / f"report.{kind}").read_text("utf-8") for kind in ("tex", "html"))
    tex = without_macros(tex)
    assert r"$\gamma \delta_{\mu_{1}\mu_{2}}$ & $0$ & --" in tex
    assert r"$\frac{g_{1}}{\sqrt{N}}$ & $N$" in tex
    assert r"-T^{-1}\,r_u\,\partial V/\partial u" in tex
    assert "<script>" not in page
    assert "\\input{" not in tex
    for words in ("trained", "frozen", "alpha_beta", "none (a number)"):
        assert words in page


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cp:order=4", ["CP, order 4", "4 (one tensor in all slots)", "identity"]),
        ("cp:order=2,ties=asym,target=zero,scale=c", ["CP, order 2", "1+1 (a tensor", "zero"]),
        ("cp:order=3,ties=2+1,scale=c,decay=1", ["CP", "2+1", "identity, times ", ""]),
        ("two_layer_data", ["tensor network", "", "", "squared error over mu"]),
    ],
)
def test_facts(name: str, expected: list[str]) -> None:
    found = facts(problem_of(name))  # type: ignore[arg-type]
    assert len(found) == len(expected)
    for fact, words in zip(found, expected, strict=True):
        assert fact.words.startswith(words)


def test_the_chapter_on_regimes(tmp_path: Path) -> None:
    report = build_report(load_problem("cp:order=4"), 1, 0)
    folder = write_report(report, tmp_path / "report")
    assert report.explored.regimes is not None
    tex, page = ((folder / f"report.{kind}").read_text("utf-8") for kind in ("tex", "html"))
    chapter = page[page.index('<h2 id="regimes">Regimes') :]
    row = chapter[chapter.index('<tr id="regime-A-B">') :]
    row = row[: row.index("</tr>")]
    assert "<mi>H</mi><mo>&#x0223C;</mo><msup><mi>p</mi><mn>2</mn></msup>" in row
    assert '<annotation encoding="application/x-tex">p^{3} \\sigma^{4} \\to \\infty<' in row
    assert "Eq(H, p**2)" in chapter
    law = '<mi>Q</mi></mtd><mtd columnalign="left"><mi /><mo>&#x0003D;</mo><mn>3</mn>'
    assert law in chapter
    assert not re.search(r"<m[a-z]+[^>]*>\\", chapter)
    assert chapter.count("<figure>") == 2
    assert "A--B & $H \\sim p^{2}$, $p^{3} \\sigma^{4} \\to \\infty$" in without_macros(tex)
    assert "\\begin{tikzpicture}" in tex[tex.index("\\section*{Regimes") :]
    names = {path.name for path in (folder / "figures").iterdir()}
    assert {"polygon.svg", "phases.svg"} <= names
    assert is_report(folder)


def test_the_chapter_says_why_there_are_no_regimes(tmp_path: Path) -> None:
    problem = load_problem("cp:order=3,ties=2+1,target=modular")
    report = build_report(problem, 1, 0, seconds=0.001)
    folder = write_report(report, tmp_path / "report")
    tex, page, data = (
        (folder / name).read_text("utf-8") for name in ("report.tex", "report.html", "data.json")
    )
    for text in (tex, page):
        assert "No law of all orders follows from orders 0 to" in text
        assert "linear law (period up to" in text
    found = json.loads(data)
    assert "no quasi-linear law" in found["refusal"]
    assert "regimes" not in found
    assert found["fronts"]["fronts"][0]["terms"]
    assert not (folder / "figures" / "phases.svg").exists()


def test_every_term_is_in_the_page() -> None:
    report = build_report(load_problem("cp:order=3,ties=2+1,scale=c"), 2, 0, seconds=0.3)
    for polynomial in report.series:
        pieces = sectors_mathml(polynomial, ("H", "p"), pareto_terms(polynomial, ("H", "p")))
        joined = "".join(pieces)
        assert joined.count("<math>") == len(polynomial)
        assert joined.count("<munder>") == len(pareto_terms(polynomial, ("H", "p")))
        assert joined.count(">(</mo>") == joined.count(">)</mo>")
        for piece in (*joined.replace("<wbr>", "").split("</math>")[:-1],):
            ElementTree.fromstring(piece + "</math>")
