"""Parameterisations as JSON, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from diagrams.errors import BadInput
from diagrams.export.json.claims import cheap_orders
from diagrams.export.json.codec import document, json_lines, read, written
from diagrams.export.json.documents import scaling
from diagrams.export.json.reading import evidence_of, polynomial_of, problem_of, same
from diagrams.polynomials.plain_data import exponent_at
from diagrams.scaling.regimes.parameterisation import (
    Demand,
    Parameterisation,
    half_space_of,
    parameterise,
    solved,
)


def parameterisation_json(found: Parameterisation, command: str | None = None) -> str:
    """Return the exponents as JSON text: polyhedra in the space of the unknown ones."""
    content = {
        "regime": {name: str(exponent) for name, exponent in found.regime},
        "unknown": list(found.unknown),
        **_derived_data(found),
        "evidence": found.evidence.to_dict(),
    }
    return json_lines(document(scaling.Parameterisation, content, found.problem, command))


def _derived_data(found: Parameterisation) -> dict[str, object]:
    """What follows from problem, regime and demands."""
    return {
        "kind": found.kind,
        "pieces": [
            {
                "dimension": piece.dimension,
                "described": list(found.described(piece)),
                "half_spaces": written(piece.half_spaces, list[scaling.HalfSpace]),
            }
            for piece in found.pieces
        ],
        "demands": written(found.demands, list[scaling.Demand]),
        "contradiction": written(found.contradiction, list[scaling.Demand]),
    }


def parameterisation_from_json(text: str) -> Parameterisation:
    """Read back a parameterisation; raises :class:`~diagrams.errors.BadInput` for anything else.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.regimes.parameterisation import parameterise
    >>> problem = cp_problem(order=2)
    >>> found = parameterise(problem, ["u[k,i]^2"], regime={"p": 1, "H": 1}, unknown=["sigma"])
    >>> parameterisation_from_json(found.to_json()) == found
    True
    """
    given = read(text, scaling.Parameterisation)
    problem, evidence = problem_of(given.problem), evidence_of(given.evidence)
    regime = {n: exponent_at(exponent, f"regime.{n}") for n, exponent in given.regime.items()}
    demands = [
        _demand(item, f"demands[{k}]", regime, given.unknown)
        for k, item in enumerate(given.demands)
    ]
    found = solved(problem, regime, given.unknown, demands, evidence)
    if _derived(found):
        found = replace(found, evidence=replace(evidence, claim=""))
    same(given, _derived_data(found), "follows from the terms of the demands")
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


def _demand(
    given: scaling.Demand, where: str, regime: Mapping[str, Fraction], unknown: Sequence[str]
) -> Demand:
    order = exponent_at(given.order, f"{where}.order")
    terms = [polynomial_of(x, f"{where}.terms", (*regime, *unknown)) for x in given.terms]
    for term in terms:
        if not term.is_monomial:
            raise BadInput(f"{where}.terms", str(term), "monomials")
    spaces = tuple(half_space_of(dict(t.terms[0][0]), order, regime, unknown) for t in terms)
    return Demand(given.observable, given.stays, order, tuple(terms), spaces)
