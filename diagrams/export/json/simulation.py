"""Simulations as JSON, and back with every value checked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec
from msgspec import UNSET
from msgspec.structs import astuple

from diagrams.errors import BadInput, shown
from diagrams.export.json.batches import batch_data, batch_from
from diagrams.export.json.codec import document, finite, json_rows, read, written
from diagrams.export.json.documents import trials
from diagrams.export.json.reading import evidence_of, problem_of, same, whole
from diagrams.flow.curves import Curves
from diagrams.flow.integration import BlowUp
from diagrams.flow.models import SIZE_LIMIT
from diagrams.flow.running import SEEDS_LIMIT
from diagrams.flow.settings import TOLERANCES
from diagrams.flow.simulation import Accuracy, Simulation
from diagrams.problems.friction import read_friction
from diagrams.problems.problem import Problem


def simulation_json(found: Simulation, command: str | None = None) -> str:
    """Return a simulation as JSON text, one line for every seed."""
    return json_rows(simulation_data(found, command))


def simulation_data(found: Simulation, command: str | None = None) -> dict[str, object]:
    """The same as plain data."""
    content: dict[str, object] = {
        "sizes": {name: int(x) if name in found.problem.sizes else x for name, x in found.sizes},
        "root": found.root,
        "tolerance": found.tolerance,
        **({} if found.step is None else {"step": found.step}),
        **({"momentum": found.momentum, "nesterov": found.nesterov} if found.momentum else {}),
        **batch_data(found.batch),
        **({"friction": str(found.friction)} if found.friction else {}),
        "times": list(found.grid),
        **_statistics(found),
        "losses": finite(found.rows),
        **_observables(found),
        "blow_ups": list(map(msgspec.to_builtins, found.blow_ups)),
        "steps": list(found.steps),
        "accuracy": msgspec.to_builtins(found.accuracy),
        "evidence": found.evidence.to_dict(),
    }
    return document(trials.Simulation, content, found.problem, command, found.root)


def _statistics(found: Simulation) -> dict[str, object]:
    """What the losses of all seeds say together."""
    return {
        "mean": finite(found.mean),
        "standard_error": finite(found.standard_error),
        "median": finite(found.median),
        "quantiles": written(found.quantiles, list[trials.Quantile]),
    }


def _observables(found: Simulation) -> dict[str, object]:
    """Curves of observables where any were asked for."""
    rows = {
        name: {
            "mean": finite(Curves(rows).mean),
            "standard_error": finite(Curves(rows).standard_error),
            "values": finite(rows),
        }
        for name, rows in found.observed
    }
    return {"observables": rows} if rows else {}


# -- reading ------------------------------------------------------------------------------


def simulation_from_json(text: str) -> Simulation:
    """Read back a simulation.

    Statistics are computed again from the losses; that these are those of the problem is the
    claim of the document, and the evidence says so.  Raises
    :class:`~diagrams.errors.BadInput` for anything that :func:`simulation_json` did not write,
    statistics that do not belong to the losses included.
    """
    return simulation_of(read(text, trials.Simulation))


def simulation_of(given: trials.Simulation) -> Simulation:
    """The simulation of a document, which may be a part of another."""
    problem, times = problem_of(given.problem), tuple(given.times)
    away = [abs(t) for t in times]
    if len({t > 0 for t in times if t}) > 1 or sorted(set(away)) != away:
        raise BadInput("times", f"{len(times)} times", "times of one sign in order, away from 0")
    falls = times[-1] > 0 and given.step is UNSET
    losses = _rows(given.losses, "losses", len(times), -math.inf if falls else math.inf)
    if len(losses) > SEEDS_LIMIT:
        raise BadInput("losses", f"{len(losses)} seeds", f"1 to {SEEDS_LIMIT}")
    if not len(losses) == len(given.blow_ups) == len(given.steps):
        allowed = f"one for each of {len(losses)} seeds"
        raise BadInput("blow_ups and steps", len(given.blow_ups), allowed)
    blow_ups = tuple(
        None if item is None else _blow_up(item, f"blow_ups[{k}]", times)
        for k, item in enumerate(given.blow_ups)
    )
    for k, (row, blow_up) in enumerate(zip(losses, blow_ups, strict=True)):
        _check_end(row, blow_up, times, f"losses[{k}]")
    step = None if given.step is UNSET else given.step
    least, most = TOLERANCES if step is None else (0, 0)
    if not least <= given.tolerance <= most:
        raise BadInput("tolerance", given.tolerance, f"a number from {least:g} to {most:g}")
    accuracy = None if given.accuracy is None else Accuracy(*astuple(given.accuracy))
    if accuracy is not None:
        whole(accuracy.seeds, "accuracy.seeds", len(losses))
    observed = {} if given.observables is UNSET else given.observables
    found = Simulation(
        problem=problem,
        sizes=_sizes(given.sizes, problem),
        grid=times,
        rows=losses,
        blow_ups=blow_ups,
        steps=tuple(given.steps),
        root=whole(given.root, "root", 2**64),
        tolerance=given.tolerance,
        accuracy=accuracy,
        evidence=evidence_of(given.evidence).as_claimed("statistics recomputed"),
        step=step,
        momentum=0.0 if given.momentum is UNSET else given.momentum,
        nesterov=given.nesterov is True,
        batch=batch_from(given.batch, problem, at=given.sizes),
        friction=None if given.friction is UNSET else read_friction(given.friction),
        observed=_observed(observed, problem, len(losses), len(times)),
    )
    same(given, _statistics(found), "the losses give")
    same(given, _observables(found), "their values give")
    return found


def _rows(
    listed: Sequence[Sequence[float | None]], field: str, length: int, end: float = math.inf
) -> tuple[tuple[float, ...], ...]:
    """Curves with a value for each time; null is infinite: the ``end``."""
    for k, row in enumerate(listed):
        if len(row) != length:
            raise BadInput(f"{field}[{k}]", f"{len(row)} values", f"one for each of {length} times")
    return tuple(tuple(end if x is None else x for x in row) for row in listed)


def _blow_up(given: trials.BlowUp, field: str, times: Sequence[float]) -> BlowUp:
    found = BlowUp(*astuple(given))
    last = times[-1]
    inside = abs(found.time) <= abs(last) and found.time * last > 0
    if not (found.lower <= found.time <= found.upper and inside):
        raise BadInput(field, found.time, f"a time between its bounds, and between 0 and {last}")
    return found


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
    given: Mapping[str, trials.Observable], problem: Problem, seeds: int, length: int
) -> tuple[tuple[str, tuple[tuple[float, ...], ...]], ...]:
    found = []
    for name, item in given.items():
        field = f"observables.{shown(name)}.values"
        if problem.quantity(name).indices:
            raise BadInput("observables", name, "an observable without free indices")
        if len(item.values) != seeds:
            raise BadInput(field, len(item.values), f"one curve for each of {seeds} seeds")
        found.append((name, _rows(item.values, field, length)))
    return tuple(found)


def _sizes(given: Mapping[str, float], problem: Problem) -> tuple[tuple[str, float], ...]:
    words = problem.vocabulary
    families = [family for t in words.tensors.values() for family in t.families]
    counts = {family.size for family in families if not family.fixed} | set(problem.sizes)
    known = (*problem.in_order(words.symbols | counts), "T")
    needed = {*counts, "T"}
    for name in sorted(needed - given.keys()):
        raise BadInput("sizes", f"no value of {name}", f"values of {', '.join(sorted(needed))}")
    for name, value in given.items():
        if name not in known:
            raise BadInput("sizes", name, ", ".join(known))
        if name in counts:
            whole(value, f"sizes.{name}", SIZE_LIMIT, 1)
            continue
        least = 1e-300 if name == "T" or name in problem.positive else -1e300
        if not least <= value <= 1e300:
            raise BadInput(f"sizes.{name}", value, f"a number from {least:g} to 1e+300")
    return tuple(given.items())
