"""Parameterisations as JSON (``wickflow.parameterisation/1``), and back."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from diagrams.errors import BadInput
from diagrams.export.json import document_at, evidence_at, json_lines, problem_at
from diagrams.polynomial import check_symbol
from diagrams.polynomial_data import (
    array_at,
    object_at,
    plain_value,
    polynomial_data,
    polynomial_from_data,
    rational_at,
)
from diagrams.provenance import stamp
from diagrams.scaling.parameterisation import Demand, Parameterisation
from diagrams.scaling.polyhedra import HalfSpace, Polyhedron

SCHEMA = "wickflow.parameterisation/1"


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
    >>> from diagrams.scaling.parameterisation import parameterise
    >>> problem = cp_problem(order=2)
    >>> found = parameterise(problem, ["u[k,i]^2"], regime={"p": 1, "H": 1}, unknown=["sigma"])
    >>> parameterisation_from_json(found.to_json()) == found
    True
    """
    document = document_at(text, SCHEMA)
    problem = problem_at(document)
    unknown = tuple(
        check_symbol(name, "unknown") for name in array_at(document.get("unknown"), "unknown")
    )
    regime = tuple(
        (check_symbol(name, "regime"), rational_at(exponent, f"regime.{name}"))
        for name, exponent in object_at(document.get("regime"), "regime").items()
    )
    pieces = []
    for place, item in enumerate(array_at(document.get("pieces"), "pieces")):
        where = f"pieces[{place}]"
        rows = object_at(item, where).get("half_spaces")
        half_spaces = _half_spaces(rows, f"{where}.half_spaces", len(unknown))
        pieces.append(Polyhedron(len(unknown), half_spaces))
    return Parameterisation(
        problem,
        regime,
        unknown,
        _demands(document.get("demands"), "demands", len(unknown)),
        tuple(pieces),
        _demands(document.get("contradiction"), "contradiction", len(unknown)),
        evidence_at(document.get("evidence")),
    )


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


def _half_spaces(data: Any, where: str, space: int) -> tuple[HalfSpace, ...]:
    found: list[tuple[tuple[Fraction, ...], Fraction]] = []
    for place, item in enumerate(array_at(data, where)):
        here = f"{where}[{place}]"
        entries = array_at(object_at(item, here).get("row"), f"{here}.row")
        if len(entries) != space:
            raise BadInput(f"{here}.row", len(entries), f"{space} numbers, one for every unknown")
        row = tuple(rational_at(entry, f"{here}.row") for entry in entries)
        found.append((row, rational_at(item.get("bound"), f"{here}.bound")))
    return tuple(found)


def _demands(data: Any, where: str, space: int) -> tuple[Demand, ...]:
    found = []
    for place, item in enumerate(array_at(data, where)):
        here = f"{where}[{place}]"
        demand = object_at(item, here)
        observable, stays = demand.get("observable"), demand.get("stays")
        if not isinstance(observable, str) or not isinstance(stays, bool):
            raise BadInput(here, plain_value(observable), "an observable, and stays true or false")
        terms = array_at(demand.get("terms"), f"{here}.terms")
        found.append(
            Demand(
                observable,
                stays,
                rational_at(demand.get("order"), f"{here}.order"),
                tuple(polynomial_from_data(term, f"{here}.terms") for term in terms),
                _half_spaces(demand.get("half_spaces"), f"{here}.half_spaces", space),
            )
        )
    return tuple(found)
