"""Formulas held against exact coefficients: term by term, as polynomials in the sizes."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import mpmath
import sympy

from diagrams.checking.comparison import Comparison, OrderComparison, Verdict
from diagrams.checking.corrections import corrections
from diagrams.checking.expressions import coefficients_of, number_of, polynomial_of
from diagrams.checking.extraction import DIGITS
from diagrams.checking.numbers import number_at
from diagrams.checking.slips import Measured, hints
from diagrams.errors import shown
from diagrams.evidence import Evidence, Kind
from diagrams.expansion import Series
from diagrams.polynomial import Polynomial
from diagrams.scaling.front import target_constant

PRIMES = (7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83)


def check_expression(
    series: Series, expression: Any, last: int, values: Mapping[str, Fraction]
) -> Comparison:
    """Compare a SymPy expression; ``values`` are put in for symbols on both sides."""
    sizes = series.problem.sizes
    inner = {name: value for name, value in values.items() if name != "T"}
    names = sorted({n for y in series for n in y.symbols} | set(sizes))
    predicted = coefficients_of(expression, names, last, inner)
    exact = [y.substitute(inner) for y in series.coefficients[: last + 1]]
    orders = tuple(
        _order(s, y, e, sizes) for s, (y, e) in enumerate(zip(exact, predicted, strict=True))
    )
    found: tuple[str, ...] = ()
    if any(order.verdict is Verdict.DIFFERS for order in orders):
        left = [name for name in names if name not in inner]
        others = {str(symbol) for c in predicted for symbol in c.free_symbols} - {*left}
        places = _places([*left, *sorted(others)])
        with mpmath.workdps(DIGITS):
            known = [_simplest(c) for c in predicted]
            measured = [_measured(place, exact, known) for place in places]
            constant = target_constant(series.problem).substitute(inner)
            found = hints(measured, exact, constant, [n for n in sizes if n in left])
    text = shown(str(expression), 100).strip("'")
    polynomial = all(order.difference is not None for order in orders)
    kind = "as polynomials, term by term" if polynomial else "as expressions, by SymPy"
    evidence = Evidence(
        Kind.EXACT if polynomial else Kind.DERIVED,
        f"Taylor coefficients of the formula by differentiation, compared {kind}; exact"
        f" coefficients: {series.evidence.statement}",
        last,
    )
    at = "".join(f", {name}={value}" for name, value in inner.items())
    return Comparison(series.problem, "expression", text + at, orders, found, evidence)


def _order(s: int, exact: Polynomial, predicted: Any, sizes: tuple[str, ...]) -> OrderComparison:
    polynomial = polynomial_of(predicted)
    if polynomial is None:
        difference = sympy.simplify(predicted - _positive(exact))
        if difference == 0:
            polynomial = exact
        else:
            polynomial = polynomial_of(difference)
            polynomial = None if polynomial is None else polynomial + exact
    if polynomial is None:
        note = f"no polynomial in the sizes: {shown(str(predicted), 100)[1:-1]}"
        return OrderComparison(s, Verdict.DIFFERS, exact, None, 0, (), note)
    verdict = Verdict.AGREES if polynomial == exact else Verdict.DIFFERS
    judged = len(corrections(exact, sizes)) if polynomial == exact else 0
    return OrderComparison(s, verdict, exact, polynomial - exact, judged)


def _positive(polynomial: Polynomial) -> Any:
    expression = polynomial.to_sympy()
    return expression.xreplace(
        {symbol: sympy.Symbol(str(symbol), positive=True) for symbol in expression.free_symbols}
    )


def _places(names: list[str]) -> list[dict[str, Fraction]]:
    """Sizes at which formulas are compared in numbers, to find slips: distinct primes."""
    count = len(names) + 2
    return [
        {
            name: Fraction(PRIMES[(3 * place + 5 * k + place * k) % len(PRIMES)], 1 + k % 3)
            for k, name in enumerate(names)
        }
        for place in range(count)
    ]


def _simplest(expression: Any) -> Any:
    """A polynomial where the expression is one."""
    found = polynomial_of(expression)
    return expression if found is None else found


def _measured(
    place: Mapping[str, Fraction], exact: list[Polynomial], predicted: list[Any]
) -> Measured:
    """Both in numbers; ``predicted`` holds polynomials, or expressions where there are none."""
    numbers = tuple(number_at(y, place) for y in exact)
    tiny = mpmath.mpf(10) ** (10 - DIGITS)
    coefficients = []
    for c in predicted:
        value = number_at(c, place) if isinstance(c, Polynomial) else number_of(c, place)
        coefficients.append(None if value is None else (value, abs(value) * tiny))
    return Measured(place, tuple(coefficients), numbers)
