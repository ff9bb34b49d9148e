"""Curves of solutions in a face's own time, to be drawn: a few parameters, a few points each.

On a face, ``E[L]`` over its value at time zero depends on ``t``, with T the natural time scale
of the face, and on the monomials that are of order one there.  A curve is the solution
evaluated at sizes of the face's representative scaling; further curves change one monomial.  It
is the curve of the size limit: when runs of such sizes blow up is not asked.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from itertools import pairwise
from math import isfinite, prod

from diagrams.campaign.watch import within
from diagrams.dynamics.explicit.exact_input import Given
from diagrams.dynamics.solution import Solution
from diagrams.dynamics.solutions import Solved
from diagrams.errors import OutsideDomain, WickflowError
from diagrams.evidence import Evidence, Kind
from diagrams.polynomials.evaluation import float_at
from diagrams.scaling.regimes.chambers import FAR
from diagrams.scaling.regimes.regime import Regime
from diagrams.scaling.regimes.relations import Limit, Relation
from diagrams.series.expansion import Series
from pde.errors import PDEError
from pde.linear_algebra import solve

BASE = 64.0
"""The large number of which all sizes are powers."""

POINTS = 33
DIGITS = 6
FACTORS = (Fraction(1, 4), Fraction(4))
"""By what a monomial is changed for a further curve."""

SPAN = 4.0
"""Length of a curve, times the lesser of ``Y_0/Y_1`` and ``Y_1/Y_2``."""

ATTEMPTS = 4
"""Shorter times that are tried where a solution ends at a time it does not name."""

MARGIN = 0.97
"""How much of the time of existence is shown."""

LONGEST = 5.0
"""Seconds after which a curve that was begun is left."""

ACCURACY = 1e-4
"""Errors that are allowed, relative to the range of a curve."""

Changed = dict[int, Fraction]
"""By what monomials, numbered as the equalities of the face, are changed."""


@dataclass(frozen=True)
class Curve:
    """``E[L(t)]`` over ``E[L(0)]`` at some times, ``t`` in units of the face's own time.

    ``monomials`` are those of order one on the face, with their values; ``sizes`` the numbers
    that were put in; ``start`` is ``E[L(0)]``, ``error`` bounds the error of a ratio.
    """

    monomials: tuple[tuple[str, Fraction], ...]
    sizes: tuple[tuple[str, float], ...]
    times: tuple[float, ...]
    values: tuple[float, ...]
    start: float
    error: float


@dataclass(frozen=True)
class Curves:
    """The curves of one regime, the plain one first, or why there are none."""

    regime: Regime
    curves: tuple[Curve, ...]
    refusal: str = ""

    @property
    def evidence(self) -> Evidence:
        """How the numbers were found, and how good they are."""
        worst = max((curve.error for curve in self.curves), default=0.0)
        statement = (
            f"the solution evaluated at {POINTS} times to {DIGITS} digits;"
            f" errors of the ratio at most {max(worst, 1e-15):.0e}"
        )
        return Evidence(Kind.NUMERICAL, statement)


def solution_curves(
    solved: Sequence[Solved],
    series: Series,
    places: dict[str, tuple[Fraction, ...]],
    seconds: float,
) -> tuple[Curves, ...]:
    """Return curves of all regimes that are solved: first one of each, then more, as time allows.

    ``places`` gives every regime a scaling at which it leads.  No curve is begun after
    ``seconds``, and none is followed for longer than ``LONGEST``.
    """
    began = time.process_time()

    def late() -> bool:
        return time.process_time() - began > seconds

    found: dict[str, Curves] = {}
    for entry in sorted(solved, key=lambda e: e.solution is None or e.solution.kind != "explicit"):
        if entry.solution is not None:
            place = places[entry.regime.name]
            first = partial(_first, entry.regime, entry.solution, series, place)
            undrawn = Curves(entry.regime, (), "not drawn, for lack of time")
            found[entry.regime.name] = undrawn if late() else within(LONGEST, first) or undrawn
    for entry in solved:
        known = found.get(entry.regime.name)
        if entry.solution is None or known is None or not known.curves:
            continue
        for changed in _changes(entry.regime):
            if not late():
                place = places[entry.regime.name]
                further = partial(_further, known, entry.solution, place, changed)
                known = within(LONGEST, further) or known
        found[entry.regime.name] = known
    return tuple(found[entry.regime.name] for entry in solved if entry.solution is not None)


def _changes(regime: Regime) -> list[Changed]:
    return [{k: factor} for k in range(len(regime.equalities)) for factor in FACTORS]


def _sizes(regime: Regime, scaling: Sequence[Fraction], changed: Changed) -> dict[str, float]:
    """Sizes of a scaling, some monomials of order one changed by a factor."""
    sizes = [BASE ** float(e) for e in scaling]
    rows = [list(relation.exponents(FAR)) for relation in regime.equalities]
    first = [1] + [0] * (len(sizes) - 1)
    for place, factor in changed.items():
        shift = solve([*rows, first], [*(int(k == place) for k in range(len(rows))), 0])
        if shift is not None:
            sizes = [a * float(factor) ** float(e) for a, e in zip(sizes, shift, strict=True)]
    return dict(zip(regime.symbols, sizes, strict=True))


def _first(
    regime: Regime, solution: Solution, series: Series, scaling: Sequence[Fraction]
) -> Curves:
    """One curve, of plain monomials where they are not degenerate."""
    refusal = "the solution has no values"
    for changed in ({}, *_changes(regime)):
        sizes = _sizes(regime, scaling, changed)
        length = SPAN / _rate(regime, series, sizes)
        for sign in (1.0, -1.0):
            try:
                end = _reached(regime, solution, sizes, sign * length)
                curve = _curve(regime, solution, sizes, end, changed)
            except (WickflowError, PDEError, ArithmeticError, ValueError) as failure:
                refusal = str(failure)
            else:
                if curve is not None:
                    return Curves(regime, (curve,))
    return Curves(regime, (), refusal)


def _reached(regime: Regime, solution: Solution, sizes: dict[str, float], end: float) -> float:
    """A time at which the solution has a value: the end wished for, or one before it."""
    tried = end
    for _ in range(ATTEMPTS):
        try:
            solution.evaluate(
                _given(regime, sizes) | {"t": _exact(tried)}, digits=DIGITS, size_limit=True
            )
            return tried
        except OutsideDomain as outside:
            bound = _end(outside)
            if bound is None:
                tried /= 4
            elif 0 < bound / end < 1:
                tried = MARGIN * bound
            else:
                raise
    raise OutsideDomain(f"no value at t = {tried:.3g}")


def _further(
    known: Curves, solution: Solution, scaling: Sequence[Fraction], changed: Changed
) -> Curves:
    """The same with one more curve, if it exists over the same times and is another one."""
    end, sizes = known.curves[0].times[-1], _sizes(known.regime, scaling, changed)
    try:
        curve = _curve(known.regime, solution, sizes, end, changed)
    except (WickflowError, PDEError, ArithmeticError, ValueError):
        return known
    if curve is None or any(_alike(curve, other) for other in known.curves):
        return known
    return replace(known, curves=(*known.curves, curve))


def _alike(one: Curve, other: Curve) -> bool:
    distances = [abs(a - b) for a, b in zip(one.values, other.values, strict=True)]
    return max(distances) <= ACCURACY * (max(one.values) - min(one.values))


def _curve(
    regime: Regime,
    solution: Solution,
    sizes: dict[str, float],
    end: float,
    changed: Changed,
) -> Curve | None:
    """The curve to a time, ``None`` where its numbers are not good enough."""
    times = [_exact(end * k / (POINTS - 1)) for k in range(POINTS)]
    found = solution.values(times, _given(regime, sizes), digits=DIGITS, size_limit=True)
    numbers = [float(value.value) for value in found]
    start, error = numbers[0], max(float(value.error) for value in found)
    reach = max(numbers) - min(numbers)
    if not start or not all(map(isfinite, [*numbers, error])) or not error <= ACCURACY * reach:
        return None
    return Curve(
        tuple(
            (_monomial(relation), changed.get(k, Fraction(1)))
            for k, relation in enumerate(regime.equalities)
        ),
        tuple(sizes.items()),
        tuple(float(t) for t in times),
        tuple(number / start for number in numbers),
        start,
        2 * error / abs(start),
    )


def _monomial(relation: Relation) -> str:
    return str(relation.with_limit(Limit.ZERO)).removesuffix(" -> 0")


def _clock(regime: Regime, sizes: dict[str, float]) -> float:
    powers = zip(sizes.values(), regime.clock or (), strict=False)
    return prod((value ** float(e) for value, e in powers), start=1.0)


def _given(regime: Regime, sizes: dict[str, float]) -> dict[str, Given]:
    exact: dict[str, Given] = {name: _exact(value) for name, value in sizes.items()}
    return exact | {"T": _exact(_clock(regime, sizes))}


def _rate(regime: Regime, series: Series, sizes: dict[str, float]) -> float:
    """The first rate of the loss, in units of the face's own time, from exact coefficients."""
    clock = _clock(regime, sizes)
    values = [abs(float_at(polynomial, sizes)) / clock**s for s, polynomial in enumerate(series)]
    steps = [b / a for a, b in pairwise(values[:3]) if a and b]
    return max(steps, default=1.0)


def _exact(value: float) -> Fraction:
    return Fraction(f"{value:.12g}")


def _end(outside: OutsideDomain) -> float | None:
    try:
        return float(outside.bound) if outside.bound else None
    except ValueError:
        return None
