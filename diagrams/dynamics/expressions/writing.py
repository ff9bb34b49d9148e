"""Expressions in the form a person would write: factors, few logarithms, hyperbolic functions.

All symbols are positive, or real for the time; every rewriting is an identity then.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd, lcm

import sympy
from sympy import Expr, Symbol

STARTING = 6
"""Operations that a form whose powers start at 1 may cost more."""

FAILURES = (sympy.PolynomialError, ValueError, ZeroDivisionError, NotImplementedError)
"""What SymPy raises where a rewriting does not apply."""


def written(expression: Expr, time: Symbol, constant: Expr = sympy.S.Zero) -> Expr:
    """Return the shortest of a few equivalent forms, of the sum with the constant as a whole.

    >>> p, s, H = sympy.symbols("p s H", positive=True)
    >>> t = sympy.Symbol("t", real=True)
    >>> written(H**2 * (p * s) ** 2 / (2 * H * p * s + 4 * H * p * s * t), t)
    H*p*s/(2*(2*t + 1))
    >>> growth = sympy.exp(4 * t)
    >>> written(-s * growth * (s * growth - 2 * s + 2) / (s * growth - s + 1) ** 2, t, 1)
    (s - 1)**2/(s*(exp(4*t) - 1) + 1)**2
    """
    forms = [_written(expression, time) + constant]
    if constant:
        forms.append(_written(expression + constant, time))
    forms += [form for whole in forms[:1] for form in in_parts(whole, time)]
    return min(forms, key=_length)


def _written(expression: Expr, time: Symbol) -> Expr:
    plain = sympy.powsimp(sympy.powdenest(expression))
    if plain.is_rational_function(*plain.free_symbols):
        plain = sympy.factor(sympy.cancel(sympy.together(plain)))
    else:
        plain = sympy.factor_terms(plain)
    plain = from_start(with_few_logarithms(plain))
    for rewriting, allowance in ((unit_start, STARTING), (hyperbolic, 0)):
        try:
            form = from_start(rewriting(plain, time))
        except FAILURES:
            continue
        if _length(form) < (_length(plain)[0] + allowance, 0):
            plain = form
    return plain


def _length(expression: Expr) -> tuple[int, int]:
    return int(sympy.count_ops(expression)), len(str(expression))


def from_start(expression: Expr) -> Expr:
    """Return the expression with growth counted from its start: ``a e^x - a`` as ``a (e^x - 1)``.

    >>> a, x = sympy.symbols("a x", positive=True)
    >>> from_start(1 / (a * sympy.exp(x) - a + sympy.exp(x)))
    1/(a*(exp(x) - 1) + exp(x))
    """

    def paired(total: Expr) -> Expr:
        left = list(total.args)
        found = []
        for term in total.args:
            growth = sympy.Mul(*(f for f in sympy.Mul.make_args(term) if isinstance(f, sympy.exp)))
            if growth != 1 and -term / growth in left and term in left:
                left.remove(term)
                left.remove(-term / growth)
                found.append(term / growth * (growth - 1))
        return sympy.Add(*found, *left)

    return expression.replace(lambda e: e.is_Add and e.has(sympy.exp), paired)


def collected(expression: Expr) -> Expr:
    """Return the expression with every sum collected by the symbol that makes it shortest.

    >>> y, z = sympy.symbols("y z", positive=True)
    >>> collected(sympy.sqrt(1 - 2 * z + z**2 - 2 * y * z - 2 * y * z**2 + y**2 * z**2))
    sqrt(z**2*(y - 1)**2 - 2*z*(y + 1) + 1)
    """

    def shortest(total: Expr) -> Expr:
        symbols = sorted(total.free_symbols, key=str)
        forms = [total]
        for symbol in symbols:
            if total.is_polynomial(symbol):
                forms.append(sympy.collect(sympy.expand(total), symbol, sympy.factor))
        return min(forms, key=sympy.count_ops)

    return expression.replace(lambda e: e.is_Add, shortest)


def in_parts(expression: Expr, time: Symbol) -> list[Expr]:
    """Return sums of partial fractions, for rational functions of one function of the time.

    >>> m, t = sympy.Symbol("m", positive=True), sympy.Symbol("t", real=True)
    >>> moved = m * sympy.sinh(t)
    >>> in_parts(1 - (moved**2 + 2 * moved + 2) / (moved + 1) ** 2, t)
    [-1/(m*sinh(t) + 1)**2]
    """
    forms = []
    for name, function, inside in _one_function(expression, time):
        try:
            parts = sympy.apart(sympy.together(inside), name)
        except FAILURES:
            continue
        shown = sympy.Add(*(sympy.factor(term) for term in sympy.Add.make_args(parts)))
        forms.append(from_start(shown.xreplace({name: function})))
    return forms


def _one_function(expression: Expr, time: Symbol) -> list[tuple[Symbol, Expr, Expr]]:
    """A name, the sinh, cosh or exp of the time that it stands for, and the expression in it."""
    functions = (sympy.exp, sympy.sinh, sympy.cosh)
    found = {e: sympy.cancel(e.args[0] / time) for e in expression.atoms(*functions) if e.has(time)}
    unit = _common_rate(list(found.values()), time)
    if unit is None:
        return []
    f, g = sympy.Dummy("f"), sympy.Dummy("g")
    counts = {e: int(rate / unit) for e, rate in found.items()}
    if all(isinstance(e, sympy.exp) for e in found):
        named = expression.xreplace({e: f**n for e, n in counts.items()})
        return [(f, sympy.exp(unit * time), named)]
    if any(isinstance(e, sympy.exp) for e in found):
        return []
    values = {}
    for e, n in counts.items():
        up, down = (sympy.expand((f + sign * g) ** abs(n)) for sign in (1, -1))
        odd = isinstance(e, sympy.sinh)
        values[e] = sympy.expand((up - down) / 2) * sympy.sign(n) if odd else (up + down) / 2
    numerator, denominator = sympy.fraction(sympy.together(expression.xreplace(values)))
    forms = []
    for kept, gone, square, function in (
        (g, f, 1 + g**2, sympy.sinh(unit * time)),
        (f, g, f**2 - 1, sympy.cosh(unit * time)),
    ):
        one, two = (
            sympy.rem(sympy.expand(part), gone**2 - square, gone)
            for part in (numerator, denominator)
        )
        if not one.has(gone) and not two.has(gone):
            forms.append((kept, function, one / two))
    return forms


def _common_rate(rates: Sequence[Expr], time: Symbol) -> Expr | None:
    """The largest rate of which all are multiples; ``None`` if there is none."""
    if not rates or any(rate.has(time) for rate in rates):
        return None
    unit = sorted(rates, key=sympy.default_sort_key)[0]
    ratios = [sympy.cancel(rate / unit) for rate in rates]
    if not all(ratio.is_Rational for ratio in ratios):
        return None
    common = lcm(*(int(ratio.q) for ratio in ratios))
    shared: Expr = unit * sympy.Rational(gcd(*(int(ratio * common) for ratio in ratios)), common)
    return shared


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
    unit = _common_rate(list(rates), time)
    if unit is None:
        return expression
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


def _root(product: Expr) -> tuple[Expr, int]:
    """A positive product as a power of another, with the largest exponent there is."""
    number, rest = product.as_coeff_Mul()
    powers = [int(e) if e.is_Integer else 1 for e in rest.as_powers_dict().values()]
    if number.is_positive and rest != 1:
        powers += [int(e) for n in (number.p, number.q) for e in sympy.factorint(n).values()]
    else:
        powers = [1]
    power = gcd(*powers)
    return (sympy.expand_power_base(product ** sympy.Rational(1, power), force=True), power)


def with_few_logarithms(expression: Expr) -> Expr:
    """Return a sum with the logarithms that share a factor joined into one.

    >>> a, b = sympy.symbols("a b", positive=True)
    >>> with_few_logarithms(sympy.log(a * b - b) / 4 - sympy.log(a) / 4 - sympy.log(b) / 4)
    log((a - 1)/a)/4
    >>> with_few_logarithms(sympy.log(9 * a**2) - sympy.log((a + 1) ** 4))
    2*log(3*a/(a + 1)**2)
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
        root, power = _root(sympy.factor(sympy.cancel(inner)))
        total += factor * power / scale * sympy.log(root)
    return total if sympy.count_ops(total) <= sympy.count_ops(expression) else expression
