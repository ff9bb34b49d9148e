"""Correlations and responses at two times, as arrays: from grids of melons, or from sampled sites.

A correlation is ``C(t_i, t_j)``.  A response ``R(t_i, t_j)`` vanishes for ``t_j > t_i``; what acts
at once, a delta function at equal times, is left out of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from diagrams.display import Displayed
from diagrams.errors import BadInput, OutsideDomain
from diagrams.evidence import Evidence, Kind
from diagrams.mean_fields.curves import SITES, checked_times, numbers_of
from diagrams.mean_fields.equations import TreeEquations
from diagrams.mean_fields.melon_grid import MelonGrid
from diagrams.mean_fields.melons import MelonEquations
from diagrams.mean_fields.sampled_noise import Array, Diverged
from diagrams.mean_fields.sampling import Sampled

TREE_STEPS, MELON_STEPS = 24, 120
"""Steps of the finer of two grids."""

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
    seed: int = 0,
) -> TwoTimeFunctions:
    """Integrate equations on a grid of even steps, and on one of half as many.

    Trees: correlations of vectors, by name, and of fields, by matrix and family, averaged over
    sampled sites; responses of the source of a field to another, averaged over a step.  Melons:
    correlations and responses of factors, in units of their variances, and of the output.

    Raises :class:`~diagrams.errors.OutsideDomain` where the grids do not agree within a tenth, and
    :class:`~diagrams.errors.BadInput`.
    """
    last = float(checked_times([until])[0])
    if not last:
        raise BadInput("until", until, "a time above 0")
    trees = isinstance(equations, TreeEquations)
    count = (TREE_STEPS if trees else MELON_STEPS) if steps is None else steps
    if not isinstance(count, int) or not LEAST <= count <= MOST or count % 2:
        raise BadInput("steps", steps, f"an even number from {LEAST} to {MOST}")
    exact = numbers_of(equations.parameters, at)
    values = {name: float(value) for name, value in exact.items()}

    def run(number: int) -> tuple[Functions, Functions]:
        grid = np.linspace(0, last, number + 1)
        if isinstance(equations, TreeEquations):
            if equations.functions:
                raise OutsideDomain("sites of functions have no fields, whose times are two", "t")
            return _of_sites(equations, values, grid, seed)
        if equations.coupling:
            raise OutsideDomain("coordinates under a target are followed on no grid", "t")
        return _of_grid(equations, values, grid)

    try:
        (fine, coarse) = run(count), run(count // 2)
    except Diverged:
        raise OutsideDomain(f"not integrated: {count} steps to t = {last:g} diverge", "t") from None
    errors = tuple(
        (f"{letter} {name}", _distance(own, other, trees and letter == "R"))
        for letter, better, worse in zip("CR", fine, coarse, strict=True)
        for (name, own), (_, other) in zip(better, worse, strict=True)
    )
    worst, name = max((error, name) for name, error in errors)
    if worst > 0.1:
        raise OutsideDomain(
            f"not integrated: {name} on {count} and {count // 2} steps to t = {last:g} is"
            f" {worst:.2g} of its largest value apart; more steps or an earlier time may do",
            "t",
        )
    kind = f"{SITES} orthogonal sites a family" if trees else "the trapezoidal rule"
    said = "mean-field equations at two times; errors from two grids"
    times = np.linspace(0, last, count + 1)
    evidence = Evidence(Kind.NUMERICAL, said)
    return TwoTimeFunctions(times, *fine, errors, f"{count} even steps, {kind}", evidence)


def _distance(fine: Array, coarse: Array, averaged: bool) -> float:
    """How far two grids lie apart before equal times; what is averaged over steps is, over two."""
    shared = fine[::2, ::2].copy()
    if averaged:
        shared[:, :-1] = (shared[:, :-1] + fine[::2, 1::2]) / 2
    table = np.tril(np.ones(coarse.shape, dtype=bool), -1)
    largest = float(np.max(np.abs(fine))) or 1.0
    return float(np.max(np.abs(shared - coarse)[table])) / largest


def _of_grid(
    equations: MelonEquations, values: Mapping[str, float], grid: Array
) -> tuple[Functions, Functions]:
    run = MelonGrid(equations, values, grid.tolist())
    run.run()
    names = [", ".join(factor.names) for factor in equations.factors]
    correlations = (*zip(names, run.C, strict=True), ("output", run.F))
    responses = (*zip(names, run.R, strict=True), ("output", run.r))
    return correlations, responses


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
