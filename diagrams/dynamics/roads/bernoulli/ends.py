"""The ends of coordinates of one colour with a first integral: its singularities."""

from __future__ import annotations

from dataclasses import replace

import mpmath
import sympy
from sympy import Expr, Rational, Symbol

from diagrams.dynamics.ends.ending import END, TIME, Ending, derived, late_first, unknown
from diagrams.dynamics.explicit.scales import scales_of, sign_of
from diagrams.dynamics.petals.grouping import grouping, local, public
from diagrams.dynamics.petals.petal_equation import petal_expression
from diagrams.dynamics.petals.petals import Exponent
from diagrams.dynamics.roads.bernoulli.numbers import ByFirstIntegral
from diagrams.dynamics.roads.bernoulli.structure import NO_SUM, PHI, blow_up_exponent
from diagrams.dynamics.sentences import conditions, sentence
from diagrams.dynamics.solution import Solution
from diagrams.polynomials.polynomial import sympy_symbol

DIGITS = 12
"""Digits of a threshold in the text of a condition."""


def of_first_integral(solution: Solution, numbers: ByFirstIntegral) -> tuple[Ending, ...]:
    """Where the integral of ``G^m`` converges every petal falls like a power of ``t``.

    ``phi`` tends to a constant, and ``z_j -> p (d |alpha tau|)^(-j/d)`` does not hold it.
    """
    made = numbers.structure
    alpha = made.alpha.to_sympy()
    sign = sign_of(alpha, scales_of(solution))
    if sign is not None:
        return _of_sign(numbers, sign, "")
    factor = alpha.as_coeff_Mul()[1]
    return tuple(
        replace(end, where=(where,))
        for mark, case, where in ((1, ">", factor > 0), (-1, "<", factor < 0))
        for end in _of_sign(numbers, mark, sentence("{} {} 0", factor, case))
    )


def _of_sign(numbers: ByFirstIntegral, sign: int, start: str) -> tuple[Ending, ...]:
    """The same for one sign of ``alpha``; ``start`` says which, where a scale decides."""
    side, made = -sign, numbers.structure
    rows = made.closure.rows
    groups = grouping([c for _, c in made.closure.observable], rows.number)
    petal, p = Symbol("w", positive=True), local(sympy_symbol(rows.features))
    symbols: dict[Exponent, Expr] = {
        (j,): p * petal**j for (j,) in made.closure.observable.variables
    }
    whole = sympy.expand(petal_expression(made.closure.observable, symbols, groups))
    least = min(sympy.Poly(whole, petal).monoms())[0]
    lead = whole.coeff(petal, least) * petal**least
    speed = made.d * local(sympy_symbol("t") / sympy_symbol("T") * made.alpha.to_sympy())
    approach = public(sympy.powsimp(lead.subs(petal, speed ** Rational(-1, made.d))))
    approach = sympy.factor_terms(approach.xreplace({TIME: -TIME}))
    critical = numbers.critical(DIGITS) if sign > 0 else None
    held, found = start, []
    if critical is not None:
        monomial, bound = critical
        shown = public(groups.expression(monomial))
        number = mpmath.nstr(bound.value, DIGITS)
        above = conditions(start, sentence("{} > {}", shown, number))
        evidence = derived(sentence("the first integral near the zero of 1/{}", PHI))
        power = Rational(blow_up_exponent(made))
        found.append(Ending(END, sympy.oo, None, power, above, evidence=evidence))
        held = conditions(start, sentence("{} < {}", shown, number))
        # on the border the coordinates gather where target and coherent atom balance
        damping, coherent = (abs(groups.expression(c)) for c in (made.alpha, made.beta))
        balance = damping / (coherent * p**made.power)
        resting = balance ** Rational(1, 2 * made.power - made.d)
        plateau = sympy.powdenest(sympy.simplify(whole.subs(petal, resting)), force=True)
        found.append(
            Ending(
                side * sympy.oo,
                public(plateau) + numbers.constant.to_sympy(),
                condition=sentence("{} = {}", shown, number),
                evidence=derived(
                    sentence("the unstable fixed point, at which 1/{} vanishes at infinity", PHI)
                ),
            )
        )
    calm = Ending(
        side * sympy.oo,
        numbers.constant.to_sympy(),
        approach,
        -Rational(least, made.d),
        held,
        evidence=derived("the first integral, its averages at large arguments"),
    )
    listed = [calm, *found, unknown(NO_SUM, -side, start)]
    return late_first(listed)
