"""The ends of coordinates of one colour with weight decay: where they gather, or die, or take off.

On the side of the times on which the target holds single coordinates back, with ``s`` growing
there from zero,

    dv/ds = v (L + b z_2^m - A v^d),    A > 0,  z_2 = p E[v^2]

(:mod:`diagrams.dynamics.roads.bernoulli.structure`).  With ``L < 0`` and ``b <= 0`` all die.  With
``L > 0`` they gather at one value of ``v^2``, where they can: in the ratio ``W r^((2m-d)/d)`` of
:mod:`diagrams.dynamics.averages.one_colour.clock_curve` that is an equation of one variable,
autonomous at late times, whose zeros are the roots of

    L + b z^m - A (z/p)^(d/2),    z = p v^2.

For ``b > 0`` there are two or none; the smaller ``z`` is stable.  The larger parts those that
gather from those that take off at a finite time; on which side the start is, only numbers tell.
A coordinate that starts near zero comes late, with the rate ``g = L + b z^m`` with which it grows
there: a share ``exp(-g s)`` is missing.  The gathered ones move as one with the rate ``d g - 2 m b
z^m``.  The slower of the two is the rate of the loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import sympy
from sympy import Expr, Rational, Symbol
from sympy.core.relational import Relational

from diagrams.dynamics.ends.ending import GOES_ON, Ending, blowing_up, derived, unknown
from diagrams.dynamics.explicit.scales import scales_of
from diagrams.dynamics.petals.grouping import Grouping, grouping, local, public
from diagrams.dynamics.petals.petal_equation import petal_expression
from diagrams.dynamics.petals.petals import Exponent, petal_name
from diagrams.dynamics.roads.bernoulli.numbers import ByOneEquation
from diagrams.dynamics.roads.bernoulli.structure import NO_SUM, PHI, blow_up_exponent
from diagrams.dynamics.sentences import conditions, listed, sentence
from diagrams.dynamics.solution import Solution
from diagrams.errors import NotSolved
from diagrams.polynomials.polynomial import Polynomial, sympy_symbol

TELLS = "existence_time finds"


def endings_with_decay(solution: Solution, numbers: ByOneEquation) -> tuple[Ending, ...]:
    """Return the ends of coordinates with decay; a decay that is a symbol is taken positive."""
    found: list[Ending] = []
    scales = sorted(scales_of(solution))
    for sign, case, where in signs(numbers.structure.alpha, scales, both=True):
        for growth, decays, also in signs(numbers.structure.decay, scales, both=False):
            listed = _Side(numbers, sign, growth, conditions(case, decays)).endings()
            found += [replace(end, where=(*where, *also)) for end in listed]
    return tuple(sorted(found, key=lambda end: bool(end.time != sympy.oo)))


def signs(
    value: Polynomial, scales: Sequence[str], both: bool
) -> list[tuple[int, str, tuple[Relational, ...]]]:
    """Return the signs that a monomial may have, each with its condition on scale and decay.

    The condition is given in words and as a relation; there is none where the sign is known.

    With ``both`` false only the one for positive symbols.  Raises
    :class:`~diagrams.errors.NotSolved` for a sum.

    >>> signs(Polynomial.symbol("c") * -4 * Polynomial.symbol("p"), ["c"], both=True)
    [(-1, 'c > 0', (c > 0,)), (1, 'c < 0', (c < 0,))]
    """
    if not value.is_monomial:
        raise NotSolved(sentence("the ends: the sign of {} depends on the sizes", value))
    ((powers, number),) = value.terms
    sign = 1 if number > 0 else -1
    odd = [name for name, power in powers if name in scales and power % 2]
    if not odd:
        return [(sign, "", ())]
    named, factor = listed(map(sympy_symbol, odd), "*"), sympy.Mul(*map(sympy_symbol, odd))
    cases: list[tuple[int, str, tuple[Relational, ...]]] = [
        (sign, named + " > 0", (factor > 0,)),
        (-sign, named + " < 0", (factor < 0,)),
    ]
    return cases if both else cases[:1]


class _Side:
    """The side of the times on which the target holds coordinates back, for given signs."""

    def __init__(self, numbers: ByOneEquation, sign: int, decays: int, start: str) -> None:
        made = self.made = numbers.structure
        closure = made.closure
        drift = [value for _, value in closure.drift(0)]
        coefficients = [c for value in (closure.observable, *drift) for _, c in value]
        self.groups: Grouping = grouping(coefficients, closure.rows.number)
        self.constant = numbers.constant.to_sympy()
        self.side, self.start = -sign, start
        self.damping = self._positive(made.alpha, sign)
        self.decay = self._positive(made.decay, decays)
        self.growing = sign * decays > 0
        self.coherent = sign * self.groups.expression(made.beta) if made.beta else sympy.Integer(0)
        self.petal = Symbol(petal_name((2,)), positive=True)
        self.p = local(sympy_symbol(closure.rows.features))

    def _positive(self, value: Polynomial, sign: int) -> Expr:
        return abs(self.groups.expression(value)) if sign else self.groups.expression(value)

    @property
    def rises(self) -> bool:
        """Whether the coordinates together drive themselves outwards."""
        return bool(self.coherent.is_positive)

    def endings(self) -> list[Ending]:
        """The ends on this side, and what is not known of the other."""
        found = self._growing() if self.growing else self._dying()
        return [*found, unknown(NO_SUM, -self.side, self.start)]

    # -- coordinates that die ---------------------------------------------------------------------

    def _dying(self) -> list[Ending]:
        least = min(
            sum(j * count for (j,), count in petals) for petals, _ in self.made.closure.observable
        )
        calm = GOES_ON if self.rises else ""
        found = [
            Ending(
                self.side * sympy.oo,
                self.constant,
                condition=self._said(calm),
                evidence=derived("all coordinates die at last with the rate of their linear term"),
                rate=self._in_time(least * self.decay),
            )
        ]
        return [*found, self._taking_off(f"{TELLS} an end")] if self.rises else found

    # -- coordinates that gather ------------------------------------------------------------------

    def _growing(self) -> list[Ending]:
        if not self.made.beta:
            return [self._apart()]
        if not self.rises:
            return [self._gathered("")]
        bound, decay = public(self._most()), public(self.decay)
        sides = (decay, bound) if decay.free_symbols else (bound, decay)
        signs = "<=>" if decay.free_symbols else ">=<"
        below, level, above = (sentence(f"{{}} {sign} {{}}", *sides) for sign in signs)
        return [
            self._gathered(conditions(below, GOES_ON)),
            self._taking_off(conditions(below, f"{TELLS} an end")),
            self._taking_off(above),
            self._meeting(level),
            self._taking_off(conditions(level, f"{TELLS} an end")),
        ]

    def _meeting(self, condition: str) -> Ending:
        """The largest decay: the fixed points are one, approached like 1/t from one side only."""
        d, m = Rational(self.made.d), self.made.power
        slope = self.damping * d / (2 * m * self.coherent * self.p ** (d / 2))
        petal = sympy.powdenest(slope ** (1 / (m - d / 2)), force=True)
        return Ending(
            self.side * sympy.oo,
            public(sympy.simplify(self._loss(petal))) + self.constant,
            None,
            Rational(-1),
            self._said(condition, GOES_ON),
            evidence=derived("the double root at which stable and unstable fixed point meet"),
        )

    def _most(self) -> Expr:
        """The largest decay with which there is a fixed point."""
        d, m = Rational(self.made.d), Rational(self.made.power)
        highest = (self.damping * d / (2 * m * self.coherent)) ** (d / (2 * m - d))
        bound = self.damping * (1 - d / (2 * m)) * highest * self.p ** (-d * m / (2 * m - d))
        return sympy.powsimp(sympy.powdenest(bound, force=True))

    def _gathered(self, condition: str) -> Ending:
        d, m = self.made.d, self.made.power
        own = self.damping * (self.petal / self.p) ** Rational(d, 2)
        border = "; starts on the border to those that end go to the larger root, which repels"
        vanishing = self.decay + self.coherent * self.petal**m - own
        rate = own
        if self.rises:
            rate = sympy.Min(own, sympy.expand(2 * m * self.decay - (2 * m - d) * own))
        return Ending(
            self.side * sympy.oo,
            public(self._loss(self.petal)) + self.constant,
            condition=self._said(condition),
            evidence=derived(
                f"the stable fixed point at which all coordinates gather{border * self.rises}"
            ),
            rate=self._in_time(rate),
            roots=((public(self.petal), public(vanishing)),),
        )

    def _apart(self) -> Ending:
        """Every coordinate for itself: the fixed point is a formula, and so is what comes late.

        With ``v^d = q v_0^d/(v_0^d + q exp(-d L s))``, ``q = L/A``, up to what is smaller, the
        share that is missing of ``E[v^j]`` is an integral of Euler over ``v_0`` near zero.
        """
        d, settled = Rational(self.made.d), self.decay / self.damping
        petal = self.p * settled ** (2 / d)
        late, density = Symbol("epsilon", positive=True), sympy.sqrt(2 / sympy.pi)
        deviation = sympy.sqrt(local(self.made.variance.to_sympy()))

        def average(j: int) -> Expr:
            missing = sympy.gamma(1 - 1 / d) * sympy.gamma((j + 1) / d) / sympy.gamma(j / d)
            share = density / deviation * settled ** (1 / d) * missing
            return self.p * settled ** (j / d) * (1 - share * late)

        loss = self._loss_of({(j,): average(j) for (j,) in self._observed})
        first = sympy.diff(loss, late).subs(late, 0)
        clock = sympy_symbol("t") / sympy_symbol("T")
        shown = public(sympy.powdenest(sympy.powsimp(sympy.simplify(first)), force=True))
        return Ending(
            self.side * sympy.oo,
            public(sympy.simplify(self._loss(petal))) + self.constant,
            shown * sympy.exp(-self.side * public(self.decay) * clock),
            condition=self.start,
            evidence=derived("every coordinate by itself; those that start near zero come last"),
        )

    def _taking_off(self, condition: str) -> Ending:
        reason = sentence("the equation of 1/{} near its zero, where decay does not matter", PHI)
        return blowing_up(blow_up_exponent(self.made), self._said(condition), reason)

    # -- in words and symbols ---------------------------------------------------------------------

    def _said(self, *more: str) -> str:
        return conditions(self.start, *more)

    def _in_time(self, rate: Expr) -> Expr:
        return -self.side * public(rate) / sympy_symbol("T")

    @property
    def _observed(self) -> tuple[Exponent, ...]:
        return tuple(self.made.closure.observable.variables)

    def _loss(self, petal: Expr) -> Expr:
        """The loss where all coordinates are alike."""
        return self._loss_of(
            {(j,): self.p * (petal / self.p) ** Rational(Fraction(j, 2)) for (j,) in self._observed}
        )

    def _loss_of(self, petals: dict[Exponent, Expr]) -> Expr:
        return petal_expression(self.made.closure.observable, petals, self.groups)
