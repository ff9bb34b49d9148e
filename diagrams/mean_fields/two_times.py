"""Correlations and responses at two times, as arrays: from rows of them, or from sampled sites.

A correlation is ``C(t_i, t_j)``.  A response ``R(t_i, t_j)`` vanishes for ``t_j > t_i``; what acts
at once, a delta function at equal times, is left out of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations_with_replacement
from typing import Any

import numpy as np

from diagrams.display import Displayed
from diagrams.errors import BadInput, OutsideDomain
from diagrams.evidence import Evidence, Kind
from diagrams.mean_fields.curves import (
    FARTHEST,
    GRIDS,
    SITES,
    TERMS,
    checked_times,
    numbers_of,
    rate_of,
)
from diagrams.mean_fields.equations import TreeEquations
from diagrams.mean_fields.jets import taylor
from diagrams.mean_fields.linear_sites import LinearSites, NotLinear
from diagrams.mean_fields.melon_rows import MelonRows
from diagrams.mean_fields.melon_series import melon_taylor
from diagrams.mean_fields.melons import MelonEquations
from diagrams.mean_fields.sampled_noise import Array, Diverged
from diagrams.mean_fields.sampling import Sampled
from diagrams.mean_fields.two_time_solver import History, Solver, TwoTimeSystem
from diagrams.polynomials.polynomial import Polynomial

SITE_STEPS, STEPS = 24, 120
"""Steps of the times that are given: those of sampled sites are also the finer of two grids."""

DELAYS = 16
"""Times after a waiting time, for every factor of ten."""

SHORTEST = 0.01
"""The first of them, in units of the fastest rate."""

LEAST, MOST = 4, 480

Functions = tuple[tuple[str, Array], ...]


@dataclass(frozen=True, eq=False)
class TwoTimeFunctions(Displayed):
    """Functions of two times on a grid, each with a name and an array.

    The first index of an array is the later time of a response.
    ``times`` are in units of T.  ``errors`` are the largest distances from a grid of steps twice as
    long, relative to the largest value, by ``C`` or ``R`` and the name.
    """

    times: Array = field(repr=False)
    correlations: Functions = field(repr=False)
    responses: Functions = field(repr=False)
    errors: tuple[tuple[str, float], ...]
    method: str
    evidence: Evidence

    def correlation(self, name: str) -> Array:
        """Return the correlation of a name; raises :class:`~diagrams.errors.BadInput`."""
        return _named(self.correlations, name)

    def response(self, name: str) -> Array:
        """Return the response of a name; raises :class:`~diagrams.errors.BadInput`."""
        return _named(self.responses, name)


def _named(functions: Functions, name: str) -> Array:
    for own, values in functions:
        if own == name:
            return values
    raise BadInput("name", name, ", ".join(own for own, _ in functions))


def two_time_functions(
    equations: TreeEquations | MelonEquations,
    until: float,
    at: Mapping[str, Any],
    steps: int | None = None,
    waiting: Sequence[float] = (),
    seed: int = 0,
) -> TwoTimeFunctions:
    """Integrate equations on two grids; their times are even, or waiting times and delays.

    With ``waiting`` times, delays after each grow by a factor up to ``until``, and ``steps`` are
    not needed.  Melons: correlations and responses of factors, in units of their variances, and of
    the output.  Trees with linear sites: correlations of vectors, and how a vector answers to a
    kick of its field.  Other trees: correlations of vectors, by name, and of fields, by matrix and
    family, averaged over sampled sites; responses of the source of a field to another, averaged
    over a step.

    Raises :class:`~diagrams.errors.OutsideDomain` where the grids do not agree within a tenth, and
    :class:`~diagrams.errors.BadInput`.
    """
    last = float(checked_times([until])[0])
    if not last:
        raise BadInput("until", until, "a time above 0")
    if steps is not None and (
        not isinstance(steps, int) or not LEAST <= steps <= MOST or steps % 2
    ):
        raise BadInput("steps", steps, f"an even number from {LEAST} to {MOST}")
    if any(not 0 < w < last for w in waiting):
        raise BadInput("waiting", tuple(waiting), f"times above 0 and before {last:g}")
    if isinstance(equations, TreeEquations) and equations.functions:
        raise OutsideDomain("sites of functions have no fields, whose times are two", "t")
    exact = numbers_of(equations.parameters, at)
    values = {name: float(value) for name, value in exact.items()}
    try:
        system, derivatives = _rows_of(equations, values)
    except NotLinear as why:
        if waiting:
            told = f"no waiting times: sites are sampled on even steps, as {why.step}"
            raise BadInput("waiting", tuple(waiting), told) from None
        assert isinstance(equations, TreeEquations)
        return _on_sites(equations, values, last, SITE_STEPS if steps is None else steps, seed)
    rate = rate_of(derivatives, values)
    if last * rate > FARTHEST:
        raise OutsideDomain(f"not integrated: t = {last:g} is beyond what rows can bear", "t")
    times = np.linspace(0, last, (STEPS if steps is None else steps) + 1)
    if waiting:
        times = _delayed(last, waiting, SHORTEST / rate)

    def run(degree: int, step: float) -> tuple[Functions, Functions]:
        history = Solver(system, last, rate, degree, step).run()
        return _of_rows(equations, system, history, times)

    try:
        fine, coarse = run(*GRIDS[1]), run(*GRIDS[0])
    except Diverged:
        raise OutsideDomain(f"not integrated: rows to t = {last:g} diverge", "t") from None
    errors = _errors(fine, coarse, lambda letter, own, other: _largest(own - other, own))
    _check(errors, last)
    said = "mean-field equations on rows of functions of two times; errors from two grids"
    method = f"rows at growing times, {GRIDS[1][1]:g} in their logarithm"
    return TwoTimeFunctions(times, *fine, errors, method, Evidence(Kind.NUMERICAL, said))


def _rows_of(
    equations: TreeEquations | MelonEquations, values: Mapping[str, float]
) -> tuple[LinearSites | MelonRows, Sequence[Polynomial]]:
    """The equations as those of rows, with derivatives of the observable."""
    if isinstance(equations, TreeEquations):
        return LinearSites(equations, values), taylor(equations, TERMS)
    if equations.coupling:
        raise OutsideDomain("coordinates under a target are followed on no grid", "t")
    return MelonRows(equations, values), melon_taylor(equations, TERMS)


def _delayed(last: float, waiting: Sequence[float], shortest: float) -> Array:
    """Waiting times and times after them, and the times from zero alike."""
    found = {0.0, last}
    for start in (0.0, *waiting):
        count = max(2, round(DELAYS * math.log10((last - start) / shortest)))
        delays = np.geomspace(shortest, last - start, count)
        found |= {start, *(float(start + delay) for delay in delays[:-1])}
    return np.array(sorted(found))


def _of_rows(
    equations: TreeEquations | MelonEquations, system: TwoTimeSystem, history: History, times: Array
) -> tuple[Functions, Functions]:
    """Functions with the names of their factors or vectors, at all pairs of times."""
    later, earlier = np.maximum.outer(times, times), np.minimum.outer(times, times)
    before = np.less.outer(times, times)

    def table(name: str, its: str) -> Array:
        own = history.at(name, later, earlier)
        if its:  # the correlation of the other at the later time
            return own if its == name else np.where(before, history.at(its, later, earlier), own)
        return np.where(before, 0.0, own)

    correlations, responses = [], []
    if isinstance(equations, MelonEquations):
        for c, factor in enumerate(equations.factors):
            name = ", ".join(factor.names)
            correlations.append((name, table(f"C {c}", f"C {c}")))
            responses.append((name, table(f"R {c}", "")))
        correlations.append(("output", table("F", "F")))
        responses.append(("output", table("r", "")))
        return tuple(correlations), tuple(responses)
    assert isinstance(system, LinearSites)
    names = {q.atom: q.entry.name for q in equations.moving}
    for a, b in combinations_with_replacement(names, 2):
        if (own := f"C {a} {b}") in history.rows:
            name = names[a] if a == b else f"{names[a]}, {names[b]}"
            correlations.append((name, table(own, f"C {b} {a}")))
    for key in system.starts:
        letter, a, kind = key.split(" ")
        if letter == "R":
            matrix = list(system.fields.values())[int(kind)].group[0]
            name = f"{names[a]} to {matrix}"
            again = sum(known.partition(" (")[0] == name for known, _ in responses)
            name += f" ({again + 1})" * bool(again)
            responses.append((name, table(key, "")))
    return tuple(correlations), tuple(responses)


def _errors(
    fine: tuple[Functions, Functions],
    coarse: tuple[Functions, Functions],
    distance: Callable[[str, Array, Array], float],
) -> tuple[tuple[str, float], ...]:
    return tuple(
        (f"{letter} {name}", distance(letter, own, other))
        for letter, better, worse in zip("CR", fine, coarse, strict=True)
        for (name, own), (_, other) in zip(better, worse, strict=True)
    )


def _check(errors: Sequence[tuple[str, float]], last: float) -> None:
    worst, name = max((error, name) for name, error in errors)
    if not worst <= 0.1:
        raise OutsideDomain(
            f"not integrated: {name} on two grids to t = {last:g} is {worst:.2g} of its largest"
            " value apart; more steps or an earlier time may do",
            "t",
        )


def _largest(change: Array, values: Array) -> float:
    return float(np.max(np.abs(change))) / (float(np.max(np.abs(values))) or 1.0)


def _on_sites(
    equations: TreeEquations, values: Mapping[str, float], last: float, count: int, seed: int
) -> TwoTimeFunctions:
    """Functions on sampled sites, on even steps and on half as many."""
    times = np.linspace(0, last, count + 1)
    try:
        fine, coarse = (_of_sites(equations, values, grid, seed) for grid in (times, times[::2]))
    except Diverged:
        raise OutsideDomain(f"not integrated: {count} steps to t = {last:g} diverge", "t") from None
    errors = _errors(fine, coarse, lambda letter, own, other: _distance(own, other, letter == "R"))
    _check(errors, last)
    said = "mean-field equations at two times; errors from two grids"
    method = f"{count} even steps, {SITES} orthogonal sites a family"
    return TwoTimeFunctions(times, *fine, errors, method, Evidence(Kind.NUMERICAL, said))


def _distance(fine: Array, coarse: Array, averaged: bool) -> float:
    """How far two grids lie apart before equal times; what is averaged over steps is, over two."""
    shared = fine[::2, ::2].copy()
    if averaged:
        shared[:, :-1] = (shared[:, :-1] + fine[::2, 1::2]) / 2
    return _largest(np.tril(shared - coarse, -1), fine)


class _Recorded(Sampled):
    """A run that keeps what stands at the sites at the times of its grid."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.kept: dict[str, list[Array]] = {}

    def _slopes(self) -> None:
        if not any(self.slopes.values()):  # at the first stage of a step
            atoms = [q.atom for q in self.equations.moving]
            atoms += [k.atom for k in self.equations.fields]
            for atom in atoms:
                row = np.broadcast_to(self.values[atom], (self.count,))
                self.kept.setdefault(atom, []).append(row.astype(float))
        super()._slopes()


def _of_sites(
    equations: TreeEquations, values: Mapping[str, float], grid: Array, seed: int
) -> tuple[Functions, Functions]:
    run = _Recorded(equations, values, grid.tolist(), SITES, seed)
    run.run()
    names: dict[str, str] = {q.atom: q.entry.name for q in equations.moving if q.family is not None}
    for one in equations.fields:
        wanted = f"{one.group[0]} at {one.family.name}"
        places = [name for name in names.values() if name.partition(" (")[0] == wanted]
        names[one.atom] = f"{wanted} ({len(places) + 1})" if places else wanted
    rows = ((name, np.stack(run.kept[atom])) for atom, name in names.items())
    correlations = tuple((name, table @ table.T / SITES) for name, table in rows)
    responses = []
    for known in equations.fields:
        for partner, _ in known.memory:
            answering = known.meeting(next(f for f in equations.fields if f.atom == partner))[0]
            table = run.source_answers[known.atom, answering, partner].mean(axis=2)[::4]
            name = f"source of {names[known.atom]} to {names[partner]}"
            responses.append((name, _by_steps(table, np.diff(grid))))
    return correlations, tuple(responses)


def _by_steps(table: Array, steps: Array) -> Array:
    """Answers to kicks at stages, summed over a step and divided by it."""
    count = len(steps) + 1
    found = np.zeros((count, count))
    for j, step in enumerate(steps):
        found[j + 1 :, j] = table[j + 1 :, 4 * j : 4 * j + 4].sum(axis=1) / step
    return found
