"""The side of the times on which the target holds single coordinates back: what all ends share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace

import sympy
from sympy import Expr
from sympy.core.relational import Relational

from diagrams.dynamics.ends.ending import Ending, blowing_up, derived, late_first, unknown
from diagrams.dynamics.explicit.scales import scales_of
from diagrams.dynamics.petals.grouping import Grouping, grouping, local, public
from diagrams.dynamics.petals.petal_equation import petal_expression
from diagrams.dynamics.petals.petals import Exponent
from diagrams.dynamics.roads.bernoulli.structure import NO_SUM, PHI, Bernoulli, blow_up_exponent
from diagrams.dynamics.sentences import conditions, listed, sentence
from diagrams.dynamics.solution import Solution
from diagrams.errors import NotSolved
from diagrams.polynomials.polynomial import Polynomial, sympy_symbol

TELLS = "existence_time finds"


def endings_by_signs(
    solution: Solution, made: Bernoulli, side: Callable[[int, int, str], HeldSide]
) -> tuple[Ending, ...]:
    """Return the ends for all signs of the target; a decay that is a symbol is taken positive.

    ``side`` takes the sign of ``alpha``, that of the decay (zero where there is none), and the
    condition for both.
    """
    found, scales = [], sorted(scales_of(solution))
    for sign, case, where in signs(made.alpha, scales, both=True):
        growths = signs(made.decay, scales, both=False) if made.decay else [(0, "", ())]
        for decay, decays, also in growths:
            ends = side(sign, decay, conditions(case, decays)).endings()
            found += [replace(end, where=(*where, *also)) for end in ends]
    return late_first(found)


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


class HeldSide(ABC):
    """One side for given signs; ``start`` is the condition for them."""

    held: str
    """What becomes of the equation near the zero of ``1/phi``."""

    def __init__(
        self, made: Bernoulli, constant: Polynomial, sign: int, decay: int, start: str
    ) -> None:
        self.made, self.start, self.sign, self.side = made, start, sign, -sign
        self.growth = sign * decay
        """The sign of the linear growth."""
        drift = [value for _, value in made.closure.drift(0)]
        coefficients = [c for value in (made.closure.observable, *drift) for _, c in value]
        self.groups: Grouping = grouping(coefficients, made.closure.rows.number)
        self.constant = constant.to_sympy()
        self.decay = abs(local(made.decay.to_sympy())) if decay else sympy.S.Zero

    def endings(self) -> list[Ending]:
        """The ends on this side, and what is not known of the other."""
        return [*self.own(), unknown(NO_SUM, -self.side, self.start)]

    @abstractmethod
    def own(self) -> list[Ending]:
        """The ends on this side."""

    def said(self, *more: str) -> str:
        """The condition of the signs, and more."""
        return conditions(self.start, *more)

    def in_time(self, rate: Expr) -> Expr:
        """The rate of an exponential in ``t``."""
        return -self.side * public(rate) / sympy_symbol("T")

    def dying(self, condition: str = "") -> Ending:
        """Where decay rules all coordinates die with it; the petal of least degree is last."""
        least = min(
            sum(sum(m) * count for m, count in petals) for petals, _ in self.made.closure.observable
        )
        return Ending(
            self.side * sympy.oo,
            self.constant,
            condition=self.said(condition),
            evidence=derived("all coordinates die at last with the rate of their linear term"),
            rate=self.in_time(least * self.decay),
        )

    def taking_off(self, condition: str = "") -> Ending:
        """Blow-up, where ``1/phi`` reaches zero."""
        reason = sentence("the equation of 1/{} near its zero, {}", PHI, self.held)
        return blowing_up(blow_up_exponent(self.made), self.said(condition), reason)

    def loss_at(self, petals: dict[Exponent, Expr]) -> Expr:
        """The loss without its constant, at values of the petals."""
        return petal_expression(self.made.closure.observable, petals, self.groups)
