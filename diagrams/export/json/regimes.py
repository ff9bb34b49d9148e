"""Fronts and regimes as JSON, and fronts back from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from diagrams.errors import BadInput
from diagrams.export.content.regime_notes import caution
from diagrams.export.json.claims import Recomputed, check_exponents, recomputed_series
from diagrams.export.json.reading import document_at, evidence_at, orders_at, problem_at, same_at
from diagrams.polynomials.plain_data import array_at, exponent_at, object_at, plain_value
from diagrams.polynomials.polynomial import Polynomial, Powers
from diagrams.problems.problem import Problem
from diagrams.provenance import stamp
from diagrams.scaling.fronts.front import Front, Fronts, front_of, without_constant
from diagrams.scaling.fronts.front_theorem import known_law, proved_front_law
from diagrams.scaling.fronts.sectors import TargetCount, target_count
from diagrams.scaling.polyhedra.linear import Number, Vector
from diagrams.scaling.regimes.boundaries import Boundary, boundaries
from diagrams.scaling.regimes.dominance import Standing
from diagrams.scaling.regimes.finding import Regime, Regimes, regimes
from diagrams.scaling.regimes.location import Location
from diagrams.scaling.regimes.relations import Relation

FRONTS_SCHEMA = "wickflow.fronts/1"
REGIMES_SCHEMA = "wickflow.regimes/1"
TERMS_LIMIT = 2000
"""Terms of one front that are read: their hull takes a second."""

DERIVED = (
    *("name", "dimension", "condition", "condition_latex", "time_scale", "learning"),
    *("parameterization", "vertices", "families", "relations", "scaling", "first_order"),
)
"""What of a regime follows from the fronts alone; a clock may rest on simulations too."""


def fronts_json(found: Fronts, command: str | None = None) -> str:
    """Return fronts as JSON text."""
    return _dumps(
        {
            "schema": FRONTS_SCHEMA,
            "problem": found.problem.to_dict(),
            "symbols": list(found.symbols),
            "fronts": _fronts_data(found),
            "normal": _normal_data(found),
            "law": _law_data(found),
            "evidence": found.evidence.to_dict(),
            "provenance": stamp(found.problem.spec, command),
        }
    )


def _normal_data(found: Fronts) -> dict[str, str] | None:
    """The scaling for which all terms of every order lead together, by symbol."""
    if found.normal is None:
        return None
    return {name: str(e) for name, e in zip(found.symbols, found.normal, strict=True)}


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


def regime_json(regime: Regime, command: str | None = None) -> str:
    """Return one regime as JSON text: a part of a document, without provenance."""
    return _dumps(regime_data(regime))


def place_json(place: Location | Standing, command: str | None = None) -> str:
    """Return a place among regimes as JSON text: a part of a document, without provenance."""
    return json.dumps(place.to_dict(), indent=1) + "\n"


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


def fronts_from_json(text: str) -> Fronts:
    """Read back fronts.

    Where the front of every order is proved they are compared with it, elsewhere low orders are
    computed again; the evidence says what of it is the claim of the document.

    Raises :class:`~diagrams.errors.BadInput` for anything that :func:`fronts_json` or
    :func:`regimes_json` did not write.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.fronts.front import fronts
    >>> found = fronts(cp_problem(order=2, ties="sym"), terms=2)
    >>> fronts_from_json(fronts_json(found)) == found
    True
    """
    return _fronts_at(document_at(text, FRONTS_SCHEMA, REGIMES_SCHEMA))


def regimes_from_json(text: str) -> Regimes:
    """Read back regimes: their fronts are read, and the regimes derived from them again.

    Raises :class:`~diagrams.errors.BadInput`, also where the document has others.
    """
    document = document_at(text, REGIMES_SCHEMA)
    width = document.get("width")
    if width is not None and not isinstance(width, str):
        raise BadInput("width", plain_value(width), "a size, or nothing")
    found = regimes(_fronts_at(document), width=width)
    known = json.loads(regimes_json(found))
    listed = array_at(document.get("regimes"), "regimes")
    if len(listed) != len(found):
        raise BadInput("regimes", f"{len(listed)} regimes", f"the {len(found)} that follow")
    for place, (given, derived) in enumerate(zip(listed, known["regimes"], strict=True)):
        where = f"regimes[{place}]"
        for key in DERIVED:
            entry = object_at(given, where)
            same_at(entry, key, derived[key], "follows from the fronts", f"{where}.{key}")
    same_at(document, "boundaries", known["boundaries"], "follows from the fronts")
    return found


def _fronts_at(document: Mapping[str, Any]) -> Fronts:
    problem = problem_at(document)
    symbols = _symbols(array_at(document.get("symbols"), "symbols"), problem)
    target = target_count(problem, symbols)
    orders = tuple(
        _front(item, s, symbols, problem, target)
        for s, item in enumerate(orders_at(document, "fronts"))
    )
    field = "source_evidence" if document["schema"] == REGIMES_SCHEMA else "evidence"
    evidence = evidence_at(document.get(field), field=field)
    found = Fronts(problem, symbols, problem.sizes, orders, evidence, target)
    known = _recomputed(found)
    for s, (given, derived) in enumerate(zip(document["fronts"], _fronts_data(found), strict=True)):
        for key, value in derived.items():
            same_at(given, key, value, "follows from the terms", f"fronts[{s}].{key}")
    normal = _normal_data(found)
    if document["schema"] == FRONTS_SCHEMA:
        same_at(document, "normal", normal, "follows from the terms")
    same_at(document, "law", _law_data(found), "is proved of this problem")
    return replace(found, evidence=known.marked(evidence))


def _symbols(names: list[Any], problem: Problem) -> tuple[str, ...]:
    """The coordinates: all sizes of the problem, and scales of it, each once."""
    for name in names:
        if not isinstance(name, str) or name not in problem.symbols or names.count(name) > 1:
            known = ", ".join(problem.symbols)
            raise BadInput("symbols", plain_value(name), f"sizes and scales, each once: {known}")
    for name in problem.sizes:
        if name not in names:
            raise BadInput("symbols", f"no {name}", "all sizes of the problem among them")
    return tuple(names)


def _front(
    item: Mapping[str, Any],
    s: int,
    symbols: tuple[str, ...],
    problem: Problem,
    target: TargetCount | None,
) -> Front:
    where = f"fronts[{s}].terms"
    listed = array_at(item.get("terms"), where)
    if len(listed) > TERMS_LIMIT:
        raise BadInput(where, f"{len(listed)} terms", f"at most {TERMS_LIMIT}")
    monomials: list[tuple[Powers, Fraction]] = []
    for term in listed:
        entries = array_at(term, where)
        if len(entries) != len(symbols):
            raise BadInput(
                where, f"{len(entries)} exponents", f"one of each of {', '.join(symbols)}"
            )
        powers = {n: exponent_at(e, where) for n, e in zip(symbols, entries, strict=True)}
        monomials += Polynomial.monomial(1, powers).terms
    polynomial = Polynomial.from_terms(monomials)
    check_exponents(problem, s, polynomial, where)
    found = front_of(s, polynomial, symbols, problem.sizes, target)
    if len(found.terms) != len(listed):
        raise BadInput(where, f"{len(listed)} terms", "terms that can lead, each once")
    return found


def _recomputed(found: Fronts) -> Recomputed:
    """Hold the terms against the proved front, or low orders against coefficients."""
    problem, count = found.problem, len(found)
    series = recomputed_series(problem, count)
    exact = () if series is None else without_constant(problem, series.coefficients)
    law = proved_front_law(problem)
    if law is not None and set(law.symbols) <= set(found.symbols):
        known = [law.terms(s, found.symbols) for s in range(count)]
    else:
        known = [front_of(s, y, found.symbols, found.sizes).terms for s, y in enumerate(exact)]
    for s, terms in enumerate(known):
        if found[s].terms != terms:
            raise BadInput(f"fronts[{s}].terms", "other terms", f"those of Y_{s} of the problem")
    own = None if series is None else replace(series.evidence, checked_to=count - 1)
    if law is not None and found.evidence == law.evidence:
        own = law.evidence
    return Recomputed(len(known), count, own)


def _vector(vector: Vector) -> list[int | str]:
    return [_number(entry) for entry in vector]


def _number(entry: Number) -> int | str:
    exact = Fraction(entry)
    return int(exact) if exact.denominator == 1 else str(exact)


def _dumps(data: Mapping[str, object]) -> str:
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"
