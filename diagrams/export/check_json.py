"""Comparisons as JSON (``wickflow.check/1``), and back."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from diagrams.checking.comparison import Comparison, Measurement, OrderComparison, Verdict
from diagrams.cumulants import cumulant_problem, cumulant_texts
from diagrams.errors import BadInput
from diagrams.evidence import Evidence, Kind
from diagrams.polynomial import Polynomial
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

SCHEMA = "wickflow.check/1"
SOURCES = ("expression", "function", "table")
TEXT_LIMIT = 200_000_000
_TERM = re.compile(r'\{\s+"coefficient": "[^"]*",\s+"powers": \{[^{}"]*("[^"]*"[^{}"]*)*\}\s+\}')


def comparison_json(found: Comparison, command: str | None = None) -> str:
    """Return a comparison as JSON text."""
    sizes = found.problem.sizes
    departure = found.departure
    data: dict[str, object] = {
        "schema": SCHEMA,
        "problem": found.problem.to_dict(),
        "prediction": {"source": found.source, "description": found.description},
        "convention": f"Y_s = T^s d^s {found.problem.expected}/dt^s at t = 0",
        "agrees_through": found.agrees_through,
        "leading_through": found.leading_through,
        "departs_at": None if departure is None else departure.s,
        "orders": [_order_data(order, sizes) for order in found.orders],
        "summary": list(found.summary),
        "hints": list(found.hints),
        "evidence": found.evidence.to_dict(),
        "provenance": stamp(found.problem.spec, command),
    }
    text = json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    return _TERM.sub(lambda term: re.sub(r"\s+", " ", term[0]), text)


def _order_data(order: OrderComparison, sizes: tuple[str, ...]) -> dict[str, object]:
    difference = order.difference
    return {
        "s": order.s,
        "verdict": order.verdict.value,
        "exact": polynomial_data(order.exact, sizes),
        "difference": None if difference is None else polynomial_data(difference, sizes),
        "departures": [
            {
                "level": str(level.number),
                "relative_size": list(level.relative),
                "difference": polynomial_data(level.terms, sizes),
            }
            for level in order.departures(sizes)
        ],
        "levels_judged": order.judged,
        "lower_orders_given": order.lower_given,
        "measured": [
            {
                "sizes": {name: str(value) for name, value in m.sizes},
                "exact": _finite(m.exact),
                "predicted": _finite(m.predicted),
                "difference": _finite(m.difference),
                "uncertainty": _finite(m.uncertainty),
                "amplification": _finite(m.amplification),
            }
            for m in order.measured
        ],
        "note": order.note,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def comparison_from_json(text: str) -> Comparison:
    """Read back a comparison; raises :class:`~diagrams.errors.BadInput` for anything else."""
    if not isinstance(text, str) or len(text) > TEXT_LIMIT:
        raise BadInput("JSON", type(text).__name__, f"text of at most {TEXT_LIMIT} characters")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise BadInput("JSON", text[:40], "well-formed JSON") from None
    document = object_at(data, "JSON")
    if document.get("schema") != SCHEMA:
        raise BadInput("schema", plain_value(document.get("schema")), SCHEMA)
    problem = _problem(object_at(document.get("problem"), "problem"))
    prediction = object_at(document.get("prediction"), "prediction")
    source = prediction.get("source")
    if source not in SOURCES:
        raise BadInput("prediction.source", plain_value(source), " or ".join(SOURCES))
    orders = tuple(
        _order(object_at(item, f"orders[{s}]"), f"orders[{s}]", s)
        for s, item in enumerate(array_at(document.get("orders"), "orders"))
    )
    if not orders:
        raise BadInput("orders", "an empty array", "the zeroth order at least")
    hints = tuple(
        _text(item, f"hints[{k}]")
        for k, item in enumerate(array_at(document.get("hints"), "hints"))
    )
    return Comparison(
        problem,
        str(source),
        _text(prediction.get("description"), "prediction.description"),
        orders,
        hints,
        _evidence(object_at(document.get("evidence"), "evidence")),
    )


def _problem(data: Mapping[str, Any]) -> Problem:
    spec = data.get("spec")
    if not isinstance(spec, str) or not (spec.startswith("cp:") or "\n" in spec):
        raise BadInput("problem.spec", plain_value(spec), "a preset, or the text of a problem file")
    problem = load_problem(spec)
    observed = data.get("observable")
    if observed is None:
        return problem
    if not isinstance(observed, str):
        raise BadInput("problem.observable", plain_value(observed), "the text of an observable")
    several = cumulant_texts(observed)
    return (
        problem.with_observable(observed) if several is None else cumulant_problem(problem, several)
    )


def _order(item: Mapping[str, Any], where: str, s: int) -> OrderComparison:
    if item.get("s") != s:
        raise BadInput(f"{where}.s", plain_value(item.get("s")), str(s))
    verdicts = [verdict.value for verdict in Verdict]
    if item.get("verdict") not in verdicts:
        raise BadInput(f"{where}.verdict", plain_value(item.get("verdict")), " or ".join(verdicts))
    difference: Polynomial | None = None
    if item.get("difference") is not None:
        difference = polynomial_from_data(item["difference"], f"{where}.difference")
    judged, given = item.get("levels_judged"), item.get("lower_orders_given")
    if not isinstance(judged, int) or isinstance(judged, bool) or judged < 0:
        raise BadInput(f"{where}.levels_judged", plain_value(judged), "an integer of 0 or more")
    if not isinstance(given, bool):
        raise BadInput(f"{where}.lower_orders_given", plain_value(given), "true or false")
    return OrderComparison(
        s,
        Verdict(item["verdict"]),
        polynomial_from_data(item.get("exact"), f"{where}.exact"),
        difference,
        judged,
        tuple(
            _measurement(object_at(m, f"{where}.measured[{k}]"), f"{where}.measured[{k}]")
            for k, m in enumerate(array_at(item.get("measured"), f"{where}.measured"))
        ),
        _text(item.get("note"), f"{where}.note"),
        given,
    )


def _measurement(item: Mapping[str, Any], where: str) -> Measurement:
    sizes = object_at(item.get("sizes"), f"{where}.sizes")
    numbers = []
    for name in ("exact", "predicted", "difference", "uncertainty", "amplification"):
        value = item.get(name)
        if value is None:
            value = math.inf
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadInput(f"{where}.{name}", plain_value(value), "a number, or null")
        numbers.append(float(value))
    named = tuple((name, rational_at(v, f"{where}.sizes.{name}")) for name, v in sizes.items())
    return Measurement(named, *numbers)


def _text(value: object, field: str) -> str:
    if not isinstance(value, str) or not (value.isprintable() or not value):
        raise BadInput(field, plain_value(value), "one line of text")
    return value


def _evidence(data: Mapping[str, Any]) -> Evidence:
    kinds = [kind.value for kind in Kind]
    if data.get("kind") not in kinds:
        raise BadInput("evidence.kind", plain_value(data.get("kind")), " or ".join(kinds))
    try:
        found = Evidence.from_dict(data)
    except (KeyError, ValueError):
        raise BadInput("evidence", "an object", "kind, statement and checked_to") from None
    _text(found.statement, "evidence.statement")
    return found
