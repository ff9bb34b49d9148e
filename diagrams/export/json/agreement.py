"""Agreements as JSON, and back with every value checked.

The simulation is a document of its own; what follows from other values (ratios, the truncated
series, the power law) is written for readers and computed again when read.
"""

from __future__ import annotations

from msgspec import UNSET

from diagrams.agreement.agreement import Agreement, Theory
from diagrams.agreement.short_times import ShortTimes
from diagrams.agreement.size_scaling import ExactDeviation, SizePoint, SizeScaling
from diagrams.errors import BadInput
from diagrams.export.json.codec import document, finite, json_rows, read, written
from diagrams.export.json.documents import trials
from diagrams.export.json.reading import evidence_of, made, same, whole
from diagrams.export.json.simulation import simulation_data, simulation_of
from diagrams.flow.models import SIZE_LIMIT
from diagrams.flow.running import SEEDS_LIMIT
from diagrams.polynomials.plain_data import exponent_at
from diagrams.problems.problem import Problem


def agreement_json(found: Agreement, command: str | None = None) -> str:
    """Return an agreement as JSON text."""
    run = found.simulation
    known = _derived_data(found)
    content = {
        "regime": found.regime,
        "statistic": known["statistic"],
        "deviation": known["deviation"],
        "theory": written(found.theory, trials.Theory),
        "unsolved": found.unsolved,
        "ratio": known["ratio"],
        "series": known["series"],
        "sizes": known["sizes"],
        "notes": list(found.notes),
        "evidence": found.evidence.to_dict(),
        "simulation": simulation_data(run, command),
    }
    data = document(trials.Agreement, content, run.problem, command, run.root)
    last = data.pop("simulation")
    return json_rows({**data, "simulation": last})


def _derived_data(found: Agreement) -> dict[str, object]:
    """What follows from the curves."""
    return {
        "statistic": found.statistic,
        "deviation": finite(found.deviation),
        "ratio": finite(found.ratios()),
        "series": _series_data(found),
        "sizes": written(found.scaling, trials.SizeScaling),
    }


def _series_data(found: Agreement) -> dict[str, object] | None:
    series = found.series
    if series is None:
        return None
    return {
        "derivatives": list(series.derivatives),
        "T": series.T,
        "values": finite(found.series_values),
        "leaves": found.series_leaves,
    }


# -- reading ------------------------------------------------------------------------------


def agreement_from_json(text: str) -> Agreement:
    """Read back an agreement; raises :class:`~diagrams.errors.BadInput` for anything else.

    What follows from the curves is computed again, and has to be the same.
    """
    given = read(text, trials.Agreement)
    simulation = simulation_of(given.simulation)
    same(given, {"problem": simulation.problem.to_dict()}, "the simulation has")
    found = Agreement(
        simulation,
        given.regime,
        None if given.theory is None else _theory(given.theory, len(simulation.times)),
        given.unsolved,
        None if given.series is None else made(ShortTimes, given.series),
        None if given.sizes is None else _scaling(given.sizes, simulation.problem),
        tuple(given.notes),
    )
    try:
        derived = _derived_data(found)
    except (ArithmeticError, ValueError) as error:
        raise BadInput("JSON", text[:40], f"numbers that can be compared ({error})") from None
    same(given, derived, "follows from the curves")
    return found


def _theory(given: trials.Theory, length: int) -> Theory:
    if len(given.values) != length:
        raise BadInput("theory.values", len(given.values), f"one for each of {length} times")
    return made(Theory, given, evidence=evidence_of(given.evidence, field="theory.evidence"))


def _scaling(given: trials.SizeScaling, problem: Problem) -> SizeScaling:
    lead = given.lead
    if lead not in problem.sizes or given.scaling.get(lead) != "1":
        raise BadInput("sizes.lead", lead, "a size of the problem whose exponent is 1")
    powers = ((n, exponent_at(power, f"sizes.scaling.{n}")) for n, power in given.scaling.items())
    exact = () if given.exact is UNSET else given.exact
    return made(
        SizeScaling,
        given,
        scaling=tuple(powers),
        points=tuple(_point(point, problem, lead) for point in given.points),
        exact=tuple(made(ExactDeviation, one, lead=lead) for one in exact),
    )


def _point(given: trials.SizePoint, problem: Problem, lead: str) -> SizePoint:
    size = whole(given.size, "sizes.points.size", SIZE_LIMIT, 1)
    if given.sizes.get(lead) != size:
        raise BadInput("sizes.points.sizes", given.sizes.get(lead), f"{lead} = {size}")
    for name, value in given.sizes.items():
        if name in problem.sizes and not (value >= 1 and value.is_integer()):
            raise BadInput(f"sizes.points.sizes.{name}", value, "a positive integer")
    whole(given.seeds, "sizes.points.seeds", SEEDS_LIMIT, 1)
    return made(SizePoint, given)
