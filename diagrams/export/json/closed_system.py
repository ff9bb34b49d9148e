"""Closed systems of order parameters as JSON, and back."""

from __future__ import annotations

from msgspec import UNSET

from diagrams.export.json.batches import batch_arguments, batch_data, batch_from
from diagrams.export.json.codec import document, finite, json_lines, read
from diagrams.export.json.documents import dynamics
from diagrams.export.json.reading import problem_of, same
from diagrams.export.json.series import diagram_data
from diagrams.export.latex.closed_equations import combination_written, joined, system_letters
from diagrams.graphs.combination import Combination
from diagrams.order_parameters.closed_system import ClosedSystem
from diagrams.order_parameters.closing import close
from diagrams.order_parameters.function_values import closed_text
from diagrams.order_parameters.numbers import OrderParameterCurves
from diagrams.order_parameters.restricting import RestrictedSystem
from diagrams.polynomials.plain_data import polynomial_data, rational_at


def system_json(
    system: ClosedSystem,
    command: str | None = None,
    curves: OrderParameterCurves | None = None,
    restriction: RestrictedSystem | None = None,
) -> str:
    """Return a closed system, with curves and a restriction where there are any, as JSON text."""
    data = system_data(system)
    if restriction is not None:
        data["restriction"] = restriction_data(restriction)
    if curves is not None:
        data["curves"] = curves_data(curves)
    return json_lines(document(dynamics.ClosedSystem, data, system.problem, command))


def system_data(system: ClosedSystem) -> dict[str, object]:
    """Return a closed system as plain data."""
    sizes = system.problem.sizes
    parameters = []
    for parameter, equation, mean in zip(
        system.parameters, system.equations, system.initial, strict=True
    ):
        parameters.append(
            {
                "name": parameter.name,
                "indices": [family.name for family in parameter.families],
                "symmetric": parameter.is_symmetric,
                "constant": not parameter.moves,
                "prefactor": polynomial_data(parameter.prefactor, sizes),
                "definition": diagram_data(parameter.definition),
                "initial_mean": _sum_data(mean, sizes),
                "equation": _sum_data(equation, sizes),
                "equation_text": _written(system, equation, False),
                "equation_latex": _written(system, equation, True),
            }
        )
    averages = _averages(system)
    scaling = {name: str(exponent) for name, exponent in system.scaling}
    return {
        "eliminated": [family.name for family in system.eliminated],
        "step": system.step or None,
        **({"scaling": scaling} if scaling else {}),
        **batch_data(system.batch),
        **({"friction": str(system.friction)} if system.friction else {}),
        "convention": _convention(system),
        "order_parameters": parameters,
        "loss": _sum_data(system.loss, sizes),
        **({"averages": averages} if averages else {}),
        "evidence": system.evidence.to_dict(),
    }


def _averages(system: ClosedSystem) -> list[dict[str, object]]:
    """The averages of functions that equations and loss hold, each once."""
    return [
        {
            "name": name,
            "functions": [
                {
                    "function": one.name,
                    "derivative": one.order,
                    "weights": one.weights.name,
                    "inputs": one.inputs.name if one.inputs else "",
                    "factor": polynomial_data(one.factor),
                }
                for one in law.functions
            ],
            "text": law.spelled([f"i{n}" for n in range(1, 1 + len(law.families))]),
            "closed": closed_text(law),
        }
        for name, law in system.averages.items()
    ]


def _convention(system: ClosedSystem) -> str:
    if system.step:
        return f"mean change in one step of SGD, divided by {system.step}"
    return "T d/dt"


def _sum_data(combination: Combination, sizes: tuple[str, ...]) -> list[dict[str, object]]:
    """Terms: a coefficient, and order parameters at numbered indices; legs are the free ones."""
    return [
        {
            "coefficient": polynomial_data(coefficient, sizes),
            "factors": [
                {"name": edge.tensor.name, "indices": list(edge.nodes)} for edge in diagram.edges
            ],
            "free": list(diagram.legs),
        }
        for diagram, coefficient in combination
    ]


def _written(system: ClosedSystem, combination: Combination, latex: bool) -> str:
    letters = system_letters(system, latex)
    return joined(combination_written(combination, system.parameters, letters, latex)[0])


def restriction_data(restriction: RestrictedSystem) -> dict[str, object]:
    """Return the equations of an ansatz as plain data."""
    pairs = zip(restriction.variables, restriction.equations, strict=True)
    return {
        "ansatz": dict(restriction.ansatz),
        "equations": {name: polynomial_data(equation) for name, equation in pairs},
        "loss": polynomial_data(restriction.loss),
        "evidence": restriction.evidence.to_dict(),
    }


def curves_data(curves: OrderParameterCurves) -> dict[str, object]:
    """Return curves as plain data; numbers that are not finite are null."""
    errors = curves.loss_error
    return {
        "times": curves.times.tolist(),
        "loss": finite(curves.loss.tolist()),
        "order_parameters": {name: finite(v.tolist()) for name, v in curves.values.items()},
        "error": curves.error,
        "start": "draws" if curves.draws else curves.start,
        "draws": curves.draws,
        "standard_error": None if errors is None else finite(errors.tolist()),
        "evidence": curves.evidence.to_dict(),
    }


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
