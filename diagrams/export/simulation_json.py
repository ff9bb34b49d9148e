"""Simulations as JSON, and back with every value checked.

Infinite numbers (losses after a blow-up, and what they make infinite) and unknown ones are
``null``: JSON has no other word for them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from diagrams.errors import BadInput
from diagrams.evidence import Evidence
from diagrams.flow.curves import Curves
from diagrams.flow.integration import BlowUp
from diagrams.flow.simulation import Accuracy, Simulation
from diagrams.polynomial_data import array_at, object_at, plain_value
from diagrams.problems.cp import CPProblem
from diagrams.problems.files import parse_problem
from diagrams.problems.problem import Problem
from diagrams.problems.spec import parse_preset
from diagrams.provenance import stamp

SIMULATION_SCHEMA = "wickflow.simulation/1"
TEXT_LIMIT = 500_000_000
PARAMETERS = ("p", "H", "sigma", "T", "scale", "decay")


def simulation_json(found: Simulation, command: str | None = None) -> str:
    """Return a simulation as JSON text, one line for every seed."""
    data: dict[str, object] = {
        "schema": SIMULATION_SCHEMA,
        "problem": found.problem.to_dict(),
        "sizes": {name: int(x) if name in found.problem.sizes else x for name, x in found.sizes},
        "root": found.root,
        "tolerance": found.tolerance,
        "times": list(found.times),
        "mean": _curve(found.mean),
        "standard_error": _curve(found.standard_error),
        "median": _curve(found.median),
        "quantiles": [
            {"level": str(level), "values": _curve(curve)} for level, curve in found.quantiles
        ],
        "losses": [_curve(row) for row in found.losses],
        **_observables(found),
        "blow_ups": [
            None if b is None else {"time": b.time, "lower": b.lower, "upper": b.upper}
            for b in found.blow_ups
        ],
        "steps": list(found.steps),
        "accuracy": None
        if found.accuracy is None
        else {
            "seeds": found.accuracy.seeds,
            "absolute": found.accuracy.absolute,
            "relative": found.accuracy.relative,
        },
        "evidence": found.evidence.to_dict(),
        "provenance": stamp(found.problem.spec, command, found.root),
    }
    return "{\n" + ",\n".join(f" {_text(key)}: {_lines(data[key])}" for key in data) + "\n}\n"


def _observables(found: Simulation) -> dict[str, object]:
    """Curves of observables where any were asked for."""
    rows = {
        name: {
            "mean": _curve(Curves(rows).mean),
            "standard_error": _curve(Curves(rows).standard_error),
            "values": [_curve(row) for row in rows],
        }
        for name, rows in found.observed
    }
    return {"observables": rows} if rows else {}


def _lines(value: object) -> str:
    """JSON text; an array of arrays or objects has a line for each."""
    if isinstance(value, list) and any(isinstance(item, list | dict) for item in value):
        return "[\n  " + ",\n  ".join(_text(item) for item in value) + "\n ]"
    return _text(value)


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _curve(values: Sequence[float | None]) -> list[float | None]:
    return [x if x is not None and math.isfinite(x) else None for x in values]


# -- reading ------------------------------------------------------------------------------


def simulation_from_json(text: str) -> Simulation:
    """Read back a simulation.

    Statistics are computed again from the losses.  Raises
    :class:`~diagrams.errors.BadInput` for anything that :func:`simulation_json` did not write,
    statistics that do not belong to the losses included.
    """
    data = _document(text)
    spec = object_at(data.get("problem"), "problem").get("spec")
    if not isinstance(spec, str) or not (spec.startswith("cp:") or "\n" in spec):
        raise BadInput(
            "problem.spec", plain_value(spec), "a preset, cp:.., or a problem file's text"
        )
    problem = parse_preset(spec) if spec.startswith("cp:") else parse_problem(spec)
    times = tuple(_real(x, f"times[{j}]") for j, x in enumerate(_array(data, "times")))
    losses = tuple(
        _losses(row, f"losses[{k}]", len(times)) for k, row in enumerate(_array(data, "losses"))
    )
    if not times or not losses:
        raise BadInput("losses", "an empty array", "one seed and one time at least")
    blow_ups = tuple(
        _blow_up(item, f"blow_ups[{k}]") for k, item in enumerate(_array(data, "blow_ups"))
    )
    steps = tuple(_whole(x, f"steps[{k}]") for k, x in enumerate(_array(data, "steps")))
    if not len(losses) == len(blow_ups) == len(steps):
        raise BadInput("blow_ups and steps", len(blow_ups), f"one for each of {len(losses)} seeds")
    found = Simulation(
        problem=problem,
        sizes=_sizes(object_at(data.get("sizes"), "sizes"), problem),
        times=times,
        losses=losses,
        blow_ups=blow_ups,
        steps=steps,
        root=_whole(data.get("root"), "root"),
        tolerance=_real(data.get("tolerance"), "tolerance"),
        accuracy=_accuracy(data.get("accuracy")),
        evidence=_evidence(data.get("evidence")),
        observed=_observed(data.get("observables", {}), len(losses), len(times)),
    )
    _check_statistics(data, found)
    return found


def _document(text: object) -> Mapping[str, Any]:
    if not isinstance(text, str) or len(text) > TEXT_LIMIT:
        raise BadInput("JSON", type(text).__name__, f"text of at most {TEXT_LIMIT} characters")

    def refused(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is no JSON")

    try:
        data = json.loads(text, parse_constant=refused)
    except (ValueError, RecursionError) as error:
        raise BadInput("JSON", text[:40], f"well-formed JSON ({error})") from None
    document = object_at(data, "JSON")
    if document.get("schema") != SIMULATION_SCHEMA:
        raise BadInput("schema", plain_value(document.get("schema")), SIMULATION_SCHEMA)
    return document


def _array(data: Mapping[str, Any], field: str) -> list[Any]:
    return array_at(data.get(field), field)


def _real(value: object, field: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e308:
        return float(value)
    raise BadInput(field, plain_value(value), "a number")


def _whole(value: object, field: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 2**64:
        return value
    raise BadInput(field, plain_value(value), "an integer that is not negative")


def _losses(row: object, field: str, length: int) -> tuple[float, ...]:
    values = array_at(row, field)
    if len(values) != length:
        raise BadInput(field, f"{len(values)} values", f"one for each of {length} times")
    return tuple(math.inf if x is None else _real(x, f"{field}[{j}]") for j, x in enumerate(values))


def _blow_up(item: object, field: str) -> BlowUp | None:
    if item is None:
        return None
    given = object_at(item, field)
    time, lower, upper = (
        _real(given.get(name), f"{field}.{name}") for name in ("time", "lower", "upper")
    )
    return BlowUp(time, lower, upper)


def _observed(
    item: object, seeds: int, length: int
) -> tuple[tuple[str, tuple[tuple[float, ...], ...]], ...]:
    found = []
    for name, given in object_at(item, "observables").items():
        field = f"observables.{name}"
        rows = array_at(object_at(given, field).get("values"), f"{field}.values")
        if len(rows) != seeds:
            raise BadInput(f"{field}.values", len(rows), f"one curve for each of {seeds} seeds")
        curves = tuple(_losses(row, f"{field}.values[{k}]", length) for k, row in enumerate(rows))
        found.append((name, curves))
    return tuple(found)


def _sizes(given: Mapping[str, Any], problem: Problem) -> tuple[tuple[str, float], ...]:
    symbols = problem.vocabulary.symbols
    known = PARAMETERS if isinstance(problem, CPProblem) else (*sorted(symbols), "T")
    for name in given:
        if name not in known:
            raise BadInput("sizes", name, ", ".join(known))
    return tuple((name, _real(value, f"sizes.{name}")) for name, value in given.items())


def _accuracy(item: object) -> Accuracy | None:
    if item is None:
        return None
    given = object_at(item, "accuracy")
    return Accuracy(
        _whole(given.get("seeds"), "accuracy.seeds"),
        _real(given.get("absolute"), "accuracy.absolute"),
        _real(given.get("relative"), "accuracy.relative"),
    )


def _evidence(item: object) -> Evidence:
    given = object_at(item, "evidence")
    statement = given.get("statement")
    if not isinstance(statement, str) or not statement.isprintable():
        raise BadInput("evidence.statement", plain_value(statement), "one line of text")
    try:
        return Evidence.from_dict(given)
    except (KeyError, ValueError) as error:
        raise BadInput("evidence", "an object", f"kind and statement ({error})") from None


def _check_statistics(data: Mapping[str, Any], found: Simulation) -> None:
    curves: dict[str, Sequence[float | None]] = {
        "mean": found.mean,
        "standard_error": found.standard_error,
        "median": found.median,
    }
    for field, curve in curves.items():
        given = _array(data, field)
        known = _curve(curve)
        same = len(given) == len(known) and all(
            a is None if b is None else isinstance(a, int | float) and math.isclose(a, b)
            for a, b in zip(given, known, strict=True)
        )
        if not same:
            raise BadInput(field, "an array", "what the losses give")
