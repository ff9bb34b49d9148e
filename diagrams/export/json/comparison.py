"""Comparisons as JSON (``wickflow.check/1``), and back."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping
from typing import Any

from diagrams.checking.comparison import Comparison, Measurement, OrderComparison, Verdict
from diagrams.errors import BadInput
from diagrams.export.json.claims import check_coefficients
from diagrams.export.json.codec import json_lines
from diagrams.export.json.reading import (
    document_at,
    evidence_at,
    flag_at,
    line_at,
    orders_at,
    problem_at,
    real_at,
    same_at,
    whole_at,
)
from diagrams.polynomials.plain_data import (
    array_at,
    object_at,
    plain_value,
    polynomial_data,
    polynomial_from_data,
    rational_at,
)
from diagrams.polynomials.polynomial import Polynomial
from diagrams.provenance import stamp

SCHEMA = "wickflow.check/1"
LEVELS_LIMIT = 10**6
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
        _order(item, f"orders[{s}]", s, problem.symbols)
        for s, item in enumerate(orders_at(document, "orders"))
    )
    hints = tuple(
        line_at(item, f"hints[{k}]")
        for k, item in enumerate(array_at(document.get("hints"), "hints"))
    )
    evidence = evidence_at(document.get("evidence"))
    regime = document.get("regime")
    regime = "" if regime is None else line_at(regime, "regime")
    if not regime:  # leading terms are no whole coefficients
        known = check_coefficients(problem, [order.exact for order in orders], "orders")
        evidence = known.marked(evidence)
    found = Comparison(
        problem,
        str(source),
        line_at(prediction.get("description"), "prediction.description"),
        orders,
        hints,
        evidence,
        regime,
        *_leads(document.get("leads"), len(orders)),
    )
    derived = json.loads(comparison_json(found))
    for key in (
        "outcome",
        "headline",
        "agrees_through",
        "leading_through",
        "departs_at",
        "summary",
    ):
        same_at(document, key, derived[key], "follows from the orders")
    for s, (order, known_order) in enumerate(
        zip(document["orders"], derived["orders"], strict=True)
    ):
        same_at(
            order, "departures", known_order["departures"], "follows", f"orders[{s}].departures"
        )
    return found


def _leads(value: object, orders: int) -> tuple[str, int]:
    """A face and the order through which its leading terms are met, or nothing for null."""
    if value is None:
        return "", -1
    item = object_at(value, "leads")
    through = whole_at(item.get("through"), "leads.through", orders - 1, -1)
    return line_at(item.get("regime"), "leads.regime"), through


def _order(
    item: Mapping[str, Any], where: str, s: int, symbols: Collection[str]
) -> OrderComparison:
    verdicts = [verdict.value for verdict in Verdict]
    if item.get("verdict") not in verdicts:
        raise BadInput(f"{where}.verdict", plain_value(item.get("verdict")), " or ".join(verdicts))
    difference: Polynomial | None = None
    if item.get("difference") is not None:
        difference = polynomial_from_data(item["difference"], f"{where}.difference")
    verdict = Verdict(item["verdict"])
    if (verdict is Verdict.AGREES and difference) or (
        verdict is Verdict.DIFFERS and difference is not None and not difference
    ):
        raise BadInput(f"{where}.verdict", str(verdict), "what the difference says")
    return OrderComparison(
        s,
        verdict,
        polynomial_from_data(item.get("exact"), f"{where}.exact", symbols),
        difference,
        whole_at(item.get("levels_judged"), f"{where}.levels_judged", LEVELS_LIMIT),
        tuple(
            _measurement(object_at(m, f"{where}.measured[{k}]"), f"{where}.measured[{k}]")
            for k, m in enumerate(array_at(item.get("measured"), f"{where}.measured"))
        ),
        line_at(item.get("note"), f"{where}.note"),
        flag_at(item.get("lower_orders_given"), f"{where}.lower_orders_given"),
    )


def _measurement(item: Mapping[str, Any], where: str) -> Measurement:
    sizes = object_at(item.get("sizes"), f"{where}.sizes")
    numbers = []
    for name in ("exact", "predicted", "difference", "uncertainty", "amplification"):
        value = item.get(name)
        numbers.append(math.inf if value is None else real_at(value, f"{where}.{name}"))
    named = tuple((name, rational_at(v, f"{where}.sizes.{name}")) for name, v in sizes.items())
    return Measurement(named, *numbers)
