r"""Fronts, regimes and places among them as fragments of LaTeX."""

from __future__ import annotations

import re

from diagrams.export.latex.fragments import Fragment, Shape
from diagrams.export.latex.regime_tables import (
    clock_latex,
    front_table,
    fronts_table,
    regimes_table,
)
from diagrams.export.latex.regimes import (
    fronts_document,
    location_section,
    regimes_document,
    standing_section,
)
from diagrams.polynomials.spelling import escape_latex, symbol_latex
from diagrams.scaling.fronts.front import Front, Fronts
from diagrams.scaling.fronts.front_law import FrontLaw
from diagrams.scaling.regimes.boundaries import Boundary
from diagrams.scaling.regimes.dominance import Standing
from diagrams.scaling.regimes.location import Location
from diagrams.scaling.regimes.parameterisation import Parameterisation
from diagrams.scaling.regimes.regime import Regime, Regimes


def front_fragment(front: Front) -> Fragment:
    """The terms of one order, as a table."""
    title = f"Pareto-optimal terms of order {front.s}"
    return Fragment(front_table(front), Shape.TEXT, front.symbols, title=title)


def fronts_fragment(found: Fronts) -> Fragment:
    """The terms of every order, as a table."""
    return Fragment(
        fronts_table(found),
        Shape.TEXT,
        found.symbols,
        document=lambda symbols: fronts_document(found, symbols=symbols),
    )


def front_law_fragment(law: FrontLaw) -> Fragment:
    """What Q, n, s_D and s_R are, and the pieces."""
    decays = () if law.decay is None else tuple(name for name, _ in law.decay)
    text = _law_formula(law)
    return Fragment(
        text,
        Shape.FORMULA,
        (law.power, law.rows, *(name for name, _ in law.scales), *decays),
        display=f"\\begin{{center}}\\wickfit{{$\\displaystyle {text}$}}\\end{{center}}",
        title="The Pareto-optimal terms of every order",
        evidence=str(law.evidence),
    )


def _law_formula(law: FrontLaw) -> str:
    powers = " ".join(f"{name}^{{{form.to_latex()}}}" for name, form in law.scales)
    head = f"{law.power}^{{Q}} {law.rows}^{{n}} {powers}"
    if law.decay is not None:
        brought = " ".join(f"{name}^{{{e}}}" for name, e in law.decay) or "1"
        head += f" ({brought})^{{s + 1 - s_D - s_R}}"
    head = re.sub(r"(?<!\\)\b(sigma|lambda)\b", r"\\\1", head)
    rows = " \\\\\n".join(piece.to_latex() for piece in law.pieces)
    return f"\\begin{{aligned}}\n&{head} \\\\\n{rows.replace('Q =', 'Q &=')}\n\\end{{aligned}}"


def regime_fragment(regime: Regime) -> Fragment:
    """Conditions and time scale."""
    return Fragment(
        f"{regime.condition_latex},\\quad T = {clock_latex(regime)}",
        Shape.FORMULA,
        regime.symbols,
        title=f"Regime {regime.name}",
        evidence=str(regime.evidence),
    )


def regimes_fragment(found: Regimes) -> Fragment:
    """The regimes as a table."""
    return Fragment(
        regimes_table(found),
        Shape.TEXT,
        found.symbols,
        brief=f"\\par\\noindent\n{regimes_table(found, brief=True)}\n\\par",
        document=lambda symbols: regimes_document(found, symbols=symbols),
    )


def boundary_fragment(found: Boundary) -> Fragment:
    """The scaling relation."""
    return Fragment(
        found.relation.to_latex(),
        Shape.FORMULA,
        found.relation.symbols,
        title=f"The boundary of {' and '.join(found.between)}",
        evidence=str(found.evidence),
    )


def standing_fragment(at: Standing) -> Fragment:
    """Sizes, and the regime that they are in."""
    given = ",\\ ".join(f"{symbol_latex(name)} = {value}" for name, value in at.sizes)
    warning = "\\ \\text{(sizes too small)}" if at.warning else ""
    head = f"{given}:\\quad \\text{{{at.regime.name}}}{warning}"
    return Fragment(
        f"{head},\\ {at.regime.to_latex()}",
        Shape.FORMULA,
        tuple(name for name, _ in at.sizes),
        title="Actual sizes",
        evidence=str(at.regime.evidence),
        section=lambda: standing_section(at),
    )


def location_fragment(here: Location) -> Fragment:
    """A scaling, and the regime that it is in."""
    given = ",\\ ".join(
        f"\\log_{{{symbol_latex(here.scaling[0][0])}}} {symbol_latex(name)} = {e}"
        for name, e in here.scaling[1:]
    )
    head = f"{given}:\\quad \\text{{{here.regime.name}}}"
    return Fragment(
        f"{head},\\ {here.regime.to_latex()}",
        Shape.FORMULA,
        tuple(name for name, _ in here.scaling),
        title="A scaling",
        evidence=str(here.regime.evidence),
        section=lambda: location_section(here),
    )


def parameterisation_fragment(found: Parameterisation) -> Fragment:
    """Equations and inequalities of the exponents, or the demands that contradict each other."""
    exponents = [rf"\alpha_{{{symbol_latex(name)}}}" for name in found.unknown]
    rows = [rf"\text{{{found.kind}}}"]
    rows += [rf"\text{{{escape_latex(str(demand))}}}" for demand in found.contradiction]
    for number, piece in enumerate(found.pieces):
        if len(found.pieces) > 1:
            rows.append(r"\text{or}" if number else r"\text{either}")
        rows += found.described(piece, exponents) or [r"\text{any exponents}"]
    written = [row.replace("<=", r"\le").replace(">=", r"\ge") for row in rows]
    said = [*found.asked(), *map(str, found.contradiction), str(found.evidence)]
    return Fragment(
        " \\\\\n".join(f"& {row}" for row in written),
        Shape.ROWS,
        tuple(dict.fromkeys((*found.unknown, *(name for name, _ in found.regime)))),
        title="Exponents of " + ", ".join(found.unknown),
        evidence="; ".join(said),
        spec=found.problem.spec,
    )
