"""SymPy expressions as predictions: exact Taylor coefficients, as polynomials where they are."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fractions import Fraction
from typing import Any

import mpmath
import sympy

from diagrams.errors import BadInput, shown
from diagrams.polynomials.polynomial import Polynomial

OPERATIONS_LIMIT = 20_000


def coefficients_of(
    expression: Any, symbols: Collection[str], highest: int, values: Mapping[str, Fraction]
) -> tuple[sympy.Expr, ...]:
    """Return ``d^s/dtau^s`` at 0 for ``s = 0..highest``, with ``tau = t/T``.

    Symbols are recognised by their names, and taken to be positive; ``values`` are put in for
    them first.  In an expression without T it is 1.  Decimal numbers are taken as exact.

    Raises :class:`~diagrams.errors.BadInput` for unknown symbols and where there is no Taylor
    series at t = 0.

    >>> p, t, T = sympy.symbols("p t T")
    >>> coefficients_of(p / (1 + 2 * p * t / T), ("p",), 2, {})
    (p, -2*p**2, 8*p**3)
    """
    given = sympy.sympify(expression)
    if not isinstance(given, sympy.Expr) or given.count_ops() > OPERATIONS_LIMIT:
        allowed = f"a SymPy expression of at most {OPERATIONS_LIMIT} operations"
        raise BadInput("prediction", type(expression).__name__, allowed)
    known = {*symbols, "t", "T"}
    for symbol in sorted(given.free_symbols, key=str):
        if str(symbol) not in known:
            allowed = "an expression in t, T, " + ", ".join(sorted(symbols))
            raise BadInput("prediction", str(symbol), allowed)
    tau = sympy.Dummy("tau", positive=True)  # the problem may have a tau of its own
    plain = {s: sympy.Symbol(str(s), positive=True) for s in given.free_symbols}
    clock = sympy.Symbol("T", positive=True)
    decimals = {f: sympy.Rational(str(f)) for f in given.atoms(sympy.Float)}
    exact = given.xreplace(decimals).xreplace(plain)
    if clock in exact.free_symbols:
        exact = exact.subs(sympy.Symbol("t", positive=True), tau * clock)
    else:
        exact = exact.subs(sympy.Symbol("t", positive=True), tau)
    exact = exact.subs(
        {
            sympy.Symbol(name, positive=True): sympy.Rational(v.numerator, v.denominator)
            for name, v in values.items()
        }
    )
    found = _by_differentiation(exact, tau, highest)
    if found is None:
        found = _by_series(exact, tau, highest)
    if found is None:
        allowed = "an expression with a Taylor series at t = 0 that SymPy finds"
        raise BadInput("prediction", shown(str(given)), allowed)
    return tuple(found)


def _by_differentiation(
    expression: sympy.Expr, tau: sympy.Symbol, highest: int
) -> list[sympy.Expr] | None:
    found = []
    current = expression
    for s in range(highest + 1):
        value = current.subs(tau, 0)
        if value.has(sympy.nan, sympy.zoo, sympy.oo, sympy.Limit, sympy.Derivative):
            return None
        found.append(sympy.expand(value))
        if s < highest:
            current = sympy.diff(current, tau)
            if current.count_ops() > OPERATIONS_LIMIT:
                current = sympy.factor_terms(current)
            if current.count_ops() > 10 * OPERATIONS_LIMIT:
                return None
    return found


def _by_series(expression: sympy.Expr, tau: sympy.Symbol, highest: int) -> list[sympy.Expr] | None:
    try:
        series = sympy.series(expression, tau, 0, highest + 1).removeO()
        terms = sympy.Poly(sympy.expand(series), tau)
    except Exception:
        return None
    return [
        sympy.expand(terms.coeff_monomial(tau**s) * sympy.factorial(s)) for s in range(highest + 1)
    ]


def polynomial_of(expression: sympy.Expr) -> Polynomial | None:
    """The expression as a polynomial with rational exponents, or ``None`` where it is none.

    >>> N = sympy.Symbol("N", positive=True)
    >>> print(polynomial_of((1 + sympy.sqrt(N)) ** 2 / N))
    1 + 2*N**(-1/2) + N**(-1)
    >>> polynomial_of(1 / (1 + N)) is None
    True
    """
    found = _collected(sympy.expand(expression))
    if found is None:
        found = _collected(sympy.expand(sympy.powdenest(sympy.simplify(expression), force=True)))
    return found


def _collected(expression: sympy.Expr) -> Polynomial | None:
    terms = []
    for term in sympy.Add.make_args(expression):
        coefficient, powers = Fraction(1), dict[str, Fraction]()
        for factor in sympy.Mul.make_args(term):
            base, exponent = factor.as_base_exp()
            if factor.is_Rational:
                coefficient *= Fraction(int(factor.p), int(factor.q))
            elif base.is_Symbol and exponent.is_Rational:
                e = Fraction(int(exponent.p), int(exponent.q))
                powers[str(base)] = powers.get(str(base), Fraction(0)) + e
            else:
                return None
        terms.append(Polynomial.monomial(coefficient, powers))
    return Polynomial.from_terms(item for part in terms for item in part.terms)


def number_of(expression: sympy.Expr, values: Mapping[str, Fraction]) -> Any:
    """The value of a coefficient, as an mpmath number at the current precision."""
    replaced = expression.subs(
        {
            sympy.Symbol(name, positive=True): sympy.Rational(v.numerator, v.denominator)
            for name, v in values.items()
        }
    )
    number = replaced.evalf(mpmath.mp.dps)
    return mpmath.mpmathify(number) if number.is_real else None
