"""First integrals of scalar ordinary differential equations dy/ds = g(s, y).

The classes are the textbook ones, tried in this order: quadrature, linear, Bernoulli, Riccati
(with a particular solution found), separable, and the equations with a one-parameter group of
scalings or translations (homogeneous and its relatives), then the same with the roles of s
and y exchanged. Each gives J(s, y), constant along solutions, and, where J(s, y) = c can be
inverted, the solution y = Y(s, c) on the branch that passes through a given sample point.

>>> s, y, c = sympy.symbols("s y c", positive=True)
>>> at = {s: sympy.Rational(1, 3), y: sympy.Integer(2)}
>>> solved = integrate_scalar(y**2, s, y, c, at, sympy.Integer(0))
>>> solved.name, solved.first_integral, solved.curve
('Bernoulli', s + 1/y, 1/(c - s))
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Dummy, Expr, Symbol

from pde.equations.inversion import invert
from pde.equations.quadrature import antiderivative, primitive
from pde.equations.riccati import airy_pair, particular_solutions
from pde.errors import NoClosedFormError
from pde.expressions.sampling import numeric, size
from pde.expressions.statement import sentence
from pde.expressions.verification import decided_by_cancelling, proved_zero

Sample = Mapping[Symbol, Expr]
COST = 200


@dataclass(frozen=True)
class ScalarIntegral:
    """J(s, y) = c, the curve y = Y(s, c) or None, and the class of the equation."""

    name: str
    first_integral: Expr
    curve: Expr | None


def integrate_scalar(
    rate: Expr, clock: Symbol, unknown: Symbol, constant: Symbol, sample: Sample, lower: Expr
) -> ScalarIntegral:
    """Return a first integral of d(unknown)/d(clock) = rate.

    ``sample`` gives every symbol a value and fixes branches; ``lower`` is the lower limit of
    quadratures that do not close. Raises NoClosedFormError if no class applies.
    """
    if rate.count_ops() > COST:
        raise NoClosedFormError(
            sentence("d{}/d{} is too long: {} operations", unknown, clock, rate.count_ops())
        )
    rate = sympy.factor(sympy.together(rate))
    implicit: ScalarIntegral | None = None
    for name, first_integral, curve in _attempts(rate, clock, unknown, constant, lower, sample):
        at = numeric(first_integral, sample)
        if at is None:
            continue
        if curve is None or not _passes(curve, constant, at, unknown, sample):
            curve = invert(first_integral, unknown, constant, sample)
        found = ScalarIntegral(name, first_integral, curve)
        if curve is not None:
            return found
        implicit = implicit or found
    if implicit is not None:
        return implicit
    raise NoClosedFormError(
        sentence(
            "d{}/d{} = {}: not linear, Bernoulli, Riccati with a known solution, separable or"
            " homogeneous",
            *(unknown, clock, rate),
        )
    )


def _passes(curve: Expr, constant: Symbol, at: Any, unknown: Symbol, sample: Sample) -> bool:
    number = sympy.Float(at.real, 30)
    if abs(at.imag) > 1e-25:
        number = number + sympy.I * sympy.Float(at.imag, 30)
    value = numeric(curve, {**sample, constant: number})
    target = numeric(unknown, sample)
    return value is not None and target is not None and size(value - target) < 1e-12


Attempt = tuple[str, Expr, Expr | None]


def _attempts(
    rate: Expr, s: Symbol, y: Symbol, c: Symbol, lower: Expr, sample: Sample
) -> Iterator[Attempt]:
    methods: tuple[Callable[..., Iterator[Attempt]], ...] = (
        _linear,
        _bernoulli,
        _riccati,
        _separable,
        _symmetric,
    )
    for method in methods:
        yield from method(rate, s, y, c, lower, sample)
    start = sample.get(y, sympy.Integer(0))
    if rate != 0:
        for method in methods:
            for name, first_integral, _ in method(1 / rate, y, s, c, start, sample):
                if not first_integral.has(sympy.Integral):
                    yield f"{name} in the inverse function", first_integral, None


def _linear(
    rate: Expr, s: Symbol, y: Symbol, c: Symbol, lower: Expr, sample: Sample
) -> Iterator[Attempt]:
    slope = sympy.cancel(sympy.together(sympy.diff(rate, y)))
    slope = _simple(slope) if slope.has(y) else slope
    if slope.has(y):
        return
    offset = sympy.expand(rate.subs(y, 0))
    multiplier = exponential(primitive(slope, s, lower), sample)
    forced = primitive(sympy.powsimp(sympy.expand(offset / multiplier)), s, lower) if offset else 0
    name = "quadrature" if slope == 0 else "linear"
    yield name, y / multiplier - forced, sympy.expand_mul(multiplier * (c + forced))


def _simple(expression: Expr) -> Expr:
    """The expression with every symbol gone that it does not depend on."""
    if decided_by_cancelling(expression):
        return sympy.cancel(sympy.together(expression))
    return sympy.simplify(expression)


def exponential(exponent: Expr, sample: Sample) -> Expr:
    """Return exp of an expression, with logarithms turned into powers.

    An argument that is negative at the sample changes sign: the result may differ from exp by
    a constant factor, which no multiplier minds.

    >>> x, n = sympy.symbols("x n", positive=True)
    >>> exponential(n * sympy.log(x) + x, {})
    x**n*exp(x)
    >>> exponential(n * sympy.log(x - 2), {x: sympy.Integer(1)})
    (2 - x)**n
    """
    rest, result = sympy.Integer(0), sympy.Integer(1)
    for term in sympy.Add.make_args(sympy.expand(exponent)):
        logs = [f for f in sympy.Mul.make_args(term) if isinstance(f, sympy.log)]
        if len(logs) == 1:
            base = logs[0].args[0]
            value = numeric(base, sample)
            if value is not None and value.real < 0:
                base = -base
            result *= base ** (term / logs[0])
        else:
            rest += term
    return sympy.powsimp(result) * sympy.exp(sympy.factor_terms(rest))


def _bernoulli(
    rate: Expr, s: Symbol, y: Symbol, c: Symbol, lower: Expr, sample: Sample
) -> Iterator[Attempt]:
    relative = sympy.expand(sympy.powsimp(sympy.expand(rate / y)))
    plain, powers = relative.as_independent(y, as_Add=True)
    if powers == 0:
        return
    exponent = _simple(y * sympy.diff(powers, y) / powers)
    if exponent.has(y) or exponent.has(s) or exponent == 0:
        return
    factor = _simple(powers / y**exponent)
    if factor.has(y):
        return
    # w = y**(-exponent): w' = -exponent (plain w + factor)
    multiplier = exponential(primitive(sympy.expand(-exponent * plain), s, lower), sample)
    forced = primitive(sympy.powsimp(sympy.expand(-exponent * factor / multiplier)), s, lower)
    first_integral = y ** (-exponent) / multiplier - forced
    yield "Bernoulli", first_integral, (multiplier * (c + forced)) ** (-1 / exponent)


def _riccati(
    rate: Expr, s: Symbol, y: Symbol, c: Symbol, lower: Expr, sample: Sample
) -> Iterator[Attempt]:
    numerator, denominator = sympy.fraction(sympy.together(rate))
    if denominator.has(y) or not numerator.is_polynomial(y) or sympy.degree(numerator, y) != 2:
        return
    square, middle, free = (
        sympy.cancel(sympy.Poly(numerator, y).coeff_monomial(y**k) / denominator) for k in (2, 1, 0)
    )
    pair = airy_pair(square, middle, free, s)
    if pair is not None:
        # y = -u'/(square u) with u = c u1 + u2
        (u, du), (v, dv) = pair
        first_integral = -(square * y * v + dv) / (square * y * u + du)
        yield "Riccati (Airy)", first_integral, -(c * du + dv) / (square * (c * u + v))
    for particular in particular_solutions(square, middle, free, s):
        if particular.has(sympy.I):
            continue
        # w = 1/(y - particular): w' = -(middle + 2 square particular) w - square
        slope = sympy.cancel(sympy.together(-middle - 2 * square * particular))
        multiplier = exponential(primitive(slope, s, lower), sample)
        forced = primitive(sympy.powsimp(sympy.expand(-square / multiplier)), s, lower)
        first_integral = 1 / ((y - particular) * multiplier) - forced
        yield "Riccati", first_integral, particular + 1 / (multiplier * (c + forced))


def _separable(
    rate: Expr, s: Symbol, y: Symbol, c: Symbol, lower: Expr, sample: Sample
) -> Iterator[Attempt]:
    parts = sympy.separatevars(rate, symbols=[s, y], dict=True)
    if not parts:
        return
    left = antiderivative(1 / parts[y], y)
    if left is None:
        return
    right = primitive(parts["coeff"] * parts[s], s, lower)
    yield "separable", left - right, None


def _symmetric(
    rate: Expr, s: Symbol, y: Symbol, c: Symbol, lower: Expr, sample: Sample
) -> Iterator[Attempt]:
    """Scalings (s, y) -> (a s, a^k y), (s + e, a^k y) and the translation (s + e, y + k e)."""
    by_s, by_y = sympy.diff(rate, s), sympy.diff(rate, y)
    v = Dummy("v", real=True)
    bottom = y * by_y - rate
    for name, top, origin, base in (
        ("homogeneous", -(s * by_s + rate), 1, sympy.log(s)),
        ("homogeneous in y", -by_s, 0, s),
    ):
        weight = _constant_ratio(top, bottom, (s, y))
        if weight is None:
            continue
        left = antiderivative(1 / sympy.factor(rate.subs({s: origin, y: v}) - weight * v), v)
        if left is not None:
            yield name, left.subs(v, y * exponential(-weight * base, sample)) - base, None
    slope = _constant_ratio(-by_s, by_y, (s, y))
    if slope is not None:
        left = antiderivative(1 / sympy.factor(rate.subs({s: 0, y: v}) - slope), v)
        if left is not None:
            yield "translation invariant", left.subs(v, y - slope * s) - s, None


def _constant_ratio(top: Expr, bottom: Expr, variables: tuple[Symbol, ...]) -> Expr | None:
    if proved_zero(bottom):
        return None
    ratio = sympy.cancel(sympy.together(top / bottom))
    if not ratio.is_rational_function(*variables):
        ratio = sympy.simplify(ratio)
    return None if ratio.has(*variables) else ratio
