"""Poles of explicit formulas whose times of existence have no formula.

Denominators that are sums of exponentials with several rates vanish at times that are only numbers.
A formula is continued over such a time without a sign of it, so it is looked for.  The zeros of
``sum_k P_k(t) exp(r_k t)`` are found all: times ``exp(-r_1 t)`` and differentiated until nothing is
left of ``P_1`` it is a shorter sum, whose zeros are found first; between them the sum is monotone
(Rolle).  So a double zero is not missed.  For other denominators there is a change of sign only,
looked for on a grid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import mpmath
import sympy
from sympy import Expr, Rational, Symbol

from diagrams.errors import OutsideDomain
from diagrams.polynomials.polynomial import sympy_symbol
from pde.numbers.evaluation import Value

STEPS, HALVINGS = 400, 40
"""Equal steps, and times that approach zero, of the grid."""
DIGITS, TOUCH = 80, 30
APART = Rational(1, 10**28)
"""Digits of the search; a sum smaller than its terms by ``TOUCH`` of them is a zero."""
DOUBLINGS = 200
SHOWN = 25
"""Digits to which a zero is given."""

Sum = Mapping[mpmath.mpf, tuple[mpmath.mpf, ...]]
"""The coefficients of ``P_k``, from the constant on, by the rate ``r_k``."""


def denominators(formula: Expr, time: Symbol) -> tuple[Expr, ...]:
    """Return the sums in denominators that move with time.

    >>> p, t = sympy.symbols("p t")
    >>> denominators(p / (1 + 2 * sympy.exp(t) - sympy.exp(p * t)) ** 2 + 1 / p, t)
    (2*exp(t) - exp(p*t) + 1,)
    """
    found = {
        power.base
        for power in formula.atoms(sympy.Pow)
        if power.base.is_Add and power.base.has(time) and power.exp.is_negative
    }
    return tuple(sorted(found, key=sympy.default_sort_key))


def first_pole(
    bases: Sequence[Expr], time: Symbol, values: Mapping[Symbol, Rational], until: Expr
) -> mpmath.mpf | None:
    """Return the first zero of a denominator between zero and ``until``, if there is one.

    ``until`` may be infinite where the denominators are sums of exponentials; others are not
    searched then.  At degenerate parameters, where a denominator has no value, its
    zero is that at parameters close by.

    >>> t = Symbol("t")
    >>> float(round(first_pole((2 + sympy.exp(2 * t) - 4 * sympy.exp(-t),), t, {}, Rational(2)), 6))
    0.165098
    >>> double = sympy.exp(t) + 4 * sympy.exp(-t) - 4
    >>> float(round(first_pole((double,), t, {}, sympy.oo), 6))
    0.693147
    """
    found = []
    for base in bases:
        here = base.xreplace(dict(values))
        if here.has(sympy.nan, sympy.zoo, sympy.oo):
            here = base.xreplace(
                {s: v * (1 + k * APART) for k, (s, v) in enumerate(values.items(), 1)}
            )
        with mpmath.workdps(DIGITS):
            terms = _as_sum(here, time)
            if terms is not None:
                end = _beyond(terms, until) if until.is_infinite else _real(until)
                found += _zeros(terms, end)[:1]
            elif not until.is_infinite:
                found += _on_grid(sympy.lambdify(time, here, "mpmath"), _real(until))
    return min(found, default=None, key=abs)


def refuse_beyond(
    bases: Sequence[Expr], values: Mapping[str, Rational], times: Sequence[Rational]
) -> None:
    """Refuse times beyond a zero of a denominator, with :class:`~diagrams.errors.OutsideDomain`."""
    if not bases:
        return
    time, plain = sympy_symbol("t"), _plain(values)
    for until in {max(times, default=Rational(0)), min(times, default=Rational(0))}:
        pole = first_pole(bases, time, plain, until) if until else None
        if pole is not None:
            shown = mpmath.nstr(pole, 12)
            raise OutsideDomain(
                f"t = {until}: the solution exists only up to t = {shown} (time of existence)",
                "t",
                shown,
            )


def nearest_pole(bases: Sequence[Expr], values: Mapping[str, Rational]) -> Value | None:
    """Return the zero of a denominator next to time zero, on either side."""
    time, plain = sympy_symbol("t"), _plain(values)
    sides = [first_pole(bases, time, plain, side) for side in (sympy.oo, -sympy.oo)]
    pole = min((found for found in sides if found is not None), default=None, key=abs)
    if pole is None:
        return None
    return Value(pole, abs(pole) * mpmath.mpf(10) ** -SHOWN, "two tolerances")


def _plain(values: Mapping[str, Rational]) -> dict[Symbol, Rational]:
    return {sympy_symbol(name): v for name, v in values.items() if name != "t"}


def _real(number: Expr) -> mpmath.mpf:
    return mpmath.mpf(number.p) / number.q


def _as_sum(expression: Expr, time: Symbol) -> Sum | None:
    """The expression as a sum of exponentials times polynomials; ``None`` where it is none."""
    plain = sympy.expand(expression.rewrite(sympy.exp), power_exp=False)
    found: dict[mpmath.mpf, list[mpmath.mpf]] = {}
    for term in sympy.Add.make_args(sympy.powsimp(plain, combine="exp")):
        rate, rest = sympy.Integer(0), sympy.Integer(1)
        for factor in sympy.Mul.make_args(term):
            if isinstance(factor, sympy.exp):
                rate += factor.args[0]
            else:
                rest *= factor
        still = rate.xreplace({time: sympy.Integer(0)})
        speed, rest = sympy.cancel((rate - still) / time), rest * sympy.exp(still)
        if speed.has(time) or not speed.is_real or not rest.is_polynomial(time):
            return None
        coefficients = sympy.Poly(rest, time).all_coeffs()[::-1]
        if not all(c.is_real for c in coefficients):
            return None
        here = found.setdefault(mpmath.mpmathify(sympy.N(speed, DIGITS)), [])
        here.extend([mpmath.mpf(0)] * (len(coefficients) - len(here)))
        for k, c in enumerate(coefficients):
            here[k] += mpmath.mpmathify(sympy.N(c, DIGITS))
    return _without_zeros({rate: tuple(c) for rate, c in found.items()})


def _without_zeros(terms: Sum) -> Sum:
    found = {}
    for rate, coefficients in terms.items():
        count = len(coefficients)
        while count and not coefficients[count - 1]:
            count -= 1
        if count:
            found[rate] = coefficients[:count]
    return found


def _value(terms: Sum, time: mpmath.mpf) -> tuple[mpmath.mpf, mpmath.mpf]:
    """The sum, and the sum of the sizes of its terms."""
    parts = [
        mpmath.exp(r * time) * c * time**k for r, cs in terms.items() for k, c in enumerate(cs)
    ]
    return mpmath.fsum(parts), mpmath.fsum(parts, absolute=True)


def _sign(terms: Sum, time: mpmath.mpf) -> int:
    total, size = _value(terms, time)
    return 0 if abs(total) <= size * mpmath.mpf(10) ** -TOUCH else int(mpmath.sign(total))


def _zeros(terms: Sum, end: mpmath.mpf) -> list[mpmath.mpf]:
    """All zeros between 0 and ``end``, the near ones first; that at 0 itself is left out."""
    if not terms or (len(terms) == 1 and len(next(iter(terms.values()))) == 1):
        return []
    first = next(iter(terms))
    slope: dict[mpmath.mpf, tuple[mpmath.mpf, ...]] = {}
    for rate, cs in terms.items():
        lower = (*(k * c for k, c in enumerate(cs) if k), mpmath.mpf(0))
        slope[rate - first] = tuple((rate - first) * c + d for c, d in zip(cs, lower, strict=True))
    points = [mpmath.mpf(0), *_zeros(_without_zeros(slope), end), end]
    found: list[mpmath.mpf] = []
    for low, high in pairwise(points):
        one, other = _sign(terms, low), _sign(terms, high)
        if one * other < 0:
            found.append(_bisected(lambda t: _sign(terms, t), low, high))
        elif not other and high not in found:
            found.append(high)
    return found


def _bisected(
    sign: Callable[[mpmath.mpf], object], low: mpmath.mpf, high: mpmath.mpf
) -> mpmath.mpf:
    start = sign(low)
    for _ in range(4 * DIGITS):
        middle = (low + high) / 2
        low, high = (middle, high) if sign(middle) == start else (low, middle)
    return low


def _beyond(terms: Sum, until: Expr) -> mpmath.mpf:
    """A time beyond which the fastest term outweighs all others, and so there is no zero."""
    if not terms:
        return mpmath.mpf(0)
    side = 1 if until.is_extended_positive else -1
    top = max(terms, key=lambda rate: rate * side)
    end = mpmath.mpf(side)
    for _ in range(DOUBLINGS):
        shifted = {rate - top: cs for rate, cs in terms.items()}
        _, size = _value(shifted, end)
        lead = abs(terms[top][-1] * end ** (len(terms[top]) - 1))
        if size < lead * mpmath.mpf("1.5"):
            break
        end *= 2
    return end


def _on_grid(function: Callable[[mpmath.mpf], mpmath.mpf], goal: mpmath.mpf) -> list[mpmath.mpf]:
    """The first change of sign on a grid: what vanishes without one is missed."""
    places = sorted(
        [goal * k / STEPS for k in range(1, STEPS + 1)]
        + [goal / STEPS * mpmath.mpf(2) ** -k for k in range(1, HALVINGS)],
        key=abs,
    )

    def sign(time: mpmath.mpf) -> object:
        return mpmath.sign(function(time))

    low, start = mpmath.mpf(0), sign(mpmath.mpf(0))
    for place in places if start else ():
        if sign(place) != start:
            return [_bisected(sign, low, place)]
        low = place
    return []
