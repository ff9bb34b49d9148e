r"""Fronts, regimes and places among them as LaTeX documents, and as a chapter of a report."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from fractions import Fraction

from diagrams.export.latex.documents import document, legend_of, problem_section
from diagrams.export.latex.formulas import polynomial_latex
from diagrams.export.latex.prose import prose_latex
from diagrams.export.latex.regime_tables import (
    boundaries_rows,
    clock_rule_latex,
    fronts_rows,
    monomial_latex,
    normal_latex,
    regimes_rows,
)
from diagrams.export.pictures.phase_plane import plane_sketch
from diagrams.export.pictures.phase_plot import shown_order
from diagrams.export.pictures.phase_polygon import polygon_sketch
from diagrams.export.pictures.sketch import Sketch
from diagrams.export.pictures.sketch_tikz import sketch_tikz
from diagrams.export.text.regimes import (
    CLOCK_EVIDENCE,
    caution,
    clock_evidence,
    clock_rules,
    own_evidence,
)
from diagrams.polynomials.polynomial import Polynomial
from diagrams.polynomials.spelling import escape_latex, symbol_latex
from diagrams.provenance import stamp, stamp_line
from diagrams.scaling.fronts.front import Fronts
from diagrams.scaling.fronts.front_theorem import known_law
from diagrams.scaling.orders.law import OrderLaw
from diagrams.scaling.regimes.dominance import Standing
from diagrams.scaling.regimes.location import Location
from diagrams.scaling.regimes.regime import Regime, Regimes

REGIME_WIDTHS = "@{}L{.11}L{.35}L{.15}L{.09}L{.2}@{}"
_HEADING = "\\section*{Regimes and phase boundaries}"
_INTRODUCTION = (
    "Let all sizes grow, and the scales change, as powers of one large number $a$. The terms of"
    " $Y_s$ that lead then lie on a face of the polygon of Pareto-optimal terms. A face that is"
    " there at every order is a \\emph{regime}; $T$ is the time scale on which its terms are of"
    " one size at every order. A regime is \\emph{free} if its terms do not couple to the"
    " target, \\emph{lazy} if they do so boundedly often, \\emph{rich} if ever more often."
)
_FACTOR = re.compile(r"([A-Za-z][A-Za-z0-9_]*)(?:\*\*\(?(-?[0-9]+(?:/[0-9]+)?)\)?)?|(-?[0-9/]+)")


def regimes_document(
    found: Regimes,
    command: str | None = None,
    location: Location | None = None,
    standing: Standing | None = None,
    symbols: Mapping[str, str] | None = None,
) -> str:
    """Return a document with a problem, its regimes, pictures, boundaries and evidence."""
    problem = found.problem
    body = problem_section(problem, legend_of(problem))
    body += regimes_section(found)
    if location is not None:
        body += location_section(location)
    if standing is not None:
        body += standing_section(standing)
    footer = stamp_line(stamp(problem.spec, command))
    return document(problem.title, body, footer, problem, symbols)


def fronts_document(
    found: Fronts, command: str | None = None, symbols: Mapping[str, str] | None = None
) -> str:
    """Return a document with a problem, its fronts and the polygon of one order."""
    problem = found.problem
    body = problem_section(problem, legend_of(problem))
    body.append("\\section*{Pareto-optimal terms}")
    body += fronts_section(found)
    footer = stamp_line(stamp(problem.spec, command))
    return document(problem.title, body, footer, problem, symbols)


def order_law_document(
    found: OrderLaw,
    spec: str,
    command: str | None = None,
    symbols: Mapping[str, str] | None = None,
) -> str:
    """Return a document with the regimes for symbolic order."""
    body = ["\\noindent", _INTRODUCTION, "\\par\\medskip\\noindent", found.to_latex()]
    footer = stamp_line(stamp(spec, command))
    return document(found.title, body, footer, symbols=symbols, names=law_names(found))


def law_names(found: OrderLaw) -> tuple[str, ...]:
    """The symbols of a law for every order."""
    return (*dict.fromkeys(name for regime in found.members for name in regime.symbols), "nu")


def regimes_section(found: Regimes) -> list[str]:
    """The second chapter of a report: polygon, phase diagram, regimes, boundaries, evidence."""
    lines = [_HEADING, _INTRODUCTION, *law_latex(found.fronts)]
    lines += _drawn(polygon_sketch(found, shown_order(found)), found.symbols)
    if len(found.symbols) == 3:
        lines += _drawn(plane_sketch(found), found.symbols)
    head = "regime & conditions & $T$ & learning & parameterisation"
    lines += _table(REGIME_WIDTHS, head, regimes_rows(found))
    head = "between & boundary & regime on it"
    lines += _table("@{}L{.15}L{.45}L{.25}@{}", head, boundaries_rows(found))
    if any(regime.drifts for regime in found):
        lines.append("Where $s$ occurs, a boundary moves with the order $s$.\\par")
    for names, note in own_evidence(found):
        lines.append(f"{', '.join(map(_name, names))}: {_note(note)}.\\par")
    lines += [f"{clock_rule_latex(*rule)}\\par" for rule in clock_rules(found)]
    lines.append(f"\\noindent Evidence: {escape_latex(str(found.evidence))}.\\par")
    clocks = prose_latex(str(clock_evidence(found)))
    lines.append(f"\\noindent {prose_latex(CLOCK_EVIDENCE.capitalize())}: {clocks}.\\par")
    if beware := caution(found):
        lines.append(f"\\noindent\\emph{{{escape_latex(beware)}.}}\\par")
    return lines


def law_latex(found: Fronts) -> list[str]:
    """The front of every order as a formula, if it is proved."""
    law = known_law(found)
    if law is None:
        return []
    return [
        "\\par The Pareto-optimal terms of every order, where $s = s_D + s_R - 1$ (of equal $s_D$"
        " and $s_R$, terms that another beats in $Q$ and $n$ are left out):",
        f"\\[{law.to_latex()}\\]",
        f"\\noindent Evidence: {escape_latex(str(law.evidence))}.\\par",
    ]


def refusal_section(found: Fronts, refusal: str) -> list[str]:
    """The second chapter of a report without regimes: why there are none, and the fronts."""
    known = f"No regimes follow from orders 0 to {len(found) - 1}: {refusal}."
    return [_HEADING, escape_latex(known), *fronts_section(found)]


def fronts_section(found: Fronts) -> list[str]:
    """The polygon of one order and a table of all Pareto-optimal terms."""
    lines = law_latex(found)
    if any(front.terms for front in found.orders):
        lines += _drawn(polygon_sketch(found, shown_order(found)), found.symbols)
    head = "$s$ & vertices of the hull & other Pareto-optimal terms of $Y_s$"
    lines += _table("@{}C{.04}L{.4}L{.48}@{}", head, fronts_rows(found.orders))
    lines += [f"\\noindent {line}\\par" for line in normal_latex(found)]
    return [*lines, f"\\noindent Evidence: {escape_latex(str(found.evidence))}.\\par"]


def location_section(here: Location) -> list[str]:
    """Where a scaling stands."""
    regime = here.regime
    listed = ", ".join(_power_of_a(name, e) for name, e in here.scaling)
    lines = ["\\section*{A scaling}", f"\\noindent {listed}, $a \\to \\infty$.", *_named(regime)]
    rows = []
    for s, terms in here.terms:
        shown = ", ".join(f"${monomial_latex(regime.symbols, term)}$" for term in terms)
        note = " (not those of this regime)" if s in here.early else ""
        rows.append(f"{s} & {shown or 'none'}{note} \\\\")
    lines += _table("@{}C{.05}L{.85}@{}", "$s$ & leading terms, coefficients left out", rows)
    rows = []
    for distance in here.distances:
        steps = " or ".join(
            f"${symbol_latex(name)}\\colon {'+' if e > 0 else ''}{_rational(e)}$"
            for name, e in distance.by_symbol
        )
        rows.append(f"${distance.boundary.to_latex()}$ & {steps} & {distance.euclidean:.3g} \\\\")
    if rows:
        head = "boundary & change of one exponent that leads there & distance"
        lines += _table("@{}L{.3}L{.42}L{.15}@{}", head, rows)
    return lines


def standing_section(at: Standing) -> list[str]:
    """Where actual sizes stand."""
    listed = ", ".join(f"${symbol_latex(name)} = {_rational(value)}$" for name, value in at.sizes)
    lines = ["\\section*{Actual sizes}", f"\\noindent {listed}.", *_named(at.regime)]
    rows = []
    for x in at.shares:
        ratio = "---" if x.ratio == float("inf") else f"{x.ratio:.3g}"
        cells = (f"{x.s}", f"{100 * x.share:.1f}\\,\\%", _term(x.largest), _term(x.rival), ratio)
        rows.append(" & ".join(cells) + " \\\\")
    head = "$s$ & share of $Y_s$ & largest term & largest other & ratio"
    lines += _table("@{}C{.05}C{.13}L{.28}L{.28}C{.12}@{}", head, rows)
    shares = ", ".join(f"{_name(n)}: {100 * share:.1f}\\,\\%" for n, share in at.dominance)
    lines.append(f"\\noindent Least share of any order, by regime: {shares}.\\par")
    if at.warning:
        lines.append(f"\\noindent\\textbf{{Warning:}} {escape_latex(at.warning)}.\\par")
    return lines


def _note(text: str) -> str:
    """A sentence of evidence, the relations at its end as mathematics."""
    words, mark, relations = text.partition("towards ")
    formulas = [f"${_relation(relation)}$" for relation in relations.split(", ") if relation]
    return escape_latex(words + mark) + ", ".join(formulas)


def _relation(text: str) -> str:
    """A relation such as ``p^8 sigma^12 ~ H`` as mathematics."""
    pieces = []
    for word in text.split():
        base, power, exponent = word.partition("^")
        shown = "\\sim" if base == "~" else base if base.isdigit() else symbol_latex(base)
        pieces.append(shown + (f"^{{{exponent.strip('()')}}}" if power else ""))
    return " ".join(pieces)


def _named(regime: Regime) -> list[str]:
    conditions = ", ".join(f"${r.to_latex()}$" for r in regime.relations) or "all sizes grow"
    clock = "none common"
    if regime.clock is not None:
        clock = f"${monomial_latex(regime.symbols, regime.clock)}$"
    return [
        f"Regime {_name(regime.name)}: {conditions}; $T = {{}}$ {clock};"
        f" {regime.learning}, {regime.parameterization}.",
        clock_rule_latex([regime.name], regime.clock_rule),
        f"Evidence: {escape_latex(str(regime.evidence))}.\\par",
    ]


def _drawn(sketch: Sketch, names: Collection[str]) -> list[str]:
    picture = sketch_tikz(sketch, names=names).strip()
    return ["\\begin{center}", f"\\wickfit{{{picture}}}", "\\end{center}"]


def _table(columns: str, head: str, rows: Iterable[str]) -> list[str]:
    """A table that may be longer than a page."""
    return [
        "\\wickroom",
        f"\\begin{{longtable}}{{{columns}}}",
        f"\\toprule {head} \\\\ \\midrule \\endhead \\bottomrule \\endfoot",
        *rows,
        "\\end{longtable}",
    ]


def _name(name: str) -> str:
    return escape_latex(name).replace("-{}", "--")


def _power_of_a(name: str, exponent: Fraction) -> str:
    power = "1" if not exponent else "a" if exponent == 1 else f"a^{{{_rational(exponent)}}}"
    return f"${symbol_latex(name)} \\sim {power}$"


def _rational(value: Fraction) -> str:
    if value.denominator == 1:
        return str(value)
    sign = "-" if value < 0 else ""
    return f"{sign}{abs(value.numerator)}/{value.denominator}"


def _term(text: str) -> str:
    """A term that was written as text, such as ``1/2*p*H**2``, as mathematics."""
    if not text:
        return "---"
    coefficient, powers = Fraction(1), {}
    for found in _FACTOR.finditer(text.removeprefix("-")):
        if found[3]:
            coefficient = Fraction(found[3])
        else:
            powers[found[1]] = Fraction(found[2] or 1)
    sign = "-" if text.startswith("-") else ""
    return f"${sign}{polynomial_latex(Polynomial.monomial(coefficient, powers))}$"
