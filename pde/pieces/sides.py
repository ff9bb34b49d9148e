"""Functions that are smooth in pieces, and the sides on which a piece holds.

|g|, sign(g), Heaviside(g), Max, Min, Piecewise, atan2 and powers or logarithms of products and
squares are one smooth expression where certain *walls*, smooth factors such as g, keep their signs,
and another one beyond. No sign is assumed here: whoever asks for a piece says on which side of
each wall it is to hold.  All symbols and values are real.

>>> x = sympy.Symbol("x")
>>> settled(sympy.sqrt(x**2) + sympy.Max(x - 1, 0), Known({x: -1, x - 1: -1}))
-x
>>> try:
...     settled(abs(x), Known({}))
... except UnsettledError as error:
...     print(error.wall)
x
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Protocol

import flint
import mpmath
import sympy
from sympy import Expr, Symbol

from pde.errors import NoClosedFormError, OutsideDomainError
from pde.expressions.sampling import numeric
from pde.numbers.balls import NoEnclosureError, NotRealError, TooWideError, enclosure, precision

DIGITS = (20, 60, 180)
"""Precisions at which the sign of a number is looked for."""

COST = 300
"""Operations of an expression that is factored; a longer one is a wall as it is."""

IN_PIECES = (
    sympy.Abs,
    sympy.sign,
    sympy.Heaviside,
    sympy.Max,
    sympy.Min,
    sympy.Piecewise,
    sympy.atan2,
    sympy.arg,
    sympy.re,
    sympy.im,
    sympy.conjugate,
)
STAIRS = (sympy.floor, sympy.ceiling, sympy.frac, sympy.Mod)
"""Functions with infinitely many jumps: they have a value at a point, and no list of pieces."""

IMPULSES = (sympy.DiracDelta, sympy.SingularityFunction)


class UnsettledError(Exception):
    """The side of a wall is needed and not known."""

    def __init__(self, wall: Expr) -> None:
        """Keep the wall."""
        super().__init__(str(wall))
        self.wall = wall


class Sides(Protocol):
    """What is known of signs, and whether zeros of denominators are asked for."""

    wants_edges: bool

    def sign(self, wall: Expr) -> int:
        """Return -1, 0 or 1, or raise UnsettledError."""
        ...

    def floor(self, stair: Expr) -> Expr:
        """Return the integer below, or raise NoClosedFormError."""
        ...

    def edge(self, factor: Expr) -> None:
        """Take note of a factor at whose zeros an expression may be singular."""
        ...


class Known:
    """Signs from a list."""

    wants_edges = False

    def __init__(self, signs: Mapping[Expr, int]) -> None:
        """Keep the signs."""
        self.signs = signs

    def sign(self, wall: Expr) -> int:
        """Return the sign listed."""
        if wall not in self.signs:
            raise UnsettledError(wall)
        return self.signs[wall]

    def floor(self, stair: Expr) -> Expr:
        """Refuse: there is no end of pieces."""
        raise NoClosedFormError(f"floor({stair}) has infinitely many jumps")

    def edge(self, factor: Expr) -> None:
        """Do nothing."""


class AtPoint:
    """Signs of numbers: exact values, or balls. ``walls`` and ``edges`` list what was asked for."""

    wants_edges = True

    def __init__(self, values: Mapping[Symbol, Any], known: Mapping[Expr, int] | None = None):
        """Keep the point, and signs that are known although the point is on a wall."""
        self.values = values
        self.known = dict(known or {})
        self.walls: dict[Expr, int] = {}
        self.edges: dict[Expr, None] = {}

    def sign(self, wall: Expr) -> int:
        """Return the sign at the point; raises UnsettledError where balls do not tell."""
        if wall not in self.walls:
            self.walls[wall] = self.known[wall] if wall in self.known else self._sign(wall)
        return self.walls[wall]

    def _sign(self, wall: Expr) -> int:
        if any(isinstance(v, flint.arb) for v in self.values.values()):
            try:
                found = enclosure(in_exponentials(wall), self.values)
            except NotRealError as error:
                raise OutsideDomainError(f"{wall} has no real value there") from error
            except NoEnclosureError as error:
                raise UnsettledError(wall) from error
            if found.contains(0) and not (found.is_exact() and found == 0):
                raise UnsettledError(wall)
            return 1 if found > 0 else -1 if found < 0 else 0
        return sign_of_number(wall, self.values)

    def floor(self, stair: Expr) -> Expr:
        """Return the integer below."""
        if any(isinstance(v, flint.arb) for v in self.values.values()):
            found = enclosure(in_exponentials(stair), self.values).floor().unique_fmpz()
            if found is None:
                raise UnsettledError(stair)
            return sympy.Integer(int(found))
        value = numeric(stair, self.values)
        if value is None:
            raise OutsideDomainError(f"{stair} has no value at the point")
        near = sympy.Integer(int(mpmath.nint(value.real)))
        self.walls[stair - near] = sign_of_number(stair - near, self.values)
        return near if self.walls[stair - near] >= 0 else near - 1

    def edge(self, factor: Expr) -> None:
        """Take note of the factor."""
        self.edges[factor] = None


def sign_of_number(wall: Expr, values: Mapping[Symbol, Expr]) -> int:
    """Return the sign of an expression at an exact point.

    Raises OutsideDomainError if it has no real value there or cannot be told from zero.

    >>> x = sympy.Symbol("x")
    >>> sign_of_number(sympy.sqrt(x) - 2, {x: sympy.Integer(4)})
    0
    """
    at = wall.xreplace(dict(values))
    if at.is_Rational:
        return int(sympy.sign(at))
    for digits in DIGITS:
        try:
            with precision(digits):
                found = enclosure(in_exponentials(at), {})
        except TooWideError:
            continue
        except (NoEnclosureError, KeyError):
            break
        if not found.contains(0):
            return 1 if found > 0 else -1
    value = numeric(at, {}, 50)
    if value is None or abs(value.imag) > 1e-30 * (1 + abs(value.real)):
        raise OutsideDomainError(f"{wall} has no real value there")
    if abs(value.real) > 1e-30:
        return 1 if value.real > 0 else -1
    if at.equals(0):
        return 0
    raise OutsideDomainError(f"{wall} cannot be told from zero there")


def in_exponentials(expression: Expr) -> Expr:
    """Return an expression with hyperbolic functions as exponentials, which series know."""
    if expression.has(sympy.sinh, sympy.cosh, sympy.tanh, sympy.coth):
        return expression.rewrite(sympy.exp)
    return expression


# -- factors --------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def factors(expression: Expr) -> tuple[Expr, tuple[tuple[Expr, Expr], ...]]:
    """Return a nonzero constant factor and the walls of an expression with their multiplicities.

    What is positive by the assumptions of the user's symbols is no wall.  Denominators have
    negative multiplicities.

    >>> x = sympy.Symbol("x")
    >>> factors(3 * x**2 * (1 - x) / (x**2 + 1))
    (-3/(x**2 + 1), ((x, 2), (x - 1, 1)))
    """
    constant: Expr = sympy.Integer(1)
    found: dict[Expr, Expr] = {}
    plain = expression
    if not expression.is_Symbol and expression.count_ops() <= COST:
        plain = sympy.factor(sympy.together(expression))
    for part in sympy.Mul.make_args(plain):
        base, exponent = part.as_base_exp()
        if base == sympy.E or not exponent.is_Integer:
            base, exponent = part, sympy.Integer(1)
        if part.is_number or base.is_positive or _without_zeros(base):
            constant *= part
            continue
        if base.is_negative:
            constant *= part
            continue
        if base.could_extract_minus_sign():
            base, constant = -base, constant * (-1) ** exponent
        found[base] = found.get(base, sympy.Integer(0)) + exponent
    return constant, tuple(sorted(found.items(), key=lambda item: sympy.default_sort_key(item[0])))


def _without_zeros(base: Expr) -> bool:
    """Whether a factor is positive for all real values of its symbols."""
    if isinstance(base, (sympy.exp, sympy.cosh)):
        return True
    real = {s: sympy.Dummy(s.name, real=True) for s in base.free_symbols if s.is_real is None}
    return bool(base.xreplace(real).is_positive)


def sign_of(expression: Expr, sides: Sides) -> int:
    """Return the sign of a smooth expression from the sides of its walls."""
    constant, walls = factors(expression)
    result = _constant_sign(constant)
    for wall, power in walls:
        side = sides.sign(wall)
        result *= side if power % 2 else side * side
    return result


def _constant_sign(constant: Expr) -> int:
    if constant.is_number:
        return sign_of_number(constant, {})
    real = {s: sympy.Dummy(s.name, real=True) for s in constant.free_symbols if s.is_real is None}
    total = 1
    for part in sympy.Mul.make_args(constant):
        at = part.xreplace(real)
        if at.is_number:
            total *= sign_of_number(at, {})
        elif at.is_negative:
            total = -total
    return total


# -- pieces ---------------------------------------------------------------------------------------


def settled(expression: Any, sides: Sides) -> Any:
    """Return the smooth expression that an expression is on given sides of its walls.

    Raises UnsettledError for a wall whose side is not known, OutsideDomainError where no piece
    applies, and NoClosedFormError for functions without pieces.
    """
    rough = (*IN_PIECES, *STAIRS, *IMPULSES)
    if not expression.args or (expression.is_number and not expression.has(*rough)):
        return expression
    if expression.has(sympy.I) and not expression.has(*rough):
        return expression
    if isinstance(expression, sympy.Piecewise):
        for piece, condition in expression.args:
            if _truth(condition, sides):
                return settled(piece, sides)
        raise OutsideDomainError(f"no piece of {expression} applies")
    if isinstance(expression, sympy.Integral):
        return _integral(expression)
    if isinstance(expression, IMPULSES):
        raise NoClosedFormError(f"{expression} is no function")
    parts = [settled(part, sides) for part in expression.args]
    if isinstance(expression, (*IN_PIECES, *STAIRS)):
        return _piece(expression, parts, sides)
    if expression.is_Pow and not expression.exp.is_Integer and expression.base != sympy.E:
        return _power(parts[0], parts[1], sides)
    if isinstance(expression, sympy.log) and len(parts) == 1:
        return _logarithm(parts[0], sides)
    if sides.wants_edges and expression.is_Pow and expression.exp.is_negative:
        for wall, _ in factors(parts[0])[1]:
            sides.edge(wall)
    return expression.func(*parts)


def _integral(expression: Expr) -> Expr:
    try:
        settled(expression.function, Known({}))
    except UnsettledError as error:
        raise NoClosedFormError(f"{expression} has an integrand in pieces") from error
    return expression


def _piece(expression: Expr, parts: list[Expr], sides: Sides) -> Expr:
    kind, first = expression.func, parts[0]
    if any(part.has(sympy.I) for part in parts):
        raise NoClosedFormError(f"{expression} is complex and not analytic")
    if kind in (sympy.re, sympy.conjugate):
        return first
    if kind is sympy.im:
        return sympy.Integer(0)
    if kind in (sympy.Max, sympy.Min):
        turn = 1 if kind is sympy.Max else -1
        for other in parts[1:]:
            first = first if turn * sign_of(first - other, sides) >= 0 else other
        return first
    if kind is sympy.atan2:
        return _angle(parts[0], parts[1], sides)
    if kind in STAIRS:
        return _stair(kind, parts, sides)
    side = sign_of(first, sides)
    if kind is sympy.Abs:
        return side * first
    if kind is sympy.sign:
        return sympy.Integer(side)
    if kind is sympy.arg:
        return sympy.pi if side < 0 else sympy.Integer(0)
    return (parts[1], sympy.Integer(1), sympy.Integer(0))[side]  # Heaviside, its value at 0 first


def _angle(y: Expr, x: Expr, sides: Sides) -> Expr:
    above = sign_of(y, sides)
    if above:
        return above * sympy.pi / 2 - sympy.atan(x / y)
    return sympy.Integer(0) if sign_of(x, sides) > 0 else sympy.pi


def _stair(kind: Any, parts: list[Expr], sides: Sides) -> Expr:
    if kind is sympy.ceiling:
        return -sides.floor(-parts[0])
    if kind is sympy.frac:
        return parts[0] - sides.floor(parts[0])
    if kind is sympy.Mod:
        return parts[0] - parts[1] * sides.floor(parts[0] / parts[1])
    return sides.floor(parts[0])


def _power(base: Expr, exponent: Expr, sides: Sides) -> Expr:
    """A power with an exponent that is no integer, as a product of powers of positive numbers."""
    constant, walls = factors(base)
    for wall, _ in walls:
        sides.edge(wall)
    if all(abs(power) == 1 for _, power in walls):
        return base**exponent
    if sign_of(base, sides) < 0:
        return base**exponent  # not real: no branch to choose
    result = (_constant_sign(constant) * constant) ** exponent
    for wall, power in walls:
        side = sides.sign(wall)
        result *= (side * wall) ** (power * exponent) if side else sympy.Integer(0) ** exponent
    return result


def _logarithm(argument: Expr, sides: Sides) -> Expr:
    constant, walls = factors(argument)
    for wall, _ in walls:
        sides.edge(wall)
    if all(abs(power) == 1 for _, power in walls) or sign_of(argument, sides) <= 0:
        return sympy.log(argument)
    result = sympy.log(_constant_sign(constant) * constant)
    return result + sympy.Add(*(m * sympy.log(sides.sign(w) * w) for w, m in walls))


def _truth(condition: Any, sides: Sides) -> bool:
    if condition in (sympy.true, True):
        return True
    if condition in (sympy.false, False):
        return False
    if isinstance(condition, sympy.And):
        return all(_truth(c, sides) for c in condition.args)
    if isinstance(condition, sympy.Or):
        return any(_truth(c, sides) for c in condition.args)
    if isinstance(condition, sympy.Not):
        return not _truth(condition.args[0], sides)
    if not isinstance(condition, sympy.core.relational.Relational):
        raise NoClosedFormError(f"the condition {condition} is no comparison")
    side = sign_of(settled(condition.lhs - condition.rhs, sides), sides)
    return {
        sympy.Gt: side > 0,
        sympy.Ge: side >= 0,
        sympy.Lt: side < 0,
        sympy.Le: side <= 0,
        sympy.Eq: side == 0,
        sympy.Ne: side != 0,
    }[condition.func]
