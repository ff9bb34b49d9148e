"""Borel-Leroy-Laplace summation of divergent series.

Definition. For a series with coefficients of Gevrey order k, B(z) = sum a_n z^n / (k n)! has a
positive radius of convergence, and along a direction free of singularities

    S(x) = int_0^inf exp(-u) B(x u^k) du

is the Borel-Leroy sum. If B is singular on the ray (a Stokes line) there are two lateral sums,
above and below; they are given on request and never silently. B is either a hypergeometric
function, continued exactly, or a Pade approximant, whose error is estimated from a second one.

>>> euler = [Fraction((-1) ** n * math.factorial(n)) for n in range(12)]
>>> value = borel_sum(euler, 1, digits=20)            # int exp(-u)/(1+u) du
>>> with mpmath.workdps(25):
...     bool(abs(value.value - mpmath.e * mpmath.e1(1)) < value.error < 1e-19)
True
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Literal

import mpmath
import sympy

from pde.errors import NoRecurrenceError, StokesLineError
from pde.expressions.compilation import number
from pde.numbers.evaluation import Value
from pde.summation.hypergeometric import HypergeometricSeries, hypergeometric_series
from pde.summation.pade import Pade, pade_approximant

Side = Literal["above", "below"]
TILT = 0.35
NEAR_AXIS = 1e-8


def borel_sum(
    coefficients: Sequence[int | Fraction],
    point: Any,
    *,
    order: int = 1,
    side: Side | None = None,
    digits: int = 15,
) -> Value:
    """Return the Borel-Leroy sum of a series at a real point.

    The series is recognised as hypergeometric if its coefficients allow it; otherwise the
    Borel transform is a Pade approximant. Raises StokesLineError on a Stokes line unless a
    ``side`` is chosen; the lateral sum is then complex.
    """
    try:
        series = hypergeometric_series(coefficients)
    except NoRecurrenceError:
        return borel_pade_sum(coefficients, point, order=order, side=side, digits=digits)
    return borel_hypergeometric_sum(series, point, side=side, digits=digits)


def borel_hypergeometric_sum(
    series: HypergeometricSeries, point: Any, *, side: Side | None = None, digits: int = 15
) -> Value:
    """Return the Borel-Leroy sum of a hypergeometric series, of its own Gevrey order.

    Raises StokesLineError on a Stokes line without a ``side``.
    """
    order = max(1, series.gevrey_order)
    transform = series.borel(order)
    exact = sympy.nsimplify(point, rational=True)
    singular = transform.radius != sympy.oo and transform.scale * exact > 0
    if singular and side is None:
        raise StokesLineError(
            f"the Borel transform is singular on the ray of x = {exact}, at "
            f"x u^{order} = {1 / transform.scale}: only lateral sums exist",
            "x",
            "0",
        )

    def function(z: Any) -> Any:
        parameters = [[number(p) for p in side_] for side_ in (transform.upper, transform.lower)]
        return number(transform.first) * mpmath.hyper(*parameters, number(transform.scale) * z)

    tilt = 0.0 if not singular else (TILT if side == "above" else -TILT)
    return _laplace_pair(function, function, exact, order, tilt, digits)


def borel_pade_sum(
    coefficients: Sequence[int | Fraction],
    point: Any,
    *,
    order: int = 1,
    side: Side | None = None,
    digits: int = 15,
) -> Value:
    """Return the Borel-Leroy sum with a Pade approximant of the Borel transform.

    The error is the difference from the sum with a shorter approximant. Raises
    StokesLineError if a pole of the approximant lies on the ray and no ``side`` is chosen.
    """
    transform = [Fraction(c) / math.factorial(order * n) for n, c in enumerate(coefficients)]
    half = (len(transform) - 1) // 2
    best, second = (pade_approximant(transform, m, half) for m in (half, half - 1))
    exact = sympy.nsimplify(point, rational=True)
    with mpmath.workdps(digits + 10):
        bad = [p / number(exact) for p in best.poles()]
    on_ray = [p for p in bad if p.real > 0 and abs(p.imag) < NEAR_AXIS * abs(p)]
    if on_ray and side is None:
        raise StokesLineError(
            f"a pole of the approximant lies on the ray of x = {exact}: only lateral sums exist",
            "x",
            "0",
        )
    tilt = 0.0 if not on_ray else (TILT if side == "above" else -TILT)

    def value(approximant: Pade) -> Callable[[Any], Any]:
        return approximant

    return _laplace_pair(value(best), value(second), exact, order, tilt, digits)


def _laplace_pair(
    best: Callable[[Any], Any],
    second: Callable[[Any], Any],
    point: Any,
    order: int,
    tilt: float,
    digits: int,
) -> Value:
    """Integrate both transforms, the second at a higher precision when it is the same."""
    numbers = []
    for function, working in ((second, digits + 8), (best, digits + 14)):
        with mpmath.workdps(working):
            direction = mpmath.expj(mpmath.mpf(tilt)) if tilt else mpmath.mpf(1)
            x = number(point)

            def integrand(
                u: Any, function: Any = function, direction: Any = direction, x: Any = x
            ) -> Any:
                v = u * direction
                return mpmath.exp(-v) * function(x * v**order) * direction

            cut = [0, 1, 4, 12, 30, mpmath.mpf(3) * working + 30]
            numbers.append(mpmath.quad(integrand, cut))
    with mpmath.workdps(digits + 8):
        error = 10 * abs(numbers[1] - numbers[0]) + abs(numbers[1]) * mpmath.mpf(10) ** (-digits)
        return Value(+numbers[1], error, "two precisions")
