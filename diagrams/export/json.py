"""JSON in and out: exact coefficients as text, checked when read.

Schemas (JSON Schema 2020-12) lie beside this module in ``schemas/``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diagrams.classes import DiagramClass, DiagramTable
from diagrams.cumulants import cumulant_problem, cumulant_texts
from diagrams.diagram import Diagram
from diagrams.errors import BadInput
from diagrams.evidence import Evidence, Kind
from diagrams.expansion import Series
from diagrams.export.text import exact_text
from diagrams.polynomial_data import (
    array_at,
    object_at,
    plain_value,
    polynomial_data,
    polynomial_from_data,
    rational_at,
)
from diagrams.problems.problem import Problem
from diagrams.problems.spec import load_problem
from diagrams.provenance import stamp

if TYPE_CHECKING:
    import sympy

EXPANSION_SCHEMA = "wickflow.expansion/1"
DIAGRAMS_SCHEMA = "wickflow.diagrams/1"
TEXT_LIMIT = 200_000_000
SCHEMA_FOLDER = Path(__file__).with_name("schemas")
_TERM = re.compile(r'\{\s+"coefficient": "[^"]*",\s+"powers": \{[^{}"]*("[^"]*"[^{}"]*)*\}\s+\}')


def document_at(text: object, schema: str) -> Mapping[str, Any]:
    """Return the object that a JSON text holds, if it is of a schema; raises ``BadInput``."""
    if not isinstance(text, str):
        raise BadInput("JSON", type(text).__name__, "text")
    if len(text) > TEXT_LIMIT:
        raise BadInput("JSON", f"{len(text)} characters", f"at most {TEXT_LIMIT}")
    try:
        data = json.loads(text)
    except RecursionError:
        raise BadInput("JSON", text[:40], "arrays and objects nested a few levels") from None
    except ValueError as error:
        raise BadInput("JSON", text[:40], f"well-formed JSON ({error})") from None
    document = object_at(data, "JSON")
    if document.get("schema") != schema:
        raise BadInput("schema", plain_value(document.get("schema")), schema)
    return document


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

    >>> from diagrams.expansion import expand
    >>> series = expand(load_problem("cp:order=2,ties=sym,scale=c"), terms=2)
    >>> series_from_json(series_json(series)) == series
    True
    """
    document = document_at(text, EXPANSION_SCHEMA)
    problem = problem_at(document)
    symbols = problem.symbols
    coefficients = []
    for s, item in enumerate(array_at(document.get("derivatives"), "derivatives")):
        where = f"derivatives[{s}]"
        if rational_at(object_at(item, where).get("s"), f"{where}.s") != s:
            raise BadInput(f"{where}.s", item["s"], str(s))
        coefficients.append(polynomial_from_data(item.get("terms"), f"{where}.terms", symbols))
    if not coefficients:
        raise BadInput("derivatives", "an empty array", "Y_0 at least")
    return Series(problem, tuple(coefficients), evidence_at(document.get("evidence")))


def problem_at(document: Mapping[str, Any]) -> Problem:
    """The problem that a document is about, with its observable; none is the loss."""
    data = object_at(document.get("problem"), "problem")
    spec = data.get("spec")
    if not isinstance(spec, str) or not (spec.startswith("cp:") or "\n" in spec):
        raise BadInput("problem.spec", plain_value(spec), "a preset, or the text of a problem file")
    problem = load_problem(spec)
    text = data.get("observable")
    if text is None:
        return problem
    if not isinstance(text, str):
        raise BadInput("problem.observable", plain_value(text), "the text of an observable")
    several = cumulant_texts(text)
    return problem.with_observable(text) if several is None else cumulant_problem(problem, several)


def evidence_at(data: object) -> Evidence:
    """Return the evidence of a document; raises ``BadInput``."""
    given = object_at(data, "evidence")
    kinds = [kind.value for kind in Kind]
    if given.get("kind") not in kinds:
        raise BadInput("evidence.kind", plain_value(given.get("kind")), " or ".join(kinds))
    statement = given.get("statement")
    if not isinstance(statement, str) or not statement.isprintable():
        raise BadInput("evidence.statement", plain_value(statement), "one line of text")
    checked = given.get("checked_to")
    if checked is not None and (not isinstance(checked, int) or isinstance(checked, bool)):
        raise BadInput("evidence.checked_to", plain_value(checked), "an integer, or nothing")
    return Evidence(Kind(given["kind"]), statement, checked)


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
