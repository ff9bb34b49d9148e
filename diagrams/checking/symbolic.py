"""Formulas held against exact coefficients: term by term, as polynomials in the sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import mpmath
import sympy

from diagrams.checking.comparison import Comparison, OrderComparison, Verdict
from diagrams.checking.corrections import corrections
from diagrams.checking.expressions import coefficients_of, number_of, polynomial_of
from diagrams.checking.extraction import DIGITS
from diagrams.checking.leading import LeadingTerms, leading_terms_anywhere
from diagrams.checking.slips import Measured, hints
from diagrams.errors import BadInput, shown
from diagrams.evidence import Evidence, Kind
from diagrams.polynomials.evaluation import number_at
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.structure import structure
from diagrams.series.expansion import Series

FAR = (6, 12)
"""Decimal exponents of the scalings at which expressions are compared along a face."""

FAR_NOTE = "no polynomial; falls below the leading terms at two scalings far out on the face"
VANISHED = mpmath.mpf(10) ** -2

PRIMES = (7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83)


def check_expression(
    series: Series,
    expression: Any,
    last: int,
    values: Mapping[str, Fraction],
    face: LeadingTerms | None = None,
) -> Comparison:
    """Compare a SymPy expression; ``values`` are put in for symbols on both sides.

    With ``face``, with its leading terms: terms of lower order there make no difference.
    """
    inner = {name: value for name, value in values.items() if name != "T"}
    if face is not None and not set(inner).isdisjoint(face.regime.symbols):
        given = next(name for name in inner if name in face.regime.symbols)
        raise BadInput("at", given, "no sizes or scales: leading terms are those of symbols")
    names = sorted({n for y in series for n in y.symbols} | set(series.problem.sizes))
    predicted = coefficients_of(expression, names, last, inner)
    return _compared(series, expression, predicted, names, inner, face)


def _compared(
    series: Series,
    expression: Any,
    predicted: tuple[sympy.Expr, ...],
    names: list[str],
    inner: Mapping[str, Fraction],
    face: LeadingTerms | None,
) -> Comparison:
    sizes, last = series.problem.sizes, len(predicted) - 1
    held = series.coefficients if face is None else face.coefficients
    exact = [y.substitute(inner) for y in held[: last + 1]]
    orders = _orders(exact, predicted, sizes, face)
    found: tuple[str, ...] = ()
    if any(order.verdict is Verdict.DIFFERS for order in orders):
        left = [name for name in names if name not in inner]
        others = {str(symbol) for c in predicted for symbol in c.free_symbols} - {*left}
        places = _places([*left, *sorted(others)])
        with mpmath.workdps(DIGITS):
            known = [_simplest(c) for c in predicted]
            measured = [_measured(place, exact, known) for place in places]
            constant = structure(series.problem).constant.substitute(inner)
            found = hints(measured, exact, constant, [n for n in sizes if n in left])
    text = shown(str(expression), 100).strip("'")
    polynomial = all(order.difference is not None for order in orders)
    polynomial &= all(order.note != FAR_NOTE for order in orders)
    kind = "as polynomials, term by term" if polynomial else "as expressions, by SymPy"
    evidence = Evidence(
        Kind.EXACT if polynomial else Kind.DERIVED,
        f"Taylor coefficients of the formula by differentiation, compared {kind}; exact"
        f" coefficients: {series.evidence.statement}",
        last,
    )
    at = "".join(f", {name}={value}" for name, value in inner.items())
    name = "" if face is None else face.regime.name
    leads = ("", -1)
    if face is None and not inner and any(o.verdict is Verdict.DIFFERS for o in orders):
        leads = _leading_face(series, predicted)
    return Comparison(
        series.problem, "expression", text + at, orders, found, evidence, name, *leads
    )


def _leading_face(series: Series, predicted: tuple[sympy.Expr, ...]) -> tuple[str, int]:
    """The largest regime whose leading terms a formula is at every order, if there is one."""
    last = len(predicted) - 1
    for face in leading_terms_anywhere(series, last):
        orders = _orders(face.coefficients, predicted, series.problem.sizes, face)
        if all(order.verdict is Verdict.AGREES for order in orders):
            return face.regime.name, last
    return "", -1


def _orders(
    exact: Sequence[Polynomial],
    predicted: tuple[sympy.Expr, ...],
    sizes: tuple[str, ...],
    face: LeadingTerms | None,
) -> tuple[OrderComparison, ...]:
    pairs = enumerate(zip(exact, predicted, strict=True))
    return tuple(_order(s, y, e, sizes, face) for s, (y, e) in pairs)


def _order(
    s: int,
    exact: Polynomial,
    predicted: Any,
    sizes: tuple[str, ...],
    face: LeadingTerms | None,
) -> OrderComparison:
    polynomial = polynomial_of(predicted)
    if polynomial is None:
        difference = sympy.simplify(predicted - _positive(exact))
        if difference == 0:
            polynomial = exact
        else:
            polynomial = polynomial_of(difference)
            polynomial = None if polynomial is None else polynomial + exact
    if polynomial is None and face is not None and _vanishing(s, difference, face):
        return OrderComparison(s, Verdict.AGREES, exact, Polynomial(), 1, (), FAR_NOTE)
    if polynomial is None:
        note = f"no polynomial in the sizes: {shown(str(predicted), 100)[1:-1]}"
        return OrderComparison(s, Verdict.DIFFERS, exact, None, 0, (), note)
    left = polynomial - exact
    if face is not None:
        left = face.of_note(s, left)
    verdict = Verdict.DIFFERS if left else Verdict.AGREES
    judged = 0 if left else len(corrections(exact, sizes))
    return OrderComparison(s, verdict, exact, left, judged)


def _vanishing(s: int, difference: Any, face: LeadingTerms) -> bool:
    """Whether a difference falls below the leading terms far out on the face."""
    ratios = []
    for exponent in FAR:
        with mpmath.workdps(20 * DIGITS):
            place = {
                name: Fraction(prime, 7) * Fraction(10) ** (exponent * power)
                for name, power, prime in zip(
                    face.regime.symbols, face.regime.direction, PRIMES, strict=False
                )
            }
            lead = number_at(face.coefficients[s], place)
            value = number_of(difference, place)
            if value is None or not lead:
                return False
            ratios.append(abs(value / lead))
    return bool(ratios[1] <= VANISHED and ratios[1] < ratios[0] * VANISHED)


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
