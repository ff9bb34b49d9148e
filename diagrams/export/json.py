"""JSON in and out: exact coefficients as text, checked when read.

Schemas (JSON Schema 2020-12) lie beside this module in ``schemas/``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from diagrams.classes import DiagramClass, DiagramTable
from diagrams.diagram import Diagram
from diagrams.errors import BadInput
from diagrams.evidence import Evidence, Kind
from diagrams.expansion import Series
from diagrams.polynomial import Polynomial, Powers, check_symbol, printing_order, symbol_order
from diagrams.problems.spec import load_problem
from diagrams.provenance import stamp

EXPANSION_SCHEMA = "wickflow.expansion/1"
DIAGRAMS_SCHEMA = "wickflow.diagrams/1"
TEXT_LIMIT = 200_000_000
_RATIONAL = re.compile(r"-?[0-9]{1,4000}(/[1-9][0-9]{0,3999})?\Z")


def polynomial_data(polynomial: Polynomial) -> list[dict[str, object]]:
    """Return a polynomial as plain data: a list of coefficients and powers.

    >>> polynomial_data(Polynomial.monomial(Fraction(1, 2), {"p": 2, "N": Fraction(-1, 2)}))
    [{'coefficient': '1/2', 'powers': {'p': 2, 'N': '-1/2'}}]
    """
    return [
        {
            "coefficient": str(coefficient),
            "powers": {
                name: int(e) if e.denominator == 1 else str(e)
                for name, e in sorted(powers, key=lambda item: symbol_order(item[0]))
            },
        }
        for powers, coefficient in printing_order(polynomial)
    ]


def polynomial_from_data(data: object, field: str) -> Polynomial:
    """Read back what :func:`polynomial_data` wrote; ``BadInput`` names what does not fit."""
    terms: list[tuple[Powers, Fraction]] = []
    for place, term in enumerate(_list(data, field)):
        where = f"{field}[{place}]"
        powers = _mapping(_mapping(term, where).get("powers"), f"{where}.powers")
        exact = {
            check_symbol(name, f"{where}.powers"): _rational(e, f"{where}.powers.{name}")
            for name, e in powers.items()
        }
        coefficient = _rational(term.get("coefficient"), f"{where}.coefficient")
        terms += Polynomial.monomial(coefficient, exact).terms
    return Polynomial.from_terms(terms)


def _rational(value: object, field: str) -> Fraction:
    if isinstance(value, int) and not isinstance(value, bool):
        return Fraction(value)
    if isinstance(value, str) and _RATIONAL.match(value):
        return Fraction(value)
    raise BadInput(field, value, "an integer, or a text such as '3' or '-1/2'")


def _mapping(value: object, field: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise BadInput(field, value, "an object")
    return value


def _list(value: object, field: str) -> list[Any]:
    if not isinstance(value, list):
        raise BadInput(field, value, "an array")
    return value


def _document(text: str, schema: str) -> Mapping[str, Any]:
    if len(text) > TEXT_LIMIT:
        raise BadInput("JSON", f"{len(text)} characters", f"at most {TEXT_LIMIT}")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput("JSON", text[:40], f"well-formed JSON ({error})") from None
    document = _mapping(data, "JSON")
    if document.get("schema") != schema:
        raise BadInput("schema", document.get("schema"), schema)
    return document


def _dumps(data: Mapping[str, object]) -> str:
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def series_json(series: Series, command: str | None = None) -> str:
    """Return a series as JSON text."""
    return _dumps(
        {
            "schema": EXPANSION_SCHEMA,
            "problem": series.problem.to_dict(),
            "convention": "Y_s = T^s d^s E[L]/dt^s at t = 0",
            "derivatives": [
                {"s": s, "terms": polynomial_data(polynomial)}
                for s, polynomial in enumerate(series.coefficients)
            ],
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
    document = _document(text, EXPANSION_SCHEMA)
    spec = _mapping(document.get("problem"), "problem").get("spec")
    if not isinstance(spec, str) or not (spec.startswith("cp:") or "\n" in spec):
        raise BadInput("problem.spec", spec, "a preset, or the text of a problem file")
    problem = load_problem(spec)
    coefficients = []
    for s, item in enumerate(_list(document.get("derivatives"), "derivatives")):
        where = f"derivatives[{s}]"
        if _mapping(item, where).get("s") != s:
            raise BadInput(f"{where}.s", item.get("s"), str(s))
        coefficients.append(polynomial_from_data(item.get("terms"), f"{where}.terms"))
    return Series(problem, tuple(coefficients), _evidence(document.get("evidence")))


def _evidence(data: object) -> Evidence:
    try:
        return Evidence.from_dict(_mapping(data, "evidence"))
    except (KeyError, ValueError) as error:
        if isinstance(error, BadInput):
            raise
        kinds = ", ".join(kind.value for kind in Kind)
        raise BadInput("evidence", data, f"kind ({kinds}), statement, checked_to") from None


def table_json(table: DiagramTable, command: str | None = None) -> str:
    """Return a table of diagram classes as JSON text."""
    return _dumps(
        {
            "schema": DIAGRAMS_SCHEMA,
            "problem": table.problem.to_dict(),
            "orders": [
                {"s": s, "classes": [_class_data(entry) for entry in classes]}
                for s, classes in enumerate(table.orders)
            ],
            "provenance": stamp(table.problem.spec, command),
        }
    )


def _class_data(entry: DiagramClass) -> dict[str, object]:
    return {
        "diagram": diagram_data(entry.diagram),
        "coefficient": polynomial_data(entry.coefficient),
        "symmetry_factor": entry.symmetry_factor,
        "contractions": entry.contractions,
        "average": polynomial_data(entry.average),
        "leading": polynomial_data(entry.leading),
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
