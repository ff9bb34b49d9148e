r"""Regimes for every order of a model as fragments of LaTeX."""

from __future__ import annotations

from diagrams.export.latex.fragments import Fragment, Shape
from diagrams.export.latex.prose import prose_latex
from diagrams.export.latex.regime_tables import REGIME_COLUMNS
from diagrams.export.latex.regimes import law_names, order_law_document
from diagrams.scaling.orders.law import OrderLaw, OrderRegime
from diagrams.scaling.orders.relation import ORDER, powers_product


def order_regime_fragment(regime: OrderRegime) -> Fragment:
    """Conditions and time scale."""
    clock = "\\text{none common}"
    if regime.clock is not None:
        clock = powers_product(regime.clock_powers(), "latex") or "1"
    return Fragment(
        f"{regime.condition_latex},\\quad T = {clock}",
        Shape.FORMULA,
        (*regime.symbols, "nu"),
        title=f"Regime {regime.name}",
    )


def order_law_fragment(law: OrderLaw) -> Fragment:
    """The law as a table (booktabs)."""
    return Fragment(
        _table(law),
        Shape.TEXT,
        law_names(law),
        document=lambda symbols: order_law_document(law, law.title, symbols=symbols),
    )


def _table(law: OrderLaw) -> str:
    names = [", ".join(names).replace("-", "--") for names, _ in law.clock_rules]
    said = [prose_latex(words, ("T", ORDER)) for _, words in law.clock_rules]
    clocks = " ".join(f"{n}: {words}." for n, words in zip(names, said, strict=True))
    rows = [
        f"{r.name.replace('-', '--')} & ${r.condition_latex}$ &"
        f" ${powers_product(r.clock_powers(), 'latex') or '1'}$ &"
        f" {r.learning} & {r.parameterization} \\\\"
        for r in law.members
    ]
    return "\n".join(
        [
            f"\\begin{{tabular}}{{{REGIME_COLUMNS}}}",
            "\\toprule",
            "regime & conditions & $T$ & learning & parameterisation \\\\",
            "\\midrule",
            *rows,
            "\\bottomrule",
            "\\end{tabular}",
            f"\\par\\smallskip\\noindent{{\\footnotesize {clocks} {law.evidence}\\par}}",
        ]
    )
