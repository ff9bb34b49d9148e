"""Comparisons as JSON, and back."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any

from diagrams.checking.comparison import Comparison, Measurement, OrderComparison, Verdict
from diagrams.errors import BadInput
from diagrams.export.json.claims import check_coefficients
from diagrams.export.json.codec import document, json_lines, read, written
from diagrams.export.json.documents import trials
from diagrams.export.json.reading import (
    evidence_of,
    made,
    orders,
    polynomial_of,
    problem_of,
    same,
    whole,
)
from diagrams.polynomials.plain_data import rational_at

NUMBERS = ("exact", "predicted", "difference", "uncertainty", "amplification")


def comparison_json(found: Comparison, command: str | None = None) -> str:
    """Return a comparison as JSON text."""
    content = {
        "prediction": {"source": found.source, "description": found.description},
        "convention": f"Y_s = T^s d^s {found.problem.expected}/dt^s at t = 0",
        **_outcome_data(found),
        "summary": list(found.summary),
        "hints": list(found.hints),
        "evidence": found.evidence.to_dict(),
    }
    return json_lines(document(trials.Check, content, found.problem, command))


def _outcome_data(found: Comparison) -> dict[str, object]:
    """What the orders say together, and each of them."""
    departure = found.departure
    return {
        "outcome": found.outcome.value,
        "headline": found.headline,
        "regime": found.regime or None,
        "leads": {"regime": found.leads, "through": found.leads_through} if found.leads else None,
        "agrees_through": found.agrees_through,
        "leading_through": found.leading_through,
        "departs_at": None if departure is None else departure.s,
        "orders": written(found.orders, list[trials.OrderComparison], found.problem.sizes),
    }


def comparison_from_json(text: str) -> Comparison:
    """Read back a comparison; raises :class:`~diagrams.errors.BadInput` for anything else."""
    given = read(text, trials.Check)
    problem, evidence = problem_of(given.problem), evidence_of(given.evidence)
    listed = orders(given.orders, "orders")
    compared = tuple(_order(order, problem.coefficient_symbols) for order in listed)
    if not given.regime:  # leading terms are no whole coefficients
        known = check_coefficients(problem, [order.exact for order in compared], "orders")
        evidence = known.marked(evidence)
    leads, through = "", -1
    if given.leads is not None:
        leads = given.leads.regime
        through = whole(given.leads.through, "leads.through", len(listed) - 1, -1)
    found = Comparison(
        problem,
        given.prediction.source,
        given.prediction.description,
        compared,
        tuple(given.hints),
        evidence,
        given.regime or "",
        leads,
        through,
    )
    derived = _outcome_data(found)
    known_orders: Any = derived.pop("orders")
    same(given, derived | {"summary": list(found.summary)}, "follows from the orders")
    for one, order in zip(listed, known_orders, strict=True):
        same(one, {"departures": order["departures"]}, "follows", f"orders[{one.s}]")
    return found


def _order(given: trials.OrderComparison, symbols: Collection[str]) -> OrderComparison:
    where = f"orders[{given.s}]"
    verdict, difference = Verdict(given.verdict), None
    if given.difference is not None:
        difference = polynomial_of(given.difference, f"{where}.difference")
    if (verdict is Verdict.AGREES and difference) or (
        verdict is Verdict.DIFFERS and difference is not None and not difference
    ):
        raise BadInput(f"{where}.verdict", str(verdict), "what the difference says")
    return made(
        OrderComparison,
        given,
        verdict=verdict,
        exact=polynomial_of(given.exact, f"{where}.exact", symbols),
        difference=difference,
        measured=_measured(given.measured, f"{where}.measured"),
    )


def _measured(listed: Sequence[trials.Measurement], where: str) -> tuple[Measurement, ...]:
    found = []
    for k, given in enumerate(listed):
        field = f"{where}[{k}].sizes"
        sizes = tuple((n, rational_at(v, f"{field}.{n}")) for n, v in given.sizes.items())
        numbers = (getattr(given, name) for name in NUMBERS)
        found.append(Measurement(sizes, *(math.inf if x is None else x for x in numbers)))
    return tuple(found)
