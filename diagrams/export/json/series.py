"""Expansions and tables of diagrams as JSON, and expansions back from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import UNSET

from diagrams.export.json.claims import check_coefficients
from diagrams.export.json.codec import document, json_lines, read, written
from diagrams.export.json.documents.series import Derivative, DiagramOrder, Diagrams, Expansion
from diagrams.export.json.reading import averages_of, evidence_of, orders, polynomial_of, problem_of
from diagrams.export.text.series import exact_text
from diagrams.polynomials.average_symbols import averages_data
from diagrams.problems.friction import read_friction
from diagrams.series.classes import DiagramTable
from diagrams.series.expansion import Series

if TYPE_CHECKING:
    import sympy


def series_json(
    series: Series, command: str | None = None, values: Sequence[sympy.Expr] = ()
) -> str:
    """Return a series as JSON text, with the values of its coefficients where they are given."""
    return json_lines(series_data(series, command, values))


def series_data(
    series: Series, command: str | None = None, values: Sequence[sympy.Expr] = ()
) -> dict[str, object]:
    """The same as plain data."""
    content = {
        "convention": f"Y_s = T^s d^s {series.problem.expected}/dt^s at t = 0{series.told}",
        **({"friction": str(series.friction)} if series.friction else {}),
        "derivatives": written(
            enumerate(series.coefficients), list[Derivative], series.problem.sizes
        ),
        **averages_data(series.coefficients),
        **({"values": [exact_text(value) for value in values]} if values else {}),
        "evidence": series.evidence.to_dict(),
    }
    return document(Expansion, content, series.problem, command)


def series_from_json(text: str) -> Series:
    """Read back a series; raises :class:`~diagrams.errors.BadInput` for anything else.

    Low orders are computed again; the evidence says how many, and that the document claims the
    others.

    >>> from diagrams.series.expansion import expand
    >>> from diagrams.problems.spec import load_problem
    >>> series = expand(load_problem("cp:order=2,ties=sym,scale=c"), terms=2)
    >>> series_from_json(series_json(series)) == series
    True
    """
    found = read(text, Expansion)
    problem = problem_of(found.problem)
    names, table = problem.coefficient_symbols, averages_of(found.averages, problem)
    friction = None
    if found.friction is not UNSET:
        friction = read_friction(found.friction, names)
        names = (*names, *friction.strength.symbols)
    coefficients = tuple(
        polynomial_of(order.terms, f"derivatives[{s}].terms", names, table)
        for s, order in enumerate(orders(found.derivatives, "derivatives"))
    )
    known = check_coefficients(problem, coefficients, "derivatives", friction)
    evidence = evidence_of(found.evidence, len(coefficients) - 1)
    return Series(problem, coefficients, known.marked(evidence), friction=friction)


def table_json(table: DiagramTable, command: str | None = None) -> str:
    """Return a table of diagram classes as JSON text."""
    return json_lines(table_data(table, command))


def table_data(table: DiagramTable, command: str | None = None) -> dict[str, object]:
    """The same as plain data."""
    listed = written(enumerate(table.orders), list[DiagramOrder], table.problem.sizes)
    return document(Diagrams, {"orders": listed}, table.problem, command)
