"""LaTeX formulas: what they say, how long their lines are, and that they compile."""

from __future__ import annotations

import re
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagrams.errors import BadInput
from diagrams.export.latex.formulas import (
    diagram_formula,
    formula_width,
    polynomial_latex,
    polynomial_lines,
)
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.tensors import IndexFamily, Tensor
from diagrams.polynomials.polynomial import Polynomial
from diagrams.polynomials.spelling import escape_latex, symbol_latex

HIDDEN, FEATURE = IndexFamily("hidden", "H"), IndexFamily("feature", "p")
U, LAYER = Tensor("u", (HIDDEN, FEATURE)), Tensor("u_2", (HIDDEN, FEATURE))
BIAS, SCALAR = Tensor("beta", (HIDDEN,)), Tensor("c", ())
NAMES = ("p", "H", "N", "sigma", "lambda", "tau_1", "rate", "x2", "T", "a_b_c")

symbols = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,7}", fullmatch=True)
exponents = st.fractions(-3, 4, max_denominator=3)
terms = st.tuples(
    st.fractions(-50, 50, max_denominator=12),
    st.dictionaries(st.sampled_from(NAMES), exponents, max_size=3),
)
polynomials = st.lists(terms, max_size=12).map(
    lambda listed: sum((Polynomial.monomial(c, powers) for c, powers in listed), Polynomial())
)


def balanced(formula: str) -> bool:
    """Whether braces, escaped ones aside, are matched."""
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", formula):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("sigma", r"\sigma"),
        ("lambda", r"\lambda"),
        ("Omega", r"\Omega"),
        ("tau_1", r"\tau_{1}"),
        ("tau12", r"\tau_{12}"),
        ("a_b_c", r"a_{b,c}"),
        ("x_max", r"x_{\mathrm{max}}"),
        ("rate", r"\mathrm{rate}"),
        ("u2x", r"\mathrm{u2x}"),
        ("a_", r"\mathrm{a\_}"),
        ("omicron", r"\mathrm{omicron}"),
    ],
)
def test_symbols(name: str, formula: str) -> None:
    assert symbol_latex(name) == formula


@pytest.mark.parametrize("name", ["", "1a", "a b", r"\input", "a}", "é"])
def test_what_is_no_symbol_is_refused(name: str) -> None:
    with pytest.raises(BadInput):
        symbol_latex(name)


@given(st.text())
def test_escaped_text_holds_no_command_of_its_own(text: str) -> None:
    escaped = escape_latex(text)
    assert escaped.isascii()
    assert balanced(escaped)
    allowed = r"\\(text[a-z]+\{\}|ldots\{\}|[{}$&#%_]|ss|[`'^~\"vc]\{[A-Za-z]\})|\$\\times\$"
    rest = re.sub(allowed, "", escaped)
    assert not re.search(r"[\\$&#%_^~]", rest)


@pytest.mark.parametrize(
    ("polynomial", "formula"),
    [
        (Polynomial(), "0"),
        (Polynomial.constant(-1), "-1"),
        (Polynomial.monomial(Fraction(-3, 2), {"p": 1, "sigma": 4}), r"-\frac{3}{2} p \sigma^{4}"),
        (Polynomial.monomial(1, {"N": Fraction(-1, 2)}), r"\frac{1}{\sqrt{N}}"),
        (
            Polynomial.monomial(Fraction(5, 2), {"p": Fraction(3, 2), "N": -2}),
            r"\frac{5 p^{3/2}}{2 N^{2}}",
        ),
        (Polynomial.symbol("H") + Polynomial.symbol("p"), "p + H"),
        (1 - Polynomial.symbol("tau_1") ** 2, r"-\tau_{1}^{2} + 1"),
    ],
)
def test_polynomials(polynomial: Polynomial, formula: str) -> None:
    assert polynomial_latex(polynomial) == formula


@given(polynomials)
def test_polynomials_are_balanced_and_complete(polynomial: Polynomial) -> None:
    formula = polynomial_latex(polynomial)
    assert balanced(formula)
    assert not formula.startswith("+")
    assert len(re.split(r" [+-] ", formula)) == max(1, len(polynomial))


@given(polynomials, st.floats(4, 60), st.booleans())
def test_broken_lines_say_the_same_and_keep_the_width(
    polynomial: Polynomial, width: float, aligned: bool
) -> None:
    text = polynomial_lines(polynomial, "Y_{3}", width=width, aligned=aligned)
    lines = text.split(" \\\\\n")
    joined = " ".join(lines).replace("&", "").replace("{}", "")
    assert joined.split() == ["Y_{3}", "=", *polynomial_latex(polynomial).split()]
    for line in lines:
        assert line.count("&") == aligned
        shown = line.replace("&", "").replace("{}", "").removeprefix("Y_{3} =")
        if len(re.split(r" [+-] ", shown.strip())) > 1:
            flat = re.sub(
                r"\\frac\{((?:[^{}]|\{[^{}]*\})*)\}\{((?:[^{}]|\{[^{}]*\})*)\}", r"\1", shown
            )
            assert formula_width(flat) <= 1.6 * width


def test_a_long_polynomial_has_many_lines() -> None:
    p, sigma = Polynomial.symbol("p"), Polynomial.symbol("sigma")
    long = (p + sigma + 1) ** 8
    assert 4 < polynomial_lines(long, "Y_{8}").count("\\\\") < 12
    assert polynomial_lines(p, "Y_{0}") == "Y_{0} ={}& p"
    assert polynomial_lines(p) == "& p"
    assert polynomial_lines(Polynomial(), "Y_{0}") == "Y_{0} ={}& 0"


@pytest.mark.parametrize("width", [0.0, -1.0, float("nan")])
def test_lines_without_width_are_refused(width: float) -> None:
    with pytest.raises(BadInput, match="width of a line"):
        polynomial_lines(Polynomial.constant(1), "Y", width=width)


@pytest.mark.parametrize(
    ("diagram", "formula"),
    [
        (Diagram((), ()), "1"),
        (Diagram((FEATURE,), ()), r"\sum_{i=1}^{p} 1".replace("i=", "k=")),
        (Diagram.of((U, "k i"), (U, "k i")), r"\sum_{k=1}^{H} \sum_{i=1}^{p} u_{k i}^{2}"),
        (
            Diagram.of((U, "k i"), (LAYER, "k i"), (LAYER, "k i")),
            r"\sum_{k=1}^{H} \sum_{i=1}^{p} u_{k i} \bigl(u^{(2)}_{k i}\bigr)^{2}",
        ),
        (
            Diagram.of((U, "k i"), (U, "l i"), legs="k l"),
            r"\sum_{i=1}^{p} u_{k_{1} i} u_{k_{2} i}",
        ),
        (Diagram.of((U, "k i"), legs="k i k"), r"u_{k i} \delta_{k k'}"),
        (Diagram.of((BIAS, "k"), (SCALAR, "")), r"\sum_{k=1}^{H} \beta_{k} c"),
        (
            Diagram.of(*[(U, f"k i{j}") for j in range(6)]),
            r"\sum_{k=1}^{H} \sum_{i_{1},\ldots,i_{6}=1}^{p} "
            r"u_{k i_{1}} u_{k i_{2}} u_{k i_{3}} u_{k i_{4}} u_{k i_{5}} u_{k i_{6}}",
        ),
    ],
)
def test_formulas_of_diagrams(diagram: Diagram, formula: str) -> None:
    assert diagram_formula(diagram) == formula


def test_index_letters_avoid_sizes_and_tensors() -> None:
    clash = Tensor("i", (IndexFamily("rows", "k"), IndexFamily("columns", "j")))
    formula = diagram_formula(Diagram.of((clash, "a b")))
    letters = re.findall(r"\\sum_\{([a-z])=1\}", formula)
    assert len(set(letters)) == 2
    assert not set(letters) & {"i", "j", "k"}


def compile_document(folder: Path, body: str) -> None:
    """Compile an article with amsmath; the log's end is shown where that fails."""
    head = "\\documentclass{article}\\usepackage{amsmath}\\begin{document}\n"
    text = f"{head}{body}\n\\end{{document}}\n"
    (folder / "formulas.tex").write_text(text)
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "formulas.tex"],
        cwd=folder,
        capture_output=True,
        timeout=60,
        check=False,
    )
    log = done.stdout.decode(errors="replace")
    assert done.returncode == 0, log[-2000:]
    assert "Overfull" not in log


@pytest.mark.latex
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_formulas_compile_and_fit_the_page(tmp_path: Path) -> None:
    names = ("p", "H", "sigma", "tau_1", "rate", "a_")
    long = (sum((Polynomial.symbol(name) for name in names), Polynomial()) - Fraction(3, 2)) ** 4
    long += Polynomial.symbol("p") ** 3 * Polynomial.symbol("N") ** Fraction(-3, 2)
    few = Polynomial.from_terms(long.terms[:60])
    lone = [polynomial_latex(Polynomial.symbol(name) ** 2) for name in NAMES]
    diagrams = [
        Diagram.of((U, "k i"), (LAYER, "k i"), (LAYER, "k i"), (BIAS, "k"), (SCALAR, "")),
        Diagram.of((U, "k i"), (U, "l i"), legs="k l k k"),
    ]
    every = "".join(chr(code) for code in [*range(32, 0x250), 0x2014, 0x221E, 0x1F600])
    pieces = [
        "\\raggedright "
        + " ".join(f"${formula}$" for formula in [*lone, *map(symbol_latex, NAMES)]),
        *(f"\\[{diagram_formula(diagram)}\\]" for diagram in diagrams),
        f"\\begin{{align*}}{polynomial_lines(few, 'Y_{1}')}\\end{{align*}}",
        f"\\begin{{multline}}{polynomial_lines(few, 'Y', aligned=False)}\\end{{multline}}",
        "\\begin{flushleft}" + " ".join(escape_latex(c) for c in every) + "\\end{flushleft}",
        f"``{escape_latex(every[:20])}''",
    ]
    compile_document(tmp_path, "\n\n".join(pieces))
