r"""What a notebook shows of a value: its LaTeX between dollar signs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diagrams.export.content.blocks import Monomial
from diagrams.export.latex.fragments import Fragment, Shape
from diagrams.export.latex.mathematics import mathematics
from diagrams.export.registry import formats
from diagrams.polynomials.spelling import order_letter

if TYPE_CHECKING:
    from diagrams.display import Displayed
    from diagrams.scaling.fronts.front import Fronts
    from diagrams.scaling.orders.law import OrderLaw, OrderRegime
    from diagrams.scaling.regimes.regime import Regime, Regimes

PREVIEWED = 12
"""Terms of an order that a notebook shows."""

NONE = "\\text{none}"


def value_preview(value: Displayed) -> str | None:
    """A value that is one formula, or rows of formulas; ``None`` for any other."""
    if "fragment" not in formats(type(value)):
        return None
    fragment: Fragment = value.render("fragment")
    if fragment.shape is Shape.ROWS:
        return aligned(fragment.text)
    return f"$\\displaystyle {fragment.text}$"


def named_preview(regime: Regime | OrderRegime) -> str:
    """A regime, its name before it."""
    return f"$\\displaystyle \\text{{{regime.name}}}:\\ {regime.to_latex()}$"


def regimes_preview(found: Regimes | OrderLaw) -> str:
    """All regimes, a row each."""
    rows = [f"\\text{{{r.name}}} &:\\ {r.to_latex()}" for r in found.members]
    return aligned(" \\\\\n".join(rows))


def fronts_preview(found: Fronts) -> str:
    """The terms order by order, long orders shortened."""
    rows = []
    for front in found.orders:
        shown = [mathematics(Monomial(front.symbols, term)) for term in front.terms[:PREVIEWED]]
        left = len(front.terms) - len(shown)
        shown += [f"\\ldots\\ (\\text{{{left} more}})"] * bool(left)
        rows.append(f"{order_letter(front.symbols)}={front.s} &:\\ {', '.join(shown) or NONE}")
    return aligned(" \\\\\n".join(rows))


def aligned(rows: str) -> str:
    """Rows of formulas as one formula."""
    return "$\\displaystyle\\begin{aligned}\n" + rows + "\n\\end{aligned}$"
