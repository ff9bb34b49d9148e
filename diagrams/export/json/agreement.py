"""Agreements as JSON, and back with every value checked.

The simulation is an object of the schema ``wickflow.simulation/1`` of its own; what follows from
other values (ratios, the truncated series, the power law) is written for readers and computed
again when read.
"""

from __future__ import annotations

import json
import math

from diagrams.agreement.agreement import Agreement, Theory
from diagrams.agreement.short_times import ShortTimes
from diagrams.agreement.size_scaling import ExactDeviation, SizePoint, SizeScaling
from diagrams.errors import BadInput
from diagrams.export.json.reading import (
    ORDER_LIMIT,
    document_at,
    evidence_at,
    line_at,
    real_at,
    same_at,
    whole_at,
)
from diagrams.export.json.simulation import simulation_at, simulation_json
from diagrams.flow.models import SIZE_LIMIT
from diagrams.flow.running import SEEDS_LIMIT
from diagrams.polynomials.plain_data import array_at, exponent_at, object_at, plain_value
from diagrams.problems.problem import Problem
from diagrams.provenance import stamp

AGREEMENT_SCHEMA = "wickflow.agreement/1"


def agreement_json(found: Agreement, command: str | None = None) -> str:
    """Return an agreement as JSON text."""
    run = found.simulation
    head: dict[str, object] = {
        "schema": AGREEMENT_SCHEMA,
        "problem": run.problem.to_dict(),
        "regime": found.regime,
        "statistic": found.statistic,
        "deviation": _finite(found.deviation),
        "theory": _theory_data(found.theory),
        "unsolved": found.unsolved,
        "ratio": [_finite(x) for x in found.ratios()],
        "series": _series_data(found),
        "sizes": _scaling_data(found.scaling),
        "notes": list(found.notes),
        "evidence": found.evidence.to_dict(),
        "provenance": stamp(run.problem.spec, command, run.root),
    }
    lines = [f" {_text(key)}: {_text(value)}" for key, value in head.items()]
    lines.append(f' "simulation": {simulation_json(run, command).strip()}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _theory_data(theory: Theory | None) -> dict[str, object] | None:
    if theory is None:
        return None
    return {
        "regime": theory.regime,
        "kind": theory.kind,
        "expression_latex": theory.formula_latex,
        "domain": theory.domain,
        "values": list(theory.values),
        "ends": theory.ends,
        "refusal": theory.refusal,
        "evidence": theory.evidence.to_dict(),
    }


def _series_data(found: Agreement) -> dict[str, object] | None:
    series = found.series
    if series is None:
        return None
    return {
        "derivatives": list(series.derivatives),
        "T": series.T,
        "values": list(found.series_values),
        "leaves": found.series_leaves,
    }


def _scaling_data(scaling: SizeScaling | None) -> dict[str, object] | None:
    if scaling is None:
        return None
    return {
        "lead": scaling.lead,
        "scaling": {name: str(power) for name, power in scaling.scaling},
        "points": [
            {
                "size": point.size,
                "sizes": dict(point.sizes),
                "seeds": point.seeds,
                "deviation": point.deviation,
                "standard_error": point.error,
                "time": point.time,
                "share": point.share,
            }
            for point in scaling.points
        ],
        "exact": [
            {
                "s": one.order,
                "deviations": [{"size": size, "deviation": part} for size, part in one.parts],
                "size_for_one_percent": one.needed,
            }
            for one in scaling.exact
        ],
        "least_size": scaling.least,
        "exponent": scaling.exponent,
        "exponent_error": scaling.exponent_error,
        "size_for_one_percent": None if scaling.needed is None else _finite(scaling.needed),
        "verdict": scaling.verdict,
    }


# -- reading ------------------------------------------------------------------------------


def agreement_from_json(text: str) -> Agreement:
    """Read back an agreement; raises :class:`~diagrams.errors.BadInput` for anything else.

    What follows from the curves is computed again, and has to be the same.
    """
    data = document_at(text, AGREEMENT_SCHEMA)
    simulation = simulation_at(object_at(data.get("simulation"), "simulation"))
    problem = data.get("problem", simulation.problem.to_dict())
    if problem != simulation.problem.to_dict():
        raise BadInput("problem", plain_value(problem), "that of the simulation")
    found = Agreement(
        simulation,
        line_at(data.get("regime"), "regime"),
        _theory(data.get("theory"), len(simulation.times)),
        line_at(data.get("unsolved"), "unsolved"),
        _series(data.get("series")),
        _scaling(data.get("sizes"), simulation.problem),
        tuple(line_at(x, "notes") for x in array_at(data.get("notes"), "notes")),
    )
    try:
        derived = {
            "statistic": found.statistic,
            "deviation": _finite(found.deviation),
            "ratio": [_finite(x) for x in found.ratios()],
            "series": _series_data(found),
            "sizes": _scaling_data(found.scaling),
        }
    except (ArithmeticError, ValueError) as error:
        raise BadInput("JSON", text[:40], f"numbers that can be compared ({error})") from None
    for key, value in derived.items():
        same_at(data, key, value, "follows from the curves")
    return found


def _theory(item: object, length: int) -> Theory | None:
    if item is None:
        return None
    given = object_at(item, "theory")
    values = array_at(given.get("values"), "theory.values")
    if len(values) != length:
        raise BadInput("theory.values", len(values), f"one for each of {length} times")
    regime, kind, formula, domain = (
        line_at(given.get(key), f"theory.{key}")
        for key in ("regime", "kind", "expression_latex", "domain")
    )
    return Theory(
        regime,
        kind,
        formula,
        domain,
        tuple(None if x is None else real_at(x, "theory.values") for x in values),
        None if given.get("ends") is None else real_at(given["ends"], "theory.ends"),
        line_at(given.get("refusal"), "theory.refusal"),
        evidence_at(given.get("evidence"), field="theory.evidence"),
    )


def _series(item: object) -> ShortTimes | None:
    if item is None:
        return None
    given = object_at(item, "series")
    listed = array_at(given.get("derivatives"), "series.derivatives")
    if not 1 <= len(listed) <= ORDER_LIMIT + 1:
        raise BadInput("series.derivatives", f"{len(listed)} numbers", "Y_0, Y_1, .. of one series")
    return ShortTimes(
        tuple(real_at(x, "series.derivatives") for x in listed),
        real_at(given.get("T"), "series.T", 1e-300),
    )


def _scaling(item: object, problem: Problem) -> SizeScaling | None:
    if item is None:
        return None
    given = object_at(item, "sizes")
    powers = object_at(given.get("scaling"), "sizes.scaling")
    scaling = [(n, exponent_at(power, f"sizes.scaling.{n}")) for n, power in powers.items()]
    lead = line_at(given.get("lead"), "sizes.lead")
    if lead not in problem.sizes or powers.get(lead) != "1":
        raise BadInput("sizes.lead", lead, "a size of the problem whose exponent is 1")
    points = [_point(x, problem, lead) for x in array_at(given.get("points"), "sizes.points")]
    if not points:
        raise BadInput("sizes.points", "an empty array", "one size at least")
    exact = [_exact(x, lead) for x in array_at(given.get("exact", []), "sizes.exact")]
    least = given.get("least_size")
    return SizeScaling(
        lead,
        tuple(scaling),
        tuple(points),
        tuple(exact),
        None if least is None else real_at(least, "sizes.least_size"),
    )


def _exact(item: object, lead: str) -> ExactDeviation:
    given = object_at(item, "sizes.exact")
    parts = [
        object_at(x, "sizes.exact.deviations")
        for x in array_at(given.get("deviations"), "sizes.exact.deviations")
    ]
    needed = given.get("size_for_one_percent")
    return ExactDeviation(
        whole_at(given.get("s"), "sizes.exact.s", ORDER_LIMIT),
        tuple(
            (
                whole_at(part.get("size"), "sizes.exact.deviations.size", 10**300, 1),
                real_at(part.get("deviation"), "sizes.exact.deviations.deviation"),
            )
            for part in parts
        ),
        None if needed is None else real_at(needed, "sizes.exact.size_for_one_percent"),
        lead,
    )


def _point(item: object, problem: Problem, lead: str) -> SizePoint:
    given = object_at(item, "sizes.points")
    sizes = object_at(given.get("sizes"), "sizes.points.sizes")
    size = whole_at(given.get("size"), "sizes.points.size", SIZE_LIMIT, 1)
    if sizes.get(lead) != size:
        raise BadInput("sizes.points.sizes", plain_value(sizes.get(lead)), f"{lead} = {size}")
    error, share = given.get("standard_error"), given.get("share")
    return SizePoint(
        size,
        tuple((name, _size(x, name, problem)) for name, x in sizes.items()),
        whole_at(given.get("seeds"), "sizes.points.seeds", SEEDS_LIMIT, 1),
        real_at(given.get("deviation"), "sizes.points.deviation", 0),
        None if error is None else real_at(error, "sizes.points.standard_error", 0),
        real_at(given.get("time"), "sizes.points.time"),
        None if share is None else real_at(share, "sizes.points.share"),
    )


def _size(value: object, name: str, problem: Problem) -> float:
    field = f"sizes.points.sizes.{name}"
    found = real_at(value, field)
    if name in problem.sizes and not (found >= 1 and found.is_integer()):
        raise BadInput(field, found, "a positive integer")
    return found
