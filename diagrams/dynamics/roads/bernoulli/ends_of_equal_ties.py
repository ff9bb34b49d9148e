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

from dataclasses import replace

import sympy
from sympy import Expr, Rational, Symbol

from diagrams.dynamics.ends.ending import GOES_ON, Ending, blowing_up, derived, unknown
from diagrams.dynamics.explicit.scales import scales_of
from diagrams.dynamics.petals.grouping import grouping, local, public
from diagrams.dynamics.petals.petal_equation import petal_expression
from diagrams.dynamics.roads.bernoulli.ends_with_decay import TELLS, signs
from diagrams.dynamics.roads.bernoulli.structure import NO_SUM, PHI, Bernoulli, blow_up_exponent
from diagrams.dynamics.sentences import conditions, sentence
from diagrams.dynamics.solution import Solution
from diagrams.polynomials.polynomial import Polynomial, sympy_symbol

CLOCK = sympy_symbol("t") / sympy_symbol("T")


def endings_of_equal_ties(
    solution: Solution, held: tuple[Bernoulli, Polynomial]
) -> tuple[Ending, ...]:
    """Return the ends of several colours that move together, with decay or without.

    ``held`` are their structure and the constant; a decay that is a symbol is taken positive.
    """
    (made, constant), found, scales = held, [], sorted(scales_of(solution))
    for sign, case, where in signs(made.alpha, scales, both=True):
        growths = signs(made.decay, scales, both=False) if made.decay else [(0, "", ())]
        for decay, decays, also in growths:
            start = conditions(case, decays)
            listed = _Side(made, constant, sign, decay, start).endings()
            found += [replace(end, where=(*where, *also)) for end in listed]
    return tuple(sorted(found, key=lambda end: bool(end.time != sympy.oo)))


class _Side:
    """The side of the times on which the target holds coordinates back, for given signs.

    ``sign`` is that of ``alpha``, ``decay`` that of the decay, zero where there is none.
    """

    def __init__(
        self, made: Bernoulli, constant: Polynomial, sign: int, decay: int, start: str
    ) -> None:
        self.made = made
        drift = [value for _, value in made.closure.drift(0)]
        coefficients = [c for value in (made.closure.observable, *drift) for _, c in value]
        self.groups = grouping(coefficients, made.closure.rows.number)
        self.constant = constant.to_sympy()
        self.side, self.sign, self.start = -sign, sign, start
        self.growth = sign * decay
        """The sign of ``L``."""
        self.beta = local(self.groups.expression(made.beta))
        self.decay = abs(local(made.decay.to_sympy())) if decay else sympy.S.Zero

    def endings(self) -> list[Ending]:
        """The ends on this side, and what is not known of the other."""
        return [*self._own(), unknown(NO_SUM, -self.side, self.start)]

    def _own(self) -> list[Ending]:
        if not self.made.beta:
            return [self._uncoupled()]
        if self.sign > 0:
            return [self._taking_off("")] if self.growth >= 0 else self._undecided()
        if self.growth > 0:
            return [self._settled()]
        return [self._dying("")] if self.growth else [self._damped()]

    def _uncoupled(self) -> Ending:
        """Vertex E: squares keep their differences, and products with the smallest vanish."""
        if self.growth < 0:
            return self._dying("")
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

    def _dying(self, condition: str) -> Ending:
        """Where decay rules all coordinates die with it; the petal of least degree is last."""
        least = min(
            sum(sum(m) * count for m, count in petals) for petals, _ in self.made.closure.observable
        )
        return Ending(
            self.side * sympy.oo,
            self.constant,
            condition=conditions(self.start, condition),
            evidence=derived("all coordinates die at last with the rate of their linear term"),
            rate=-self.side * least * public(self.decay) / sympy_symbol("T"),
        )

    def _undecided(self) -> list[Ending]:
        return [
            self._dying(GOES_ON),
            self._taking_off(f"{TELLS} an end"),
        ]

    def _taking_off(self, condition: str) -> Ending:
        said = conditions(self.start, condition)
        reason = sentence("the equation of 1/{} near its zero, which it reaches", PHI)
        return blowing_up(blow_up_exponent(self.made), said, reason)

    def _end(self, limit: Expr, reason: str) -> Ending:
        end = self.side * sympy.oo
        return Ending(end, limit, condition=self.start, evidence=derived(reason))

    def _loss(self, petal: Expr) -> Expr:
        """The loss without the petal of the target, and without constant."""
        made, observed = self.made, self.made.closure.observable
        values = {m: petal if m == made.square else sympy.S.Zero for m in observed.variables}
        return sympy.expand(petal_expression(observed, values, self.groups))
