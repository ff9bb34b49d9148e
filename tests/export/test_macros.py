"""LaTeX for papers: everything that is exported compiles, fits its lines, and can be renamed."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import diagrams
from diagrams import (
    boundaries,
    check,
    close,
    compare,
    cp_problem,
    departure,
    diagram_table,
    expand,
    expand_open,
    fronts,
    load_problem,
    locate,
    locate_at,
    long_time,
    order_law,
    regimes,
    simulate,
    solve,
)
from diagrams.cli import main
from diagrams.display import Displayed
from diagrams.errors import BadInput
from diagrams.export.latex.fragments import preamble
from diagrams.export.latex.macros import (
    COMMON,
    NAMED,
    STANDARD,
    check_symbols,
    definitions,
    macro_of,
    name_of,
    plain_of,
    used_names,
    with_macros,
)
from diagrams.mean_fields.mean_field import EXAMPLE, MeanField, mean_field
from diagrams.problems.files import parse_problem
from diagrams.series.descent import descent
from diagrams.series.levels import levels

PROBLEMS = Path(__file__).parent.parent / "problems"
SYMBOLS = {"p": "d_{\\mathrm{in}}", "H": "m", "sigma": "\\varsigma"}
OVERFULL = 1.0
"""What a line may stick out, in points."""

latex_only = pytest.mark.skipif(
    shutil.which("pdflatex") is None, reason="pdflatex is not installed"
)
names = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,7}", fullmatch=True)


# -- macros ---------------------------------------------------------------------------------


@given(st.lists(names, max_size=6, unique=True))
def test_macros_are_words_of_letters_that_can_be_read_back(listed: list[str]) -> None:
    macros = [macro_of(name) for name in listed]
    assert len(set(macros)) == len(listed)
    assert all(re.fullmatch(r"\\[A-Za-z]+", macro) for macro in macros)
    assert [name_of(macro) for macro in macros] == listed


def expanded(latex: str) -> str:
    """The macros replaced by what they stand for, as LaTeX would."""
    return re.sub(r"\\wf[A-Za-z]+ ?", lambda found: plain_of(name_of(found[0].strip())), latex)


@given(
    st.lists(
        st.sampled_from(
            [
                *"pHTtxL",
                "\\sigma ",
                "\\mathbb{E}",
                "{",
                "}",
                "^{2}",
                "_x",
                "\\text{p $p$}",
                "\\frac{p}{H}",
                "\\mathrm{p}",
                "\\\\[3pt]",
            ]
        )
    )
)
def test_macros_stand_for_what_was_there(pieces: list[str]) -> None:
    formula = "".join(pieces)
    found = with_macros(formula, ["p", "H", "T", "t", "sigma"], mathematics=True)
    assert expanded(found).replace(" ", "") == formula.replace(" ", "")
    assert not used_names(with_macros(formula.replace("$", ""), ["p", "H"]))


@pytest.mark.parametrize(
    ("plain", "found"),
    [
        ("p^{2} x_{p}", "\\wfp^{2} x_{\\wfp}"),
        ("s_p p'", "s_p \\wfp'"),
        ("\\mathrm{p}p\\mathbb{p}", "\\mathrm{p}\\wfp\\mathbb{p}"),
        ("\\begin{array}{cp}p\\end{array}", "\\begin{array}{cp}\\wfp\\end{array}"),
        ("p \\\\[2pt] p", "\\wfp \\\\[2pt] \\wfp"),
        ("\\text{at p $p$} p", "\\text{at p $\\wfp$} \\wfp"),
        ("\\sigma\\sigmap\\sigma_{1}", "\\wfsigma\\sigmap\\wfsigma_{1}"),
        ("\\tau_{1}\\tau", "\\wftauQUQB\\tau"),
        ("px", "\\wfp x"),
        ("pp", "\\wfp\\wfp"),
        ("\\left\\{p\\right\\}", "\\left\\{\\wfp\\right\\}"),
    ],
)
def test_only_symbols_in_mathematics_become_macros(plain: str, found: str) -> None:
    known = ["p", "sigma", "tau_1"]
    assert with_macros(plain, known, mathematics=True) == found
    assert with_macros(f"p ${plain}$ p", known) == f"p ${found}$ p"


GOOD = (
    "d",
    "\\varsigma",
    "d_{in}",
    "d_{\\mathrm{in}}",
    "\\mathrm{dim}",
    "m^*",
    "m'",
    "m_1^2",
    "\\hat p",
)
BAD = (
    *(
        "",
        " ",
        "dim",
        "1",
        "p q",
        "p}",
        "{p",
        "p_",
        "p_{}",
        "p__1",
        "a_1_2",
        "a^2^3",
        "x'^2",
        "a+b",
    ),
    *("$", "p$q$", "%", "a%", "a\nb^", "#1", "~", "\\hat", "\\mathrm{}", "\\mathrm{a$}", "a" * 61),
    *("\\input{x}", "\\write18{ls}", "\\csname x\\endcsname", "\\wfp", "\\\\", "{\\def\\x{}}", "é"),
)


@pytest.mark.parametrize("symbol", GOOD)
def test_symbols_of_a_paper(symbol: str) -> None:
    assert check_symbols({"p": symbol}, ["p", "H"]) == {"p": symbol}


@pytest.mark.parametrize("symbol", BAD)
def test_what_is_no_symbol_is_refused(symbol: str) -> None:
    with pytest.raises(BadInput, match="a letter, or a word in a font"):
        check_symbols({"p": symbol}, ["p", "H"])


def test_two_names_never_share_a_symbol() -> None:
    for symbols in ({"p": "H"}, {"p": "d", "H": "d"}, {"H": "\\sigma"}):
        with pytest.raises(BadInput, match="a symbol that"):
            check_symbols(symbols, ["p", "H", "sigma"])
    assert check_symbols({"p": "H", "H": "p"}, ["p", "H"])
    with pytest.raises(BadInput, match="the symbols of this export: p, H"):
        check_symbols({"q": "d"}, ["p", "H"])


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        (("expand", "cp:order=2", "--symbols", "p=d"), "together with --format latex"),
        (("expand", "cp:order=2", "--fragment"), "together with --format latex"),
        (("expand", "cp:order=2", "--format", "latex", "--symbols", "p=\\input{x}"), "a letter"),
        (("expand", "cp:order=2", "--format", "latex", "--symbols", "p"), "name=value"),
        (("expand", "cp:order=2", "--format", "latex", "--symbols", "p=d,p=e"), "every name once"),
        (("expand", "cp:order=2", "--format", "latex", "--symbols", "q=d"), "p, sigma"),
        (("latex-macros", "--symbols", "p=dim"), "a letter"),
        (("report", "cp:order=2", "--out", "never", "--symbols", "p=%"), "a letter"),
    ],
)
def test_the_command_refuses(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], allowed: str
) -> None:
    assert main(list(words)) == 2
    said = capsys.readouterr()
    assert not said.out
    assert allowed in said.err
    assert said.err.count("\n") == 1


def test_the_command_prints_the_preamble(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["latex-macros", "cp:order=3,scale=c", "--symbols", "p=d"]) == 0
    printed = capsys.readouterr().out
    assert printed == preamble(["c", "p", "H", "sigma", "u", *STANDARD, *NAMED], {"p": "d"})
    assert "\\newcommand{\\wfp}{d}\n\\newcommand{\\wfH}{H}\n" in printed
    assert main(["latex-macros"]) == 0
    assert "\\newcommand{\\wftheta}{\\theta}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ("expand", "cp:order=2", "--terms", "1"),
        ("diagrams", "cp:order=2", "--terms", "1"),
        ("fronts", "cp:order=2", "--terms", "2"),
        ("regimes", "cp:order=4"),
        ("regimes", "cp:order=4", "--scaling", "H=2,sigma=-1"),
        ("show", "cp:order=2"),
        ("solve", "cp:order=4,target=zero", "--regime", "A"),
        ("simulate", "cp:order=2", "--at", "p=2,H=2,sigma=1/2", "--until", "1", "--seeds", "2"),
    ],
    ids=" ".join,
)
def test_documents_and_fragments_of_the_command(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    both = []
    for option in ([], ["--fragment"]):
        assert main([*words, "--format", "latex", "--symbols", "p=d", *option]) == 0
        both.append(capsys.readouterr().out)
    document, fragment = both
    assert "\n\\newcommand{\\wfp}{d}\n" in document
    assert document.endswith("\\end{document}\n")
    assert "\\providecommand{\\wfp}{d}\n" in fragment
    assert "documentclass" not in fragment


# -- everything compiles --------------------------------------------------------------------


def teacher() -> diagrams.Problem:
    return load_problem(str(PROBLEMS / "two_layer_teacher.toml"))


def output() -> diagrams.Problem:
    text = (PROBLEMS / "two_layer_teacher.toml").read_text("utf-8")
    return parse_problem(text + '\n[observables]\n"seen[i]" = "output[i]"\n')


def four() -> diagrams.Problem:
    return cp_problem(order=4)


@cache
def four_regimes() -> Any:
    return regimes(four())


def simulated() -> diagrams.Simulation:
    return simulate(cp_problem(order=2), p=4, H=4, sigma=0.25, until=1, seeds=2, points=3)


def bracketed() -> Any:
    linear = parse_problem(LINEAR)
    return long_time(expand(linear, 4), {"d": 2}, [1, 2])


LINEAR = """
title = "Linear regression"
families = {feature = "d"}
[tensors]
w = {families = ["feature"], role = "trained", variance = "1/d"}
x = {families = ["feature"], role = "frozen", variance = "1"}
[model]
output = "w[i] x[i]"
target = "0"
[loss]
kind = "squared error"
over = []
"""


@cache
def even_orders() -> Any:
    return order_law({nu: regimes(cp_problem(order=nu), terms=2) for nu in (2, 4, 6)})


def agreement() -> Any:
    """With all panels of the picture: curves, ratio, sizes."""
    free = cp_problem(order=3, ties="asym", target="zero")
    at: Any = {"p": 8, "H": 4, "sigma": 0.3, "until": 1}
    return compare(free, "A", **at, seeds=4, points=11, terms=2, sizes=(4, 8))


def trees() -> MeanField:
    return mean_field(parse_problem(EXAMPLE), {"d": 1, "n": "delta*d"})


VALUES: Mapping[str, Callable[[], Displayed]] = {
    "problem": four,
    "problem of a file": teacher,
    "combination": lambda: four().observable,
    "diagram": lambda: diagram_table(cp_problem(order=6), 1).orders[1][-1].diagram,
    "polynomial": lambda: expand(cp_problem(order=3, ties="2+1"), 3).coefficient(3),
    "evidence": lambda: expand(four(), 1).evidence,
    "series": lambda: expand(cp_problem(order=4, ties="2+2", scale="c", decay="lambda"), 1),
    "modular series": lambda: expand(cp_problem(order=3, target="modular", scale="c"), 3),
    "diagram table": lambda: diagram_table(cp_problem(order=3, ties="2+1"), 1),
    "open series": lambda: expand_open(cp_problem(order=2), 1, "K[i,j] = u[k,i] u[k,j]"),
    "descent": lambda: descent(cp_problem(order=2, decay="lambda"), steps=1, terms=2),
    "levels": lambda: levels(expand(four(), 2), {"p": 1, "H": "y*p^2", "sigma": "rho/p"}),
    "fronts": lambda: fronts(expand(four(), 3)),
    "front": lambda: fronts(expand(four(), 3)).orders[3],
    "class of diagrams": lambda: diagram_table(four(), 1).orders[1][2],
    "front law": lambda: diagrams.front_law(cp_problem(order=5, ties="3+2")),
    "regimes": lambda: regimes(cp_problem(order=3, ties="asym")),
    "regime": lambda: four_regimes()["A-B"],
    "boundary": lambda: boundaries(four_regimes())[0],
    "order law": even_orders,
    "exponents": lambda: diagrams.parameterise(
        four(), ["u[k,i]^2"], regime={"p": 1, "H": 2}, unknown=["sigma"]
    ),
    "order regime": lambda: even_orders()["A-B"],
    "location": lambda: locate(four_regimes(), {"H": 2, "sigma": -1}),
    "standing": lambda: locate_at(
        four_regimes(), expand(four(), 2), {"p": 64, "H": 4096, "sigma": "1/50"}
    ),
    "explicit solution": lambda: solve(cp_problem(order=4, target="zero"), "A-B"),
    "implicit solution": lambda: solve(four(), "full"),
    "ties": lambda: solve(cp_problem(order=4, ties="2+2", decay="lambda"), "E-A"),
    "closed equations": lambda: close(cp_problem(order=2, ties="asym"), eliminate=["feature"]),
    "check": lambda: check(four(), expand(four(), 2).derivative(0), terms=1),
    "departure": lambda: departure(
        cp_problem(order=3, target="modular"),
        diagrams.modular_surrogate(cp_problem(order=3, target="modular")),
        3,
    ),
    "long time": bracketed,
    "simulation": simulated,
    "agreement": agreement,
    "mean field": lambda: trees().certified(3),
    "mean-field certificate": lambda: trees().certify(2),
    "mean-field curve": lambda: trees().integrate([0, 0.01], delta=1),
}


LONG: Mapping[str, Callable[[], Displayed]] = {
    "rings": lambda: solve(cp_problem(order=2), "full"),
}
"""Values that take seconds to be found: for the long campaign alone."""

OFTEN = (
    "agreement",
    "series",
    "diagram table",
    "regimes",
    "implicit solution",
)
"""Documents that every run compiles; the others are a matter of the long campaign."""


def listed() -> list[Any]:
    return [
        name if name in OFTEN else pytest.param(name, marks=pytest.mark.full)
        for name in (*VALUES, *LONG)
    ]


@cache
def value(name: str) -> Displayed:
    return {**VALUES, **LONG}[name]()


def typeset(folder: Path, name: str, text: str) -> tuple[list[float], str]:
    """Compile a document; return by how much its lines stick out, and its text."""
    (folder / f"{name}.tex").write_text(text, "utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", f"{name}.tex"],
        cwd=folder,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:]
    log = (folder / f"{name}.log").read_text(errors="replace")
    wide = [float(points) for points in re.findall(r"Overfull \\hbox \(([0-9.]+)pt", log)]
    if shutil.which("pdftotext") is None:
        return wide, ""
    pages = subprocess.run(
        ["pdftotext", "-raw", f"{name}.pdf", "-"], cwd=folder, capture_output=True, check=True
    )
    return wide, pages.stdout.decode()


def test_every_public_value_is_here() -> None:
    shown = {type(value(name)) for name in VALUES}
    public = [getattr(diagrams, name) for name in diagrams.__all__]
    classes = [found for found in public if isinstance(found, type)]
    assert {c for c in classes if issubclass(c, Displayed)} - {diagrams.Problem} <= {
        base for found in shown for base in found.__mro__
    }


@pytest.mark.parametrize(
    "name", [*VALUES, *(pytest.param(name, marks=pytest.mark.full) for name in LONG)]
)
def test_a_fragment_is_plain_and_macros_say_the_same(name: str) -> None:
    plain = value(name).to_latex()
    assert "\\wf" not in plain.replace("\\wfit", "")
    macros = value(name).to_latex(macros=True)
    used = used_names(macros.rpartition("command{\\wf")[2])
    listed = [line for line in macros.split("\n") if line.startswith("\\providecommand{\\wf")]
    assert listed == definitions(used_names(macros), command="providecommand")
    assert set(used) <= set(used_names("\n".join(listed)))


@pytest.mark.parametrize("name", ["explicit solution", "implicit solution", "regimes"])
def test_brief_fragments_say_the_rest_in_comments(name: str) -> None:
    whole, brief = (value(name).to_latex(macros=True, brief=short) for short in (False, True))
    said = [line for line in brief.split("\n") if not line.startswith("%")]
    assert "Evidence" not in "".join(said)
    assert "% Evidence" in brief
    assert len("".join(said)) < len(whole)
    formula = r"\toprule" if name == "regimes" else r"\wfmean[\wfloss(\wft)] = "
    assert formula in whole
    assert formula in "".join(said)


@pytest.mark.latex
@latex_only
def test_a_note_fits_on_one_page(tmp_path: Path) -> None:
    """Formula, table of regimes and figure, as the page on papers promises."""
    solution: Displayed = value("explicit solution")
    solved, table = (x.to_latex(macros=True, brief=True) for x in (solution, four_regimes()))
    head = preamble([*COMMON, *STANDARD, *NAMED], {"p": "d", "H": "m"})
    body = [solved, table, "\\begin{center}\\rule{8cm}{7cm}\\end{center}"]
    text = f"\\documentclass{{article}}\n{head}\\begin{{document}}\n"
    wide, _ = typeset(tmp_path, "note", text + "\n".join(body) + "\n\\end{document}\n")
    assert not [points for points in wide if points > OVERFULL]
    assert "(1 page," in (tmp_path / "note.log").read_text(errors="replace")


@pytest.mark.latex
@latex_only
def test_all_fragments_compile_with_the_preamble(tmp_path: Path) -> None:
    """As ``wickflow latex-macros`` prints it, in an article with the margins of the class."""
    known = [*COMMON, *STANDARD, *NAMED]
    head = preamble(known, {"p": "\\ell", "mean": "\\mathcal{M}"})
    body = [value(name).to_latex(macros=True) for name in VALUES]
    text = f"\\documentclass{{article}}\n{head}\\begin{{document}}\n"
    text += "\n\n\\clearpage\n".join(body) + "\n\\end{document}\n"
    wide, pages = typeset(tmp_path, "fragments", text)
    assert not [points for points in wide if points > OVERFULL]
    if pages:
        assert "\u2113" in pages  # a script l
        assert "E[" not in pages


@pytest.mark.latex
@latex_only
@pytest.mark.parametrize("name", listed())
def test_documents_compile_with_other_symbols(name: str, tmp_path: Path) -> None:
    found = value(name)
    used = used_names(found.to_latex(standalone=True))
    symbols = {key: symbol for key, symbol in SYMBOLS.items() if key in used}
    wide, pages = typeset(tmp_path, "one", found.to_latex(standalone=True, symbols=symbols))
    assert not [points for points in wide if points > OVERFULL]
    if pages and "p" in symbols:
        assert "din" in re.sub(r"\s", "", pages)


@pytest.mark.latex
@latex_only
def test_pictures_compile_alone(tmp_path: Path) -> None:
    found = four_regimes()
    pictures = {
        "diagram": value("diagram").to_tikz(standalone=True),  # type: ignore[attr-defined]
        "phases": found.to_tikz(standalone=True),
    }
    for name, text in pictures.items():
        assert not [points for points in typeset(tmp_path, name, text)[0] if points > OVERFULL]
        renamed = text.replace("\\newcommand{\\wfH}{H}", "\\newcommand{\\wfH}{W}")
        if name != "diagram":
            assert renamed != text
            pages = typeset(tmp_path, name, renamed)[1]
            assert not pages or ("W" in pages and "H" not in pages)
