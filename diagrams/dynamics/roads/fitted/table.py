"""The exact leading coefficients of a face as a table over integers.

On a face the exponents of the leading terms of ``Y_s`` are affine functions of ``s`` and of a
few non-negative integers: ``n`` counts rows, ``s_D`` uses of the model's square, and so on.
So there are a monomial ``base``, a monomial ``clock`` and a monomial for every integer with

    Y_s = s! base clock^s sum_k C[s, k_1, k_2, ..] prod_i (monomial_i)^(k_i),

and ``E[L]`` is ``base`` times the generating function of ``C`` at ``x = clock * t/T``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import factorial, gcd, lcm

from diagrams.dynamics.certificate import leading_part, scaling_of
from diagrams.dynamics.sentences import sentence
from diagrams.errors import BadInput, NotSolved
from diagrams.polynomials.polynomial import Polynomial, sympy_symbol
from diagrams.problems.problem import Problem
from diagrams.problems.structure import structure
from diagrams.scaling.fronts.front import Coefficients, without_constant
from diagrams.scaling.leading import LeadingSeries, leading_derivatives
from diagrams.scaling.regimes.regime import Regime
from diagrams.series.expansion import Series, expand
from pde.linear_algebra import echelon, rank
from pde.recurrences.table import Table

Exact = LeadingSeries | Series


@dataclass(frozen=True)
class Axis:
    """An integer that counts in a table: the symbol it was read from, and its monomial."""

    symbol: str
    monomial: Polynomial


@dataclass(frozen=True)
class LeadingTable:
    """The table ``C[s, k_1, ..]`` of ``Y_s / s!`` on a face, the pure-target constant left out.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.regimes.finding import regimes
    >>> problem = cp_problem(order=2)
    >>> found = leading_table(problem, regimes(problem, terms=3)["full"], terms=3)
    >>> print(found.base, "|", *(axis.monomial for axis in found.axes), "|", found.clock)
    p*H*sigma**2 | p**(-1)*H p*sigma**2 | 1
    >>> print(found.table[1, 1, 2])                    # -12 p^2 H^2 sigma^6 in Y_1
    -12
    """

    table: Table
    base: Polynomial
    clock: Polynomial
    axes: tuple[Axis, ...]

    @property
    def terms(self) -> int:
        """The highest order that is known."""
        bound = self.table.bounds[0]
        assert bound is not None
        return bound


def exact_leading(problem: Problem, terms: int) -> Exact:
    """Return exact coefficients that hold the leading ones, by the cheaper of two ways.

    Diagrams with rings only are averaged in closed form, complete; of others the pruned
    recursion finds the leading terms.
    """
    if all(len(diagram.edges) <= 4 for diagram, _ in problem.potential):
        return expand(problem, terms)
    return leading_derivatives(problem, terms)


def leading_table(
    problem: Problem,
    regime: Regime,
    terms: int,
    exact: Coefficients | None = None,
) -> LeadingTable:
    """Return the exact leading coefficients of a face up to order ``terms`` as a table.

    ``exact`` are coefficients known already.  An integer counts from the least power of its
    symbol at order ``s``.

    Raises :class:`~diagrams.errors.NotSolved` if the exponents on the face are not affine in the
    order and in integers read from them, and :class:`~diagrams.errors.BadInput` if ``exact`` has
    fewer orders.
    """
    source = exact_leading(problem, terms) if exact is None else exact
    if source.terms < terms:
        raise BadInput("terms", terms, f"an integer up to {source.terms}, the orders known")
    scaling, known = scaling_of(regime), [source.coefficient(s) for s in range(terms + 1)]
    parts = [leading_part(y, scaling) for y in without_constant(problem, known)]
    return table_of(parts, preferred_symbols(problem, parts))


def preferred_symbols(problem: Problem, parts: Sequence[Polynomial]) -> tuple[str, ...]:
    """The symbols in the order in which integers are read from their powers.

    The width first, then scales; of these those of variances first, then those absent from ``Y_0``.
    """
    rows = structure(problem).rows
    width = None if rows is None else rows.size
    names = sorted({name for part in parts for name in part.symbols})
    start = parts[0].symbols if parts else ()
    return tuple(
        sorted(
            names,
            key=lambda n: (
                n != width,
                n in problem.sizes,
                n not in problem.positive,
                n in start,
                n,
            ),
        )
    )


def table_of(parts: Sequence[Polynomial], symbols: Sequence[str]) -> LeadingTable:
    """Return the table of ``Y_0, Y_1, ..``, each a sum of terms of one face.

    >>> y = [Polynomial.monomial(2 * (-3) ** s, {"p": 2 + s}) for s in range(4)]
    >>> found = table_of(y, ("p",))
    >>> print(found.base, found.clock, found.axes, found.table[(2,)])
    p**2 p () 9
    """
    rows = [
        (s, dict(powers), value) for s, part in enumerate(parts) for powers, value in part.terms
    ]
    if not parts or not all(parts):
        raise NotSolved("the table: an order without leading terms")
    frame: list[list[Fraction]] = [[Fraction(1), Fraction(s)] for s, _, _ in rows]
    chosen: list[str] = []
    for name in symbols:
        column = [powers.get(name, Fraction(0)) for _, powers, _ in rows]
        wider = [[*row, entry] for row, entry in zip(frame, column, strict=True)]
        if rank(wider) > rank(frame):
            index = _indices([s for s, _, _ in rows], column, name)
            frame = [[*row, entry] for row, entry in zip(frame, index, strict=True)]
            chosen.append(name)
    solved = {
        name: _affine(frame, [powers.get(name, Fraction(0)) for _, powers, _ in rows])
        for name in symbols
    }

    def monomial(place: int) -> Polynomial:
        return Polynomial.monomial(1, {name: solved[name][place] for name in symbols})

    entries = {
        tuple(int(entry) for entry in row[1:]): value / factorial(s)
        for row, (s, _, value) in zip(frame, rows, strict=True)
    }
    bounds = (len(parts) - 1, *(None for _ in chosen))
    axes = tuple(Axis(name, monomial(2 + k)) for k, name in enumerate(chosen))
    return LeadingTable(Table.from_mapping(entries, bounds), monomial(0), monomial(1), axes)


def _indices(orders: Sequence[int], column: Sequence[Fraction], name: str) -> list[Fraction]:
    """Exponents as integers: their least value, affine in the order, is zero; steps are one."""
    least: dict[int, Fraction] = {}
    for s, entry in zip(orders, column, strict=True):
        least[s] = min(entry, least.get(s, entry))
    slope = least[1] - least[0] if 1 in least else Fraction(0)
    if any(value != least[0] + slope * s for s, value in least.items()):
        raise NotSolved(
            sentence(
                "the table: the least power of {} is not affine in the order", sympy_symbol(name)
            )
        )
    return _whole([entry - least[0] - slope * s for s, entry in zip(orders, column, strict=True)])


def _whole(shifted: Sequence[Fraction]) -> list[Fraction]:
    """The numbers divided by their common step."""
    scale = reduce(lcm, (entry.denominator for entry in shifted), 1)
    step = Fraction(reduce(gcd, (int(entry * scale) for entry in shifted)), scale)
    return [entry / step for entry in shifted]


def _affine(frame: Sequence[Sequence[Fraction]], column: Sequence[Fraction]) -> list[Fraction]:
    """The coefficients with which the columns of the frame add up to a column."""
    width = len(frame[0])
    rows, pivots = echelon([*row, entry] for row, entry in zip(frame, column, strict=True))
    if width in pivots:
        raise NotSolved("the table: exponents that no integers explain")
    result = [Fraction(0)] * width
    for row, place in zip(rows, pivots, strict=True):
        result[place] = row[width]
    return result
