"""Rigorous bounds on a Laplace transform from the first moments of a positive measure.

Definition. Let mu be a positive measure on [0, oo) with moments m_s = int x^s dmu. The n-point
Gauss rule of mu uses m_0, .., m_(2n-1); the Gauss-Radau rule with a node at 0 uses m_0, .., m_2n.
For exp(-t x) with t >= 0 all derivatives of even order are positive and all of odd order are
negative, so the remainders have known signs:

    Gauss rule <= int exp(-t x) dmu(x) <= Gauss-Radau rule with a node at 0.

No other information on mu enters; every positive measure with these moments is enclosed. The
three-term recurrence is computed in rationals, and with it the question whether there is such
a measure at all. (G. H. Golub, G. Meurant, Matrices, Moments and Quadrature, Princeton 2010,
chapters 2 and 6; W. Gautschi, Orthogonal Polynomials, Oxford 2004, section 2.1.7.)

>>> from math import factorial
>>> factorials = [factorial(s) for s in range(12)]        # dmu = exp(-x) dx
>>> (found,) = laplace_brackets(factorials, [1])          # int exp(-t x) dmu = 1/(1+t)
>>> bool(found.lower < 0.5 < found.upper), mpmath.nstr(found.upper - found.lower, 3)
(True, '2.14e-5')
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import mpmath

from pde.errors import InvalidInputError, PDEError

GUARD = 15
"""Digits carried beyond those asked for; bounds are moved outwards by ten to the minus digits."""


class NotMomentsError(PDEError):
    """No positive measure on [0, oo) has the given moments; ``order`` is where that shows.

    >>> NotMomentsError("a determinant is negative", 2).order
    2
    """

    def __init__(self, message: str, order: int) -> None:
        """Keep the message and the order of the moment that fails."""
        super().__init__(message)
        self.order = order


@dataclass(frozen=True)
class Jacobi:
    """The recurrence p_(k+1) = (x - diagonal[k]) p_k - squares[k] p_(k-1) of monic polynomials.

    ``squares[0]`` is m_0; there are as many diagonal entries as the moments determine, and one
    square more if their number is odd. ``complete`` tells that the measure consists of
    len(diagonal) points, so that no further moment adds anything.
    """

    diagonal: tuple[Fraction, ...]
    squares: tuple[Fraction, ...]
    complete: bool


@dataclass(frozen=True)
class Rule:
    """A quadrature rule: nodes in increasing order, and positive weights."""

    nodes: tuple[Any, ...]
    weights: tuple[Any, ...]

    def laplace(self, time: Any) -> Any:
        """Return sum w exp(-time x), at the current precision."""
        pairs = zip(self.nodes, self.weights, strict=True)
        return mpmath.fsum(w * mpmath.exp(-time * x) for x, w in pairs)


@dataclass(frozen=True)
class Bracket:
    """Lower and upper bound of int exp(-time x) dmu, and how many moments were used."""

    time: Fraction
    lower: Any
    upper: Any
    moments: int

    @property
    def width(self) -> Any:
        """Upper minus lower bound."""
        return self.upper - self.lower

    def __str__(self) -> str:
        """Return the bounds with ten digits."""
        low, high = (mpmath.nstr(x, 10) for x in (self.lower, self.upper))
        return f"[{low}, {high}] ({self.moments} moments)"


def jacobi(moments: Sequence[int | Fraction]) -> Jacobi:
    """Return the recurrence coefficients of a positive measure on [0, oo), exactly.

    Chebyshev's algorithm in rationals. Raises InvalidInputError without moments and
    NotMomentsError where a Hankel determinant of m_0, m_1, .. or of m_1, m_2, .. is negative.

    >>> jacobi([1, 1, 2, 6])                              # Laguerre
    Jacobi(diagonal=(Fraction(1, 1), Fraction(3, 1)), squares=(Fraction(1, 1), Fraction(1, 1)), \
complete=False)
    """
    values = [Fraction(m) for m in moments]
    if not values:
        raise InvalidInputError("moments: none given, one at least is needed")
    found = _chebyshev(values, 0)
    if len(values) > 1:
        _chebyshev(values[1:], 1)
    return found


def _chebyshev(values: Sequence[Fraction], shift: int) -> Jacobi:
    """The recurrence of m_shift, m_(shift+1), ..; the sign of each square is that of a minor."""
    if values[0] < 0:
        raise NotMomentsError(f"moment {shift} is negative: {values[0]}", shift)
    if values[0] == 0:
        _all_zero(values, shift)
        return Jacobi((), (), True)
    older, row = [Fraction(0)] * len(values), list(values)
    diagonal, squares = [], [values[0]]
    for k in range(len(values) // 2):
        # row[j] is the integral of p_k x^(k+j)
        slope = row[1] / row[0] - (older[1] / older[0] if k else 0)
        diagonal.append(slope)
        square = squares[k] if k else Fraction(0)
        following = [
            row[j + 2] - slope * row[j + 1] - square * older[j + 2] for j in range(len(row) - 2)
        ]
        if not following:
            break
        if following[0] < 0:
            raise NotMomentsError(
                f"the Hankel determinant of the moments {shift} to {shift + 2 * k + 2}"
                " is negative: no positive measure has them",
                shift + 2 * k + 2,
            )
        if following[0] == 0:
            _all_zero(following, shift + 2 * k + 2)
            return Jacobi(tuple(diagonal), tuple(squares), True)
        squares.append(following[0] / row[0])
        older, row = row, following
    return Jacobi(tuple(diagonal), tuple(squares), False)


def _all_zero(values: Sequence[Fraction], first: int) -> None:
    """A measure of finitely many points leaves nothing: all further integrals vanish."""
    for place, value in enumerate(values):
        if value:
            raise NotMomentsError(
                f"moment {first + place} is not that of the finitely many points"
                " that the moments before it demand",
                first + place,
            )


def gauss_rule(moments: Sequence[int | Fraction], digits: int = 30) -> Rule:
    """Return the Gauss rule of the most nodes that the moments determine.

    >>> rule = gauss_rule([1, 1, 2, 6], 10)
    >>> [mpmath.nstr(x, 8) for x in rule.nodes]           # 2 -+ sqrt 2
    ['0.58578644', '3.4142136']
    """
    found = jacobi(moments)
    return _rule(found.diagonal, found.squares[: max(1, len(found.diagonal))], digits)


def radau_rule(moments: Sequence[int | Fraction], digits: int = 30) -> Rule:
    """Return the Gauss-Radau rule with a node at 0, of the most nodes that are determined.

    Its weight at 0 is the largest mass that a measure with these moments can have there. A
    measure that the moments determine is returned itself.

    >>> [mpmath.nstr(w, 8) for w in radau_rule([1, 1, 2], 10).weights]
    ['0.5', '0.5']
    """
    found = jacobi(moments)
    if found.complete:
        return _rule(found.diagonal, found.squares, digits)
    count = len(found.squares) - 1
    before, here = Fraction(0), Fraction(1)
    for k in range(count):
        square = found.squares[k] if k else Fraction(0)
        before, here = here, -found.diagonal[k] * here - square * before
    last = -found.squares[count] * before / here if count else Fraction(0)
    return _rule((*found.diagonal[:count], last), found.squares, digits)


def _rule(diagonal: Sequence[Fraction], squares: Sequence[Fraction], digits: int) -> Rule:
    """Nodes and weights as eigenvalues and first components of the Jacobi matrix."""
    if not diagonal:
        return Rule((), ())
    size = len(diagonal)
    with mpmath.workdps(_working(digits)):
        matrix = mpmath.zeros(size)
        for k in range(size):
            matrix[k, k] = _number(diagonal[k])
            if k:
                matrix[k, k - 1] = matrix[k - 1, k] = mpmath.sqrt(_number(squares[k]))
        nodes, vectors = mpmath.eigsy(matrix)
        mass = _number(squares[0])
        pairs = sorted((nodes[k], mass * vectors[0, k] ** 2) for k in range(size))
        tiny = mpmath.eps * max(abs(x) for x, _ in pairs) * size * 100
        return Rule(
            tuple(mpmath.mpf(0) if abs(x) < tiny else +x for x, _ in pairs),
            tuple(+w for _, w in pairs),
        )


def laplace_brackets(
    moments: Sequence[int | Fraction], times: Sequence[int | Fraction], digits: int = 30
) -> tuple[Bracket, ...]:
    """Return bounds on int exp(-t x) dmu at every time t >= 0.

    The rules are computed in floating point with ``digits`` + 15 digits from exact recurrence
    coefficients, and the bounds are moved outwards by ten to the minus ``digits``, relative to
    m_0. Raises InvalidInputError for a negative time, where there is no upper bound, and
    NotMomentsError for moments of no positive measure on [0, oo).
    """
    exact = [Fraction(t) for t in times]
    for time in exact:
        if time < 0:
            raise InvalidInputError(f"time {time}: for negative times there is no upper bound")
    lower_rule = gauss_rule(moments, digits)
    upper_rule = radau_rule(moments, digits)
    found = []
    with mpmath.workdps(_working(digits)):
        margin = _number(Fraction(moments[0])) * mpmath.mpf(10) ** -digits
        for time in exact:
            t = _number(time)
            lower = mpmath.mpf(0) if not lower_rule.nodes else lower_rule.laplace(t) - margin
            upper = upper_rule.laplace(t) + margin
            found.append(Bracket(time, max(lower, mpmath.mpf(0)), upper, len(moments)))
    return tuple(found)


def stieltjes_brackets(
    moments: Sequence[int | Fraction], shifts: Sequence[int | Fraction], digits: int = 30
) -> tuple[Bracket, ...]:
    """Return bounds on int dmu/(x + z) at every shift z > 0.

    1/(x + z) is completely monotone in x, as exp(-t x) is, so that the same rules enclose it: it
    is what int exp(-t x) dmu becomes when integrated over t with weight exp(-z t).  The field
    ``time`` of a bracket is the shift.  Raises InvalidInputError for a shift that is not
    positive, and NotMomentsError for moments of no positive measure on [0, oo).

    >>> from math import factorial
    >>> (found,) = stieltjes_brackets([factorial(s) for s in range(14)], [1])
    >>> bool(found.lower < mpmath.e * mpmath.e1(1) < found.upper), mpmath.nstr(found.width, 2)
    (True, '0.00074')
    """
    exact = [Fraction(z) for z in shifts]
    for shift in exact:
        if shift <= 0:
            raise InvalidInputError(f"shift {shift}: a positive number is needed")
    rules = gauss_rule(moments, digits), radau_rule(moments, digits)
    found = []
    with mpmath.workdps(_working(digits)):
        margin = _number(Fraction(moments[0])) * mpmath.mpf(10) ** -digits
        for shift in exact:
            z = _number(shift)
            lower, upper = (
                mpmath.fsum(w / (x + z) for x, w in zip(rule.nodes, rule.weights, strict=True))
                for rule in rules
            )
            lower = max(lower - margin / z, mpmath.mpf(0))
            found.append(Bracket(shift, lower, upper + margin / z, len(moments)))
    return tuple(found)


def mass_at_zero(moments: Sequence[int | Fraction], digits: int = 30) -> Any:
    """Return the least upper bound on mu({0}), the limit of the transform as t grows."""
    rule = radau_rule(moments, digits)
    return rule.weights[0] if rule.nodes and rule.nodes[0] == 0 else mpmath.mpf(0)


def _working(digits: int) -> int:
    return digits + GUARD


def _number(value: Fraction) -> Any:
    return mpmath.mpf(value.numerator) / value.denominator
