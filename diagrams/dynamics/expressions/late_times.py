"""Late times of explicit formulas, and the powers with which they blow up.

Late times: powers of ``t`` and of ``exp(r t)`` are taken as large numbers, and the leading terms
follow as on a face (:mod:`diagrams.dynamics.expressions.leading`).  Blow-up: the power of the
distance to the end is measured close to it, with many digits, at several parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import reduce
from itertools import combinations

import mpmath
import sympy
from sympy import Expr, Rational, Symbol
from sympy.core.relational import Relational

from diagrams.dynamics.expressions.leading import LeadingTerms
from diagrams.dynamics.expressions.signs import proved_sign
from diagrams.dynamics.expressions.writing import collected
from diagrams.dynamics.sentences import conditions, sentence
from diagrams.errors import NotSolved
from diagrams.polynomials.polynomial import sympy_symbol

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
"""Parameters at which powers are measured, divided by 4."""
WIDE = tuple(Rational(n, 12) for n in (1, 3, 7, 11, 17, 35, 101))
"""Values from which more samples are made."""
DISTANCES = (18, 20)
"""Digits of the two relative distances from the end at which a power is measured."""
DENOMINATOR = 60
LARGEST = 100
"""Operations of a formula beyond which it is not expanded, and of a leading term to be shown."""
LONGEST = 60
"""Operations beyond which a limit is not shown."""


class OpenSign(NotSolved):
    """The limit depends on the sign of a rate, which depends on the sizes."""

    def __init__(self, rate: Expr) -> None:
        super().__init__(sentence("the sign of {} depends on the sizes", rate))
        self.rate = rate


class OpenOrder(NotSolved):
    """The limit depends on the order of several rates, and so on the one symbol in them.

    ``marks`` are the positive values of that symbol at which terms change places.
    """

    def __init__(self, name: Symbol, marks: Sequence[Expr]) -> None:
        super().__init__(sentence("exponentials whose order depends on {}", name))
        self.name, self.marks = name, tuple(marks)


def late(
    formula: Expr,
    time: Symbol,
    side: int,
    assumed: int | None = None,
    sample: Mapping[Symbol, Expr] | None = None,
) -> tuple[Expr, Expr | None]:
    """Return the limit of a formula for ``time -> side * oo`` and the leading term of the rest.

    All symbols but ``time`` are positive.  The rest is ``None`` where it vanishes or its leading
    terms are not found.  An infinite limit comes with the leading term of the formula.
    ``assumed`` is the sign of a rate for which an earlier call raised :class:`OpenSign`, ``sample``
    a value of the symbol for which one raised :class:`OpenOrder`: the answer holds between its
    marks.

    Raises :class:`~diagrams.errors.NotSolved`, with the reason.

    >>> p, t = sympy.Symbol("p", positive=True), sympy.Symbol("t", real=True)
    >>> late(p / (1 + 2 * t) ** 2 + p, t, 1)
    (p, p/(4*t**2))
    >>> late(p * sympy.cosh(2 * t), t, -1)
    (oo, p*exp(-2*t)/2)
    """
    whole = formula.xreplace({time: side * TAU}).rewrite(sympy.exp)
    whole, growth = _in_growth(whole, assumed, sample)

    def back(expression: Expr) -> Expr:
        simple = sympy.powsimp(sympy.powdenest(sympy.expand_power_base(expression, force=True)))
        named = {symbol: sympy.exp(rate * TAU) for symbol, (rate, _) in growth.items()}
        found = sympy.powsimp(simple.xreplace(named))
        return _shorter(found.xreplace({TAU: side * time}))

    height, top = _leading(whole, growth)
    if height > 0:
        return _signed_infinity(top.xreplace(dict.fromkeys(growth, sympy.Integer(2)))), back(top)
    if height < 0:
        return sympy.Integer(0), back(top)
    limit = sympy.factor(sympy.simplify(top))
    if sympy.count_ops(limit) > LONGEST or limit.has(sympy.Abs):
        raise NotSolved("the leading terms have no short form")
    following = _following(whole, top, growth)
    if following is None:
        return limit, None
    shown = back(following)
    return limit, shown if sympy.count_ops(shown) <= LARGEST and not shown.has(sympy.Abs) else None


def _following(whole: Expr, top: Expr, growth: Growths) -> Expr | None:
    """The leading term of what falls below the leading terms ``top``; ``None`` if not found."""
    large = sympy.count_ops(whole) > LARGEST
    for rest in (whole - top, None if large else sympy.expand(whole) - sympy.expand(top)):
        if rest is None or rest == 0:
            return None
        try:
            below, following = _leading(rest, growth, fractions=not large)
        except NotSolved:
            continue
        return following if below < 0 else None
    return None


def _shorter(expression: Expr) -> Expr:
    forms = [expression, sympy.factor_terms(expression)]
    if not any(power.exp.is_Rational and power.exp.q > 1 for power in expression.atoms(sympy.Pow)):
        forms.append(sympy.factor(expression))
    return min((*forms, *map(collected, forms)), key=sympy.count_ops)


def _open_part(rate: Expr) -> Expr:
    """The factors of a rate whose sign is open."""
    factors = sympy.Mul.make_args(sympy.factor(rate))
    sign = sympy.prod([f for f in factors if f.is_negative])
    rest = sympy.Mul(*(f for f in factors if not f.is_positive and not f.is_negative))
    return sympy.expand(rest * sympy.sign(sign))


Growths = dict[Symbol, tuple[Expr, Fraction]]
"""Symbols that stand for an exponential: its rate, and how steep it is taken to be."""


def _in_growth(
    whole: Expr, assumed: int | None, sample: Mapping[Symbol, Expr] | None
) -> tuple[Expr, Growths]:
    """The formula with powers of a few symbols for its exponentials."""
    whole = sympy.expand_power_exp(sympy.powsimp(whole, combine="exp", deep=True))
    exponents = {}
    for node in whole.atoms(sympy.exp):
        linear = sympy.expand(node.args[0])
        rate = sympy.cancel(linear.coeff(TAU, 1))
        if rate and not rate.has(TAU) and sympy.expand(linear - rate * TAU) == 0:
            exponents[node] = rate
    if not exponents:
        return whole, {}
    unit = min(exponents.values(), key=sympy.count_ops)
    ratios = {node: sympy.cancel(rate / unit) for node, rate in exponents.items()}
    if not all(ratio.is_Rational for ratio in ratios.values()):
        return _in_several(whole, exponents, sample)
    growth = Symbol("E", positive=True)
    try:
        sign = _sign(unit)
    except NotSolved:
        if assumed is None:
            raise OpenSign(_open_part(unit)) from None
        sign = assumed
    unit = sign * unit
    step = reduce(sympy.gcd, [abs(ratio) for ratio in ratios.values()])
    named = {node: growth ** (sign * ratio / step) for node, ratio in ratios.items()}
    return whole.xreplace(named), {growth: (unit * step, Fraction(STEEP))}


def _in_several(
    whole: Expr, exponents: Mapping[Expr, Expr], sample: Mapping[Symbol, Expr] | None
) -> tuple[Expr, Growths]:
    """The same for rates that are polynomials in one symbol: one exponential for each power."""
    unit = min((abs(rate) for rate in exponents.values()), key=lambda r: len(r.free_symbols))
    ratios = {node: sympy.cancel(rate / unit) for node, rate in exponents.items()}
    names = set().union(*(ratio.free_symbols for ratio in ratios.values()))
    polynomial = all(ratio.is_polynomial(*names) for ratio in ratios.values())
    if len(names) != 1 or not polynomial or not unit.is_positive:
        raise NotSolved("exponentials of several rates: which of them is last depends on sizes")
    (name,) = names
    rates = {node: sympy.Poly(ratio, name) for node, ratio in ratios.items()}
    if not all(c.is_Rational for rate in rates.values() for c in rate.coeffs()):
        raise NotSolved("exponentials of several rates that are no rational numbers")
    powers = sorted({k for rate in rates.values() for (k,) in rate.monoms()})
    symbols = {k: Symbol(f"E{k}", positive=True) for k in powers}
    named = {
        node: sympy.Mul(*(symbols[k] ** c for (k,), c in rate.terms()))
        for node, rate in rates.items()
    }
    grown = whole.xreplace(named)
    if sample is None:
        raise OpenOrder(name, _marks(grown, symbols, name))
    value = Fraction(str(sample[name]))
    return grown, {s: (unit * name**k, STEEP * value**k) for k, s in symbols.items()}


def _marks(grown: Expr, symbols: Mapping[int, Symbol], name: Symbol) -> list[Expr]:
    """Where two terms of numerator or denominator, or of one and the other, grow alike."""
    found = set()
    for part in sympy.fraction(sympy.together(grown)):
        for term in sympy.Add.make_args(sympy.expand(part)):
            powers = term.as_powers_dict()
            found.add(sympy.expand(sum(powers.get(s, 0) * name**k for k, s in symbols.items())))
    marks = set()
    for one, other in combinations(sorted(found, key=sympy.default_sort_key), 2):
        roots = sympy.roots(sympy.Poly(one - other, name)) if one != other else ()
        marks |= {root for root in roots if root.is_rational and root.is_positive}
    return sorted(marks)


Bounds = tuple[Rational, Rational | None]
"""An interval of a positive symbol; without an upper bound it is unbounded."""


def cells(marks: Sequence[Expr]) -> list[tuple[Bounds, tuple[Rational, Rational, Rational]]]:
    """Return the intervals of a positive symbol between marks, with three points in each.

    >>> [bounds for bounds, _ in cells([sympy.Integer(1), sympy.Integer(3)])]
    [(0, 1), (1, 3), (3, None)]
    """
    ordered = [sympy.Integer(0), *marks]
    found = []
    for low, high in zip(ordered, [*ordered[1:], None], strict=True):
        width = sympy.Integer(1) + low if high is None else high - low
        one, two, three = (low + width * Rational(k, 7) for k in (3, 1, 6))
        found.append(((low, high), (one, two, three)))
    return found


def between(name: Symbol, low: Rational, high: Rational | None) -> str:
    """Return in words that a positive symbol lies in an interval.

    >>> between(sympy.Symbol("d"), sympy.Integer(0), sympy.Integer(1))
    'd < 1'
    """
    above = sentence("{} > {}", name, low) if low else ""
    return conditions(above, "" if high is None else sentence("{} < {}", name, high))


def interval(name: Symbol, low: Rational, high: Rational | None) -> tuple[Relational, ...]:
    """Return the same as relations in plain symbols.

    >>> interval(sympy.Symbol("d", positive=True), sympy.Integer(0), sympy.Integer(1))
    (d < 1,)
    """
    plain = sympy_symbol(name.name)
    return (*((plain > low,) if low else ()), *(() if high is None else (plain < high,)))


def _leading(expression: Expr, growth: Growths, fractions: bool = True) -> tuple[Fraction, Expr]:
    heights = {TAU: Fraction(1), **{symbol: steep for symbol, (_, steep) in growth.items()}}
    try:
        return LeadingTerms(dict(heights)).of(expression)
    except NotSolved:
        if not fractions or not expression.is_rational_function(*growth):
            raise
    numerator, denominator = sympy.fraction(sympy.cancel(sympy.together(expression)))
    top, bottom = (
        LeadingTerms(dict(heights)).of(sympy.expand(part)) for part in (numerator, denominator)
    )
    return top[0] - bottom[0], sympy.cancel(top[1] / bottom[1])


def _signed_infinity(top: Expr) -> Expr:
    return sympy.oo * _sign(top)


def _sign(expression: Expr) -> int:
    """The sign for positive symbols; raises ``NotSolved`` where none is proved."""
    found = proved_sign(expression)
    if not found:
        raise NotSolved(sentence("the sign of {} depends on the sizes", expression))
    return found


def points(*expressions: Expr) -> list[dict[Symbol, Rational]]:
    """Return the samples as values of the symbols of some expressions."""
    names = sorted({s for e in expressions for s in e.free_symbols}, key=str)
    return [{s: Rational(row[k % 4], 4) for k, s in enumerate(names)} for row in SAMPLES]


def wide_points(*expressions: Expr) -> list[dict[Symbol, Rational]]:
    """Return more and wider samples than :func:`points`, where an order of sizes matters."""
    names = sorted({s for e in expressions for s in e.free_symbols}, key=str)
    return [
        {s: WIDE[(place + 1) * (k + 1) ** 2 % len(WIDE)] for k, s in enumerate(names)}
        for place in range(len(WIDE) ** 2)
    ]


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
