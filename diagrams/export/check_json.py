"""Comparisons as JSON (``wickflow.check/1``), and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from diagrams.checking.comparison import Comparison, Measurement, OrderComparison, Verdict
from diagrams.errors import BadInput
from diagrams.export.json import document_at, evidence_at, json_lines, problem_at
from diagrams.polynomial import Polynomial
from diagrams.polynomial_data import (
    array_at,
    object_at,
    plain_value,
    polynomial_data,
    polynomial_from_data,
    rational_at,
)
from diagrams.provenance import stamp

SCHEMA = "wickflow.check/1"
SOURCES = ("expression", "function", "table")


def comparison_json(found: Comparison, command: str | None = None) -> str:
    """Return a comparison as JSON text."""
    sizes = found.problem.sizes
    departure = found.departure
    data: dict[str, object] = {
        "schema": SCHEMA,
        "problem": found.problem.to_dict(),
        "prediction": {"source": found.source, "description": found.description},
        "convention": f"Y_s = T^s d^s {found.problem.expected}/dt^s at t = 0",
        "outcome": found.outcome.value,
        "headline": found.headline,
        "regime": found.regime or None,
        "leads": {"regime": found.leads, "through": found.leads_through} if found.leads else None,
        "agrees_through": found.agrees_through,
        "leading_through": found.leading_through,
        "departs_at": None if departure is None else departure.s,
        "orders": [_order_data(order, sizes) for order in found.orders],
        "summary": list(found.summary),
        "hints": list(found.hints),
        "evidence": found.evidence.to_dict(),
        "provenance": stamp(found.problem.spec, command),
    }
    return json_lines(data)


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
    document = document_at(text, SCHEMA)
    problem = problem_at(document)
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
        evidence_at(document.get("evidence")),
        _name(document.get("regime"), "regime"),
        *_leads(document.get("leads"), len(orders)),
    )


def _leads(value: object, orders: int) -> tuple[str, int]:
    """A face and the order through which its leading terms are met, or nothing for null."""
    if value is None:
        return "", -1
    item = object_at(value, "leads")
    through = item.get("through")
    if not isinstance(through, int) or isinstance(through, bool) or not -1 <= through < orders:
        allowed = f"an integer from -1 to {orders - 1}"
        raise BadInput("leads.through", plain_value(through), allowed)
    return _text(item.get("regime"), "leads.regime"), through


def _name(value: object, field: str) -> str:
    """A name, or nothing for null."""
    return "" if value is None else _text(value, field)


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
