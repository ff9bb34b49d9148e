"""Simulations as JSON, and back with every value checked.

Infinite numbers (losses after a blow-up, and what they make infinite) and unknown ones are
``null``: JSON has no other word for them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from diagrams.errors import BadInput, shown
from diagrams.export.json.reading import (
    LARGEST,
    document_at,
    evidence_at,
    line_at,
    problem_at,
    real_at,
    same_at,
    whole_at,
)
from diagrams.flow.curves import Curves
from diagrams.flow.integration import BlowUp
from diagrams.flow.models import SIZE_LIMIT
from diagrams.flow.running import SEEDS_LIMIT
from diagrams.flow.settings import TOLERANCES
from diagrams.flow.simulation import Accuracy, Simulation
from diagrams.polynomials.plain_data import array_at, object_at
from diagrams.problems.problem import Problem
from diagrams.provenance import stamp

SIMULATION_SCHEMA = "wickflow.simulation/1"


def simulation_json(found: Simulation, command: str | None = None) -> str:
    """Return a simulation as JSON text, one line for every seed."""
    data: dict[str, object] = {
        "schema": SIMULATION_SCHEMA,
        "problem": found.problem.to_dict(),
        "sizes": {name: int(x) if name in found.problem.sizes else x for name, x in found.sizes},
        "root": found.root,
        "tolerance": found.tolerance,
        "times": list(found.times),
        **_statistics(found),
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


def _statistics(found: Simulation) -> dict[str, object]:
    """What the losses of all seeds say together."""
    return {
        "mean": _curve(found.mean),
        "standard_error": _curve(found.standard_error),
        "median": _curve(found.median),
        "quantiles": [
            {"level": str(level), "values": _curve(curve)} for level, curve in found.quantiles
        ],
    }


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

    Statistics are computed again from the losses; that these are those of the problem is the
    claim of the document, and the evidence says so.  Raises
    :class:`~diagrams.errors.BadInput` for anything that :func:`simulation_json` did not write,
    statistics that do not belong to the losses included.
    """
    return simulation_at(document_at(text, SIMULATION_SCHEMA))


def simulation_at(data: Mapping[str, Any]) -> Simulation:
    """The same of an object of the schema, such as a part of another document."""
    problem = problem_at(data)
    times = _times(array_at(data.get("times"), "times"))
    listed = array_at(data.get("losses"), "losses")
    losses = tuple(_curve_at(row, f"losses[{k}]", len(times)) for k, row in enumerate(listed))
    if not 1 <= len(losses) <= SEEDS_LIMIT:
        raise BadInput("losses", f"{len(losses)} seeds", f"1 to {SEEDS_LIMIT}")
    blow_ups = tuple(
        _blow_up(item, f"blow_ups[{k}]", times)
        for k, item in enumerate(array_at(data.get("blow_ups"), "blow_ups"))
    )
    steps = tuple(
        whole_at(x, f"steps[{k}]", 10**9)
        for k, x in enumerate(array_at(data.get("steps"), "steps"))
    )
    if not len(losses) == len(blow_ups) == len(steps):
        raise BadInput("blow_ups and steps", len(blow_ups), f"one for each of {len(losses)} seeds")
    for k, (row, blow_up) in enumerate(zip(losses, blow_ups, strict=True)):
        _check_end(row, blow_up, times, f"losses[{k}]")
    observed = _observed(data.get("observables", {}), problem, len(losses), len(times))
    found = Simulation(
        problem=problem,
        sizes=_sizes(object_at(data.get("sizes"), "sizes"), problem),
        times=times,
        losses=losses,
        blow_ups=blow_ups,
        steps=steps,
        root=whole_at(data.get("root"), "root", 2**64),
        tolerance=real_at(data.get("tolerance"), "tolerance", *TOLERANCES),
        accuracy=_accuracy(data.get("accuracy"), len(losses)),
        evidence=evidence_at(data.get("evidence")).as_claimed("statistics recomputed"),
        observed=observed,
    )
    for key in ("mean", "standard_error", "median", "quantiles"):
        same_at(data, key, _statistics(found)[key], "the losses give")
    for name, known in _observables(found).items():
        same_at(data, name, known, "their values give")
    return found


def _times(listed: list[Any]) -> tuple[float, ...]:
    """Times in order, away from zero and of one sign, as a simulation reports them."""
    times = tuple(real_at(x, f"times[{j}]") for j, x in enumerate(listed))
    away = [abs(t) for t in times]
    if not times or len({t > 0 for t in times if t}) > 1 or sorted(set(away)) != away:
        raise BadInput("times", f"{len(times)} times", "times of one sign in order, away from 0")
    return times


def _curve_at(row: object, field: str, length: int) -> tuple[float, ...]:
    values = array_at(row, field)
    if len(values) != length:
        raise BadInput(field, f"{len(values)} values", f"one for each of {length} times")
    return tuple(
        math.inf if x is None else real_at(x, f"{field}[{j}]", -LARGEST, LARGEST)
        for j, x in enumerate(values)
    )


def _blow_up(item: object, field: str, times: Sequence[float]) -> BlowUp | None:
    if item is None:
        return None
    given = object_at(item, field)
    time, lower, upper = (
        real_at(given.get(name), f"{field}.{name}") for name in ("time", "lower", "upper")
    )
    if not lower <= time <= upper or abs(time) > abs(times[-1]) or time * times[-1] <= 0:
        raise BadInput(field, time, f"a time between its bounds, and between 0 and {times[-1]}")
    return BlowUp(time, lower, upper)


def _check_end(
    row: Sequence[float], blow_up: BlowUp | None, times: Sequence[float], field: str
) -> None:
    """Losses are infinite from the blow-up on, and nowhere else."""
    last = math.inf if blow_up is None else max(abs(blow_up.lower), abs(blow_up.upper))
    first = math.inf if blow_up is None else min(abs(blow_up.lower), abs(blow_up.upper))
    for t, value in zip(times, row, strict=True):
        if (math.isinf(value) and abs(t) < first) or (math.isfinite(value) and abs(t) > last):
            raise BadInput(field, value, f"null from the blow-up on and nowhere else, at t = {t}")


def _observed(
    item: object, problem: Problem, seeds: int, length: int
) -> tuple[tuple[str, tuple[tuple[float, ...], ...]], ...]:
    found = []
    for name, given in object_at(item, "observables").items():
        field = f"observables.{shown(name)}"
        if problem.quantity(line_at(name, "observables")).indices:
            raise BadInput("observables", name, "an observable without free indices")
        rows = array_at(object_at(given, field).get("values"), f"{field}.values")
        if len(rows) != seeds:
            raise BadInput(f"{field}.values", len(rows), f"one curve for each of {seeds} seeds")
        curves = tuple(_curve_at(row, f"{field}.values[{k}]", length) for k, row in enumerate(rows))
        found.append((name, curves))
    return tuple(found)


def _sizes(given: Mapping[str, Any], problem: Problem) -> tuple[tuple[str, float], ...]:
    words = problem.vocabulary
    families = [family for t in words.tensors.values() for family in t.families]
    whole = {family.size for family in families if not family.fixed}
    whole |= set(problem.sizes)
    known = (*problem.in_order(words.symbols | whole), "T")
    needed = {*whole, "T"}
    for name in sorted(needed - given.keys()):
        raise BadInput("sizes", f"no value of {name}", f"values of {', '.join(sorted(needed))}")
    found = []
    for name, value in given.items():
        field = f"sizes.{name}"
        if name not in known:
            raise BadInput("sizes", name, ", ".join(known))
        if name in whole:
            found.append((name, float(whole_at(_integral(value), field, SIZE_LIMIT, 1))))
        elif name == "T" or name in problem.positive:
            found.append((name, real_at(value, field, 1e-300)))
        else:
            found.append((name, real_at(value, field)))
    return tuple(found)


def _integral(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _accuracy(item: object, seeds: int) -> Accuracy | None:
    if item is None:
        return None
    given = object_at(item, "accuracy")
    return Accuracy(
        whole_at(given.get("seeds"), "accuracy.seeds", seeds),
        real_at(given.get("absolute"), "accuracy.absolute", 0),
        real_at(given.get("relative"), "accuracy.relative", 0),
    )
