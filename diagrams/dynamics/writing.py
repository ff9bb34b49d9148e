"""Expressions in the form a person would write: factors, few logarithms, hyperbolic functions.

All symbols are positive, or real for the time; every rewriting is an identity then.
"""

from __future__ import annotations

from math import gcd, lcm

import sympy
from sympy import Expr, Symbol

STARTING = 6
"""Operations that a form whose powers start at 1 may cost more."""


def written(expression: Expr, time: Symbol) -> Expr:
    """Return the shortest of a few equivalent forms.

    >>> p, s, H = sympy.symbols("p s H", positive=True)
    >>> t = sympy.Symbol("t", real=True)
    >>> written(H**2 * (p * s) ** 2 / (2 * H * p * s + 4 * H * p * s * t), t)
    H*p*s/(2*(2*t + 1))
    """
    plain = sympy.powsimp(sympy.powdenest(expression))
    if plain.is_rational_function(*plain.free_symbols):
        plain = sympy.factor(sympy.cancel(sympy.together(plain)))
    else:
        plain = sympy.factor_terms(plain)
    plain = with_few_logarithms(plain)
    for rewriting, allowance in ((unit_start, STARTING), (hyperbolic, 0)):
        try:
            form = rewriting(plain, time)
        except (sympy.PolynomialError, ValueError, ZeroDivisionError, NotImplementedError):
            continue
        if _length(form) < (_length(plain)[0] + allowance, 0):
            plain = form
    return plain


def _length(expression: Expr) -> tuple[int, int]:
    return int(sympy.count_ops(expression)), len(str(expression))


def unit_start(expression: Expr, time: Symbol) -> Expr:
    """Return the expression with bases of powers that are 1 at time zero.

    >>> p, d = sympy.symbols("p d", positive=True)
    >>> t = sympy.Symbol("t", real=True)
    >>> unit_start((d + 4 * p * t * d) ** sympy.Rational(-4, 3), t)
    1/(d**(4/3)*(4*p*t + 1)**(4/3))
    """

    def rewritten(power: Expr) -> Expr:
        start = sympy.factor(power.base.subs(time, 0))
        if start == 1 or not start.is_positive:
            return power
        pieces = [sympy.factor_terms(sympy.cancel(a / start)) for a in power.base.args]
        outside = sympy.expand_power_base(start**power.exp)
        return outside * sympy.Add(*pieces) ** power.exp

    changed = expression.replace(
        lambda e: e.is_Pow and e.base.is_Add and e.base.has(time) and not e.exp.is_positive,
        rewritten,
    )
    return sympy.powsimp(sympy.powdenest(changed))


def hyperbolic(expression: Expr, time: Symbol) -> Expr:
    """Return a rational function of exponentials by hyperbolic sines and cosines.

    >>> y = sympy.Symbol("y", positive=True)
    >>> t = sympy.Symbol("t", real=True)
    >>> hyperbolic(2 * sympy.exp(2 * t) / (y * sympy.exp(4 * t) - y + 2 * sympy.exp(2 * t)), t)
    1/(y*sinh(2*t) + 1)
    """
    rates = {sympy.cancel(e.args[0] / time) for e in expression.atoms(sympy.exp)}
    if not rates or any(rate.has(time) for rate in rates):
        return expression
    unit = sorted(rates, key=sympy.default_sort_key)[0]
    ratios = [sympy.cancel(rate / unit) for rate in rates]
    if not all(ratio.is_Rational for ratio in ratios):
        return expression
    common = sympy.Integer(1)
    for ratio in ratios:
        common = sympy.lcm(common, ratio.q)
    shared = gcd(*(int(ratio * common) for ratio in ratios))
    unit = unit * shared / common
    grown = sympy.Dummy("X", positive=True)
    rational = expression.replace(
        lambda e: isinstance(e, sympy.exp), lambda e: grown ** sympy.cancel(e.args[0] / time / unit)
    )
    if not rational.is_rational_function(grown):
        return expression
    numerator, denominator = sympy.fraction(sympy.factor(sympy.cancel(sympy.together(rational))))
    rest, power = denominator.as_independent(grown, as_Add=False)
    if power == 1 or power.as_base_exp()[0] == grown:
        # a sum of exponentials stays a sum
        low = power.as_base_exp()[1] if power != 1 else 0
        whole = sympy.Poly(sympy.expand(numerator), grown)
        degree = whole.degree()
        total = _balanced(whole.as_expr(), grown, degree, unit * time)
        scale = sympy.exp((sympy.Rational(degree, 2) - low) * unit * time)
        return sympy.factor_terms(total / rest) * scale
    result, shift = sympy.Integer(1), sympy.Integer(0)
    for part, sign in ((numerator, 1), (denominator, -1)):
        constant, factors = sympy.factor_list(part, grown)
        result *= constant**sign
        for base, power in factors:
            if base == grown:
                shift += sign * power
                continue
            degree = sympy.degree(base, grown)
            result *= _balanced(base, grown, degree, unit * time) ** (sign * power)
            shift += sympy.Rational(degree, 2) * sign * power
    return sympy.factor_terms(result) * sympy.exp(shift * unit * time)


def _balanced(base: Expr, grown: Symbol, degree: int, argument: Expr) -> Expr:
    """X^(-degree/2) times a polynomial in X = exp(argument), by cosh and sinh."""
    coefficients = sympy.Poly(base, grown).all_coeffs()[::-1]
    total = sympy.Integer(0)
    for k in range(degree // 2 + 1):
        low, high = coefficients[k], coefficients[degree - k]
        if 2 * k == degree:
            total += low
            continue
        here = (sympy.Rational(degree, 2) - k) * argument
        total += sympy.factor(low + high) * sympy.cosh(here)
        total += sympy.factor(high - low) * sympy.sinh(here)
    return sympy.factor_terms(total)


def with_few_logarithms(expression: Expr) -> Expr:
    """Return a sum with the logarithms that share a factor joined into one.

    >>> a, b = sympy.symbols("a b", positive=True)
    >>> with_few_logarithms(sympy.log(a * b - b) / 4 - sympy.log(a) / 4 - sympy.log(b) / 4)
    log((a - 1)/a)/4
    """
    if not expression.has(sympy.log):
        return expression
    joined: dict[Expr, list[tuple[Expr, Expr]]] = {}
    rest = []
    for term in sympy.Add.make_args(sympy.expand_mul(sympy.expand(expression))):
        logs = [factor for factor in sympy.Mul.make_args(term) if isinstance(factor, sympy.log)]
        if len(logs) != 1:
            rest.append(term)
            continue
        number, factor = (term / logs[0]).as_coeff_Mul()
        joined.setdefault(factor, []).append((number, logs[0].args[0]))
    total = sympy.Add(*rest)
    for factor, parts in joined.items():
        scale = sympy.Integer(lcm(*(int(number.q) for number, _ in parts)))
        inner = sympy.Mul(*(argument ** (number * scale) for number, argument in parts))
        total += factor / scale * sympy.log(sympy.factor(sympy.cancel(inner)))
    return total if sympy.count_ops(total) <= sympy.count_ops(expression) else expression
