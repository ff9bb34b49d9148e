r"""Fronts, regimes and phase boundaries as LaTeX tables; they need booktabs and array."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from diagrams.export.latex.formulas import polynomial_latex
from diagrams.export.latex.prose import prose_latex
from diagrams.export.text.regimes import clock_rules
from diagrams.polynomials.polynomial import Polynomial
from diagrams.polynomials.spelling import escape_latex, symbol_latex
from diagrams.scaling.fronts.front import Front, Fronts
from diagrams.scaling.polyhedra.linear import Number, Vector
from diagrams.scaling.regimes.boundaries import boundaries
from diagrams.scaling.regimes.clock_rule import ClockRule
from diagrams.scaling.regimes.finding import Regime, Regimes

PREVIEWED = 12
ROW_TERMS = 60
"""Terms in one cell of a table: a row must fit on a page."""


REGIME_COLUMNS = (
    "@{}"
    + "".join(
        f">{{\\raggedright\\arraybackslash\\hspace{{0pt}}}}p{{{width}\\linewidth}}"
        for width in (".09", ".235", ".175", ".18", ".18")
    )
    + "@{}"
)
"""Columns of a table of regimes: name, conditions, time scale, learning, parameterisation."""


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


def clock_rule_latex(names: Sequence[str], rule: ClockRule) -> str:
    """What the coefficients say of the time scale of some regimes, as a sentence."""
    head, tail = rule.phrases
    where = ", ".join(f"${found.to_latex()}$" for found in rule.where)
    shown = ", ".join(map(_name, names))
    return f"{shown}: {prose_latex(head)}{f' where {where}' if where else ''}{prose_latex(tail)}."


def regimes_table(found: Regimes, brief: bool = False) -> str:
    """Return all regimes as a table, the evidence in fine print below or, if brief, a comment."""
    evidence = " ".join(str(found.evidence).split())
    return "\n".join(
        [
            f"\\begin{{tabular}}{{{REGIME_COLUMNS}}}",
            "\\toprule",
            "regime & conditions & $T$ & learning & parameterisation \\\\",
            "\\midrule",
            *regimes_rows(found),
            "\\bottomrule",
            "\\end{tabular}",
            *([f"% Evidence: {evidence}"] if brief else _fine_print(evidence, found)),
        ]
    )


def regimes_rows(found: Regimes) -> list[str]:
    """The rows of a table of regimes: name, conditions, T, learning, parameterisation."""
    lines: list[str] = []
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
    return lines


def boundaries_table(found: Regimes) -> str:
    """Return the boundary of every pair of neighbouring regions as a table."""
    return "\n".join(
        [
            "\\begin{tabular}{@{}lll@{}}",
            "\\toprule",
            "between & boundary & regime on it \\\\",
            "\\midrule",
            *boundaries_rows(found),
            "\\bottomrule",
            "\\end{tabular}",
            *_fine_print(str(found.evidence)),
        ]
    )


def boundaries_rows(found: Regimes) -> list[str]:
    """The rows of a table of boundaries: what they are between, formula, regime."""
    return [
        f"{b.between[0]}, {b.between[1]} & ${b.to_latex()}$ & {_name(b.edge)} \\\\"
        for b in boundaries(found)
    ]


def fronts_table(found: Fronts) -> str:
    """Return the Pareto-optimal terms of every order as a table."""
    notes = [f"\\par\\smallskip\\noindent {line}" for line in normal_latex(found)]
    return "\n".join([*_front_rows(found.orders), *notes, *_fine_print(str(found.evidence))])


def front_table(found: Front) -> str:
    """Return the Pareto-optimal terms of one order as a table."""
    return "\n".join(_front_rows([found]))


def _front_rows(fronts: Sequence[Front]) -> list[str]:
    column = ">{\\raggedright\\arraybackslash}p{0.42\\linewidth}"
    return [
        f"\\begin{{tabular}}{{@{{}}r{column}{column}@{{}}}}",
        "\\toprule",
        "$s$ & vertices of the hull & other Pareto-optimal terms of $Y_s$ \\\\",
        "\\midrule",
        *fronts_rows(fronts),
        "\\bottomrule",
        "\\end{tabular}",
    ]


def fronts_rows(fronts: Sequence[Front]) -> list[str]:
    """The rows of a table of fronts: order, vertices, other terms; long orders take several."""
    lines = []
    for front in fronts:
        corners = set(front.vertices)
        others = [term for term in front.terms if term not in corners]
        count = max(len(corners), len(others), 1)
        for start in range(0, count, ROW_TERMS):
            part = slice(start, start + ROW_TERMS)
            cells = [_terms(front, listed[part], ROW_TERMS) for listed in (front.vertices, others)]
            if start:
                cells = [cell.replace("none", "") for cell in cells]
            lines.append(f"{'' if start else front.s} & {cells[0]} & {cells[1]} \\\\")
    return lines


def normal_latex(found: Fronts) -> list[str]:
    """The scaling for which all terms lead together as a sentence, if there is one."""
    if found.normal is None:
        return []
    named = zip(found.symbols, found.normal, strict=True)
    listed = ", ".join(f"${symbol_latex(n)}\\colon {_rational(e)}$" for n, e in named)
    return [f"Common plane, normal {listed}."]


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


def _fine_print(text: str, clocks: Regimes | None = None) -> list[str]:
    """Evidence in small letters; before it, what is said of time scales."""
    listed = [] if clocks is None else [clock_rule_latex(*rule) for rule in clock_rules(clocks)]
    words = " ".join([*listed, prose_latex(text)])
    return [f"\\par\\smallskip\\noindent{{\\footnotesize {words}\\par}}"]


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
