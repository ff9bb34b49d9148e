"""The ends of coordinates of several colours whose ties are even and not all equal.

With the target ``a z_m`` and the coherent atom ``b prod_c z_(2 e_c)^(m_c)`` in the generator, and
``q_c = z_(2 e_c)``, both terms take from ``q_c/m_c`` the same amount for every colour c: their
differences are conserved.  Where both hold coordinates back, the least of them, that of the largest
multiplicity, goes to zero, and the others keep what is left.  The target alone would stop short
of that: of every row it takes one coordinate only, that with the least ``v_c^2/m_c``, and leaves
the others.  So the coherent atom is what rules at late times,

    dq/dtau = -m B q^(n m),    B = (4 b/H) prod of q_c^(m_c) over the smaller multiplicities,

for the n colours of the largest multiplicity m.  Where the coherent atom drives coordinates
outwards, the rows that kept them grow for ever, and end in finite time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sympy
from sympy import Expr, Rational

from diagrams.dynamics.ends.ending import END, Ending, derived, late_first, unknown
from diagrams.dynamics.explicit.scales import scales_of, sign_of
from diagrams.dynamics.petals.grouping import grouping, local, public
from diagrams.dynamics.petals.petals import Exponent
from diagrams.dynamics.roads.bernoulli.held_side import signs
from diagrams.dynamics.roads.bernoulli.structure import NO_SUM
from diagrams.dynamics.roads.coordinates.numbers import ByCoordinates
from diagrams.dynamics.sentences import conditions
from diagrams.dynamics.solution import Solution
from diagrams.errors import NotSolved
from diagrams.polynomials.polynomial import Polynomial, sympy_symbol

CLOCK = sympy_symbol("t") / sympy_symbol("T")
REASON = "the ends of several colours"


@dataclass(frozen=True)
class Colours:
    """The parts of a generator: target, coherent atom, decay; ``ties`` are the multiplicities."""

    numbers: ByCoordinates
    ties: Exponent
    target: Polynomial
    coherent: Polynomial
    decay: Polynomial

    @property
    def equal(self) -> bool:
        """Whether all multiplicities are equal."""
        return len(set(self.ties)) == 1


def colours_of(numbers: ByCoordinates) -> Colours:
    """Return the parts of the generator; raises ``NotSolved`` where it is not of this form."""
    closure = numbers.closure
    count = len(closure.rows.colours)
    if len(numbers.driving) != 1 or count < 2 or len(set(closure.rows.rates)) > 1:
        raise NotSolved(f"{REASON}: need one target")
    ((ties, target),) = numbers.driving
    if not all(ties) or any(entry % 2 for entry in ties) or not target.is_monomial:
        raise NotSolved(f"{REASON}: need even ties")
    squares = [tuple(2 * (c == k) for k in range(count)) for c in range(count)]
    together = dict(zip(squares, ties, strict=True))
    coherent, decays = Polynomial(), dict.fromkeys(squares, Polynomial())
    for petals, c in closure.whole_generator:
        found = dict(petals)
        if found == together:
            coherent = coherent + c
        elif len(petals) == 1 and petals[0][1] == 1 and petals[0][0] in decays:
            decays[petals[0][0]] = decays[petals[0][0]] + c
        elif found != {ties: 1}:
            raise NotSolved(f"{REASON}: need the coherent atom alone")
    if len(set(decays.values())) > 1 or len(set(closure.rows.variances)) > 1:
        raise NotSolved(f"{REASON}: need one decay and one variance")
    size = Polynomial.monomial(2, {closure.rows.number: -1})
    return Colours(numbers, ties, target, coherent, decays[squares[0]] * size)


def endings_of_coordinates(solution: Solution, numbers: ByCoordinates) -> tuple[Ending, ...]:
    """Return the ends: of several colours where their generator is known, else from signs alone.

    A side on which every term of the equations shrinks every coordinate ends at zero.
    """
    scales = sorted(scales_of(solution))
    try:
        return _endings_of_colours(colours_of(numbers), scales)
    except NotSolved:
        pass
    odd = any(entry % 2 for m, _ in numbers.driving for entry in m)
    closure = numbers.closure
    drifts = [value for c in range(len(closure.rows.colours)) for _, value in closure.drift(c)]
    signs = {sign_of(c.to_sympy(), scales) for value in drifts for _, c in value}
    found = []
    for side in (1, -1):
        driven = any(sign_of(-c.to_sympy(), scales) != -side for _, c in numbers.driving)
        if odd or (driven and numbers.driving):
            found.append(unknown(NO_SUM, side))
        elif signs == {-side}:
            evidence = derived("every term of the equations shrinks every coordinate")
            found.append(Ending(side * sympy.oo, numbers.constant.to_sympy(), evidence=evidence))
        else:
            reason = (
                "the terms of the equations work against each other, and no first integral is known"
            )
            found.append(unknown(reason, side))
    return tuple(found)


def _endings_of_colours(made: Colours, scales: Sequence[str]) -> tuple[Ending, ...]:
    """The ends; ``scales`` are the symbols of scale and decay, a decay positive.

    Raises :class:`~diagrams.errors.NotSolved` for equal ties without decay, and a decay below zero.
    """
    if made.equal and not made.decay:
        raise NotSolved(f"{REASON}: the ties are equal")
    found: list[Ending] = []
    for sign, case, where in signs(made.target, scales, both=True):
        positive = signs(made.decay, scales, both=False) if made.decay else [(1, "", ())]
        ((growth, decays, also),) = positive
        if growth < 0:
            raise NotSolved(f"{REASON}: a decay below zero")
        start = conditions(case, decays)
        here = (_calm_side(made, sign, start), unknown(NO_SUM, -sign, start))
        found += [replace(end, where=(*where, *also)) for end in here]
    return late_first(found)


def _calm_side(made: Colours, side: int, condition: str) -> Ending:
    """The side on which the target holds coordinates back, that of its sign."""
    constant = made.numbers.constant.to_sympy()
    degree = sum(made.ties)
    if side > 0 and made.decay:
        rate = -degree * public(local(made.decay.to_sympy())) / sympy_symbol("T")
        evidence = derived("every term of the equations shrinks every coordinate")
        return Ending(sympy.oo, constant, condition=condition, evidence=evidence, rate=rate)
    if side < 0 and made.coherent:
        evidence = derived("the coherent atom drives the rows that the target does not hold")
        power = -Rational(degree, degree - 1)
        return Ending(END, sympy.oo, None, power, condition, evidence=evidence)
    if side < 0 and made.decay:
        return unknown(
            "decay makes the coordinates grow, and the target holds some", side, condition
        )
    if not made.coherent:
        evidence = derived("of every row the coordinate with the least v_c^2/m_c dies")
        return Ending(side * sympy.oo, constant, condition=condition, evidence=evidence)
    approach, power = _dying(made)
    return Ending(
        sympy.oo,
        constant,
        approach,
        power,
        condition,
        evidence=derived("the conserved differences of q_c/m_c, and the coherent atom alone"),
    )


def _dying(made: Colours) -> tuple[Expr, Rational]:
    """The leading term of the loss where both atoms damp, and its power of the time."""
    closure = made.numbers.closure
    coefficients = [c for _, c in closure.observable]
    for colour in sorted(set(closure.classes)):
        coefficients += [c for _, value in closure.drift(colour) for _, c in value]
    groups = grouping(coefficients, closure.rows.number)
    most = max(made.ties)
    count = made.ties.count(most)
    start = local((Polynomial.symbol(closure.rows.features) * closure.rows.variances[0]).to_sympy())
    strength = groups.expression(made.coherent)
    kept = sympy.Mul(*((start * (1 - Rational(m, most))) ** m for m in made.ties if m != most))
    power = count * most
    rate = most * (power - 1) * 4 * strength / local(sympy_symbol(closure.rows.number)) * kept
    time = local(CLOCK)
    petal = (rate * time) ** Rational(-1, power - 1)
    approach = sympy.powsimp(sympy.powdenest(strength * kept * petal**power, force=True))
    return sympy.factor_terms(public(approach)), -Rational(power, power - 1)
