"""JSON in and out: exact coefficients as text, checked when read.

Schemas (JSON Schema 2020-12) lie beside this module in ``schemas/``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from diagrams.errors import BadInput
from diagrams.export.json.claims import check_coefficients
from diagrams.export.json.reading import document_at, evidence_at, orders_at, problem_at
from diagrams.export.text.series import exact_text
from diagrams.graphs.diagram import Diagram
from diagrams.polynomials.plain_data import polynomial_data, polynomial_from_data
from diagrams.provenance import stamp
from diagrams.series.classes import DiagramClass, DiagramTable
from diagrams.series.expansion import Series

if TYPE_CHECKING:
    import sympy

EXPANSION_SCHEMA = "wickflow.expansion/1"
DIAGRAMS_SCHEMA = "wickflow.diagrams/1"
SCHEMA_FOLDER = Path(__file__).with_name("schemas")
_TERM = re.compile(r'\{\s+"coefficient": "[^"]*",\s+"powers": \{[^{}"]*("[^"]*"[^{}"]*)*\}\s+\}')


def json_lines(data: Mapping[str, object]) -> str:
    """Return data as JSON text, indented, every term of a polynomial on one line."""
    text = json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    return _TERM.sub(lambda term: re.sub(r"\s+", " ", term[0]), text)


def series_json(
    series: Series, command: str | None = None, values: Sequence[sympy.Expr] = ()
) -> str:
    """Return a series as JSON text, with the values of its coefficients where they are given."""
    numbers = {"values": [exact_text(value) for value in values]} if values else {}
    return json_lines(
        {
            "schema": EXPANSION_SCHEMA,
            "problem": series.problem.to_dict(),
            "convention": f"Y_s = T^s d^s {series.problem.expected}/dt^s at t = 0",
            "derivatives": [
                {"s": s, "terms": polynomial_data(polynomial, series.problem.sizes)}
                for s, polynomial in enumerate(series.coefficients)
            ],
            **numbers,
            "evidence": series.evidence.to_dict(),
            "provenance": stamp(series.problem.spec, command),
        }
    )


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
    document = document_at(text, EXPANSION_SCHEMA)
    problem = problem_at(document)
    symbols = problem.symbols
    coefficients = tuple(
        polynomial_from_data(item.get("terms"), f"derivatives[{s}].terms", symbols)
        for s, item in enumerate(orders_at(document, "derivatives"))
    )
    known = check_coefficients(problem, coefficients, "derivatives")
    evidence = evidence_at(document.get("evidence"), len(coefficients) - 1)
    return Series(problem, coefficients, known.marked(evidence))


def schema_text(name: str) -> str:
    """Return the JSON Schema (2020-12) of an output, such as ``expansion`` or ``regimes``.

    >>> json.loads(schema_text("expansion"))["properties"]["schema"]
    {'const': 'wickflow.expansion/1'}
    """
    places = {path.name.rsplit("-", 1)[0]: path for path in SCHEMA_FOLDER.glob("*-*.json")}
    if name not in places:
        raise BadInput("schema", name, " or ".join(sorted(places)))
    return places[name].read_text(encoding="utf-8")


def table_json(table: DiagramTable, command: str | None = None) -> str:
    """Return a table of diagram classes as JSON text."""
    return json_lines(
        {
            "schema": DIAGRAMS_SCHEMA,
            "problem": table.problem.to_dict(),
            "orders": [
                {"s": s, "classes": [_class_data(entry, table.problem.sizes) for entry in classes]}
                for s, classes in enumerate(table.orders)
            ],
            "provenance": stamp(table.problem.spec, command),
        }
    )


def _class_data(entry: DiagramClass, sizes: Collection[str]) -> dict[str, object]:
    return {
        "diagram": diagram_data(entry.diagram),
        "coefficient": polynomial_data(entry.coefficient, sizes),
        "symmetry_factor": entry.symmetry_factor,
        "contractions": entry.contractions,
        "average": polynomial_data(entry.average, sizes),
        "leading": polynomial_data(entry.leading, sizes),
    }


def diagram_data(diagram: Diagram) -> dict[str, object]:
    """Return a diagram as plain data: node families, edges with tensor names, legs, formula."""
    return {
        "nodes": [family.name for family in diagram.nodes],
        "edges": [
            {"tensor": edge.tensor.name, "nodes": list(edge.nodes), "copies": copies}
            for edge, copies in diagram.multiplicities().items()
        ],
        "legs": list(diagram.legs),
        "formula": str(diagram),
    }
