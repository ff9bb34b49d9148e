"""From a problem to the agreement of its series, its solution and its simulation."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from diagrams.agreement.agreement import Agreement, Theory, largest_deviation, symbol_values
from diagrams.agreement.regime_sizes import RegimeSizes
from diagrams.agreement.short_times import ShortTimes, short_times
from diagrams.agreement.size_scaling import (
    FITTED,
    INSIDE,
    SizePoint,
    SizeScaling,
    rounded,
)
from diagrams.dynamics.along import is_scaling
from diagrams.dynamics.explicit.exact_input import Given
from diagrams.dynamics.face import Face, exact_regimes, face_of
from diagrams.dynamics.solution import Solution
from diagrams.dynamics.solving import solve
from diagrams.errors import BadInput, NotSolved, OutsideDomain
from diagrams.evidence import Evidence
from diagrams.flow import FlowSettings, simulate
from diagrams.flow.arguments import POINTS_LIMIT, real_number, whole_number
from diagrams.flow.models import Number
from diagrams.flow.settings import given_values
from diagrams.flow.simulation import Simulation
from diagrams.flow.statistics import median_error
from diagrams.problems.problem import Problem, stated
from diagrams.scaling.regimes.gentle import gentle_scaling, lead_of
from diagrams.series.expansion import Series, check_terms

DIGITS = 8
"""Digits of the solution."""

SERIES_TERMS = ((4, 9), (6, 3), (8, 3), (16, 3))
"""Orders of the series, by the number of factors of the largest diagram; 2 beyond.

As many as take about a second.  Counted, not timed: another run shows the same orders.
"""

EARLY = 10
"""So many times of the simulation halve its first interval: the series is good there."""

POINTS = 20
"""So many equal intervals of the window are looked at for the deviation at a size."""

LARGEST_WORK = 4 * 10**8
"""Seeds, weights and largest size, multiplied, of the largest simulation added unasked."""

RATIOS = (2.0, 2.0**0.5, 2.0**0.25)
"""Sizes that a law is fitted to are chosen so far apart."""

SMALLEST = 4
"""The smallest lead that a law is fitted to by default."""

MORE_SEEDS = 16
"""Smaller sizes are run with more seeds, but at most so many times as many."""

SIZES_LIMIT, LARGEST_SIZE = 12, 10**6
NO_SERIES = -1
ALONE = "scalings of hidden sizes whose mean field moves; solve with --at stands by itself"
SEEN = 0.002
"""Estimated errors of a solution, relative to its range, that are told from here on."""


def compare(
    problem: Problem,
    regime: str = "full",
    *,
    until: Number,
    T: Number = 1,
    seeds: int = 8,
    seed: int = 0,
    points: int = 101,
    at: Mapping[str, Number] | None = None,
    terms: int | None = None,
    sizes: Sequence[int] | None = None,
    settings: FlowSettings | None = None,
    progress: Callable[[str], Any] | None = None,
    **values: Number,
) -> Agreement:
    """Simulate a problem and hold it against the solution of a regime and the exact series.

    ``terms`` is the highest order of the series (by default as many as take little time, -1 for
    none).  ``sizes`` are the values of one size, the *lead*, at which the simulation is repeated,
    the others following a scaling of the regime: by default five up to twice its value (once where
    twice would take long) that lie in the regime, or three where there is no room for them; an
    empty sequence for none.  The lead is the first size that is not the width.  All else is as in
    :func:`~diagrams.flow.running.simulate`.  What is chosen by default depends on the problem and
    the sizes alone.

    A regime without a solution gives an agreement without theory, which says why.

    Raises :class:`~diagrams.errors.BadInput`, :class:`~diagrams.flow.integration.FlowStopped` and
    :class:`~diagrams.campaign.memory.MemoryLimitReached`.

    >>> from diagrams.problems.cp import cp_problem
    >>> free = cp_problem(order=4, target="zero")
    >>> found = compare(free, "A-B", p=8, H=8, sigma=0.35, until=1, points=11, terms=2)
    >>> [point.size for point in found.scaling.points], found.theory.kind
    ([4, 8, 16], 'explicit')
    """
    say = progress or (lambda _: None)
    stated(problem)
    if not problem.functions:
        stated(problem, "regimes are those of drawn entries")
    if terms != NO_SERIES and terms is not None:
        check_terms(terms)
    asked = None if sizes is None else _checked_sizes(sizes)
    count = whole_number("points", points, POINTS_LIMIT, least=2)
    window = _window(real_number("until", until, "a time other than zero"), count)
    given, unit = given_values(at, T, values)
    place = {"seeds": seeds, "points": window, "T": unit, "at": given}

    def run(own: Mapping[str, Any]) -> Simulation:
        return simulate(
            problem,
            **{**place, **own},
            until=until,
            seed=seed,
            settings=settings,
            progress=lambda state: say(f"simulation: {state}"),
        )

    say(f"solution of {regime}")
    face, solution, unsolved = _solved(problem, regime)
    found = run({})
    say("exact series")
    most = face.exact.terms if isinstance(face.exact, Series) else None
    series = None if terms == NO_SERIES else _series(found, terms, most)
    if solution is None:
        return Agreement(found, face.regime.name, None, unsolved, series, None, ())
    theory = theory_at(solution, found)
    held = Agreement(found, face.regime.name, theory, "", series, None, ())
    try:
        along = _regime_sizes(face, found)
        held = replace(held, notes=_outside(along, found))
        if asked == ():
            return held
        return replace(held, scaling=_size_scaling(solution, along, held, asked, run))
    except (NotSolved, OutsideDomain) as failure:
        why = failure.step if isinstance(failure, NotSolved) else str(failure)
        missing = () if asked == () else (f"no dependence on the size: {why}",)
        return replace(held, notes=(*held.notes, *missing))


def _solved(problem: Problem, regime: str) -> tuple[Face, Solution | None, str]:
    """The face of a regime with its solution, or why there is none.

    A network at given inputs has no regimes but scalings of its hidden sizes.
    """
    if problem.functions:
        solution = solve(problem, regime)
        if solution.face is None:
            raise BadInput("regime", regime, ALONE)
        return replace(face_of(problem, solution.face), regime=solution.face), solution, ""
    known = None if is_scaling(regime) else exact_regimes(problem)
    face = face_of(problem, regime, known=known)
    try:
        return face, solve(problem, face.regime, known=known), ""
    except NotSolved as failure:
        return face, None, failure.step


def _outside(along: RegimeSizes, found: Simulation) -> tuple[str, ...]:
    """What is to be said of sizes that do not lie in the regime."""
    share = along.share(symbol_values(found))
    if share is None or share >= INSIDE:
        return ()
    name = along.face.regime.name
    part = rounded(100 * share)
    return (
        f"these sizes lie outside {name}: its terms make up {part} % of the exact leading"
        " coefficients; wickflow regimes with --at says which regime they are in",
    )


def agreement_of(run: Simulation, solution: Solution) -> Agreement:
    """Hold a simulation that is there already against a solution; no series, no other sizes.

    Raises :class:`~diagrams.errors.BadInput` if the two are not about one problem.

    >>> from diagrams.dynamics.solving import solve
    >>> from diagrams.problems.cp import cp_problem
    >>> problem = cp_problem(order=3, target="zero", ties="asym")
    >>> run = simulate(problem, p=8, H=4, sigma=0.5, until=1, seeds=4, points=5)
    >>> agreement_of(run, solve(problem, regime="A")).theory.kind
    'explicit'
    """
    if run.problem != solution.problem:
        raise BadInput("solution", solution.problem.spec, f"one of {run.problem.spec}")
    theory = theory_at(solution, run)
    return Agreement(run, solution.regime, theory, "", None, None, ())


# -- the window ---------------------------------------------------------------------------


def _window(until: float, count: int) -> tuple[float, ...]:
    """Equidistant times, and early ones, where the series is still good."""
    step = until / (count - 1)
    early = [step * 2.0**-k for k in range(EARLY, 0, -1)]
    return (0.0, *early, *(step * k for k in range(1, count - 1)), until)


def _checked_sizes(sizes: Sequence[int]) -> tuple[int, ...]:
    allowed = f"at most {SIZES_LIMIT} integers from 2 to {LARGEST_SIZE}"
    if isinstance(sizes, str) or not isinstance(sizes, Sequence) or len(sizes) > SIZES_LIMIT:
        raise BadInput("sizes", sizes, allowed)
    for p in sizes:
        whole_number("sizes", p, LARGEST_SIZE, least=2)
    return tuple(sorted(set(sizes)))


# -- series and solution ------------------------------------------------------------------


def _series(run: Simulation, terms: int | None, most: int | None) -> ShortTimes:
    """The exact series at the sizes of a simulation; by default ``most`` orders at most."""
    values = {name: Fraction(x) for name, x in symbol_values(run).items()}
    T = run.value_at("T")
    if terms is not None:
        return short_times(run.problem, values, T, terms)
    default = _default_terms(run.problem)
    terms = default if most is None else min(default, most)
    while True:
        try:
            return short_times(run.problem, values, T, terms)
        except BadInput as refusal:  # an average of a function that has no number
            if refusal.field not in ("average", "function") or not terms:
                raise
            terms -= 1


def _default_terms(problem: Problem) -> int:
    """Orders of the series where no number is given."""
    most = max(len(diagram.edges) for diagram, _ in problem.observable)
    return next((terms for edges, terms in SERIES_TERMS if most <= edges), 2)


def theory_at(solution: Solution, run: Simulation) -> Theory:
    """Return a solution at the sizes and times of a simulation, as far as it exists.

    Times lead away from zero and the domain is an interval around it, so that a search by halves
    finds the end.
    """
    values: dict[str, Given] = {
        name: int(x) if name in run.problem.sizes else x
        for name, x in (*symbol_values(run).items(), ("T", run.value_at("T")))
        if name in solution.symbols
    }
    times = run.grid
    escape = solution.escape(values, law=False)
    known: list[float | None] = []
    errors: list[float] = []
    refusal: OutsideDomain | None = None
    good, bad = 0, len(times) + 1
    while good + 1 < bad:
        count = len(times) if refusal is None else (good + bad) // 2
        try:
            curve = solution.values(times[:count], values, digits=DIGITS, size_limit=True)
        except OutsideDomain as failure:
            refusal, bad = failure, count
        else:
            known, good = [float(value) for value in curve], count
            errors = [0.0 if value.rigorous else float(value.error) for value in curve]
    ends = None if refusal is None else _end(refusal, times[max(good - 1, 0) : good + 1])
    said = "" if refusal is None else str(refusal)
    if escape is not None and escape.typical < (ends or times[-1]):
        count = sum(t < escape.typical for t in times)
        known, errors = known[:count], errors[:count]
        ends, said = escape.typical, escape.sentence
    return Theory(
        solution.regime,
        solution.kind,
        solution.to_latex(),
        solution.domain,
        (*known, *[None] * (len(times) - len(known))),
        ends,
        said,
        _with_errors(solution.evidence, known, errors),
    )


def _with_errors(
    evidence: Evidence, values: Sequence[float | None], errors: Sequence[float]
) -> Evidence:
    """The evidence, with estimated errors of numbers that are seen in a picture."""
    span = max((x for x in values if x is not None), default=0.0)
    span -= min((x for x in values if x is not None), default=0.0)
    largest = max(errors, default=0.0)
    if not span or largest <= SEEN * span:
        return evidence
    part = rounded(100 * largest / span)
    told = f"; estimated errors of its numbers: up to {part} % of the range"
    return replace(evidence, statement=evidence.statement + told)


def _end(refusal: OutsideDomain, bracket: Sequence[float]) -> float:
    """The time at which a solution ends: as it says itself, or the last time where it exists."""
    try:
        said = float(refusal.bound)
    except ValueError:
        said = math.nan
    inside = min(map(abs, bracket)) <= abs(said) <= max(map(abs, bracket))
    return said if inside else bracket[0]


# -- sizes --------------------------------------------------------------------------------


def _size_scaling(
    solution: Solution,
    sizes: RegimeSizes,
    held: Agreement,
    asked: Sequence[int] | None,
    run: Callable[[Mapping[str, Any]], Simulation],
) -> SizeScaling:
    """The deviation at several sizes; that of the main simulation is taken from it."""
    found, problem, lead = held.simulation, held.simulation.problem, sizes.lead
    times = tuple(found.grid[-1] * k / POINTS for k in range(POINTS + 1))
    points = []
    for size in _default_sizes(found, sizes) if asked is None else asked:
        if size == found.value_at(lead):
            points.append(_point(held, sizes))
            continue
        scaled = sizes.at(size)
        here = {n: max(1, round(x)) if n in problem.sizes else x for n, x in scaled.items()}
        unit = here.pop("T")
        more = min(float(MORE_SEEDS), problem.work(symbol_values(found)) / problem.work(here))
        seeds = max(found.seeds, int(found.seeds * more))
        other = run({"at": here, "T": unit, "seeds": seeds, "points": times})
        points.append(_point(agreement_of(other, solution), sizes))
    start, span = _start_and_span(held)
    largest = max(point.size for point in points)
    shown = (*(point.size for point in points), 2 * largest, 4 * largest)
    return SizeScaling(
        lead,
        tuple((name, power) for name, power in sizes.powers.items()),
        tuple(points),
        sizes.exact_deviations(shown, start),
        sizes.least(start, span),
    )


def _regime_sizes(face: Face, found: Simulation) -> RegimeSizes:
    """The scaling of a face through the sizes of a simulation; T keeps its place in its clock."""
    regime = face.regime
    if regime.clock is None:
        raise NotSolved(f"the terms of {regime.name} share no time scale")
    lead = lead_of(face.problem, regime)
    powers = gentle_scaling(regime, lead)
    clock = zip(regime.symbols, regime.clock, strict=True)
    gain = sum((e * powers.get(name, Fraction(0)) for name, e in clock), Fraction(0))
    base = {**symbol_values(found), "T": found.value_at("T")}
    return RegimeSizes(face, {**powers, "T": gain}, base, lead)


def _start_and_span(held: Agreement) -> tuple[float, float]:
    """What the solution starts at, and its range in the window."""
    assert held.theory is not None
    values = [x for x in held.theory.values if x is not None]
    return values[0], max(values) - min(values)


def _point(held: Agreement, sizes: RegimeSizes) -> SizePoint:
    assert held.theory is not None
    run = held.simulation
    deviation, place = largest_deviation(held.curve.tolist(), held.theory.values)
    if deviation is None:
        raise NotSolved("the solution has no range of values in this window")
    if math.isinf(deviation):
        size = run.value_at(sizes.lead)
        raise NotSolved(
            f"at {sizes.lead} = {size:g} half of the seeds blow up in this window; look at less of"
            " it"
        )
    span = _start_and_span(held)[1]
    if held.statistic == "mean":
        error = run.standard_error[place]
    else:
        error = median_error(run.losses[:, place].tolist())
    relative = None if error is None or math.isnan(error) else float(error / span)
    share = sizes.share(symbol_values(run))
    size = int(run.value_at(sizes.lead))
    return SizePoint(size, run.sizes, run.seeds, deviation, relative, run.grid[place], share)


def _default_sizes(run: Simulation, sizes: RegimeSizes) -> tuple[int, ...]:
    """As many as a law needs, in the regime, up to twice the size, or it where that takes long.

    Where there is no room for them, p/2, p and 2p or p/4, p/2 and p: a law is not fitted then.
    """
    size = int(run.value_at(sizes.lead))
    twice = run.problem.work(sizes.at(2.0 * size)) * run.seeds
    last = 2 * size if twice <= LARGEST_WORK else size
    for ratio in RATIOS:
        listed = {round(last / ratio**k) for k in range(FITTED + 1)}
        if len(listed) > FITTED and min(listed) >= SMALLEST and all(map(sizes.serves, listed)):
            return tuple(sorted(listed))
    return tuple(sorted({max(2, last // 2**k) for k in range(3)}))
