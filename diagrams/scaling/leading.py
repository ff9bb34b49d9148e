"""Leading terms: the Pareto-optimal terms of Y_s, and those near them, without the others.

In each *sector* (how often each atom of the loss was used; it fixes the powers of sigma and of
all other scales) a term p^q N^n of Y_s is *leading* if no other has both exponents at least as
large.  A term is at *level* k if k - 1 is the least number of factors 1/p or 1/N by which
it falls short of a leading term.  (Definition of the front: arXiv 2602.04548, section 4.)

Two ways lead there.  Where all ties are even, the terms of the first level come from independent
entries (:mod:`diagrams.scaling.leading_entries`): few, so that tens of orders take seconds.
Otherwise the search (:mod:`diagrams.scaling.leading_search`) merges diagrams with distinct rows
and drops a diagram only when a proved bound shows that no term of a wanted level can come of
it.  All counts are non-negative and all pairings add, so inside a sector nothing cancels: the
largest exponent found for every number of rows is the largest there is.  In the basis of
falling factorials N (N-1) .. (N-n+1) the coefficient of N^n in a row of exponents q involves
numbers of rows >= n only; those are kept too, which makes the coefficients exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from diagrams.errors import BadInput
from diagrams.evidence import Evidence, Kind
from diagrams.expansion import check_terms
from diagrams.merging import Sector
from diagrams.polynomial import Polynomial
from diagrams.problems.problem import Problem
from diagrams.scaling.leading_average import average_at_distinct_rows
from diagrams.scaling.leading_closing import PrunedLevels
from diagrams.scaling.leading_entries import EntryMerges, leading_line
from diagrams.scaling.leading_rows import Rows, parity_of
from diagrams.scaling.leading_search import (
    Level,
    MergeRules,
    Place,
    Thresholds,
    initial_level,
    merge_rules,
    next_level,
    scout,
)
from diagrams.scaling.leading_tally import Tally
from diagrams.wick.means import centre
from diagrams.wick.packing import PowerCounts
from diagrams.wick.packing import _to_powers as falling_to_powers

Exponents = tuple[int, int]
"""The powers of the absorbed size and of the labelled size."""

LEVELS_LIMIT = 20


@dataclass(frozen=True)
class LeadingSector:
    """The terms of one sector of Y_s down to the wanted level.

    ``atoms``: how often each weight of :attr:`LeadingSeries.weights` was used.
    ``prefactor``: sign, weights and variances; the term of exponents (q, n) is
    ``prefactor * count * p**q * H**n``.  ``counts`` is sorted by exponents.
    """

    atoms: Sector
    prefactor: Polynomial
    counts: tuple[tuple[Exponents, int], ...]

    @property
    def front(self) -> tuple[Exponents, ...]:
        """The exponents of the Pareto-optimal terms, by rising power of the labelled size."""
        return pareto_exponents(dict(self.counts))


@dataclass(frozen=True)
class LeadingSeries:
    """The leading terms of ``Y_0, .., Y_terms``, sector by sector.

    ``weights`` and ``edges`` are those of the atoms that sectors count (of the loss and of the
    potential); ``sizes`` names the absorbed and the labelled size.

    >>> from diagrams.problems.cp import cp_problem
    >>> leading = leading_derivatives(cp_problem(order=3, target="zero"), terms=1)
    >>> print(leading.coefficient(0))
    1/2*p**3*H*sigma**6
    >>> leading.orders[1][0].front
    ((5, 1), (3, 2))
    """

    problem: Problem
    levels: int
    weights: tuple[Polynomial, ...]
    edges: tuple[int, ...]
    sizes: tuple[str, str]
    orders: tuple[tuple[LeadingSector, ...], ...]
    evidence: Evidence

    @property
    def terms(self) -> int:
        """The highest order that is known."""
        return len(self.orders) - 1

    def coefficient(self, s: int) -> Polynomial:
        """The sum of the leading terms of all sectors of ``Y_s``.

        Where two sectors have the same powers of all scales (a decay that is a number, say)
        their fronts stand side by side: one may beat terms of the other.
        """
        if not isinstance(s, int) or not 0 <= s < len(self.orders):
            raise BadInput("s", s, f"an integer from 0 to {self.terms}")
        result = Polynomial()
        for sector in self.orders[s]:
            for (absorbed, labelled), count in sector.counts:
                powers = {self.sizes[0]: absorbed, self.sizes[1]: labelled}
                result = result + sector.prefactor * Polynomial.monomial(count, powers)
        return result

    def __str__(self) -> str:
        lines = [f"{self.problem.title}, terms of the first {self.levels} levels"]
        lines += [f"Y_{s} ~ {self.coefficient(s)}" for s in range(len(self.orders))]
        return "\n".join([*lines, f"evidence: {self.evidence}"])


MANY_KINDS = 3
"""From so many factor matrices on, closing rows early beats the search, as measured."""


def leading_derivatives(problem: Problem, terms: int, levels: int = 1) -> LeadingSeries:
    """Return the terms of the first ``levels`` levels of ``Y_0, .., Y_terms``, exactly.

    Raises :class:`~diagrams.errors.BadInput` for numbers out of range, and for a problem that
    is not one of trained matrices between two index families (as CP models are).
    """
    check_terms(terms)
    if not isinstance(levels, int) or isinstance(levels, bool) or not 1 <= levels <= LEVELS_LIMIT:
        raise BadInput("levels", levels, f"an integer from 1 to {LEVELS_LIMIT}")
    centred = replace(
        problem, observable=centre(problem.observable), potential=centre(problem.potential)
    )
    rules = merge_rules(centred)
    orders = orders_by_entries(rules, terms) if levels == 1 else None
    if orders is None:
        if rules.kinds >= MANY_KINDS:
            orders = orders_by_closing(centred, rules, terms, levels)
        else:
            orders = orders_by_search(rules, terms, levels)
        statement = "all diagrams merged and averaged, pruned by proved bounds on exponents"
    else:
        statement = "all paths of merges that attain a proved bound on exponents"
    absorbed = next(iter(rules.alphabet.absorbed))
    sizes = (rules.alphabet.families[absorbed].size, rules.alphabet.families[1 - absorbed].size)
    evidence = Evidence(Kind.EXACT, statement, terms)
    return LeadingSeries(problem, levels, rules.weights, rules.edges, sizes, orders, evidence)


Orders = tuple[tuple[LeadingSector, ...], ...]


def orders_by_search(rules: MergeRules, terms: int, levels: int) -> Orders:
    """All orders by the pruned search; applies to every problem that has merge rules."""
    needed = thresholds(scout(rules, terms), levels, terms)
    keep = Thresholds(rules, terms, needed)
    level = initial_level(rules)
    orders = []
    for s in range(terms + 1):
        orders.append(_leading_order(rules, level, s, needed, levels))
        if s < terms:
            level = next_level(rules, level, keep, keep.promise)
    return tuple(orders)


def orders_by_closing(problem: Problem, rules: MergeRules, terms: int, levels: int) -> Orders:
    """All orders by the pruned recursion that closes rows early."""
    needed = thresholds(scout(rules, terms), levels, terms)
    orders = []
    for s, found in enumerate(PrunedLevels(problem, rules, terms, needed).orders()):
        sectors = (
            _leading_sector(rules, sector, falling, s, levels)
            for sector, falling in sorted(found.items(), reverse=True)
        )
        orders.append(tuple(sector for sector in sectors if sector is not None))
    return tuple(orders)


def orders_by_entries(rules: MergeRules, terms: int) -> Orders | None:
    """The first level of all orders from entries; ``None`` where these do not apply."""
    line = leading_line(rules)
    if line is None:
        return None
    merges = EntryMerges(rules, line)
    level = merges.initial()
    orders = []
    for s in range(terms + 1):
        found = merges.terms(level)
        if found is None:
            return None
        orders.append(
            tuple(
                LeadingSector(sector, _prefactor(rules, sector, s), tuple(sorted(counts.items())))
                for sector, counts in sorted(found.items(), reverse=True)
            )
        )
        if s < terms:
            level = merges.following(level)
    return tuple(orders)


def thresholds(attained: Mapping[Place, int], levels: int, terms: int) -> dict[Place, int]:
    """The least exponents that can be of a wanted level, given exponents that are attained.

    The true front lies nowhere below the attained one, and what is within ``levels - 1``
    steps of a higher front was within as many of a lower one or above it; so nothing wanted
    is lost.  For ``levels > 1`` thresholds never rise with the number of rows, because
    a coefficient needs all larger numbers of rows at its exponent.
    """
    needed: dict[Place, int] = {}
    for sector in {sector for sector, _ in attained}:
        column = {rows: best for (other, rows), best in attained.items() if other == sector}
        most = max(column)
        above = {
            rows: max(best for more, best in column.items() if more >= rows)
            for rows in range(most + 1)
        }
        lowest = max(above.values())
        for rows in range(most + 2 + terms):
            steps = [above[rows + j] - (levels - 1 - j) for j in range(levels) if rows + j in above]
            need = min(steps, default=1)
            if levels == 1 and rows in above and column.get(rows, 0) < above[rows]:
                need += 1
            if levels > 1:
                need = lowest = min(lowest, need)
            needed[sector, rows] = max(need, 1)
    return needed


def _leading_order(
    rules: MergeRules, level: Level, s: int, needed: Mapping[Place, int], levels: int
) -> tuple[LeadingSector, ...]:
    """Average what may reach the thresholds, and keep the terms of the wanted levels."""
    sectors = []
    for sector, states in sorted(level.items(), reverse=True):
        by_rows: dict[int, dict[Rows, int]] = {}
        for state, weight in states.items():
            tally = Tally(rules.kinds).plus(map(parity_of, state[1]))
            need = needed.get((sector, state[0]), 1)
            if not tally.total and tally.blocks() >= need:
                by_rows.setdefault(state[0], {})[state] = weight
        falling: PowerCounts = {}
        for rows, group in by_rows.items():
            need = needed.get((sector, rows), 1)
            averages = average_at_distinct_rows(group, need, rules.forms)
            falling.update({(power, rows): count for power, count in averages.items()})
        sectors.append(_leading_sector(rules, sector, falling, s, levels))
    return tuple(sector for sector in sectors if sector is not None)


def _leading_sector(
    rules: MergeRules, sector: Sector, falling: PowerCounts, s: int, levels: int
) -> LeadingSector | None:
    """The terms of the wanted levels among the averages of a sector, if there are any."""
    counts = falling_to_powers(falling, 1)
    front = pareto_exponents(counts)
    wanted = {e: n for e, n in counts.items() if steps_below(e, front) < levels}
    if not wanted:
        return None
    kept = tuple(((q, n), count) for (q, n), count in sorted(wanted.items()))
    return LeadingSector(sector, _prefactor(rules, sector, s), kept)


def _prefactor(rules: MergeRules, sector: Sector, s: int) -> Polynomial:
    """Sign, weights and variances that all terms of a sector share; a merge takes two edges."""
    product = Polynomial.constant((-1) ** s)
    edges = -2 * s
    for weight, own, used in zip(rules.weights, rules.edges, sector, strict=True):
        product = product * weight**used
        edges += own * used
    return product * rules.variance ** (edges // 2)


def pareto_exponents(counts: Mapping[tuple[int, ...], int]) -> tuple[Exponents, ...]:
    """The exponents that no others beat in both sizes, by rising second exponent."""
    front: list[Exponents] = []
    for absorbed, labelled in sorted(counts, reverse=True):
        if not front or labelled > front[-1][1]:
            front.append((absorbed, labelled))
    return tuple(front)


def steps_below(exponents: tuple[int, ...], front: tuple[Exponents, ...]) -> int:
    """The least number of steps from a term of the front down to the given exponents.

    >>> steps_below((2, 1), ((5, 1), (3, 2)))
    2
    """
    absorbed, labelled = exponents
    return min(q - absorbed + n - labelled for q, n in front if q >= absorbed and n >= labelled)
