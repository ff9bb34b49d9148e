"""Parameterisations as JSON (``wickflow.parameterisation/1``), and back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from diagrams.errors import BadInput
from diagrams.export.json.claims import cheap_orders
from diagrams.export.json.codec import json_lines
from diagrams.export.json.reading import (
    document_at,
    evidence_at,
    flag_at,
    line_at,
    problem_at,
    same_at,
)
from diagrams.polynomials.plain_data import (
    array_at,
    exponent_at,
    object_at,
    polynomial_data,
    polynomial_from_data,
)
from diagrams.polynomials.polynomial import check_symbol
from diagrams.provenance import stamp
from diagrams.scaling.polyhedra.polyhedra import HalfSpace
from diagrams.scaling.regimes.parameterisation import (
    Demand,
    Parameterisation,
    half_space_of,
    parameterise,
    solved,
)

SCHEMA = "wickflow.parameterisation/1"
DEMANDS_LIMIT = 1000


def parameterisation_json(found: Parameterisation, command: str | None = None) -> str:
    """Return the exponents as JSON text: polyhedra in the space of the unknown ones."""
    return json_lines(
        {
            "schema": SCHEMA,
            "problem": found.problem.to_dict(),
            "regime": {name: str(exponent) for name, exponent in found.regime},
            "unknown": list(found.unknown),
            "kind": found.kind,
            "pieces": [
                {
                    "dimension": piece.dimension,
                    "described": found.described(piece),
                    "half_spaces": list(map(_half_space_data, piece.half_spaces)),
                }
                for piece in found.pieces
            ],
            "demands": list(map(_demand_data, found.demands)),
            "contradiction": list(map(_demand_data, found.contradiction)),
            "evidence": found.evidence.to_dict(),
            "provenance": stamp(found.problem.spec, command),
        }
    )


def parameterisation_from_json(text: str) -> Parameterisation:
    """Read back a parameterisation; raises :class:`~diagrams.errors.BadInput` for anything else.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.regimes.parameterisation import parameterise
    >>> problem = cp_problem(order=2)
    >>> found = parameterise(problem, ["u[k,i]^2"], regime={"p": 1, "H": 1}, unknown=["sigma"])
    >>> parameterisation_from_json(found.to_json()) == found
    True
    """
    document = document_at(text, SCHEMA)
    problem = problem_at(document)
    unknown = [
        check_symbol(name, "unknown") for name in array_at(document.get("unknown"), "unknown")
    ]
    regime = {
        check_symbol(name, "regime"): exponent_at(exponent, f"regime.{name}")
        for name, exponent in object_at(document.get("regime"), "regime").items()
    }
    listed = array_at(document.get("demands"), "demands")
    if not 1 <= len(listed) <= DEMANDS_LIMIT:
        raise BadInput("demands", f"{len(listed)} demands", f"1 to {DEMANDS_LIMIT}")
    demands = [_demand(item, f"demands[{k}]", regime, unknown) for k, item in enumerate(listed)]
    evidence = evidence_at(document.get("evidence"))
    found = solved(problem, regime, unknown, demands, evidence)
    if _derived(found):
        found = replace(found, evidence=replace(evidence, claim=""))
    known = json.loads(parameterisation_json(found))
    for key in ("kind", "pieces", "demands", "contradiction"):
        same_at(document, key, known[key], "follows from the terms of the demands")
    return found


def _derived(found: Parameterisation) -> bool:
    """Whether the problem has these demands, as far as their names say and that is cheap."""
    derivative = found.evidence.checked_to or 0
    orders = {demand.observable: demand.order for demand in found.demands}
    try:
        for name in orders:
            if derivative >= cheap_orders(found.problem.with_observable(name)):
                return False
        again = parameterise(
            found.problem,
            list(orders),
            regime=dict(found.regime),
            unknown=found.unknown,
            orders=orders,
            derivative=derivative,
        )
    except BadInput:  # names of parts that only those who asked for them know
        return False
    return again == found


def _half_space_data(half_space: HalfSpace) -> dict[str, object]:
    row, bound = half_space
    return {"row": [str(entry) for entry in row], "bound": str(bound)}


def _demand_data(demand: Demand) -> dict[str, object]:
    return {
        "observable": demand.observable,
        "stays": demand.stays,
        "order": str(demand.order),
        "terms": [polynomial_data(term) for term in demand.terms],
        "half_spaces": list(map(_half_space_data, demand.half_spaces)),
    }


def _demand(
    item: Any, where: str, regime: Mapping[str, Fraction], unknown: Sequence[str]
) -> Demand:
    demand = object_at(item, where)
    order = exponent_at(demand.get("order"), f"{where}.order")
    terms = []
    for entry in array_at(demand.get("terms"), f"{where}.terms"):
        term = polynomial_from_data(entry, f"{where}.terms", (*regime, *unknown))
        if not term.is_monomial:
            raise BadInput(f"{where}.terms", str(term), "monomials")
        terms.append(term)
    if not 1 <= len(terms) <= DEMANDS_LIMIT:
        raise BadInput(f"{where}.terms", f"{len(terms)} terms", f"1 to {DEMANDS_LIMIT}")
    return Demand(
        line_at(demand.get("observable"), f"{where}.observable"),
        flag_at(demand.get("stays"), f"{where}.stays"),
        order,
        tuple(terms),
        tuple(half_space_of(dict(t.terms[0][0]), order, regime, unknown) for t in terms),
    )
