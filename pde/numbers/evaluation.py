"""Numbers from expressions, at any precision, each with an error bound.

Two ways. Ball arithmetic (:mod:`pde.numbers.balls`) encloses expressions built from + - * /,
powers, elementary functions, error functions, gamma, Bessel and Airy functions, and definite
integrals of analytic functions over bounded intervals: the bound is then proved. For everything
else the expression is computed at two working precisions and the difference, enlarged, is the
bound: an estimate, and labelled so.

>>> x = sympy.Symbol("x")
>>> value = evaluate(sympy.exp(x) - 1 / x, {x: sympy.Rational(1, 3)}, 20)
>>> print(value)
-1.604387574913910471371874678 +- 2.7e-27 (ball arithmetic)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import flint
import mpmath
import sympy
from sympy import Expr, Symbol

from pde.errors import OutsideDomainError
from pde.expressions.compilation import compiled, number
from pde.numbers.balls import NoEnclosureError, TooWideError, compiled_enclosure, precision, to_mpf

Method = Literal["ball arithmetic", "two precisions", "two tolerances", "exact"]
"""*ball arithmetic*: every rounding and truncation is bounded. Those with *two* are estimates."""


ATTEMPTS = 7
"""Precisions at which an enclosure is tried, each twice the one before."""


@dataclass(frozen=True)
class Value:
    """A number, a bound on its error, and how the bound was obtained."""

    value: mpmath.mpf
    error: mpmath.mpf
    method: Method

    @property
    def rigorous(self) -> bool:
        """Whether the bound is proved (ball arithmetic) rather than estimated."""
        return self.method in ("ball arithmetic", "exact")

    def __float__(self) -> float:
        """Return the value as a float."""
        return float(self.value.real)

    def __str__(self) -> str:
        """Return value, bound and method."""
        digits = 15
        if self.error and self.value:
            sizes = [mpmath.floor(mpmath.log10(abs(n))) for n in (self.value, self.error)]
            digits = max(1, int(sizes[0] - sizes[1]) + 1)  # down to the first one of the error
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
    exact = [sympy.nsimplify(point, rational=True) for point in points]
    enclosed = _enclosed_many(expression, variable, exact, values, digits)
    return tuple(
        _estimated(expression, {**values, variable: point}, digits) if found is None else found
        for point, found in zip(exact, enclosed, strict=True)
    )


def _largest_summand(symbols: Sequence[Symbol], expression: Expr) -> Callable[[Sequence[Any]], Any]:
    """A function for the rounding error of the largest term of any sum in an expression.

    Two precisions can agree on a wrong number when both lose all of its digits to cancellation;
    what a sum may lose is seen from its terms.
    """
    terms = {
        term
        for total in expression.atoms(sympy.Add)
        for term in total.args
        if term.free_symbols
        and term.free_symbols <= set(symbols)  # not the variable of an integral
        and not term.has(sympy.Integral)
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
    (found,) = _enclosed_many(expression, Symbol("_"), [sympy.Integer(0)], values, digits)
    return found


def _enclosed_many(
    expression: Expr,
    variable: Symbol,
    points: Sequence[Expr],
    values: Mapping[Symbol, Expr],
    digits: int,
) -> list[Value | None]:
    """Enclosures at several points; ``None`` where there is none, or it stays too wide."""
    found: list[Value | None] = [None] * len(points)
    left = list(range(len(points)))
    for attempt in range(ATTEMPTS):
        wide = []
        with precision((digits + 10) << attempt):
            try:
                function = compiled_enclosure(expression, variable, values)
            except (TooWideError, ZeroDivisionError):
                continue
            except (NoEnclosureError, KeyError):
                return found
            for k in left:
                try:
                    found[k] = narrow_value(function(points[k]), digits)
                except (TooWideError, ZeroDivisionError):
                    pass
                except NoEnclosureError:
                    continue
                if found[k] is None:
                    wide.append(k)
        left = wide
        if not left:
            break
    return found


def narrow_value(ball: flint.arb, digits: int) -> Value | None:
    """Return the value of a ball, ``None`` if it is too wide for ``digits`` digits.

    A ball about zero is narrow enough when its radius is below ``10^(-2 digits)``.
    """
    found = ball_value(ball, digits)
    with mpmath.workdps(15):
        small = mpmath.mpf(10) ** -digits
        if found.error <= abs(found.value) * small or found.error < small * small:
            return found
    return None


def ball_value(ball: flint.arb, digits: int) -> Value:
    """Return midpoint and radius of a ball, the midpoint rounded to ``digits`` digits and a few.

    Raises OutsideDomainError if the ball is not finite.
    """
    if not ball.is_finite():
        raise OutsideDomainError("no finite value")
    middle, radius = to_mpf(ball), to_mpf(ball.rad().abs_upper())
    with mpmath.workdps(digits + 5):
        rounded = +middle
    with mpmath.workdps(digits + 40):
        off = abs(rounded - middle)
    with mpmath.workdps(10):
        error = (radius + off) * (1 + mpmath.mpf(10) ** -8)
    return Value(rounded, error, "ball arithmetic")
