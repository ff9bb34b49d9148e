"""Closed systems of order parameters as JSON, and back."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET

from diagrams.export.json.batches import batch_arguments, batch_data, batch_from
from diagrams.export.json.codec import document, json_lines, read, written
from diagrams.export.json.documents import dynamics
from diagrams.export.json.reading import problem_of, same
from diagrams.export.latex.closed_equations import combination_written, joined, system_letters
from diagrams.graphs.combination import Combination
from diagrams.order_parameters.closed_system import ClosedSystem
from diagrams.order_parameters.closing import close
from diagrams.order_parameters.function_values import closed_text
from diagrams.order_parameters.numbers import OrderParameterCurves
from diagrams.order_parameters.restricting import RestrictedSystem
from diagrams.polynomials.plain_data import rational_at


def system_json(
    system: ClosedSystem,
    command: str | None = None,
    curves: OrderParameterCurves | None = None,
    restriction: RestrictedSystem | None = None,
) -> str:
    """Return a closed system, with curves and a restriction where there are any, as JSON text."""
    data = system_data(system)
    if restriction is not None:
        data["restriction"] = written(restriction, dynamics.Restriction)
    if curves is not None:
        data["curves"] = written(curves, dynamics.Curves)
    return json_lines(document(dynamics.ClosedSystem, data, system.problem, command))


def system_data(system: ClosedSystem) -> dict[str, object]:
    """Return a closed system as plain data."""
    sizes, parameters = system.problem.sizes, []
    for parameter, equation, mean in zip(
        system.parameters, system.equations, system.initial, strict=True
    ):
        found = (
            parameter.name,
            [family.name for family in parameter.families],
            parameter.is_symmetric,
            not parameter.moves,
            parameter.prefactor,
            parameter.definition,
            _sum(mean),
            _sum(equation),
            _written(system, equation, False),
            _written(system, equation, True),
        )
        parameters.append(found)
    averages = _averages(system)
    scaling = {name: str(exponent) for name, exponent in system.scaling}
    return {
        "eliminated": [family.name for family in system.eliminated],
        "step": system.step or None,
        **({"scaling": scaling} if scaling else {}),
        **batch_data(system.batch),
        **({"friction": str(system.friction)} if system.friction else {}),
        "convention": _convention(system),
        "order_parameters": written(parameters, list[dynamics.OrderParameter], sizes),
        "loss": written(_sum(system.loss), dynamics.Sum, sizes),
        **({"averages": averages} if averages else {}),
        "evidence": system.evidence.to_dict(),
    }


def _averages(system: ClosedSystem) -> Any:
    """The averages of functions that equations and loss hold, each once."""
    found = []
    for name, law in system.averages.items():
        functions = [
            (x.name, x.order, x.weights.name, x.inputs.name if x.inputs else "", x.factor)
            for x in law.functions
        ]
        text = law.spelled([f"i{n}" for n in range(1, 1 + len(law.families))])
        found.append((name, functions, text, closed_text(law)))
    return written(found, list[dynamics.FunctionAverage])


def _convention(system: ClosedSystem) -> str:
    if system.step:
        return f"mean change in one step of SGD, divided by {system.step}"
    return "T d/dt"


def _sum(combination: Combination) -> list[object]:
    """Terms: a coefficient, and order parameters at numbered indices; legs are the free ones."""
    return [
        (coefficient, [(edge.tensor.name, edge.nodes) for edge in diagram.edges], diagram.legs)
        for diagram, coefficient in combination
    ]


def _written(system: ClosedSystem, combination: Combination, latex: bool) -> str:
    letters = system_letters(system, latex)
    return joined(combination_written(combination, system.parameters, letters, latex)[0])


def system_from_json(text: str) -> ClosedSystem:
    """Read back a closed system: it is derived again, and has to be the same.

    Raises :class:`~diagrams.errors.BadInput` for anything else.
    """
    given = read(text, dynamics.ClosedSystem)
    problem = problem_of(given.problem)
    batch = batch_from(given.batch, problem, given.step or "")
    own = batch_arguments(batch)
    friction = None if given.friction is UNSET else given.friction
    system = close(problem, given.eliminated, given.step, **own, friction=friction)
    if given.scaling:
        system = system.leading({n: rational_at(e, "scaling") for n, e in given.scaling.items()})
    same(given, system_data(system), "the problem of the document has")
    return system
