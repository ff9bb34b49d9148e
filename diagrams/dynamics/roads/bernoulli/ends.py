"""The ends of implicit solutions and of coordinates: first integrals near their singularities."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import mpmath
import sympy
from sympy import Expr, Rational, Symbol

from diagrams.dynamics.ends.ending import Ending, derived, unknown
from diagrams.dynamics.petals.grouping import grouping, local, public
from diagrams.dynamics.petals.petal_equation import petal_expression
from diagrams.dynamics.petals.petals import Exponent
from diagrams.dynamics.roads.bernoulli.formula import blow_up_exponent
from diagrams.dynamics.roads.bernoulli.numbers import ByFirstIntegral
from diagrams.dynamics.roads.coordinates.numbers import ByCoordinates
from diagrams.dynamics.roads.single_atom.single_atom import BySingleAtom
from diagrams.dynamics.solution import Solution
from diagrams.polynomials.polynomial import sympy_symbol

END = Symbol("t_c")
TIME = sympy_symbol("t")
NO_SUM = "the series has no Borel sum on this side, and there is no number"
DIGITS = 12
"""Digits of a threshold in the text of a condition."""


def of_single_atom(solution: Solution, numbers: BySingleAtom) -> tuple[Ending, ...]:
    """Near the singularities of the integral: ``u`` up to the least ``1/r``, or to ``-oo``."""
    made = numbers.structure
    ratios = dict(made.ratios)
    largest = max(ratios.values())
    last = 1 / largest
    closing = sum(power for m, power in made.powers if ratios[m] == largest)
    groups = grouping([c for _, c in numbers.observable], _row_size(numbers))
    gap = Symbol("epsilon", positive=True)

    def at(u: Expr) -> Expr:
        start = local(made.start.to_sympy())
        petals = {m: start * (1 - _rational(r) * u) for m, r in made.ratios}
        return sympy.factor(petal_expression(numbers.observable, petals, groups))

    value = at(_rational(last) * (1 - gap))
    limit = sympy.factor(value.subs(gap, 0))
    lead = sympy.factor(sympy.expand(value - limit).as_leading_term(gap))
    order = sympy.degree(lead, gap) if lead else 0
    rest = sympy.Mul(
        *(
            (1 - _rational(ratios[m] * last)) ** (-power)
            for m, power in made.powers
            if ratios[m] != largest
        )
    )
    speed = local(groups.expression(made.rate)) * Symbol("t", positive=True)
    speed = speed / Symbol("T", positive=True)
    approach: Expr | None = None
    exponent = None
    if closing > 1:
        # rate t/T = rest * last * gap^(1 - n) / (n - 1)
        inner = (rest * _rational(last) / ((closing - 1) * speed)) ** Rational(1, closing - 1)
        approach = sympy.powdenest(sympy.powsimp(lead.subs(gap, inner)))
        exponent = -Rational(order, closing - 1)
    constant = numbers.constant.to_sympy()
    found = [
        Ending(
            sympy.oo,
            public(limit) + constant,
            None if approach is None else sympy.factor_terms(public(approach)),
            exponent,
            evidence=derived("the integral near its singularity"),
        )
    ]
    degree = sum(power for _, power in made.powers)
    height = max(sum(power for _, power in petals) for petals, _ in numbers.observable)
    if solution.existence and degree > 1:
        found.append(
            Ending(
                solution.existence[0],
                sympy.oo,
                None,
                -Rational(height, degree - 1),
                evidence=derived("the integral at u -> -oo"),
            )
        )
    return tuple(found)


def _row_size(numbers: BySingleAtom) -> str:
    """The size by which the parameters of an observable are grouped."""
    names = {name for _, c in numbers.observable for name in c.symbols}
    return "H" if "H" in names else min(names)


def _rational(value: Fraction) -> Rational:
    return Rational(value.numerator, value.denominator)


def of_first_integral(numbers: ByFirstIntegral) -> tuple[Ending, ...]:
    """Where the integral of ``G^m`` converges every petal falls like a power of ``t``.

    ``phi`` tends to a constant, and ``z_j -> p (d |alpha tau|)^(-j/d)`` does not hold it.
    """
    made = numbers.structure
    sign = _sign_of(made.alpha.to_sympy())
    if sign is not None:
        return _of_sign(numbers, sign, "")
    factor = made.alpha.to_sympy().as_coeff_Mul()[1]
    names = sympy.sstr(factor)
    return (
        *(replace(end, where=(factor > 0,)) for end in _of_sign(numbers, 1, f"{names} > 0")),
        *(replace(end, where=(factor < 0,)) for end in _of_sign(numbers, -1, f"{names} < 0")),
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
    conditions, found = [start] if start else [], []
    if critical is not None:
        monomial, bound = critical
        shown = sympy.sstr(public(groups.expression(monomial)))
        number = mpmath.nstr(bound.value, DIGITS)
        above = " and ".join([*conditions, f"{shown} > {number}"])
        evidence = derived("the first integral near the zero of 1/phi")
        power = _rational(blow_up_exponent(made))
        found.append(Ending(END, sympy.oo, None, power, above, evidence=evidence))
        conditions.append(f"{shown} < {number}")
        # on the border the coordinates gather where target and coherent atom balance
        damping, coherent = (abs(groups.expression(c)) for c in (made.alpha, made.beta))
        balance = damping / (coherent * p**made.power)
        held = balance ** Rational(1, 2 * made.power - made.d)
        plateau = sympy.powdenest(sympy.simplify(whole.subs(petal, held)), force=True)
        found.append(
            Ending(
                side * sympy.oo,
                public(plateau) + numbers.constant.to_sympy(),
                condition=f"{shown} = {number}",
                evidence=derived("the unstable fixed point, at which 1/phi vanishes at infinity"),
            )
        )
    calm = Ending(
        side * sympy.oo,
        numbers.constant.to_sympy(),
        approach,
        -Rational(least, made.d),
        " and ".join(conditions),
        evidence=derived("the first integral, its averages at large arguments"),
    )
    listed = [calm, *found, unknown(NO_SUM, -side, start)]
    return tuple(sorted(listed, key=lambda end: bool(end.time != sympy.oo)))


def of_coordinates(numbers: ByCoordinates) -> tuple[Ending, ...]:
    """A side on which every term of the equations shrinks every coordinate ends at zero."""
    odd = any(entry % 2 for m, _ in numbers.driving for entry in m)
    closure = numbers.closure
    drifts = [value for c in range(len(closure.rows.colours)) for _, value in closure.drift(c)]
    signs = {_sign_of(c.to_sympy()) for value in drifts for _, c in value}
    found = []
    for side in (1, -1):
        driven = any(_sign_of(-c.to_sympy()) != -side for _, c in numbers.driving)
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


def _sign_of(expression: Expr) -> int | None:
    """The sign of a rate with positive sizes; ``None`` where a scale decides."""
    scales = {s.name for s in expression.free_symbols} - {"p", "H", "sigma"}
    if scales:
        return None
    number = expression.as_coeff_Mul()[0] if not expression.is_Add else expression
    here = local(number)
    return 1 if here.is_positive else -1 if here.is_negative else None
