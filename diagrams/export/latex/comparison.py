r"""Comparisons as LaTeX: a table for a paper, and a document that compiles as it is."""

from __future__ import annotations

from collections.abc import Mapping

from diagrams.checking.comparison import Comparison, OrderComparison
from diagrams.checking.wording import TERMS_SHOWN, levels_text
from diagrams.export.latex.documents import document
from diagrams.export.latex.formulas import polynomial_latex
from diagrams.export.latex.prose import prose_latex
from diagrams.polynomials.polynomial import Polynomial, printing_order
from diagrams.polynomials.spelling import escape_latex
from diagrams.provenance import stamp, stamp_line

WIDTHS = "@{}lL{.12}L{.38}L{.34}@{}"
PLAIN_WIDTHS = r"@{}lp{.12\linewidth}p{.36\linewidth}p{.32\linewidth}@{}"


def comparison_latex(found: Comparison, widths: str = PLAIN_WIDTHS) -> str:
    """Return the verdicts as a table (booktabs) and the summary below it."""
    lines = [
        f"\\begin{{tabular}}{{{widths}}}",
        "\\toprule $s$ & verdict & prediction minus exact & level, or largest deviation \\\\"
        " \\midrule",
    ]
    for order in found.orders:
        lines.append(" & ".join(_cells(found, order)) + " \\\\")
    lines += ["\\bottomrule", "\\end{tabular}", "\\par\\medskip\\noindent"]
    said = [f"{_capital(sentence)}." for sentence in (found.headline, *found.summary)]
    said += [f"Hint: {hint}." for hint in found.hints]
    names = (*found.problem.symbols, "t", "T")
    sentences = [prose_latex(sentence, names) for sentence in said]
    return "\n".join([*lines, "{\\raggedright", *sentences, "\\par}"])


def _cells(found: Comparison, order: OrderComparison) -> tuple[str, str, str, str]:
    sizes = found.problem.sizes
    difference = "---"
    if order.difference is not None:
        difference = f"${_shortened(order.difference, sizes)}$"
    detail = levels_text(order.departures(sizes)) or order.note
    if not detail and order.measured:
        worst = max(order.measured, key=lambda m: abs(m.uncertainty))
        detail = f"within {worst.uncertainty:.2g} of {worst.exact:.6g}"
    return str(order.s), order.verdict.value, difference, escape_latex(detail)


def _shortened(polynomial: Polynomial, sizes: tuple[str, ...]) -> str:
    ordered = printing_order(polynomial, sizes)
    text = polynomial_latex(Polynomial.from_terms(ordered[:TERMS_SHOWN]))
    left = len(ordered) - TERMS_SHOWN
    return text + (f" + \\cdots\\ (\\text{{{left} more}})" if left > 0 else "")


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def comparison_document(
    found: Comparison, command: str | None = None, symbols: Mapping[str, str] | None = None
) -> str:
    """Return a document with the comparison."""
    body = [
        f"\\noindent Prediction: {prose_latex(f'{found.source}, {found.description}')}.",
        "\\par\\medskip\\noindent",
        comparison_latex(found, WIDTHS),
        f"\\par\\medskip\\noindent Evidence: {escape_latex(str(found.evidence))}.",
    ]
    title = f"A prediction checked: {found.problem.title}"
    footer = stamp_line(stamp(found.problem.spec, command))
    return document(title, body, footer, found.problem, symbols)
