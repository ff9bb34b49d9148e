"""Numbers from expressions, at any precision, each with an error bound.

Two ways. Interval arithmetic (mpmath.iv) encloses expressions built from + - * /, powers, exp,
log, sin and cos: the bound is then rigorous. For everything else the expression is computed at
two working precisions and the difference, enlarged, is the bound: an estimate, and labelled so.

>>> x = sympy.Symbol("x")
>>> value = evaluate(sympy.exp(x) - 1 / x, {x: sympy.Rational(1, 3)}, 20)
>>> print(value)
-1.6043875749139104713718747 +- 2.9e-27 (interval arithmetic)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import mpmath
import sympy
from sympy import Expr, Symbol

from pde.compilation import compiled, number
from pde.errors import OutsideDomainError

Method = Literal["interval arithmetic", "two precisions", "two tolerances", "exact"]


ATTEMPTS = 7
"""Precisions at which an enclosure is tried, each twice the one before."""


class _TooWide(Exception):
    """An interval reaches over zero, where the number itself may not: more digits may help."""


@dataclass(frozen=True)
class Value:
    """A number, a bound on its error, and how the bound was obtained."""

    value: mpmath.mpf
    error: mpmath.mpf
    method: Method

    @property
    def rigorous(self) -> bool:
        """Whether the bound is proved (interval arithmetic) rather than estimated."""
        return self.method in ("interval arithmetic", "exact")

    def __float__(self) -> float:
        """Return the value as a float."""
        return float(self.value.real)

    def __str__(self) -> str:
        """Return value, bound and method."""
        digits = 15
        if self.error and self.value:
            digits = max(1, int(mpmath.log10(abs(self.value) / self.error)))
        shown = mpmath.nstr(self.value, digits)
        return f"{shown} +- {mpmath.nstr(self.error, 2)} ({self.method})"


def evaluate(expression: Expr, values: Mapping[Symbol, Expr], digits: int = 15) -> Value:
    """Return the value of an expression at a point to ``digits`` significant digits.

    Raises OutsideDomainError if the value is not finite.
    """
    enclosed = _enclosed(expression, values, digits)
    return enclosed if enclosed is not None else _estimated(expression, values, digits)


def evaluate_many(
    expression: Expr,
    variable: Symbol,
    points: Sequence[Any],
    values: Mapping[Symbol, Expr],
    digits: int = 15,
) -> tuple[Value, ...]:
    """Return the values along one variable, compiling the expression once.

    >>> x = sympy.Symbol("x")
    >>> [float(v) for v in evaluate_many(x**2, x, [1, 2, 3], {})]
    [1.0, 4.0, 9.0]
    """
    others = sorted(expression.free_symbols - {variable}, key=str)
    function = compiled([variable, *others], expression)
    largest = _largest_summand([variable, *others], expression)
    results = []
    for point in points:
        exact = sympy.nsimplify(point, rational=True)
        numbers, cancelled = [], mpmath.mpf(0)
        for working in (digits + 10, 2 * digits + 15):
            with mpmath.workdps(working):
                arguments = [number(exact), *(number(values[s]) for s in others)]
                numbers.append(_finite(_call(function, arguments), variable, point))
                cancelled = largest(arguments)
        found = _compared(numbers, digits, cancelled)
        if found.error > abs(found.value) * mpmath.mpf(10) ** -digits:
            found = evaluate(expression, {**values, variable: exact}, digits)
        results.append(found)
    return tuple(results)


def _largest_summand(symbols: Sequence[Symbol], expression: Expr) -> Callable[[Sequence[Any]], Any]:
    """A function for the rounding error of the largest term of any sum in an expression.

    Two precisions can agree on a wrong number when both lose all of its digits to cancellation;
    what a sum may lose is seen from its terms.
    """
    terms = {
        term
        for total in expression.atoms(sympy.Add)
        for term in total.args
        if term.free_symbols and not term.has(sympy.Integral)
    }
    function = compiled(symbols, sorted(terms, key=sympy.default_sort_key))

    def lost(arguments: Sequence[Any]) -> Any:
        try:
            found = [abs(value) for value in function(*arguments)]
        except (ZeroDivisionError, ValueError):
            return mpmath.mpf(0)
        sizes = [size for size in found if mpmath.isfinite(size)]
        return max(sizes, default=mpmath.mpf(0)) * mpmath.mpf(10) ** (3 - mpmath.mp.dps)

    return lost


def _call(function: Any, arguments: Sequence[Any]) -> Any:
    try:
        return mpmath.mpmathify(function(*arguments))
    except ZeroDivisionError:
        return mpmath.inf


def _finite(value: Any, variable: Symbol | None, point: Any) -> Any:
    if not mpmath.isfinite(value):
        raise OutsideDomainError(
            f"no finite value at {variable} = {point}", str(variable or ""), str(point)
        )
    return value


def _estimated(expression: Expr, values: Mapping[Symbol, Expr], digits: int) -> Value:
    symbols = sorted(expression.free_symbols, key=str)
    function = compiled(symbols, expression)
    exact = [values[s] for s in symbols]
    at = ", ".join(f"{s} = {v}" for s, v in zip(symbols, exact, strict=True))
    largest = _largest_summand(symbols, expression)
    working, numbers, cancelled = digits + 10, [], mpmath.mpf(0)
    for _ in range(6):
        with mpmath.workdps(working):
            arguments = [number(v) for v in exact]
            value = _call(function, arguments)
            if not mpmath.isfinite(value):
                raise OutsideDomainError(f"no finite value at {at}")
            numbers.append(value)
            cancelled = largest(arguments)
            if len(numbers) > 1:
                difference = abs(numbers[-1] - numbers[-2])
                allowed = abs(numbers[-1]) * mpmath.mpf(10) ** (-digits - 2)
                if max(difference, cancelled) <= allowed:
                    break
        working = 2 * working
    return _compared(numbers[-2:], digits, cancelled)


def _compared(numbers: Sequence[Any], digits: int, cancelled: Any) -> Value:
    with mpmath.workdps(digits + 15):
        last = numbers[-1]
        rounding = abs(last) * mpmath.mpf(10) ** (-digits - 5) + cancelled
        error = 10 * abs(numbers[-1] - numbers[-2]) + rounding
        if isinstance(last, mpmath.mpc) and abs(last.imag) <= error:
            last = last.real
        return Value(+last, error, "two precisions")


def _enclosed(expression: Expr, values: Mapping[Symbol, Expr], digits: int) -> Value | None:
    interval = mpmath.iv
    before = interval.dps
    try:
        for attempt in range(ATTEMPTS):
            working = (digits + 10) << attempt
            interval.dps = working
            try:
                box = _interval(expression, values, interval, {})
            except (_TooWide, ZeroDivisionError):
                continue
            with mpmath.workdps(working):
                low, high = mpmath.mpf(box.a), mpmath.mpf(box.b)
                middle, radius = (low + high) / 2, (high - low) / 2
                radius += abs(middle) * mpmath.mpf(10) ** (2 - working)
            if radius <= abs(middle) * mpmath.mpf(10) ** (-digits) or radius < 10 ** -(2 * digits):
                with mpmath.workdps(digits + 5):
                    rounded = +middle
                    radius = radius + abs(rounded - middle)
                return Value(rounded, radius, "interval arithmetic")
    except (
        NotImplementedError,
        ValueError,
        TypeError,
        KeyError,
        mpmath.libmp.ComplexResult,
    ):
        return None
    finally:
        interval.dps = before
    return None


def _interval(
    expression: Expr, values: Mapping[Symbol, Expr], interval: Any, known: dict[Expr, Any]
) -> Any:
    """An enclosure of an expression; what occurs twice is computed once."""
    if expression not in known:
        known[expression] = _box(expression, values, interval, known)
    return known[expression]


def _box(
    expression: Expr, values: Mapping[Symbol, Expr], interval: Any, known: dict[Expr, Any]
) -> Any:
    if expression.is_Symbol:
        return _box(sympy.sympify(values[expression]), {}, interval, {})
    if expression.is_Rational:
        return interval.mpf(int(expression.p)) / interval.mpf(int(expression.q))
    if expression.is_Float:
        return interval.mpf(expression._to_mpmath(expression._prec))
    if expression is sympy.pi:
        return +interval.pi
    if expression is sympy.E:
        return interval.exp(interval.mpf(1))
    if not isinstance(
        expression, (sympy.Add, sympy.Mul, sympy.Pow, sympy.exp, sympy.log, sympy.sin, sympy.cos)
    ):
        raise NotImplementedError(type(expression).__name__)
    parts = [_interval(a, values, interval, known) for a in expression.args]
    if expression.is_Add:
        return sum(parts[1:], parts[0])
    if expression.is_Mul:
        product = parts[0]
        for part in parts[1:]:
            product = product * part
        return product
    if expression.is_Pow:
        return _power(parts[0], expression.exp, parts[1], interval)
    return getattr(interval, expression.func.__name__)(parts[0])


def _power(base: Any, exponent: Expr, exponent_box: Any, interval: Any) -> Any:
    if exponent.is_Integer:
        return base ** int(exponent)
    if not base.b > 0:
        raise NotImplementedError("fractional power of an interval that is not positive")
    if not base.a > 0:
        raise _TooWide
    if exponent == sympy.Rational(1, 2):
        return interval.sqrt(base)
    return interval.exp(exponent_box * interval.log(base))
