"""Levels of a size expansion: exact coefficients sorted by powers of one large parameter.

All sizes, and scales if wanted, are put in proportion to powers of one large parameter, such as
``d = delta*N``; a polynomial in them falls apart into *levels*, one for every power of N, whose
coefficients are polynomials in the ratios.  Nothing is lost: with all levels it is the same
polynomial.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from diagrams.display import Displayed
from diagrams.errors import BadInput
from diagrams.evidence import Evidence, Kind
from diagrams.polynomials.polynomial import Polynomial, check_symbol
from diagrams.problems.grammar import parse_monomial
from diagrams.problems.problem import Problem
from diagrams.series.averages import check_held
from diagrams.series.expansion import Series

Proportion = int | Fraction | str | Polynomial
Row = tuple[tuple[Fraction, Polynomial], ...]
EXPONENT_LIMIT = 64


@dataclass(frozen=True)
class Levels(Displayed):
    """Coefficients by powers of the large parameter ``symbol``, highest first.

    ``scaling`` says what sizes were put to, by name.  ``rows[s]`` holds pairs of an exponent and
    the polynomial in ratios and scales that multiplies that power; of all exponents that occur in
    any row the highest are kept, ``left_out`` is the highest that is not (``None``: nothing is).
    ``problem`` is that of the series, where the levels are those of a series.  With
    ``leading_only`` no level of a row is known but the highest.

    >>> N, d = Polynomial.symbol("N"), Polynomial.symbol("d")
    >>> print(levels(N * d + 3 * N + 5, {"N": 1, "d": "delta*N"}, count=2))
    levels in N, with d = N*delta:
    Y_0  N**2: delta
         N**1: 3
    left out: N**0 and below
    exact: sorted by powers of N, no term lost among the levels shown
    """

    symbol: str
    scaling: tuple[tuple[str, Polynomial], ...]
    rows: tuple[Row, ...]
    left_out: Fraction | None
    evidence: Evidence
    problem: Problem | None = None
    leading_only: bool = False

    @property
    def exponents(self) -> tuple[Fraction, ...]:
        """The exponents that occur, highest first."""
        return tuple(sorted({e for row in self.rows for e, _ in row}, reverse=True))

    def level(self, s: int, exponent: int | Fraction) -> Polynomial:
        """What multiplies ``symbol**exponent`` in row ``s``; zero where it does not occur.

        Raises :class:`~diagrams.errors.BadInput` for a row that there is not, and for a level
        that was left out.
        """
        if not isinstance(s, int) or not 0 <= s < len(self.rows):
            raise BadInput("s", s, f"an integer from 0 to {len(self.rows) - 1}")
        if self.left_out is not None and exponent <= self.left_out:
            raise BadInput("exponent", str(exponent), f"exponents above {self.left_out}")
        if self.leading_only and self.rows[s] and exponent < self.rows[s][0][0]:
            raise BadInput("exponent", str(exponent), f"the leading one, {self.rows[s][0][0]}")
        return dict(self.rows[s]).get(Fraction(exponent), Polynomial())

    def leading(self, s: int) -> tuple[Fraction, Polynomial] | None:
        """The highest level of row ``s`` that is not zero, as exponent and polynomial.

        ``None`` where there is none, among the levels that are kept.
        """
        if not isinstance(s, int) or not 0 <= s < len(self.rows):
            raise BadInput("s", s, f"an integer from 0 to {len(self.rows) - 1}")
        return self.rows[s][0] if self.rows[s] else None

    def column(self, exponent: int | Fraction) -> tuple[Polynomial, ...]:
        """One level of all rows."""
        return tuple(self.level(s, exponent) for s in range(len(self.rows)))

    def __str__(self) -> str:
        put = [f"{name} = {value}" for name, value in self.scaling if name != self.symbol]
        lines = [f"levels in {self.symbol}" + f", with {', '.join(put)}" * bool(put) + ":"]
        for s, row in enumerate(self.rows):
            head = f"Y_{s}  "
            if not row:
                below = self.left_out is not None
                lines.append(f"{head}0" + " at the levels shown" * below)
            for exponent, polynomial in row:
                lines.append(f"{head}{_power(self.symbol, exponent)}: {polynomial}")
                head = " " * len(head)
        if self.left_out is not None:
            lines.append(f"left out: {_power(self.symbol, self.left_out)} and below")
        if self.leading_only:
            lines.append("left out: what does not lead")
        return "\n".join([*lines, str(self.evidence)])


def levels(
    value: Series | Polynomial | Sequence[Polynomial],
    scaling: Mapping[str, Proportion],
    count: int | None = None,
) -> Levels:
    """Sort exact coefficients by powers of one large parameter.

    ``scaling`` gives sizes (and scales) as an exponent or as a monomial:
    ``{"N": 1, "d": "delta*N", "sigma": Fraction(-1, 2)}`` means that ``N`` is the large
    parameter, ``d = delta N`` and ``sigma = N^(-1/2)``.  The large parameter is the first name
    with exponent 1; monomials may be made of other scaled names.  All other symbols are fixed.
    ``count`` is the number of levels to keep, from the highest (``None``: all).

    Raises :class:`~diagrams.errors.BadInput`.

    >>> from diagrams.series.expansion import expand
    >>> from diagrams.problems.cp import cp_problem
    >>> series = expand(cp_problem(order=2, target="zero"), terms=1)
    >>> found = levels(series, {"p": 1, "H": "y*p", "sigma": Fraction(-1, 2)}, count=1)
    >>> print(found.level(0, 1))
    1/2*y**2 + 1/2*y
    """
    polynomials = _polynomials(value)
    if count is not None and (not isinstance(count, int) or isinstance(count, bool) or count < 1):
        raise BadInput("count", count, "a number of levels, 1 or more, or None for all")
    symbol, resolved = proportions(scaling)
    known = {name for polynomial in polynomials for name in polynomial.symbols}
    fresh = not isinstance(value, Series)  # whether the large parameter need be none of them
    if isinstance(value, Series):
        known.update(value.problem.sizes)
        fresh = any(symbol in m.symbols for name, m in resolved.items() if name != symbol)
    if isinstance(value, Series):
        check_held(value.problem, scaling)
    for name in scaling:
        if name not in known and not (name == symbol and fresh):
            raise BadInput("scaling", name, f"symbols that occur: {', '.join(sorted(known))}")
    others = {name: monomial for name, monomial in resolved.items() if name != symbol}
    tables = [_by_power(_substituted(polynomial, others), symbol) for polynomial in polynomials]
    exponents = sorted({e for table in tables for e in table}, reverse=True)
    kept = exponents if count is None else exponents[:count]
    rows = tuple(tuple((e, table[e]) for e in kept if e in table) for table in tables)
    evidence = Evidence(
        Kind.EXACT,
        f"sorted by powers of {symbol}, no term lost among the levels shown",
        value.evidence.checked_to if isinstance(value, Series) else None,
    )
    if isinstance(value, Series):
        evidence = evidence.resting_on(value.evidence)
    left_out = exponents[len(kept)] if len(kept) < len(exponents) else None
    problem = value.problem if isinstance(value, Series) else None
    return Levels(symbol, tuple(sorted(resolved.items())), rows, left_out, evidence, problem)


def exponents_on(scaling: Mapping[str, Proportion]) -> dict[str, Fraction]:
    """The power of the large parameter in every symbol that a scaling names.

    Raises :class:`~diagrams.errors.BadInput`.

    >>> exponents_on({"N": 1, "d": "delta*N", "sigma": Fraction(-1, 2)})
    {'N': Fraction(1, 1), 'd': Fraction(1, 1), 'sigma': Fraction(-1, 2)}
    """
    symbol, resolved = proportions(scaling)
    return {name: monomial.degree(symbol) for name, monomial in resolved.items()}


def leading_levels(
    problem: Problem,
    polynomials: Sequence[Polynomial],
    scaling: Mapping[str, Proportion],
    evidence: Evidence,
) -> Levels:
    """The highest level of every polynomial; what is below need not be complete.

    Raises :class:`~diagrams.errors.BadInput`.
    """
    symbol, resolved = proportions(scaling)
    fresh = any(symbol in m.symbols for name, m in resolved.items() if name != symbol)
    check_held(problem, resolved)
    for name in resolved:
        if name not in problem.symbols and not (name == symbol and fresh):
            allowed = f"symbols that occur: {', '.join(problem.symbols)}"
            raise BadInput("scaling", name, allowed)
    others = {name: monomial for name, monomial in resolved.items() if name != symbol}
    rows = []
    for polynomial in polynomials:
        table = _by_power(_substituted(polynomial, others), symbol)
        rows.append(tuple((e, table[e]) for e in [max(table)]) if table else ())
    given = tuple(sorted(resolved.items()))
    return Levels(symbol, given, tuple(rows), None, evidence, problem, leading_only=True)


def _polynomials(value: Series | Polynomial | Sequence[Polynomial]) -> tuple[Polynomial, ...]:
    if isinstance(value, Polynomial):
        return (value,)
    found = tuple(value.coefficients) if isinstance(value, Series) else tuple(value)
    if not found or not all(isinstance(polynomial, Polynomial) for polynomial in found):
        raise BadInput("value", type(value).__name__, "a series, a polynomial or several")
    return found


def proportions(scaling: Mapping[str, Proportion]) -> tuple[str, dict[str, Polynomial]]:
    """The large parameter, and all scaled symbols as monomials in it and in ratios."""
    if not isinstance(scaling, Mapping) or not scaling:
        raise BadInput("scaling", scaling, 'sizes with exponents or monomials: {"N": 1}')
    large = ""
    given: dict[str, Polynomial | Fraction] = {}
    for name, proportion in scaling.items():
        check_symbol(name, "scaling")
        given[name] = _proportion(name, proportion)
        if not large and (given[name] == 1 or given[name] == Polynomial.symbol(name)):
            large = name
    if not large:
        raise BadInput("scaling", list(scaling), "one size with exponent 1, the large parameter")
    base = Polynomial.symbol(large)
    resolved = {
        name: base**value if isinstance(value, Fraction) else value for name, value in given.items()
    }
    for _ in resolved:
        resolved = {
            name: value if name == large else _substituted(value, resolved, skip=(large,))
            for name, value in resolved.items()
        }
    for name, value in resolved.items():
        if name != large and any(other in value.symbols for other in resolved if other != large):
            raise BadInput(f"scaling.{name}", str(scaling[name]), "no circle of proportions")
    return large, resolved


def _proportion(name: str, value: Proportion) -> Polynomial | Fraction:
    field = f"scaling.{name}"
    allowed = f"an exponent, or a monomial with a positive coefficient, such as delta*{name}"
    if isinstance(value, int | Fraction):
        exponent = Fraction(value)
        if abs(exponent) > EXPONENT_LIMIT or exponent.denominator > EXPONENT_LIMIT:
            raise BadInput(field, str(value), f"an exponent up to {EXPONENT_LIMIT}")
        return exponent
    monomial = parse_monomial(value, field, delta_symbol=True) if isinstance(value, str) else value
    if not isinstance(monomial, Polynomial) or not monomial.is_monomial:
        raise BadInput(field, str(value), allowed)
    if all(coefficient > 0 for _, coefficient in monomial):
        return monomial
    raise BadInput(field, str(value), allowed)


def _substituted(
    polynomial: Polynomial, values: Mapping[str, Polynomial], skip: Iterable[str] = ()
) -> Polynomial:
    try:
        return polynomial.substitute({n: v for n, v in values.items() if n not in skip})
    except ValueError:
        allowed = "proportions whose roots are rational where half-integer powers occur"
        raise BadInput("scaling", {n: str(v) for n, v in values.items()}, allowed) from None


def _by_power(polynomial: Polynomial, symbol: str) -> dict[Fraction, Polynomial]:
    parts: dict[Fraction, list[tuple[dict[str, Fraction], Fraction]]] = {}
    for powers, coefficient in polynomial:
        exponent = powers.pop(symbol, Fraction(0))
        parts.setdefault(exponent, []).append((powers, coefficient))
    return {
        exponent: Polynomial.from_terms(
            term for powers, c in terms for term in Polynomial.monomial(c, powers).terms
        )
        for exponent, terms in parts.items()
    }


def _power(symbol: str, exponent: Fraction) -> str:
    whole = exponent.denominator == 1 and exponent >= 0
    return f"{symbol}**{exponent}" if whole else f"{symbol}**({exponent})"
