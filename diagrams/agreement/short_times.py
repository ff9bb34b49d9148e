"""The exact series at given sizes, truncated where it serves best, and how far it reaches.

At finite size the series of ``E[L(t)]`` has radius of convergence zero: with more terms it gets
better at first, then worse.  The best that it can say at a time is the sum of the terms before
the smallest one, which is also the size of its error (R. B. Dingle, *Asymptotic Expansions*,
1973, chapter 1).  The series *leaves the curve* where that smallest term passes one per cent of
the sum, or of its change since the start.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from diagrams.graphs.laws import GroupLaw
from diagrams.polynomials.evaluation import float_at
from diagrams.problems.problem import Problem
from diagrams.series.averages import rounded
from diagrams.series.expansion import expand, value_at
from diagrams.series.power_laws import power_sums

LEAVES = 0.01
"""The series leaves the curve where its smallest term is this part of the sum or its change."""

DRAWN = 0.25
"""It is drawn on to where its smallest term is this part, so that the leaving is seen."""

EARLIEST, SEARCHED = 1e-9, 600
"""Times are searched from this part of the window on, in so many steps of one ratio."""

HALVINGS = 50


@dataclass(frozen=True)
class ShortTimes:
    """``Y_0, .., Y_S`` at given sizes, with the inverse learning rate ``T``.

    ``E[L(t)] ~ sum_s Y_s (t/T)^s / s!``; the numbers are exact ones, rounded once.

    >>> series = ShortTimes((1.0, -1.0, 4.0, -36.0), 1.0)
    >>> [round(x, 6) for x in series.truncated(0.1)]
    [0.92, 0.006]
    """

    derivatives: tuple[float, ...]
    T: float

    @property
    def order(self) -> int:
        """The highest order ``S``."""
        return len(self.derivatives) - 1

    def terms(self, t: float) -> list[float]:
        """All terms at a time."""
        x = t / self.T
        return [y * x**s / math.factorial(s) for s, y in enumerate(self.derivatives)]

    def smallest(self, t: float) -> int:
        """The order from 1 on of the smallest term that does not vanish; 0 if all do."""
        sizes = [(abs(term), s) for s, term in enumerate(self.terms(t)) if s and term]
        return min(sizes, default=(0.0, 0))[1]

    def truncated(self, t: float) -> tuple[float, float]:
        """The sum of the terms before the smallest one, and the size of that one."""
        terms = self.terms(t)
        last = self.smallest(t)
        if not last:
            return terms[0], 0.0
        return math.fsum(terms[:last]), abs(terms[last])

    def reach(self, until: float, part: float = LEAVES) -> float | None:
        """The first time towards ``until`` at which the smallest term is a part of the sum.

        A part of the sum or of its change since the start, whichever is less; ``None`` if that
        does not happen before ``until``.  A smallest term after which terms fall again is small
        by accident, and the one after it counts.
        """

        def beyond(t: float) -> bool:
            terms = self.terms(t)
            last = self.smallest(t)
            change = math.fsum(terms[1:last])
            error = abs(terms[last]) if last else 0.0
            if 0 < last < self.order - 1 and abs(terms[last + 2]) < abs(terms[last + 1]):
                error = abs(terms[last + 1])  # the terms still fall: this one is an accident
            return not error <= part * min(abs(terms[0] + change), abs(change))

        ratio = EARLIEST ** (-1 / SEARCHED)
        before = 0.0
        for k in range(SEARCHED + 1):
            now = until * EARLIEST * ratio**k if k < SEARCHED else until
            if beyond(now):
                break
            before = now
        else:
            return None
        for _ in range(HALVINGS):
            middle = (before + now) / 2
            before, now = (before, middle) if beyond(middle) else (middle, now)
        return now

    def exhausted(self, t: float) -> bool:
        """Whether the smallest term is the last one known, so that more orders would help."""
        return self.smallest(t) == self.order


def short_times(
    problem: Problem, sizes: Mapping[str, Fraction], T: float, terms: int
) -> ShortTimes:
    """Return the exact series to order ``terms`` at given sizes (T left out).

    >>> from diagrams.problems.cp import cp_problem
    >>> at = {"p": Fraction(1), "H": Fraction(1), "sigma": Fraction(1)}
    >>> short_times(cp_problem(order=2, target="zero"), at, 1.0, 2).derivatives
    (1.5, -60.0, 5040.0)
    """
    series = expand(problem, terms)
    found = tuple(series)
    for size in {t.families[0].size for t in problem.tensors if isinstance(t.law, GroupLaw)}:
        found = value_at(problem, series.terms, size, int(sizes[size]))
    names = {name for y in found for name in y.symbols}
    sizes = {**sizes, **power_sums(problem, names, sizes), **rounded(found, sizes)}
    return ShortTimes(tuple(float_at(y, sizes) for y in found), T)
