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

from fractions import Fraction
from functools import partial

import sympy
from sympy import Expr, Rational, Symbol

from diagrams.dynamics.ends.ending import GOES_ON, Ending, derived
from diagrams.dynamics.petals.grouping import local, public
from diagrams.dynamics.petals.petals import Exponent, petal_name
from diagrams.dynamics.roads.bernoulli.held_side import TELLS, HeldSide, endings_by_signs
from diagrams.dynamics.roads.bernoulli.numbers import ByOneEquation
from diagrams.dynamics.roads.bernoulli.structure import Bernoulli
from diagrams.dynamics.sentences import conditions, sentence
from diagrams.dynamics.solution import Solution
from diagrams.polynomials.polynomial import Polynomial, sympy_symbol


def endings_with_decay(solution: Solution, numbers: ByOneEquation) -> tuple[Ending, ...]:
    """Return the ends of coordinates with decay."""
    made = numbers.structure
    return endings_by_signs(solution, made, partial(_Side, made, numbers.constant))


class _Side(HeldSide):
    """Coordinates of one colour."""

    held = "where decay does not matter"

    def __init__(
        self, made: Bernoulli, constant: Polynomial, sign: int, decay: int, start: str
    ) -> None:
        super().__init__(made, constant, sign, decay, start)
        self.damping = abs(self.groups.expression(made.alpha))
        self.coherent = sign * self.groups.expression(made.beta) if made.beta else sympy.S.Zero
        self.petal = Symbol(petal_name((2,)), positive=True)
        self.p = local(sympy_symbol(made.closure.rows.features))

    @property
    def rises(self) -> bool:
        """Whether the coordinates together drive themselves outwards."""
        return bool(self.coherent.is_positive)

    def own(self) -> list[Ending]:
        """Coordinates that gather, or die."""
        if self.growth > 0:
            return self._growing()
        if not self.rises:
            return [self.dying()]
        return [self.dying(GOES_ON), self.taking_off(f"{TELLS} an end")]

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
            self.taking_off(conditions(below, f"{TELLS} an end")),
            self.taking_off(above),
            self._meeting(level),
            self.taking_off(conditions(level, f"{TELLS} an end")),
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
            self.said(condition, GOES_ON),
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
            condition=self.said(condition),
            evidence=derived(
                f"the stable fixed point at which all coordinates gather{border * self.rises}"
            ),
            rate=self.in_time(rate),
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

        loss = self.loss_at({(j,): average(j) for (j,) in self._observed})
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

    @property
    def _observed(self) -> tuple[Exponent, ...]:
        return tuple(self.made.closure.observable.variables)

    def _loss(self, petal: Expr) -> Expr:
        """The loss where all coordinates are alike."""
        return self.loss_at(
            {(j,): self.p * (petal / self.p) ** Rational(Fraction(j, 2)) for (j,) in self._observed}
        )
