"""Which way leads to the leading terms of a problem, and what is kept of what it finds.

**On a line.** Where the terms of the first level of every sector lie on one line, circuits evolve
independently (:mod:`diagrams.scaling.leading.line`), and few of them give all terms.  It is
found out on the way whether they do: every number of rows at which the line leaves an exponent
above one has to be attained.

**By closing.** Otherwise the recursion of full coefficients drops diagrams when a proved bound
shows that no wanted term can come of them (:mod:`diagrams.scaling.leading.pruned`).

All counts are non-negative and all pairings add, so inside a sector nothing cancels: the
largest exponent found for every number of rows is the largest there is.  In the basis of
falling factorials N (N-1) .. (N-n+1) the coefficient of N^n in a row of exponents q involves
numbers of rows >= n only; those are kept too, which makes the coefficients exact.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from diagrams.campaign.cache import Store, digest
from diagrams.campaign.running import Progress
from diagrams.errors import BadInput
from diagrams.evidence import Evidence, Kind
from diagrams.graphs.merging import Sector
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem
from diagrams.scaling.leading.line import is_complete, lines
from diagrams.scaling.leading.pruned import PrunedStages
from diagrams.scaling.leading.rules import (
    MergeRules,
    Place,
    merge_rules,
    transfer_problem,
)
from diagrams.scaling.leading.search import scout
from diagrams.scaling.leading.series import (
    Exponents,
    LeadingSector,
    LeadingSeries,
    pareto_exponents,
    steps_below,
)
from diagrams.scaling.leading.values import LineTerms, NotIndependent
from diagrams.series.expansion import check_terms
from diagrams.wick.means import centre
from diagrams.wick.packing import PowerCounts, in_powers
from diagrams.wick.transfer.stages import no_collector

LEVELS_LIMIT = 20

VERSION = 1
"""Raised whenever stored leading terms change their form or meaning."""

TRIAL = 3
"""A line is first tried to this order."""

Found = dict[Sector, dict[Exponents, int]]
"""Counts of the wanted terms of one order by sector."""

Tell = Callable[[int], object]


def leading_derivatives(
    problem: Problem,
    terms: int,
    levels: int = 1,
    *,
    progress: Callable[[Progress], object] | None = None,
    store: Store | None = None,
) -> LeadingSeries:
    """Return the terms of the first ``levels`` levels of ``Y_0, .., Y_terms``, exactly.

    ``problem``: any whose tensors are trained matrices between two index families, all of one
    variance, as :func:`~diagrams.problems.cp.cp_problem` and problem files make them. ``terms``:
    the highest order, an integer from 0. ``levels``: 1 for the Pareto-optimal terms alone; each
    further level adds, in every sector, terms with one more factor 1/p or 1/H; an integer from 1 to
    20. ``progress``: called with a :class:`~diagrams.campaign.running.Progress` after every order,
    up to twice where the first way that is tried does not hold all terms. ``store``: orders found
    earlier, with as many levels, are read from it, and new ones put there.

    Nothing is estimated: where no line of terms is certified complete, a slower way is taken
    that always is, and ``evidence`` of the result says which one it was.  Time grows with
    ``terms`` by a factor that depends on the ties: tens of orders for even ones, about two orders
    more than :func:`~diagrams.series.expansion.expand` for others.

    Raises :class:`~diagrams.errors.BadInput` (exit code 2) for numbers out of range, and for a
    problem of another structure.

    >>> from diagrams.problems.cp import cp_problem
    >>> leading = leading_derivatives(cp_problem(order=3, ties="asym"), terms=2)
    >>> [sector.front for sector in leading.orders[2]]
    [((3, 1), (1, 2)), ((7, 1), (5, 2), (3, 3))]
    """
    check_terms(terms)
    if not isinstance(levels, int) or isinstance(levels, bool) or not 1 <= levels <= LEVELS_LIMIT:
        raise BadInput("levels", levels, f"an integer from 1 to {LEVELS_LIMIT}")
    centred = replace(
        problem, observable=centre(problem.observable), potential=centre(problem.potential)
    )
    rules = merge_rules(centred)

    def tell(order: int) -> None:
        if progress is not None:
            progress(Progress(order, terms, 1, 1))

    known = _remembered(store, problem, levels, terms)
    if known is None:
        known = _found(centred, rules, terms, levels, tell)
        _remember(store, problem, levels, known)
    statement, found = known
    orders = tuple(
        tuple(
            LeadingSector(sector, prefactor(rules, sector, s), tuple(sorted(counts.items())))
            for sector, counts in sorted(order.items(), reverse=True)
        )
        for s, order in enumerate(found)
    )
    absorbed = next(iter(rules.alphabet.absorbed))
    sizes = (rules.alphabet.families[absorbed].size, rules.alphabet.families[1 - absorbed].size)
    evidence = Evidence(Kind.EXACT, statement, terms)
    return LeadingSeries(problem, levels, rules.weights, rules.edges, sizes, orders, evidence)


def _found(
    problem: Problem, rules: MergeRules, terms: int, levels: int, tell: Tell
) -> tuple[str, list[Found]]:
    """What was done, and the wanted terms of all orders."""
    pruned = "all diagrams merged and averaged, pruned by proved bounds on exponents"
    on_line = orders_on_line(problem, rules, terms, tell) if levels == 1 else None
    if on_line is not None:
        return "all paths of merges that attain a proved bound on exponents", on_line
    return pruned, orders_by_closing(problem, rules, terms, levels, tell)


def _silent(order: int) -> None:
    """Tell nobody."""


def orders_on_line(
    problem: Problem, rules: MergeRules, terms: int, tell: Tell = _silent
) -> list[Found] | None:
    """The first level of all orders, from a line of terms; ``None`` where no line holds all."""
    encoded = transfer_problem(problem, rules)
    for line in lines(rules):
        for reach in sorted({min(terms, TRIAL), terms}):
            try:
                with no_collector():
                    orders = LineTerms(rules, line, encoded, reach).orders(tell)
            except NotIndependent:
                break
            if not all(is_complete(rules, line, s, order) for s, order in enumerate(orders)):
                break
        else:
            return [
                {
                    sector: {(line.exponent(sector, rows), rows): n for rows, n in counts.items()}
                    for sector, counts in order.items()
                }
                for order in orders
            ]
    return None


def orders_by_closing(
    problem: Problem, rules: MergeRules, terms: int, levels: int, tell: Tell = _silent
) -> list[Found]:
    """All orders by the pruned recursion that closes rows early."""
    needed = thresholds(scout(rules, terms), levels, terms)
    orders = []
    for s, averages in enumerate(PrunedStages(problem, rules, terms, needed).orders()):
        orders.append(_wanted(averages.items(), levels))
        tell(s)
    return orders


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


def _wanted(averages: Iterable[tuple[Sector, PowerCounts]], levels: int) -> Found:
    """The terms of the wanted levels among averages, of the sectors that have some."""
    found: Found = {}
    for sector, falling in averages:
        counts = in_powers(falling, 1)
        front = pareto_exponents(counts)
        wanted = {(q, n): c for (q, n), c in counts.items() if steps_below((q, n), front) < levels}
        if wanted:
            found[sector] = wanted
    return found


def prefactor(rules: MergeRules, sector: Sector, s: int) -> Polynomial:
    """Sign, weights and variances that all terms of a sector share; a merge takes two edges."""
    product = Polynomial.constant((-1) ** s)
    edges = -2 * s
    for weight, own, used in zip(rules.weights, rules.edges, sector, strict=True):
        product = product * weight**used
        edges += own * used
    return product * rules.variance ** (edges // 2)


# -- the store ---------------------------------------------------------------------------


def _key(problem: Problem, levels: int, s: int) -> str:
    return digest("leading", VERSION, problem.observable, problem.potential, levels, s)


def _remember(
    store: Store | None, problem: Problem, levels: int, known: tuple[str, list[Found]]
) -> None:
    if store is None:
        return
    statement, orders = known
    for s, order in enumerate(orders):
        sectors = [
            [list(sector), [[q, n, str(count)] for (q, n), count in counts.items()]]
            for sector, counts in order.items()
        ]
        store.put(_key(problem, levels, s), json.dumps([statement, sectors]).encode())


def _remembered(
    store: Store | None, problem: Problem, levels: int, terms: int
) -> tuple[str, list[Found]] | None:
    """What earlier runs left in a store, if that is all orders."""
    statement, orders = "", []
    for s in range(terms + 1 if store is not None else 0):
        payload = None if store is None else store.get(_key(problem, levels, s))
        if payload is None:
            return None
        try:
            statement, sectors = json.loads(payload)
            orders.append(
                {
                    tuple(map(int, sector)): {(int(q), int(n)): int(c) for q, n, c in counts}
                    for sector, counts in sectors
                }
            )
        except (ValueError, TypeError):
            return None
    return (str(statement), orders) if orders else None
