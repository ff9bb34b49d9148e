"""Fronts and regimes as JSON, and fronts back from it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from diagrams.errors import BadInput
from diagrams.evidence import Evidence
from diagrams.export.phase_text import caution
from diagrams.problems.spec import load_problem
from diagrams.provenance import stamp
from diagrams.scaling.boundaries import Boundary, boundaries
from diagrams.scaling.dominance import Standing
from diagrams.scaling.front import Front, Fronts
from diagrams.scaling.front_theorem import known_law
from diagrams.scaling.linear import Number, Vector
from diagrams.scaling.location import Location
from diagrams.scaling.order_law import OrderLaw
from diagrams.scaling.regimes import Regime, Regimes, regimes
from diagrams.scaling.relations import Relation
from diagrams.scaling.sectors import target_count

FRONTS_SCHEMA = "wickflow.fronts/1"
REGIMES_SCHEMA = "wickflow.regimes/1"
_RATIONAL = re.compile(r"-?[0-9]{1,400}(/[1-9][0-9]{0,399})?\Z")


def fronts_json(found: Fronts, command: str | None = None) -> str:
    """Return fronts as JSON text."""
    normal = found.normal
    named = zip(found.symbols, normal, strict=True) if normal is not None else ()
    return _dumps(
        {
            "schema": FRONTS_SCHEMA,
            "problem": found.problem.to_dict(),
            "symbols": list(found.symbols),
            "fronts": _fronts_data(found),
            "normal": {name: str(e) for name, e in named} if normal is not None else None,
            "law": _law_data(found),
            "evidence": found.evidence.to_dict(),
            "provenance": stamp(found.problem.spec, command),
        }
    )


def _law_data(found: Fronts) -> dict[str, object] | None:
    """The formula of the front at every order, where it is proved."""
    law = known_law(found)
    return None if law is None else law.to_dict()


def _fronts_data(found: Fronts) -> list[dict[str, object]]:
    return [
        {
            "s": front.s,
            "terms": [_vector(term) for term in front.terms],
            "vertices": [_vector(vertex) for vertex in front.vertices],
            "leading_vertices": [_vector(vertex) for vertex in front.leading_vertices],
            "target_couplings": None
            if front.couplings is None
            else [_number(count) for count in front.couplings],
        }
        for front in found.orders
    ]


def regime_data(regime: Regime) -> dict[str, object]:
    """Return one regime as plain data."""
    return {
        "name": regime.name,
        "dimension": regime.dimension,
        "condition": regime.condition,
        "condition_latex": regime.condition_latex,
        "time_scale": regime.time_scale,
        "clock": regime.clock_rule.to_dict(),
        "learning": regime.learning,
        "parameterization": regime.parameterization,
        "vertices": list(regime.corners),
        "families": [[str(line) for line in group] for group in regime.lines],
        "relations": [_relation_data(found) for found in regime.relations],
        "scaling": dict(zip(regime.symbols, regime.direction, strict=True)),
        "first_order": regime.first,
        "evidence": regime.evidence.to_dict(),
    }


def _relation_data(found: Relation) -> dict[str, object]:
    pairs = zip(found.symbols, found.fixed, found.moving, strict=True)
    return {
        "limit": found.limit.name.lower(),
        "exponents": {name: [a, b] for name, a, b in pairs if a or b},
    }


def regime_json(regime: Regime) -> str:
    """Return one regime as JSON text."""
    return _dumps(regime_data(regime))


def regimes_json(
    found: Regimes,
    command: str | None = None,
    location: Location | None = None,
    standing: Standing | None = None,
) -> str:
    """Return regimes as JSON text, with the fronts they were derived from.

    A ``location`` (of a scaling) or a ``standing`` (of actual sizes) is added where given.
    """
    data: dict[str, object] = {
        "schema": REGIMES_SCHEMA,
        "problem": found.problem.to_dict(),
        "symbols": list(found.symbols),
        "width": found.width,
        "regimes": [regime_data(regime) for regime in found],
        "boundaries": [_boundary_data(boundary) for boundary in boundaries(found)],
    }
    if location is not None:
        data["location"] = location.to_dict()
    if standing is not None:
        data["standing"] = standing.to_dict()
    data |= {
        "fronts": _fronts_data(found.fronts),
        "law": _law_data(found.fronts),
        "evidence": found.evidence.to_dict(),
        "caution": caution(found),
        "source_evidence": found.fronts.evidence.to_dict(),
        "provenance": stamp(found.problem.spec, command),
    }
    return _dumps(data)


def _boundary_data(found: Boundary) -> dict[str, object]:
    return {
        "between": list(found.between),
        "regime": found.edge,
        "boundary": str(found.relation),
        "boundary_latex": found.to_latex(),
        "sympy": str(found.to_sympy()),
    }


def order_law_json(found: OrderLaw, spec: str, command: str | None = None) -> str:
    """Return a law for symbolic nu as JSON text of the schema ``wickflow.regimes/1``."""
    data = json.loads(found.to_json(command))
    problem = {"title": found.title, "spec": spec, "orders": list(found.orders)}
    data |= {"schema": REGIMES_SCHEMA, "problem": problem, "provenance": stamp(spec, command)}
    return _dumps(data)


def fronts_from_json(text: str) -> Fronts:
    """Read back fronts.

    Raises :class:`~diagrams.errors.BadInput` for anything that :func:`fronts_json` or
    :func:`regimes_json` did not write.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.front import fronts
    >>> found = fronts(cp_problem(order=2, ties="sym"), terms=2)
    >>> fronts_from_json(fronts_json(found)) == found
    True
    """
    data = _document(text, (FRONTS_SCHEMA, REGIMES_SCHEMA))
    try:
        problem = load_problem(str(data["problem"]["spec"]))
        symbols = tuple(str(name) for name in data["symbols"])
        if not set(problem.sizes) <= set(symbols):
            raise BadInput("symbols", list(symbols), "all sizes of the problem among them")
        target = target_count(problem, symbols)
        orders = []
        for s, item in enumerate(data["fronts"]):
            terms = tuple(sorted(tuple(_exact(x) for x in term) for term in item["terms"]))
            if item["s"] != s or any(len(term) != len(symbols) for term in terms):
                raise BadInput(f"fronts[{s}]", str(item)[:40], "the orders 0, 1, .. of one problem")
            couplings = None if target is None else tuple(target.at(s, term) for term in terms)
            orders.append(Front(s, symbols, problem.sizes, terms, couplings))
        evidence = data.get("source_evidence", data["evidence"])
        return Fronts(
            problem, symbols, problem.sizes, tuple(orders), Evidence.from_dict(evidence), target
        )
    except BadInput:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadInput("JSON", text[:40], f"what wickflow wrote ({error!r})") from None


def regimes_from_json(text: str) -> Regimes:
    """Read back regimes: their fronts are read, and the regimes derived from them again."""
    data = _document(text, (REGIMES_SCHEMA,))
    return regimes(fronts_from_json(text), width=data.get("width"))


def _document(text: object, schemas: tuple[str, ...]) -> Mapping[str, Any]:
    try:
        data = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError) as error:
        raise BadInput("JSON", str(text)[:40], f"well-formed JSON ({error})") from None
    if not isinstance(data, dict) or data.get("schema") not in schemas:
        raise BadInput("schema", str(text)[:40], " or ".join(schemas))
    return data


def _vector(vector: Vector) -> list[int | str]:
    return [_number(entry) for entry in vector]


def _number(entry: Number) -> int | str:
    exact = Fraction(entry)
    return int(exact) if exact.denominator == 1 else str(exact)


def _exact(entry: object) -> Number:
    if isinstance(entry, int) and not isinstance(entry, bool):
        return entry
    if isinstance(entry, str) and _RATIONAL.match(entry):
        found = Fraction(entry)
        return int(found) if found.denominator == 1 else found
    raise BadInput("exponent", entry, "an integer, or a text such as '1/2'")


def _dumps(data: Mapping[str, object]) -> str:
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"
