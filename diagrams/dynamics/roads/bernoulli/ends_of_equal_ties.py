"""The ends of coordinates of several colours that move together.

On the side of the times on which the target holds single coordinates back, with ``s`` growing there
from zero, and ``A > 0``,

    dv_c/ds = v_c (L + b z_2^m) - A v^M / v_c

(:mod:`diagrams.dynamics.roads.bernoulli.structure`).  The squares, with the linear growth divided
out, keep their differences: the smallest of a row tends to zero, so that ``E[v^M]`` does, but
``E[v_c^2]`` keeps a positive limit.  Hence what differs from one colour:

* nothing holds the largest coordinates: with ``b > 0``, and ``L >= 0``, the solution always ends;
* with ``b < 0`` the second petal falls in the end as if there were no target, or settles where its
  growth ``L`` and its damping agree.

``E[v^M]`` falls faster than ``1/r`` in the normalised time of
:mod:`diagrams.dynamics.averages.flow_coefficients`, because it falls and its integral
converges; in ``z_M`` that is always less than what is named.
"""

from __future__ import annotations

from functools import partial

import sympy
from sympy import Expr, Rational, Symbol

from diagrams.dynamics.ends.ending import GOES_ON, Ending, derived
from diagrams.dynamics.petals.grouping import local, public
from diagrams.dynamics.roads.bernoulli.held_side import TELLS, HeldSide, endings_by_signs
from diagrams.dynamics.roads.bernoulli.structure import Bernoulli
from diagrams.dynamics.solution import Solution
from diagrams.polynomials.polynomial import Polynomial, sympy_symbol

CLOCK = sympy_symbol("t") / sympy_symbol("T")


def endings_of_equal_ties(
    solution: Solution, held: tuple[Bernoulli, Polynomial]
) -> tuple[Ending, ...]:
    """Return the ends of several colours that move together, with decay or without.

    ``held`` are their structure and the constant.
    """
    return endings_by_signs(solution, held[0], partial(_Side, *held))


class _Side(HeldSide):
    """Coordinates of several colours."""

    held = "which it reaches"

    @property
    def beta(self) -> Expr:
        """The coherent rate."""
        return local(self.groups.expression(self.made.beta))

    def own(self) -> list[Ending]:
        """Coordinates that take off, settle or fall."""
        if not self.made.beta:
            return [self._uncoupled()]
        if self.sign > 0:
            return [self.taking_off()] if self.growth >= 0 else self._undecided()
        if self.growth > 0:
            return [self._settled()]
        return [self.dying()] if self.growth else [self._damped()]

    def _uncoupled(self) -> Ending:
        """Vertex E: squares keep their differences, and products with the smallest vanish."""
        if self.growth < 0:
            return self.dying()
        reason = "of every row the smallest coordinate dies, and with it the product"
        return self._end(self.constant, reason)

    def _damped(self) -> Ending:
        """Without decay ``z_2' = -2 beta z_2^(m + 1)`` in the end, whatever came before."""
        power, petal = self.made.power, Symbol("z", positive=True)
        loss = self._loss(petal)
        least = min(sympy.Poly(loss, petal).monoms())[0] if loss else 0
        if not least:
            return self._end(self.constant, "the second petal falls to zero")
        lead = sympy.expand(loss).coeff(petal, least) * petal**least
        fall = 2 * power * self.beta * local(self.side * CLOCK)
        approach = public(sympy.powsimp(lead.subs(petal, fall ** Rational(-1, power))))
        return Ending(
            self.side * sympy.oo,
            self.constant,
            sympy.factor_terms(approach),
            -Rational(least, power),
            self.start,
            evidence=derived("the first integral, its average at large arguments"),
        )

    def _settled(self) -> Ending:
        """Growth by a negative decay against the damping by the second petal."""
        petal = (self.decay / self.beta) ** Rational(1, self.made.power)
        limit = public(self._loss(petal)) + self.constant
        return self._end(limit, "growth and damping of the second petal agree")

    def _undecided(self) -> list[Ending]:
        return [self.dying(GOES_ON), self.taking_off(f"{TELLS} an end")]

    def _end(self, limit: Expr, reason: str) -> Ending:
        end = self.side * sympy.oo
        return Ending(end, limit, condition=self.start, evidence=derived(reason))

    def _loss(self, petal: Expr) -> Expr:
        """The loss without the petal of the target, and without constant."""
        made, observed = self.made, self.made.closure.observable
        values = {m: petal if m == made.square else sympy.S.Zero for m in observed.variables}
        return sympy.expand(self.loss_at(values))
