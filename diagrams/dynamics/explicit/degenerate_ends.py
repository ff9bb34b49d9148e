"""Sizes of codimension one at which a formula ends otherwise than next to them.

Factors of a limit, of what is left of it, and of a time of existence may vanish for positive sizes:
``p sigma^2 = 1`` is a fixed point of much.  There the formula is evaluated at late times, with many
digits, and compared with what holds next to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import mpmath
import sympy
from sympy import Expr, Rational, Symbol

from diagrams.dynamics.expressions.late_times import wide_points
from diagrams.dynamics.expressions.signs import proved_sign
from diagrams.dynamics.petals.grouping import public
from diagrams.dynamics.sentences import listed
from diagrams.problems.problem import Problem
from diagrams.problems.structure import structure
from pde.expressions.compilation import compiled

Point = dict[Symbol, Rational]
TIMES = (60, 240)
"""Late times, in units of T, at which formulas are evaluated."""
DIGITS = 1500
"""Digits of such an evaluation: exponentials are large and cancel."""
ENOUGH, POINTS = 3, 60
"""Points of a surface that are tried, and points next to which they are looked for."""
CLOSE = 1e-6
FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}


def relation(value: Expr, sign: str, back: Callable[[Expr], Expr] = public) -> str:
    """Return ``value sign 0`` in words, each term on the side on which it is positive.

    >>> p, d = sympy.symbols("p d", positive=True)
    >>> relation(p * d - 1, "<"), relation(2 - d / p, ">")
    ('d*p < 1', 'd < 2*p')
    """
    top = sympy.numer(sympy.together(value))
    content = sympy.gcd_terms(top).as_coeff_Mul()[0] if top.is_Add else sympy.Integer(1)
    if not top.is_Add or content != 1:
        top = sympy.expand(sympy.expand(top) / abs(content))
    less = [term for term in sympy.Add.make_args(top) if term.could_extract_minus_sign()]
    left = sympy.Add(*(t for t in sympy.Add.make_args(top) if t not in less))
    right = -sympy.Add(*less)
    alone = right.is_Symbol and not left.is_Symbol and not left.atoms(sympy.Pow)
    if alone or (left.is_number and not right.is_number):
        left, right, sign = right, left, FLIPPED[sign]
    return listed((back(sympy.factor_terms(side)) for side in (left, right)), f" {sign} ")


def open_factors(*expressions: Expr | None) -> list[Expr]:
    """Return the factors of numerators and denominators that are not of one sign.

    >>> p, y, z = sympy.symbols("p y z", positive=True)
    >>> open_factors(p / (z - 1) + p / y)
    [z - 1, y + z - 1]
    """
    found: set[Expr] = set()
    for expression in expressions:
        if expression is None or expression.is_infinite or expression.has(sympy.Min, sympy.Max):
            continue
        for part in sympy.fraction(sympy.together(expression)):
            for factor in sympy.Mul.make_args(sympy.factor(part)):
                base = factor.as_base_exp()[0]
                if base.is_Add and not proved_sign(base):
                    found.add(_normal(base))
    return sorted(found, key=sympy.default_sort_key)


def _normal(factor: Expr) -> Expr:
    return -factor if factor.could_extract_minus_sign() else factor


def surface(
    factor: Expr, order: Sequence[str], allows: Iterable[Callable[[Point], bool]], *more: Expr
) -> list[Point]:
    """Return points with positive values at which a factor vanishes, and which a case allows.

    ``more`` are expressions whose symbols get values, too; symbols named in ``order`` are the
    first to be solved for.
    """
    tests, found = tuple(allows), []
    names = sorted(
        factor.free_symbols, key=lambda s: (order.index(s.name) if s.name in order else 99, s.name)
    )
    for at in wide_points(factor, *more)[:POINTS]:
        for name in names:
            rest = factor.xreplace({s: v for s, v in at.items() if s != name})
            roots = _roots(rest, name)
            for root in roots:
                point = {**at, name: root}
                if all(test(point) for test in tests):
                    found.append(point)
            if roots:
                break
        if len(found) >= ENOUGH:
            return found
    return found


def solved_first(problem: Problem) -> tuple[str, ...]:
    """Return the symbols that are solved for where a factor vanishes, the first one first.

    Those of variances come before sizes, the number of rows before the others.
    """
    rows = structure(problem).rows
    spread = sorted(problem.positive - {*problem.sizes})
    sizes = sorted(problem.sizes, key=lambda size: rows is None or size != rows.size)
    return (*spread, *sizes)


def _roots(expression: Expr, name: Symbol) -> list[Expr]:
    """Positive roots in radicals."""
    try:
        found = sympy.roots(sympy.Poly(sympy.numer(sympy.together(expression)), name))
    except sympy.PolynomialError:
        return []
    return [root for root in found if root.is_positive]


def holds_at(
    formula: Expr, time: Symbol, side: int, limit: Expr, approach: Expr | None, point: Point
) -> bool:
    """Return whether a formula tends to a limit at a point, and the rest of it to ``approach``."""
    seen = []
    with mpmath.workdps(DIGITS):
        for size in TIMES:
            at = {**point, time: sympy.Integer(side * size)}
            try:
                value = _number(formula, at)
                rest = value if limit.is_infinite else value - _number(limit, at)
                wanted = None if approach is None else _number(approach, at)
            except (TypeError, ValueError, ZeroDivisionError):
                return False
            if wanted is None:
                seen.append(1 / abs(rest) if limit.is_infinite else abs(rest))
            elif abs(wanted) < mpmath.mpf(10) ** (10 - DIGITS):
                seen.append(mpmath.mpf(abs(rest) > mpmath.mpf(10) ** (20 - DIGITS)))
            else:
                seen.append(abs(rest / wanted - 1))
    early, late = seen
    return bool(late < CLOSE or (late < early / 2 and late < 0.5))


def _number(expression: Expr, at: Point) -> mpmath.mpf:
    value = expression.xreplace(at)
    if value.has(sympy.nan, sympy.zoo):
        raise ZeroDivisionError
    found = mpmath.mpmathify(compiled((), value)())
    if not mpmath.isfinite(found):
        raise ZeroDivisionError
    return mpmath.re(found)


def substitutions(factor: Expr, order: Sequence[str]) -> list[dict[Symbol, Expr]]:
    """Return symbols with what they are where a factor vanishes, the first of ``order`` first."""
    found = []
    for name in sorted(factor.free_symbols, key=str):
        rest = sympy.Poly(factor, name) if factor.is_polynomial(name) else None
        if rest is None or len(rest.terms()) != 2 or rest.terms()[1][0][0]:
            continue
        (((power,), top), (_, bottom)) = rest.terms()
        value = sympy.cancel(-bottom / top) ** Rational(1, power)
        if not value.is_negative:
            found.append({name: sympy.powdenest(value, force=True)})

    def simple(one: dict[Symbol, Expr]) -> tuple[bool, int]:
        ((name, value),) = one.items()
        return name.name not in order[:1], int(sympy.count_ops(value))

    return sorted(found, key=simple)
