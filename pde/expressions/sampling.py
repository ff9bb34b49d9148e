"""Deterministic numerical samples: for choosing branches and for testing identities.

A branch of an inverse function is chosen at a point, and an identity that algebra does not
decide is tested at points. Both need values for every symbol: rational numbers that respect
the assumptions of the symbols and are otherwise generic. No random numbers are used.

>>> import sympy
>>> a, b = sympy.symbols("a b", negative=True)
>>> generic_values((a, b))
{a: -13/10, b: -17/12}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import mpmath
import sympy
from sympy import Expr, Rational, Symbol
from sympy.core.function import AppliedUndef

from pde.expressions.compilation import compiled
from pde.expressions.compilation import number as to_number

QUADRATURE = 20  # working digits where integrals are computed numerically
FAILURES = (
    ValueError,
    TypeError,
    ArithmeticError,
    NameError,
    KeyError,
    AttributeError,
    NotImplementedError,
    mpmath.libmp.NoConvergence,
)
PRIMES = (13, 17, 11, 19, 23, 29, 31, 37, 41, 43, 47, 53)


def generic_values(symbols: Iterable[Symbol]) -> dict[Symbol, Expr]:
    """Return a rational for each symbol, in the given order, respecting its assumptions."""
    values: dict[Symbol, Expr] = {}
    for number, symbol in enumerate(symbols):
        if symbol.is_integer:
            value: Expr = sympy.Integer(2 + number)
        else:
            prime = PRIMES[number % len(PRIMES)]
            value = Rational(prime, 10 + 2 * number)
        values[symbol] = -value if symbol.is_negative else value
    return values


def perturbed(
    values: Mapping[Symbol, Expr], symbols: Iterable[Symbol], number: int
) -> dict[Symbol, Expr]:
    """Return a nearby sample: the given symbols moved by a few per cent, signs kept.

    >>> x = sympy.Symbol("x")
    >>> perturbed({x: sympy.Integer(1)}, (x,), 1)
    {x: 253/250}
    """
    moved = dict(values)
    for place, symbol in enumerate(symbols):
        if symbol.is_integer:
            continue
        step = (7 * number + 5 * place * number + 5) % 41 * (1 if (number + place) % 2 else -1)
        scale = moved[symbol] if moved[symbol] != 0 else sympy.Integer(1)
        moved[symbol] = moved[symbol] + scale * Rational(step, 1000)
    return moved


def with_concrete_functions(expression: Expr) -> Expr:
    """Return the expression with undefined functions replaced by fixed smooth ones.

    >>> f = sympy.Function("f")
    >>> with_concrete_functions(f(sympy.Integer(0)))
    10/9
    """
    functions = sorted({f.func for f in expression.atoms(AppliedUndef)}, key=str)
    for number, function in enumerate(functions):

        def body(*arguments: Expr, offset: int = number) -> Expr:
            linear = sum(
                (Rational(i + 2 + offset, 7 + i) * a for i, a in enumerate(arguments)),
                sympy.Integer(0),
            )
            return sympy.exp(linear / 2) + linear**2 / 3 + Rational(1, 9) + linear / 5

        expression = expression.replace(function, body)
    return expression.doit() if expression.has(sympy.Subs, sympy.Derivative) else expression


def numeric(expression: Expr, values: Mapping[Symbol, Expr], digits: int = 30) -> mpmath.mpc | None:
    """Return the value as an mpmath complex number; None if it is not finite or not a number.

    Undefined functions take fixed concrete values.

    >>> x = sympy.Symbol("x")
    >>> abs(numeric(sympy.sqrt(x), {x: sympy.Integer(-4)}) - 2j) < 1e-25
    True
    >>> numeric(1 / x, {x: sympy.Integer(0)}) is None
    True
    """
    expression = sympy.sympify(expression)
    if expression.atoms(AppliedUndef):
        expression = with_concrete_functions(expression)
    (found,) = numerics([expression], [values], digits)
    return None if found is None else found[0]


def numerics(
    expressions: Sequence[Expr], samples: Sequence[Mapping[Symbol, Expr]], digits: int = 30
) -> list[list[mpmath.mpc] | None]:
    """Return the values of several expressions at several points, compiled once.

    A point where some value is not finite gives None.

    >>> x = sympy.Symbol("x")
    >>> [found is None for found in numerics([x, 1 / x], [{x: sympy.S(0)}, {x: sympy.S(1)}])]
    [True, False]
    """
    symbols = sorted(set().union(*(e.free_symbols for e in expressions)), key=str)
    bad = any(e.has(sympy.nan, sympy.zoo) for e in expressions)
    if bad or not all(s in values for s in symbols for values in samples):
        return [None] * len(samples)
    integrals = any(e.has(sympy.Integral) for e in expressions)
    try:
        function = compiled(symbols, list(expressions))
    except FAILURES:
        return [None] * len(samples)
    found: list[list[mpmath.mpc] | None] = []
    with mpmath.workdps(QUADRATURE if integrals else digits + 10):
        for values in samples:
            try:
                numbers = function(*(to_number(values[symbol]) for symbol in symbols))
                row = [mpmath.mpc(n) for n in numbers]
            except FAILURES:
                found.append(None)
                continue
            found.append(row if all(mpmath.isfinite(n) for n in row) else None)
    return found


def size(value: mpmath.mpc) -> float:
    """Return the modulus as a float."""
    return float(abs(value))
