r"""Fronts, regimes and phase boundaries as LaTeX tables; they need booktabs and array."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from diagrams.export.latex import escape_latex, polynomial_latex, symbol_latex
from diagrams.polynomial import Polynomial
from diagrams.scaling.boundaries import boundaries
from diagrams.scaling.front import Front, Fronts
from diagrams.scaling.linear import Number, Vector
from diagrams.scaling.regimes import Regime, Regimes

PREVIEWED = 12


def monomial_latex(symbols: Sequence[str], exponents: Iterable[Number]) -> str:
    r"""Return a monomial as mathematics.

    >>> print(monomial_latex(("p", "sigma"), (Fraction(-1, 2), 4)))
    \frac{\sigma^{4}}{\sqrt{p}}
    """
    powers = dict(zip(symbols, map(Fraction, exponents), strict=True))
    return polynomial_latex(Polynomial.monomial(1, powers))


def clock_latex(regime: Regime) -> str:
    """The natural time scale of a regime as mathematics."""
    if regime.clock is None:
        return "\\text{none common}"
    return monomial_latex(regime.symbols, regime.clock)


def regimes_table(found: Regimes) -> str:
    """Return all regimes as a table, with the evidence in fine print below."""
    lines = [
        "\\begin{tabular}{@{}l>{\\raggedright\\arraybackslash}p{0.44\\linewidth}lll@{}}",
        "\\toprule",
        "regime & conditions & $T$ & learning & parameterisation \\\\",
        "\\midrule",
    ]
    dimension = None
    for regime in found:
        if dimension not in (None, regime.dimension):
            lines.append("\\addlinespace")
        dimension = regime.dimension
        conditions = ", ".join(f"${r.to_latex()}$" for r in regime.relations) or "all sizes grow"
        lines.append(
            f"{_name(regime.name)} & {conditions} & ${clock_latex(regime)}$ &"
            f" {regime.learning} & {regime.parameterization} \\\\"
        )
    lines += ["\\bottomrule", "\\end{tabular}"]
    return "\n".join([*lines, *_fine_print(str(found.evidence))])


def boundaries_table(found: Regimes) -> str:
    """Return the boundary of every pair of neighbouring regions as a table."""
    lines = [
        "\\begin{tabular}{@{}lll@{}}",
        "\\toprule",
        "between & boundary & regime on it \\\\",
        "\\midrule",
    ]
    for boundary in boundaries(found):
        one, other = boundary.between
        lines.append(f"{one}, {other} & ${boundary.to_latex()}$ & {_name(boundary.edge)} \\\\")
    lines += ["\\bottomrule", "\\end{tabular}"]
    return "\n".join([*lines, *_fine_print(str(found.evidence))])


def fronts_table(found: Fronts) -> str:
    """Return the Pareto-optimal terms of every order as a table."""
    column = ">{\\raggedright\\arraybackslash}p{0.42\\linewidth}"
    lines = [
        f"\\begin{{tabular}}{{@{{}}r{column}{column}@{{}}}}",
        "\\toprule",
        "$s$ & vertices of the hull & other Pareto-optimal terms of $Y_s$ \\\\",
        "\\midrule",
    ]
    for front in found.orders:
        corners = set(front.vertices)
        others = [term for term in front.terms if term not in corners]
        shown = [_terms(front, listed, len(listed)) for listed in (front.vertices, others)]
        lines.append(f"{front.s} & {shown[0]} & {shown[1]} \\\\")
    lines += ["\\bottomrule", "\\end{tabular}"]
    if found.normal is not None:
        named = zip(found.symbols, found.normal, strict=True)
        listed = ", ".join(f"${symbol_latex(n)}\\colon {_rational(e)}$" for n, e in named)
        lines.append(f"\\par\\smallskip\\noindent Common plane, normal {listed}.")
    return "\n".join([*lines, *_fine_print(str(found.evidence))])


def _terms(front: Front, terms: Sequence[Vector], most: int) -> str:
    shown = [f"${monomial_latex(front.symbols, term)}$" for term in terms[:most]]
    left = len(terms) - len(shown)
    return ", ".join(shown + [f"\\ldots\\ ({left} more)"] * bool(left)) or "none"


def _rational(value: Fraction) -> str:
    if value.denominator == 1:
        return str(value)
    sign = "-" if value < 0 else ""
    return f"{sign}\\tfrac{{{abs(value.numerator)}}}{{{value.denominator}}}"


def _name(name: str) -> str:
    return escape_latex(name).replace("-{}", "--")


def _fine_print(text: str) -> list[str]:
    return ["\\par\\smallskip\\noindent{\\footnotesize " + escape_latex(text) + "\\par}"]


def regimes_preview(found: Regimes) -> str:
    """Return regimes for a notebook, as one aligned formula."""
    rows = [
        f"\\text{{{r.name}}} &:\\ {r.condition_latex},\\quad T = {clock_latex(r)}" for r in found
    ]
    return "$\\displaystyle\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}$"


def fronts_preview(found: Fronts) -> str:
    """Return fronts for a notebook, long orders shortened."""
    rows = []
    for front in found.orders:
        shown = (
            _terms(front, front.terms, PREVIEWED).replace("$", "").replace("none", "\\text{none}")
        )
        shown = shown.replace("more)", "\\text{ more})")
        rows.append(f"s={front.s} &:\\ {shown}")
    return "$\\displaystyle\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}$"
