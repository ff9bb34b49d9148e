"""Agreements as JSON, and back with every value checked.

The simulation is an object of the schema ``wickflow.simulation/1`` of its own; what follows from
other values (ratios, the truncated series, the power law) is written for readers and computed
again when read.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from diagrams.agreement.agreement import Agreement, Theory
from diagrams.agreement.short_times import ShortTimes
from diagrams.agreement.size_scaling import ExactDeviation, SizePoint, SizeScaling
from diagrams.errors import BadInput
from diagrams.evidence import Evidence
from diagrams.export.simulation_json import simulation_from_json, simulation_json
from diagrams.polynomial_data import array_at, object_at, plain_value, rational_at
from diagrams.provenance import stamp

AGREEMENT_SCHEMA = "wickflow.agreement/1"
TEXT_LIMIT = 500_000_000
TEXT_LENGTH = 10**6


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
        "scaling": {name: str(power) for name, power in scaling.scaling},
        "points": [
            {
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
                "deviations": [{"p": p, "deviation": part} for p, part in one.parts],
                "p_for_one_percent": one.needed,
            }
            for one in scaling.exact
        ],
        "least_p": scaling.least,
        "exponent": scaling.exponent,
        "exponent_error": scaling.exponent_error,
        "p_for_one_percent": None if scaling.needed is None else _finite(scaling.needed),
        "verdict": scaling.verdict,
    }


# -- reading ------------------------------------------------------------------------------


def agreement_from_json(text: str) -> Agreement:
    """Read back an agreement; raises :class:`~diagrams.errors.BadInput` for anything else."""
    if not isinstance(text, str) or len(text) > TEXT_LIMIT:
        raise BadInput("JSON", type(text).__name__, f"text of at most {TEXT_LIMIT} characters")
    try:
        data = object_at(json.loads(text), "JSON")
    except (ValueError, RecursionError) as error:
        raise BadInput("JSON", text[:40], f"well-formed JSON ({error})") from None
    if data.get("schema") != AGREEMENT_SCHEMA:
        raise BadInput("schema", plain_value(data.get("schema")), AGREEMENT_SCHEMA)
    simulation = simulation_from_json(json.dumps(object_at(data.get("simulation"), "simulation")))
    return Agreement(
        simulation,
        _line(data, "regime"),
        _theory(data.get("theory"), len(simulation.times)),
        _line(data, "unsolved"),
        _series(data.get("series")),
        _scaling(data.get("sizes")),
        tuple(_words(x, "notes") for x in array_at(data.get("notes"), "notes")),
    )


def _theory(item: object, length: int) -> Theory | None:
    if item is None:
        return None
    given = object_at(item, "theory")
    values = array_at(given.get("values"), "theory.values")
    if len(values) != length:
        raise BadInput("theory.values", len(values), f"one for each of {length} times")
    return Theory(
        _line(given, "regime"),
        _line(given, "kind"),
        _line(given, "expression_latex"),
        _line(given, "domain"),
        tuple(None if x is None else _real(x, "theory.values") for x in values),
        None if given.get("ends") is None else _real(given["ends"], "theory.ends"),
        _line(given, "refusal"),
        _evidence(given.get("evidence")),
    )


def _series(item: object) -> ShortTimes | None:
    if item is None:
        return None
    given = object_at(item, "series")
    listed = array_at(given.get("derivatives"), "series.derivatives")
    if not listed:
        raise BadInput("series.derivatives", "an empty array", "Y_0 at least")
    return ShortTimes(
        tuple(_real(x, "series.derivatives") for x in listed), _real(given.get("T"), "series.T")
    )


def _scaling(item: object) -> SizeScaling | None:
    if item is None:
        return None
    given = object_at(item, "sizes")
    powers = object_at(given.get("scaling"), "sizes.scaling")
    points = [_point(x) for x in array_at(given.get("points"), "sizes.points")]
    if not points:
        raise BadInput("sizes.points", "an empty array", "one size at least")
    scaling: list[tuple[str, Fraction]] = [
        (name, rational_at(power, f"sizes.scaling.{name}")) for name, power in powers.items()
    ]
    exact = [_exact(x) for x in array_at(given.get("exact", []), "sizes.exact")]
    least = given.get("least_p")
    return SizeScaling(
        tuple(scaling),
        tuple(points),
        tuple(exact),
        None if least is None else _real(least, "sizes.least_p"),
    )


def _exact(item: object) -> ExactDeviation:
    given = object_at(item, "sizes.exact")
    parts = [
        object_at(x, "sizes.exact.deviations")
        for x in array_at(given.get("deviations"), "sizes.exact.deviations")
    ]
    needed = given.get("p_for_one_percent")
    return ExactDeviation(
        _whole(given.get("s"), "sizes.exact.s", 0),
        tuple(
            (
                _whole(part.get("p"), "sizes.exact.deviations.p", 1),
                _real(part.get("deviation"), "sizes.exact.deviations.deviation"),
            )
            for part in parts
        ),
        None if needed is None else _real(needed, "sizes.exact.p_for_one_percent"),
    )


def _point(item: object) -> SizePoint:
    given = object_at(item, "sizes.points")
    sizes = object_at(given.get("sizes"), "sizes.points.sizes")
    if "p" not in sizes:
        raise BadInput("sizes.points.sizes", ", ".join(map(str, sizes)), "p among them")
    error, share = given.get("standard_error"), given.get("share")
    return SizePoint(
        tuple((name, _real(x, f"sizes.points.sizes.{name}")) for name, x in sizes.items()),
        _whole(given.get("seeds"), "sizes.points.seeds", 1),
        _real(given.get("deviation"), "sizes.points.deviation"),
        None if error is None else _real(error, "sizes.points.standard_error"),
        _real(given.get("time"), "sizes.points.time"),
        None if share is None else _real(share, "sizes.points.share"),
    )


def _evidence(item: object) -> Evidence:
    given = object_at(item, "theory.evidence")
    _line(given, "statement")
    try:
        return Evidence.from_dict(given)
    except (KeyError, ValueError) as error:
        allowed = f"kind and statement ({error})"
        raise BadInput("theory.evidence", "an object", allowed) from None


def _real(value: object, field: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e308:
        return float(value)
    raise BadInput(field, plain_value(value), "a number")


def _whole(value: object, field: str, least: int) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= least:
        return value
    raise BadInput(field, plain_value(value), f"an integer, at least {least}")


def _line(given: Mapping[str, Any], field: str) -> str:
    return _words(given.get(field), field)


def _words(value: object, field: str) -> str:
    if isinstance(value, str) and len(value) <= TEXT_LENGTH and value.isprintable():
        return value
    raise BadInput(field, plain_value(value), "one line of text")
