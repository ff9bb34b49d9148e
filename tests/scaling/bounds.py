"""Bounds on the front that hold at every order, by potentials over merges.

Give every diagram the potential ``P = a linear combination, weights adding up to one, of
blocks, halves/2, quarters/4, the number of cells`` (:mod:`diagrams.scaling.leading.gains`) and
of blocks in the quotient (:mod:`diagrams.scaling.leading.quotient`).  Each of the five is at
least the exponent q of the absorbed size once all rows are even, so q <= P.  A merge of letter
l raises P by at most its gain in some manner, and the number n of rows by that manner's new
rows.  If c_l bounds (gain + b * new rows) over all manners of l, and c_0 bounds P + b n over
the diagrams of the observable, then by induction over merges

    q + b n  <=  c_0 + sum_l c_l (number of merges with l),         at every order,

which is a dual feasible point of the linear programme "maximise q + b n over merges". For even
orders and one matrix, b = nu/2 with blocks alone gives ``q + (nu/2) n <= 1 + nu/2 + (nu - 1)
s_D``: Theorem 4.1 of arXiv 2602.04548 as a bound, for all s; so do b = nu - 1 and blocks in the
quotient for nu different matrices.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations

from diagrams.graphs.merging import Sector
from diagrams.problems.problem import Problem
from diagrams.scaling.leading.gains import gain_of
from diagrams.scaling.leading.quotient import changes, quotient_gain, reduced
from diagrams.scaling.leading.rows import compositions, parity_of
from diagrams.scaling.leading.rules import MergeRules, initial_level, merge_rules
from diagrams.scaling.leading.tally import Tally
from diagrams.scaling.leading.zero_sums import zero_sum_blocks
from diagrams.wick.means import centre

FINENESS = 3
"""Weights of potentials are multiples of 1, 1/2, .., 1/FINENESS."""

Shares = tuple[Fraction, ...]
"""Weights of blocks, halves, quarters, cells and blocks in the quotient in a potential."""


@dataclass(frozen=True, slots=True, order=True)
class FrontBound:
    """``q + rows * n <= start[l0] + sum of merges[l] * count_l``, at every order.

    ``start`` belongs to the atoms of the observable, ``merges`` to those of the potential;
    ``None`` where an atom does not occur there.
    """

    rows: Fraction
    start: tuple[Fraction | None, ...]
    merges: tuple[Fraction | None, ...]
    shares: Shares

    def exponent(self, sector: Sector, rows: int) -> Fraction:
        """The bound of q for ``rows`` rows in a sector: over all observable atoms in it."""
        values = []
        for first, constant in enumerate(self.start):
            if constant is None or not sector[first]:
                continue
            value = constant - self.rows * rows
            for letter, each in enumerate(self.merges):
                used = sector[letter] - (letter == first)
                if used and each is None:
                    break
                value += (each or 0) * used
            else:
                values.append(value)
        return max(values, default=Fraction(-1))


def front_bounds(problem: Problem) -> tuple[FrontBound, ...]:
    """Return inequalities on the exponents of all terms of all orders, none implied by another.

    Raises :class:`~diagrams.errors.BadInput` for problems of another structure than
    :func:`~diagrams.scaling.leading.derivatives.leading_derivatives` takes.

    >>> from diagrams.problems.cp import cp_problem
    >>> bounds = front_bounds(cp_problem(order=4, target="zero"))
    >>> [min(b.exponent((5,), n) for b in bounds) for n in (1, 2, 6)]
    [Fraction(16, 1), Fraction(14, 1), Fraction(6, 1)]
    """
    rules = merge_rules(
        replace(problem, observable=centre(problem.observable), potential=centre(problem.potential))
    )
    found = sorted({bound for shares in _mixtures() for bound in _bounds_of(rules, shares)})
    kept = [b for b in found if not any(_implied(b, one, one) for one in _before(b, found))]
    for bound in list(kept):
        others = [other for other in kept if other != bound]
        if any(_implied(bound, one, two) for one, two in combinations(others, 2)):
            kept = others
    return tuple(kept)


def _before(bound: FrontBound, found: list[FrontBound]) -> Iterator[FrontBound]:
    """Other bounds of the same slope; of those with equal numbers, earlier ones only."""
    for other in found:
        if other.rows == bound.rows and other != bound:
            equal = (other.start, other.merges) == (bound.start, bound.merges)
            if not equal or other.shares < bound.shares:
                yield other


def _mixtures() -> Iterator[Shares]:
    for parts in range(1, FINENESS + 1):
        for shares in compositions(parts, 5):
            yield tuple(Fraction(share, parts) for share in shares)


def _bounds_of(rules: MergeRules, shares: Shares) -> Iterator[FrontBound]:
    """The bounds of one potential: at every slope where two manners of a merge exchange."""
    a, b, c, d, e = shares
    merges_listed = [merge for found in rules.merges.values() for merge in found]
    basis = changes(merges_listed, rules.kinds)
    options: dict[int, set[tuple[Fraction, int]]] = {}
    for merge in merges_listed:
        for place, new in merge.manners():
            gain = gain_of(merge, rules.kinds, place, new)
            raised = a * gain.blocks + b * gain.halves / 2 + c * gain.quarters / 4 + d * gain.cells
            raised += e * quotient_gain(merge, rules.kinds, basis, place, new)[0]
            options.setdefault(merge.letter, set()).add((raised, len(new)))
    slopes = {Fraction(0)} | {
        (one - other) / (more - fewer)
        for found in options.values()
        for one, fewer in found
        for other, more in found
        if more > fewer and one > other
    }
    for slope in slopes:
        start: list[Fraction | None] = [None] * len(rules.weights)
        merges: list[Fraction | None] = [None] * len(rules.weights)
        for letter, found in options.items():
            merges[letter] = max(value + slope * new for value, new in found)
        for sector, states in initial_level(rules).items():
            held = []
            for rows, cells in states:
                tally = Tally(rules.kinds).plus(map(parity_of, cells))
                blocks, halves, quarters = tally.sums
                value = a * blocks + b * halves / 2 + c * quarters / 4 + d * tally.cells
                parities = (reduced(parity_of(cell), rules.kinds, basis) for cell in cells)
                value += e * zero_sum_blocks(parities)
                held.append(value + slope * rows)
            start[sector.index(1)] = max(held)
        yield FrontBound(slope, tuple(start), tuple(merges), shares)


def _implied(bound: FrontBound, one: FrontBound, two: FrontBound) -> bool:
    """Whether some mean ``t one + (1 - t) two``, 0 <= t <= 1, is nowhere weaker."""
    least, most = Fraction(0), Fraction(1)
    numbers = zip(_numbers(bound), _numbers(one), _numbers(two), strict=True)
    for upper, first, second in [*numbers, (-bound.rows, -one.rows, -two.rows)]:
        if first == second:
            if first > upper:
                return False
        elif first > second:
            most = min(most, (upper - second) / (first - second))
        else:
            least = max(least, (second - upper) / (second - first))
    return least <= most


def _numbers(bound: FrontBound) -> list[Fraction]:
    return [number for number in (*bound.start, *bound.merges) if number is not None]
