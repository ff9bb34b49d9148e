"""Ball arithmetic: numbers with a radius that holds every rounding, and expressions in them.

A ball is a midpoint with a radius (an interval written another way); what is computed with balls
encloses the exact result.  (F. Johansson, Arb, IEEE Trans. Comput. 66, 1281 (2017); here by
python-flint.)

>>> x = sympy.Symbol("x")
>>> with precision(20):
...     ball = enclosure(sympy.erf(x) + sympy.sqrt(x), {x: sympy.Rational(1, 4)})
...     print(ball.contains(flint.arb("0.25").erf() + flint.arb("0.5")), bool(ball.rad() < 1e-19))
True True
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import flint
import mpmath
import sympy
from sympy import Expr, Symbol

BITS = 3.3219280948873626
"""Bits of a decimal digit."""

GUARD = 32
"""Bits beyond the digits asked for."""

INTEGRAL_EVALUATIONS = 3_000


class NoEnclosureError(Exception):
    """An expression that balls do not reach: an unknown function, or a branch that is not real."""


class NotRealError(NoEnclosureError):
    """A branch that is not real, or a division by zero: outside the domain of the expression."""


class TooWideError(NoEnclosureError):
    """A ball reaches over zero, where the number itself may not: more digits may help."""


@contextmanager
def precision(digits: float) -> Iterator[None]:
    """Work with about ``digits`` decimal digits, and a few bits more, inside a block."""
    with flint.ctx.workprec(int(digits * BITS) + GUARD):
        yield


def ball(value: Any) -> flint.arb:
    """Return the ball of a rational, an integer, an mpmath or a SymPy number."""
    if isinstance(value, Fraction):
        return flint.arb(flint.fmpq(value.numerator, value.denominator))
    if isinstance(value, sympy.Rational):
        return flint.arb(flint.fmpq(int(value.p), int(value.q)))
    if isinstance(value, mpmath.mpf):
        return from_mpf(value)
    return flint.arb(value)


def from_mpf(value: mpmath.mpf) -> flint.arb:
    """Return an mpmath number as a ball of radius zero."""
    sign, mantissa, exponent, _ = value._mpf_
    if not mpmath.isfinite(value):
        raise NoEnclosureError(f"{value} is no number")
    if not mantissa:
        return flint.arb(0)
    return flint.arb((-int(mantissa) if sign else int(mantissa), int(exponent)))


def to_mpf(value: flint.arb) -> mpmath.mpf:
    """Return the midpoint of a ball as an mpmath number, exactly."""
    mantissa, exponent = value.mid().man_exp()
    sign, size = (1, -int(mantissa)) if mantissa < 0 else (0, int(mantissa))
    found = mpmath.libmp.from_man_exp(-size if sign else size, int(exponent))
    return mpmath.mp.make_mpf(found)


def hull(radius: flint.arb) -> flint.arb:
    """Return the ball about zero that holds all numbers of absolute value at most ``radius``."""
    return flint.arb(0, radius.abs_upper())


def lower(value: flint.arb) -> flint.arb:
    """Return a number of radius zero below a ball."""
    return value.lower()


def upper(value: flint.arb) -> flint.arb:
    """Return a number of radius zero above a ball."""
    return value.upper()


REAL: dict[type, str] = {
    sympy.exp: "exp",
    sympy.log: "log",
    sympy.sin: "sin",
    sympy.cos: "cos",
    sympy.tan: "tan",
    sympy.cot: "cot",
    sympy.sinh: "sinh",
    sympy.cosh: "cosh",
    sympy.tanh: "tanh",
    sympy.coth: "coth",
    sympy.asin: "asin",
    sympy.acos: "acos",
    sympy.atan: "atan",
    sympy.asinh: "asinh",
    sympy.acosh: "acosh",
    sympy.atanh: "atanh",
    sympy.erf: "erf",
    sympy.erfc: "erfc",
    sympy.erfi: "erfi",
    sympy.gamma: "gamma",
    sympy.loggamma: "lgamma",
    sympy.Ei: "ei",
    sympy.airyai: "airy_ai",
    sympy.airybi: "airy_bi",
}
WITH_ORDER: dict[type, str] = {
    sympy.besselj: "bessel_j",
    sympy.bessely: "bessel_y",
    sympy.besseli: "bessel_i",
    sympy.besselk: "bessel_k",
    sympy.expint: "expint",
    sympy.uppergamma: "gamma_upper",
    sympy.lowergamma: "gamma_lower",
}
"""Functions whose first argument is an order, or a parameter."""
POSITIVE = (sympy.log, sympy.acosh)


def enclosure(expression: Expr, values: Mapping[Symbol, Any]) -> flint.arb:
    """Return a ball that holds the value of an expression, at the precision of the block.

    ``values`` are exact numbers or balls.  What occurs twice is computed once.  Raises
    NoEnclosureError where the expression is not real or a function is not known, TooWideError
    where more digits might help.
    """
    found: flint.arb = _Walk(values)(expression)
    return found


def complex_enclosure(expression: Expr, values: Mapping[Symbol, Any]) -> flint.acb:
    """Return a ball of complex values; not finite where the expression is not analytic."""
    return _complex(_Walk(values, analytic=True)(expression))


def series_enclosure(expression: Expr, values: Mapping[Symbol, Any]) -> Any:
    """Return the power series of an expression in power series, to the length ``ctx.cap``."""
    return _SeriesWalk(values)(expression)


class _Walk:
    """One evaluation: balls of subexpressions, real, or complex inside integrals."""

    def __init__(self, values: Mapping[Symbol, Any], analytic: bool | None = None) -> None:
        self.values = values
        self.known: dict[Expr, Any] = {}
        self.analytic = analytic

    @property
    def real(self) -> bool:
        return self.analytic is None

    def __call__(self, expression: Expr) -> Any:
        if expression not in self.known:
            self.known[expression] = self._new(expression)
        return self.known[expression]

    def _new(self, expression: Expr) -> Any:
        if expression.is_Symbol:
            given = self.values[expression]
            if isinstance(given, Expr) and not given.is_Rational:
                return self(given)
            return given if isinstance(given, (flint.arb, flint.acb)) else ball(given)
        if expression.is_Rational:
            return ball(expression)
        if expression.is_Float:
            return from_mpf(expression._to_mpmath(expression._prec))
        if expression is sympy.pi:
            return flint.arb.pi()
        if expression is sympy.E:
            return flint.arb(1).exp()
        if isinstance(expression, sympy.Integral):
            return self._integral(expression)
        if expression.is_Pow:
            return self._power(self(expression.base), expression.exp)
        if isinstance(expression, sympy.hyper):
            return self._function(expression, [])
        parts = [self(argument) for argument in expression.args]
        if expression.is_Add:
            return sum(parts[1:], parts[0])
        if expression.is_Mul:
            product = parts[0]
            for part in parts[1:]:
                product = product * part
            return product
        return self._function(expression, parts)

    def _function(self, expression: Expr, parts: list[Any]) -> Any:
        name = REAL.get(expression.func)
        if name is not None and len(parts) == 1:
            (argument,) = parts
            if self.real and isinstance(expression, POSITIVE):
                _positive(argument)
            if not self.real and isinstance(expression, sympy.log):
                return _complex(argument).log(analytic=bool(self.analytic))
            if not self.real and expression.func not in ENTIRE:
                raise NoEnclosureError(expression.func.__name__)
            return _finite(getattr(argument, name)())
        if expression.func in WITH_ORDER and len(parts) == 2 and self.real:
            return _finite(getattr(parts[1], WITH_ORDER[expression.func])(parts[0]))
        if expression.func is sympy.hyper and self.real:
            upper_parameters, lower_parameters, argument = expression.args
            lists = [[self(q) for q in side] for side in (upper_parameters, lower_parameters)]
            return _finite(self(argument).hypgeom(*lists))
        if expression.func is sympy.LambertW and len(parts) == 1 and self.real:
            return _finite(parts[0].lambertw())
        if expression.func is sympy.Abs and self.real:
            return abs(parts[0])
        raise NoEnclosureError(expression.func.__name__)

    def _power(self, base: Any, exponent: Expr) -> Any:
        if exponent.is_Integer:
            if exponent < 0:
                base = 1 / _apart(base)
            return _whole_power(base, abs(int(exponent)))
        if not self.real:
            return _complex(base).pow(self(exponent), analytic=bool(self.analytic))
        if base.is_exact() and base == 0 and exponent.is_positive:
            return base
        _positive(base)
        if exponent == sympy.Rational(1, 2):
            return base.sqrt()
        if exponent == sympy.Rational(-1, 2):
            return base.rsqrt()
        if exponent.is_Rational and 1 < exponent.q < 64:
            return base.root(int(exponent.q)) ** int(exponent.p)
        return base ** self(exponent)

    def _integral(self, expression: sympy.Integral) -> Any:
        """A definite integral over a bounded interval, by Gauss-Legendre with proved bounds."""
        if len(expression.limits) > 1:
            inner = sympy.Integral(expression.function, *expression.limits[:-1])
            return self._integral(sympy.Integral(inner, expression.limits[-1]))
        ((variable, *limits),) = expression.limits
        if len(limits) != 2 or not self.real or expression.function.has(sympy.Integral):
            raise NoEnclosureError("Integral")
        ends = [self(limit) for limit in limits]
        if not all(end.is_finite() for end in ends):
            raise NoEnclosureError("Integral")

        unknown: list[NoEnclosureError] = []

        def integrand(z: flint.acb, analytic: bool) -> flint.acb:
            try:
                walk = _Walk({**self.values, variable: z}, analytic)
                return _complex(walk(expression.function))
            except NoEnclosureError as error:  # python-flint lets no exception through
                unknown.append(error)
                return flint.acb(flint.arb.nan())
            except (TooWideError, ZeroDivisionError):
                return flint.acb(flint.arb.nan())

        found = flint.acb.integral(integrand, ends[0], ends[1], eval_limit=INTEGRAL_EVALUATIONS)
        if unknown:
            raise unknown[0]
        if found.is_finite() and not found.imag.contains(0):
            raise NotRealError("an integrand that is not real")
        return _finite(found.real)


class _SeriesWalk(_Walk):
    """One evaluation in power series."""

    def _new(self, expression: Expr) -> Any:
        if expression.is_Symbol and isinstance(self.values[expression], flint.arb_series):
            return self.values[expression]
        return super()._new(expression)

    def _function(self, expression: Expr, parts: list[Any]) -> Any:
        if not any(isinstance(part, flint.arb_series) for part in parts):
            return super()._function(expression, parts)
        (argument, *rest) = parts
        name = SERIES.get(expression.func)
        if rest or name is None:
            raise NoEnclosureError(expression.func.__name__)
        if isinstance(expression, POSITIVE):
            _positive(argument[0])
        if name == "tan":
            return argument.sin() / argument.cos()
        return getattr(argument, name)()

    def _power(self, base: Any, exponent: Expr) -> Any:
        if not isinstance(base, flint.arb_series):
            return super()._power(base, exponent)
        if exponent.is_Integer:
            if exponent < 0:
                _apart(base[0])
                base = 1 / base
            return _whole_power(base, abs(int(exponent)))
        _positive(base[0])
        return base ** self(exponent)


SERIES: dict[type, str] = {
    sympy.exp: "exp",
    sympy.log: "log",
    sympy.sin: "sin",
    sympy.cos: "cos",
    sympy.tan: "tan",
    sympy.asin: "asin",
    sympy.atan: "atan",
    sympy.erf: "erf",
    sympy.erfc: "erfc",
    sympy.erfi: "erfi",
    sympy.gamma: "gamma",
    sympy.loggamma: "lgamma",
}
ENTIRE = (sympy.exp, sympy.sin, sympy.cos, sympy.sinh, sympy.cosh, sympy.erf, sympy.erfc)


def _complex(value: Any) -> flint.acb:
    return value if isinstance(value, flint.acb) else flint.acb(value)


def _whole_power(base: Any, exponent: int) -> Any:
    """A whole power by squaring: ``**`` of a ball about zero is no number in python-flint 0.9.

    >>> bool((_whole_power(flint.arb(0, 1e-3), 2) - flint.arb(0, 2e-6)).contains(0))
    True
    """
    if not exponent:
        return base**0
    half = _whole_power(base, exponent // 2) if exponent > 1 else None
    square = 1 if half is None else half * half
    return square * base if exponent % 2 else square


def _positive(value: flint.arb) -> None:
    if value > 0:
        return
    if value <= 0:
        raise NotRealError("a branch that is not real")
    raise TooWideError


def _apart(value: Any) -> Any:
    """Refuse to divide by a ball that holds zero."""
    if isinstance(value, flint.arb) and value.contains(0):
        if value.is_exact():
            raise NotRealError("division by zero")
        raise TooWideError
    return value


def _finite(value: Any) -> Any:
    if not value.is_finite():
        raise TooWideError
    return value


def compiled_enclosure(
    expression: Expr, variable: Symbol, values: Mapping[Symbol, Any]
) -> Callable[[Any], flint.arb]:
    """Return a function of one variable; what does not depend on it is computed once.

    It is to be called at the precision at which it was made.
    """
    fixed = _Walk(values)
    if not expression.has(sympy.Integral):
        for part in sympy.postorder_traversal(expression):
            if isinstance(part, Expr) and not part.has(variable):
                fixed(part)

    def function(point: Any) -> flint.arb:
        walk = _Walk({**values, variable: point})
        walk.known = dict(fixed.known)
        found: flint.arb = walk(expression)
        return found

    return function
