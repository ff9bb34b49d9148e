"""Late times of explicit formulas, and the powers with which they blow up.

Late times: powers of ``t`` and of ``exp(r t)`` are taken as large numbers, and the leading terms
follow as on a face (:mod:`diagrams.dynamics.rings_faces`).  Blow-up: the power of the distance to
the end is measured close to it, with many digits, at several parameters.
"""

from __future__ import annotations

from fractions import Fraction
from functools import reduce

import mpmath
import sympy
from sympy import Expr, Rational, Symbol

from diagrams.dynamics.rings_faces import LeadingTerms
from diagrams.errors import NotSolved

TAU = Symbol("tau", positive=True)
"""``|t|``."""
STEEP = 10**6
"""How much steeper than any power an exponential is taken to grow."""
SAMPLES = (
    (3, 5, 7, 11),
    (1, 2, 1, 3),
    (5, 1, 9, 2),
    (1, 40, 2, 50),
    (50, 1, 40, 2),
    (40, 50, 1, 2),
)
"""Parameters at which signs are looked up and powers measured, divided by 4."""
DISTANCES = (18, 20)
"""Digits of the two relative distances from the end at which a power is measured."""
DENOMINATOR = 60
LONGEST = 60
"""Operations beyond which a limit is not shown."""


class OpenSign(NotSolved):
    """The limit depends on the sign of a rate, which depends on the sizes."""

    def __init__(self, rate: Expr) -> None:
        super().__init__(f"the sign of {rate} depends on the sizes")
        self.rate = rate


def late(
    formula: Expr, time: Symbol, side: int, assumed: int | None = None
) -> tuple[Expr, Expr | None]:
    """Return the limit of a formula for ``time -> side * oo`` and the leading term of the rest.

    All symbols but ``time`` are positive.  The rest is ``None`` where it vanishes or its leading
    terms are not found.  An infinite limit comes with the leading term of the formula.
    ``assumed`` is the sign of a rate for which an earlier call raised :class:`OpenSign`.

    Raises :class:`~diagrams.errors.NotSolved`, with the reason.

    >>> p, t = sympy.Symbol("p", positive=True), sympy.Symbol("t", real=True)
    >>> late(p / (1 + 2 * t) ** 2 + p, t, 1)
    (p, p/(4*t**2))
    >>> late(p * sympy.cosh(2 * t), t, -1)
    (oo, p*exp(-2*t)/2)
    """
    whole = formula.xreplace({time: side * TAU}).rewrite(sympy.exp)
    growth = Symbol("E", positive=True)
    whole, rate = _in_growth(whole, growth, assumed)

    def back(expression: Expr) -> Expr:
        simple = sympy.powsimp(sympy.powdenest(sympy.expand_power_base(expression, force=True)))
        found = sympy.powsimp(simple.xreplace({growth: sympy.exp(rate * TAU)}))
        return _shorter(found.xreplace({TAU: side * time}))

    height, top = _leading(whole, growth)
    if height > 0:
        return _signed_infinity(top.xreplace({growth: sympy.Integer(2)})), back(top)
    if height < 0:
        return sympy.Integer(0), back(top)
    limit = sympy.factor(sympy.simplify(top))
    if sympy.count_ops(limit) > LONGEST or limit.has(sympy.Abs):
        raise NotSolved("the leading terms have no short form")
    rest = sympy.expand(whole) - sympy.expand(top)
    if rest == 0:
        return limit, None
    try:
        below, following = _leading(rest, growth)
    except NotSolved:
        return limit, None
    return limit, back(following) if below < 0 else None


def _shorter(expression: Expr) -> Expr:
    forms = [expression, sympy.factor_terms(expression)]
    if not any(power.exp.is_Rational and power.exp.q > 1 for power in expression.atoms(sympy.Pow)):
        forms.append(sympy.factor(expression))
    return min(forms, key=sympy.count_ops)


def _open_part(rate: Expr) -> Expr:
    """The factors of a rate whose sign is open."""
    factors = sympy.Mul.make_args(sympy.factor(rate))
    sign = sympy.prod([f for f in factors if f.is_negative])
    rest = sympy.Mul(*(f for f in factors if not f.is_positive and not f.is_negative))
    return sympy.expand(rest * sympy.sign(sign))


def _in_growth(whole: Expr, growth: Symbol, assumed: int | None) -> tuple[Expr, Expr]:
    """The formula with ``exp(n r tau)`` as ``E^n``, and ``r``."""
    whole = sympy.expand_power_exp(sympy.powsimp(whole, combine="exp", deep=True))
    exponents = {}
    for node in whole.atoms(sympy.exp):
        linear = sympy.expand(node.args[0])
        rate = sympy.cancel(linear.coeff(TAU, 1))
        if rate and not rate.has(TAU) and sympy.expand(linear - rate * TAU) == 0:
            exponents[node] = rate
    if not exponents:
        return whole, sympy.Integer(0)
    unit = min(exponents.values(), key=sympy.count_ops)
    ratios = {node: sympy.cancel(rate / unit) for node, rate in exponents.items()}
    if not all(ratio.is_Rational for ratio in ratios.values()):
        raise NotSolved("exponentials of several rates: which of them is last depends on sizes")
    try:
        sign = _sign(unit)
    except NotSolved:
        if assumed is None:
            raise OpenSign(_open_part(unit)) from None
        sign = assumed
    unit = sign * unit
    step = reduce(sympy.gcd, [abs(ratio) for ratio in ratios.values()])
    named = {node: growth ** (sign * ratio / step) for node, ratio in ratios.items()}
    return whole.xreplace(named), unit * step


def _leading(expression: Expr, growth: Symbol) -> tuple[Fraction, Expr]:
    heights = {growth: Fraction(STEEP), TAU: Fraction(1)}
    try:
        return LeadingTerms(dict(heights)).of(expression)
    except NotSolved:
        if not expression.is_rational_function(growth):
            raise
    numerator, denominator = sympy.fraction(sympy.cancel(sympy.together(expression)))
    top, bottom = (
        LeadingTerms(dict(heights)).of(sympy.expand(part)) for part in (numerator, denominator)
    )
    return top[0] - bottom[0], sympy.cancel(top[1] / bottom[1])


def _signed_infinity(top: Expr) -> Expr:
    return sympy.oo * _sign(top)


def _sign(expression: Expr) -> int:
    """The sign for positive symbols, the same in all samples; raises ``NotSolved``."""
    if expression.is_positive or expression.is_negative:
        return 1 if expression.is_positive else -1
    signs = {int(sympy.sign(value)) for value in sampled(expression) if value.is_real}
    if len(signs) != 1 or 0 in signs:
        raise NotSolved(f"the sign of {expression} depends on the sizes")
    return signs.pop()


def points(*expressions: Expr) -> list[dict[Symbol, Rational]]:
    """Return the samples as values of the symbols of some expressions."""
    names = sorted({s for e in expressions for s in e.free_symbols}, key=str)
    return [{s: Rational(row[k % 4], 4) for k, s in enumerate(names)} for row in SAMPLES]


def sampled(expression: Expr) -> list[Expr]:
    """Return the values of an expression in positive symbols at the samples."""
    return [sympy.N(expression.xreplace(at), 20, chop=True) for at in points(expression)]


def blow_up(formula: Expr, time: Symbol, end: Expr) -> tuple[Rational, int]:
    """Return the power of ``|time - end|`` with which a formula grows there, and the samples used.

    Zero where it stays finite.  Raises :class:`~diagrams.errors.NotSolved` where the samples differ
    or the power is no simple fraction.

    >>> p, t = sympy.Symbol("p", positive=True), sympy.Symbol("t", real=True)
    >>> blow_up(3 * (1 + p * t) ** Rational(-4, 3), t, -1 / p)
    (-4/3, 6)
    """
    found = set()
    used = 0
    for known in points(end, formula.xreplace({time: sympy.Integer(0)})):
        with mpmath.workdps(3 * DISTANCES[-1]):
            place = sympy.N(end.xreplace(known), 3 * DISTANCES[-1])
            if not place.is_real or not place:
                continue
            sizes = []
            for digits in DISTANCES:
                near = place * (1 - sympy.Float(10, 3 * DISTANCES[-1]) ** -digits)
                inner = formula.xreplace({**known, time: near})
                sizes.append(abs(mpmath.mpmathify(sympy.N(inner, 2 * DISTANCES[-1]))))
            if not all(sizes):
                raise NotSolved("the loss vanishes at the end")
            slope = mpmath.log(sizes[0] / sizes[1]) / mpmath.log(
                mpmath.mpf(10) ** (DISTANCES[1] - DISTANCES[0])
            )
        found.add(Fraction(str(mpmath.nstr(slope, 12))).limit_denominator(DENOMINATOR))
        used += 1
        if abs(float(slope) - float(max(found))) > 1e-5 and len(found) == 1:
            raise NotSolved("the power at the end is no simple fraction")
    if len(found) != 1:
        raise NotSolved("the power at the end depends on the sizes")
    power = found.pop()
    return Rational(power.numerator, power.denominator), used
