r"""What a notebook shows of a value: its LaTeX between dollar signs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from diagrams.display import Displayed
    from diagrams.scaling.orders.law import OrderLaw, OrderRegime
    from diagrams.scaling.regimes.regime import Regime


def formula_preview(value: Displayed) -> str:
    """A value that is one formula."""
    return f"$\\displaystyle {value.to_latex()}$"


def rows_preview(value: Displayed) -> str:
    """A value that is rows of formulas."""
    return aligned(value.to_latex())


def named_preview(regime: Regime | OrderRegime) -> str:
    """A regime, its name before it."""
    return f"$\\displaystyle \\text{{{regime.name}}}:\\ {regime.to_latex()}$"


def law_preview(law: OrderLaw) -> str:
    """The regimes of a law, a row each."""
    rows = [f"\\text{{{r.name}}} &:\\ {r.to_latex()}" for r in law.members]
    return aligned(" \\\\\n".join(rows))


def aligned(rows: str) -> str:
    """Rows of formulas as one formula."""
    return "$\\displaystyle\\begin{aligned}\n" + rows + "\n\\end{aligned}$"
