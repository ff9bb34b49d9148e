"""An amplitude that obeys ``z' = a + b z + c z^2``: its formula, its rest, and where it ends.

With ``r^2 = b^2/4 - a c`` and ``h = tanh(r tau)`` it is

    z = (r z(0) + (a + b z(0)/2) h) / (r - (c z(0) + b/2) h).

For ``a >= 0 > c`` it is ``r >= |b|/2``, and ``z_1 = -(b/2 + r)/c`` attracts every ``z(0) > 0``:
the denominator, at ``h = 1`` no less than ``r - b/2 - c z(0) > 0``, has no zero for ``tau > 0``.
For ``tau < 0`` it has one where ``-c z(0) - b/2 > r``, so for ``z(0) > z_1``; the numerator has one
where ``a + b z(0)/2 > r z(0)``, so for ``z(0) < z_1``, as ``a = -(r - b/2)(r + b/2)/c``.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy
from sympy import Expr, Symbol

from diagrams.dynamics.ends.ending import Ending, derived, unknown
from diagrams.dynamics.explicit.singular_ends import singular
from diagrams.dynamics.petals.grouping import inserted, local, public
from diagrams.dynamics.sentences import conditions, sentence
from diagrams.dynamics.solution import Solution
from diagrams.polynomials.polynomial import sympy_symbol
from pde.expressions.statement import joined

RESTS = "the one amplitude obeys z' = a + b z + c z^2, a >= 0 > c, and tends to its rest above zero"
OPEN = "the signs of a and c in z' = a + b z + c z^2 are open"


@dataclass(frozen=True)
class Riccati:
    """The amplitude ``z`` with its equation and start; ``r`` is the root of ``b^2/4 - a c``.

    >>> s = sympy.Symbol("s", positive=True)
    >>> one, none = sympy.Integer(1), sympy.Integer(0)
    >>> found = Riccati(none, 2 * one, -one, s, one)
    >>> found.rest, sympy.simplify(found.at(sympy.Symbol("x")).subs(s, 2)), found.poles
    (2, 2, (log(s/(s - 2))/2, oo))
    """

    a: Expr
    b: Expr
    c: Expr
    start: Expr
    r: Expr

    def at(self, time: Expr) -> Expr:
        """The amplitude at a time."""
        h = sympy.tanh(self.r * time)
        over = self.r * self.start + (self.a + self.b * self.start / 2) * h
        return over / (self.r - (self.c * self.start + self.b / 2) * h)

    @property
    def rest(self) -> Expr:
        """The rest that attracts."""
        return -(self.b / 2 + self.r) / self.c

    @property
    def poles(self) -> tuple[Expr, Expr]:
        """How long ago the amplitude was infinite, and zero: real and positive where it was."""
        infinite = -self.c * self.start - self.b / 2
        zero = (self.a + self.b * self.start / 2) / self.start
        first, second = (
            sympy.log((m + self.r) / (m - self.r)) / (2 * self.r) if m != self.r else sympy.oo
            for m in (infinite, zero)
        )
        return first, second

    def at_rest(self, value: Expr, name: Symbol) -> Expr:
        """A function of the amplitude of this name at its rest, no root in its denominator."""
        found = sympy.together(sympy.expand(value).xreplace({name: self.rest}))
        if not self.r.is_Symbol:
            return sympy.factor(sympy.simplify(found))
        square = self.b**2 / 4 - self.a * self.c
        relation = sympy.Poly(self.r**2 - square, self.r)
        over, under = sympy.fraction(found)
        other = sympy.rem(sympy.Poly(under, self.r), relation).as_expr().subs(self.r, -self.r)
        upper, lower = (
            sympy.rem(sympy.Poly(part * other, self.r), relation) for part in (over, under)
        )
        return sympy.Add(
            *(sympy.factor(c / lower.as_expr()) * self.r**k for (k,), c in upper.terms())
        )


@dataclass(frozen=True)
class Resting:
    """A loss in one amplitude: its limit, and when it is singular.

    It is where the amplitude is infinite, and, unless the constant of motion ``invariant`` is zero,
    where the amplitude is.
    """

    amplitude: Riccati
    limit: Expr
    invariant: Expr

    @property
    def existence(self) -> tuple[Expr, ...]:
        """The times at which the loss is singular, where they are real."""
        poles = self.amplitude.poles if self.invariant else self.amplitude.poles[:1]
        return tuple(-sympy_symbol("T") * public(pole) for pole in poles)

    @property
    def cases(self) -> tuple[str, ...]:
        """When each of them comes."""
        start, rest = self.amplitude.start, sympy.factor_terms(self.amplitude.rest)
        pair = (public(start), public(rest))
        less = sentence("{} < {}", *pair)
        apart = sentence("{} != 0", public(self.invariant))
        return (sentence("{} > {}", *pair), conditions(less, apart))[: len(self.existence)]

    @property
    def domain(self) -> str:
        """Where the formula holds."""
        parts = (
            sentence("t > {} if ", end) + case
            for end, case in zip(self.existence, self.cases, strict=True)
        )
        return joined("; ", (*parts, "else all t"))


def endings(solution: Solution, held: Resting | None) -> tuple[Ending, ...]:
    """The rest for late times; for early ones the singularities, or the rest again."""
    if held is None:
        return unknown(OPEN, 1), unknown(OPEN, -1)
    time = Symbol("t", real=True)
    formula = local(inserted(solution.formula, solution.definitions))
    formula = formula.xreplace({Symbol("t", positive=True): time})
    singularities = (
        singular(solution, formula, time, [end], case)
        for end, case in zip(held.existence, held.cases, strict=True)
    )
    late = Ending(sympy.oo, held.limit, evidence=derived(RESTS))
    return (late, *singularities)
