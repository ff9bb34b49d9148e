r"""Laws of fronts, regimes and boundaries as fragments of LaTeX."""

from __future__ import annotations

from dataclasses import replace

from diagrams.export.content.blocks import Monomial
from diagrams.export.latex.formulas import polynomial_latex
from diagrams.export.latex.fragments import Fragment, Shape
from diagrams.export.latex.mathematics import law_latex, mathematics
from diagrams.polynomials.spelling import escape_latex, symbol_latex
from diagrams.scaling.fronts.front_law import FrontLaw
from diagrams.scaling.orders.law import OrderRegime
from diagrams.scaling.orders.relation import ORDER
from diagrams.scaling.regimes.boundaries import Boundary
from diagrams.scaling.regimes.parameterisation import Demand, Parameterisation
from diagrams.scaling.regimes.regime import Regime


def front_law_fragment(law: FrontLaw) -> Fragment:
    """What Q, n, s_D and s_R are, and the pieces."""
    decays = () if law.decay is None else tuple(name for name, _ in law.decay)
    text = law_latex(law)
    return Fragment(
        text,
        Shape.FORMULA,
        (law.power, law.rows, *(name for name, _ in law.scales), *decays),
        display=f"\\begin{{center}}\\wickfit{{$\\displaystyle {text}$}}\\end{{center}}",
        title="The Pareto-optimal terms of every order",
        evidence=law.evidence,
    )


def regime_fragment(regime: Regime) -> Fragment:
    """Conditions and time scale."""
    return Fragment(
        f"{regime.condition_latex},\\quad T = {clock_latex(regime)}",
        Shape.FORMULA,
        regime.symbols,
        title=f"Regime {regime.name}",
        evidence=regime.evidence,
    )


def boundary_fragment(found: Boundary) -> Fragment:
    """The scaling relation."""
    return Fragment(
        found.relation.to_latex(),
        Shape.FORMULA,
        found.relation.symbols,
        title=f"The boundary of {' and '.join(found.between)}",
        evidence=found.evidence,
    )


def parameterisation_fragment(found: Parameterisation) -> Fragment:
    """Equations and inequalities of the exponents, or the demands that contradict each other."""
    exponents = [rf"\alpha_{{{symbol_latex(name)}}}" for name in found.unknown]
    rows = [rf"\text{{{found.kind}}}"]
    rows += [_demand_latex(demand, found.large) for demand in found.contradiction]
    for number, piece in enumerate(found.pieces):
        if len(found.pieces) > 1:
            rows.append(r"\text{or}" if number else r"\text{either}")
        rows += found.described(piece, exponents) or [r"\text{any exponents}"]
    written = [row.replace("<=", r"\le").replace(">=", r"\ge") for row in rows]
    said = [
        *found.asked(),
        *(d.said(found.large) for d in found.contradiction),
        found.evidence.statement,
    ]
    return Fragment(
        " \\\\\n".join(f"& {row}" for row in written),
        Shape.ROWS,
        tuple(dict.fromkeys((*found.unknown, *(name for name, _ in found.regime)))),
        title="Exponents of " + ", ".join(found.unknown),
        evidence=replace(found.evidence, statement="; ".join(said)),
        spec=found.problem.spec,
    )


def _demand_latex(demand: Demand, large: str) -> str:
    """A demand, its terms as mathematics."""
    terms = r"\text{ or }".join(map(polynomial_latex, demand.terms))
    said = "is at most of order" if demand.stays else "reaches order"
    order = mathematics(Monomial((large,), (demand.order,))) if demand.order else "1"
    return rf"{terms}\text{{ in {escape_latex(demand.observable)} {said} }}{order}"


def order_regime_fragment(regime: OrderRegime) -> Fragment:
    """Conditions and time scale, for every order."""
    return Fragment(
        f"{regime.condition_latex},\\quad T = {regime.clock_latex}",
        Shape.FORMULA,
        (*regime.symbols, ORDER),
        title=f"Regime {regime.name}",
    )


def clock_latex(regime: Regime) -> str:
    """The natural time scale of a regime as mathematics."""
    if regime.clock is None:
        return "\\text{none common}"
    return mathematics(Monomial(regime.symbols, regime.clock))
