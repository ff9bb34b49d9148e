"""Faces where the largest atom moves petals linearly, and the next ones disturb it a little.

If the rates of finitely many petals are linear to leading order, ``z' = A z + Q(z)`` with the
quadratic part ``Q`` of lower order on the face, then to the order that leads there

    z = z_1 + z_2,  z_1 = exp(A tau) z(0),  z_2 = int_0^tau exp(A (tau - s)) Q(z_1(s)) ds,

and the observable keeps its terms up to second degree.  The second term is what leads at every
order at which the first has no average.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy
from sympy import Expr, Symbol

from diagrams.dynamics.ends.ends_by_scale import OF_FORMULA
from diagrams.dynamics.explicit.numbers import ByFormula
from diagrams.dynamics.expressions.writing import written
from diagrams.dynamics.face import Face
from diagrams.dynamics.petals.atoms import without_petals
from diagrams.dynamics.petals.closure import Closure, closure_of
from diagrams.dynamics.petals.grouping import grouping, inserted, local, public
from diagrams.dynamics.petals.petal_equation import TIME, petal_expression
from diagrams.dynamics.petals.petals import Exponent, PetalPolynomial, petal_name
from diagrams.dynamics.petals.presentation import closure_steps
from diagrams.dynamics.refusals import Inapplicable
from diagrams.dynamics.road import Applies, Derivation, Road
from diagrams.dynamics.roads.certified import certified
from diagrams.dynamics.step import Step
from diagrams.polynomials.polynomial import Polynomial, sympy_symbol

SUBJECT = "the linear response to the atoms of the next size"


@dataclass(frozen=True)
class Response:
    """A closure quadratic in finitely many petals, and their rates by degree."""

    closure: Closure
    symbols: Mapping[Exponent, Symbol]
    linear: sympy.Matrix
    """``z' = linear z`` to leading order."""


class LinearResponse(Road[Face, Response]):
    """The solution to second degree in the petals."""

    name = "linear response"

    def applies(self, asked: Face) -> Applies[Response] | Inapplicable:
        """Where the largest atoms move finitely many petals linearly, the next by products."""
        off = without_petals(asked.problem)
        if off is not None:
            return off
        largest = closure_of(asked.problem, asked.regime)
        closure = closure_of(asked.problem, asked.regime, levels=2)
        variables = closure.variables
        if _degree(largest.observable) != 1:
            return Inapplicable("the largest atoms are not linear in the petals")
        if variables is None or _degree(closure.observable) != 2:
            return Inapplicable("the next atoms are not quadratic in finitely many petals")
        if any(_degree(closure.rate(m)) > 2 for m in variables):
            return Inapplicable("the next atoms drive petals by more than products of two")
        symbols = {m: Symbol(f"z{k}", real=True) for k, m in enumerate(variables)}
        groups = grouping((), closure.rows.number)
        rows = [-petal_expression(_part(closure.rate(m), 1), symbols, groups) for m in variables]
        linear = sympy.Matrix([[sympy.diff(row, z) for z in symbols.values()] for row in rows])
        if not all(entry.is_number for entry in linear) or not linear.is_diagonalizable():
            fact = "the linear rates of the petals are no diagonalisable matrix of numbers"
            return Inapplicable(fact)
        return Applies(Response(closure, symbols, linear))

    def derived(self, asked: Face, found: Response) -> Derivation:
        """Variation of constants."""
        closure = found.closure
        evidence = certified(_coefficients(closure, asked.exact.terms), asked, SUBJECT).evidence
        formula, definitions, steps = _solved(found)
        clock = sympy_symbol("t") / sympy_symbol("T")
        shown = public(formula).xreplace({sympy_symbol(TIME.name): clock})
        shown += asked.constant.to_sympy()
        return Derivation(
            "explicit",
            shown,
            ByFormula(inserted(shown, definitions)),
            OF_FORMULA,
            evidence,
            (*closure_steps(closure), *steps, Step("certificate", evidence.sentence)),
            definitions,
            domain="all t at which the second term is small against the first",
        )


def _degree(value: PetalPolynomial) -> int:
    return max((sum(power for _, power in petals) for petals, _ in value), default=0)


def _part(value: PetalPolynomial, degree: int) -> PetalPolynomial:
    return PetalPolynomial.of(
        (petals, c) for petals, c in value if sum(power for _, power in petals) == degree
    )


def _coefficients(closure: Closure, terms: int) -> tuple[Polynomial, ...]:
    """What terms up to second degree in the petals say of ``Y_0, Y_1, ..``."""
    found, value = [], closure.observable
    for _ in range(terms + 1):
        value = _part(value, 1) + _part(value, 2)
        found.append(value.value(closure.rows.initial))
        value = -1 * closure.following(value)
    return tuple(found)


def _equations(
    variables: Sequence[Exponent], letter: str, values: sympy.Matrix
) -> tuple[sympy.Basic, ...]:
    """The petals, or what is added to them, as functions of tau."""
    return tuple(
        sympy.Eq(
            Symbol(petal_name(m).replace("z", letter, 1)),
            public(written(sympy.expand(value), TIME)),
            evaluate=False,
        )
        for m, value in zip(variables, values, strict=True)
    )


def _solved(found: Response) -> tuple[Expr, tuple[tuple[Symbol, Expr], ...], tuple[Step, ...]]:
    closure, symbols = found.closure, found.symbols
    variables, names = tuple(symbols), list(symbols.values())
    groups = grouping((), closure.rows.number)  # sums of several sizes are collected anew

    def expression(value: PetalPolynomial) -> Expr:
        return petal_expression(value, symbols, groups)

    basis, diagonal = found.linear.diagonalize()
    count = len(names)

    def flow(time: Expr) -> sympy.Matrix:
        growth = sympy.diag(*(sympy.exp(diagonal[k, k] * time) for k in range(count)))
        return basis * growth * basis.inv()

    start = sympy.Matrix([local(closure.rows.initial(m).to_sympy()) for m in variables])
    earlier = Symbol("s", real=True)
    first = flow(TIME) * start
    moved = dict(zip(names, flow(earlier) * start, strict=True))
    driving = sympy.Matrix([-expression(_part(closure.rate(m), 2)) for m in variables])
    integrand = (flow(TIME - earlier) * driving.xreplace(moved)).applyfunc(
        lambda e: sympy.expand(sympy.expand(e), power_exp=True)
    )
    second = integrand.applyfunc(lambda e: sympy.integrate(e, (earlier, 0, TIME)))
    observable = [expression(_part(closure.observable, degree)) for degree in (1, 2)]
    lowest = observable[0].xreplace(dict(zip(names, first, strict=True)))
    response = observable[0].xreplace(dict(zip(names, second, strict=True)))
    response += observable[1].xreplace(dict(zip(names, first, strict=True)))
    total = written(sympy.expand(lowest), TIME) + written(sympy.expand(response), TIME)
    moved_by = _equations(variables, "r", second)
    steps = (
        Step("linear flow", "the largest atom", _equations(variables, "z", first)),
        Step(
            "response",
            "to the next atoms, by variation of constants, to be added:",
            moved_by,
        ),
    )
    return total, groups.definitions(), steps
