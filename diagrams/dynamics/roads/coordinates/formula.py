"""Closures without a first integral: the coordinates themselves, as an ordinary equation.

Given the order parameters ``z_m = p E[v^m]``, coordinates of the rows move independently, from
Gaussian values.  What is left is a system of ordinary equations for a Gaussian family of
coordinates, closed by its own averages: of kind *ode*.  Where all coordinates are functions of
one quantity, as with weight decay and a single colour, that one is integrated; else the
coordinates themselves are, on a grid of initial values.
"""

from __future__ import annotations

import sympy
from sympy import Expr, Function, Symbol

from diagrams.dynamics.numbers import Numbers
from diagrams.dynamics.petals.closure import Closure
from diagrams.dynamics.petals.grouping import grouping, public
from diagrams.dynamics.petals.petal_equation import petal_expression
from diagrams.dynamics.petals.petals import petal_name
from diagrams.dynamics.refusals import Inapplicable
from diagrams.dynamics.road import Applies, Derivation, Road
from diagrams.dynamics.roads.bernoulli.ends_with_decay import endings_with_decay
from diagrams.dynamics.roads.bernoulli.numbers import ByOneEquation
from diagrams.dynamics.roads.bernoulli.structure import bernoulli_with_decay
from diagrams.dynamics.roads.certified import Certified
from diagrams.dynamics.roads.coordinates.ends import endings_of_coordinates
from diagrams.dynamics.roads.coordinates.numbers import ByCoordinates
from diagrams.dynamics.solution import Ends
from diagrams.dynamics.step import Step
from diagrams.errors import NotSolved
from diagrams.polynomials.formulas import GaussianStart
from diagrams.polynomials.polynomial import sympy_symbol


class Coordinates(Road[Certified, ByCoordinates]):
    """The coordinates themselves."""

    name = "coordinates"

    def applies(self, asked: Certified) -> Applies[ByCoordinates] | Inapplicable:
        """Where infinitely many petals occur."""
        if asked.closure.variables is not None:
            return Inapplicable("finitely many petals occur")
        return Applies(ByCoordinates(asked.closure, asked.face.constant))

    def derived(self, asked: Certified, found: ByCoordinates) -> Derivation:
        """Their equations; where all are functions of one quantity, numbers are those of it."""
        numbers: Numbers = found
        ends = Ends(endings_of_coordinates, found)
        try:
            made = bernoulli_with_decay(found.closure)
            if made.single:
                numbers = one = ByOneEquation(made, found.constant)
                ends = Ends(endings_with_decay, one)
        except NotSolved:
            pass  # the grid serves all
        formula, conditions, definitions = _formulas(found.closure)
        step = Step("coordinates", "the Liouville form, from Gaussian initial values", conditions)
        return Derivation(
            "ode",
            formula + found.constant.to_sympy(),
            numbers,
            ends,
            asked.certificate.evidence,
            (step,),
            definitions,
            conditions,
            found.domain,
        )


def _formulas(
    closure: Closure,
) -> tuple[Expr, tuple[sympy.Basic, ...], tuple[tuple[Symbol, Expr], ...]]:
    """``E[L]`` in petals as functions of tau, and the equations of petals and coordinates."""
    tau = Symbol("tau")
    colours = range(len(closure.classes))
    drifts = {c: closure.drift(c) for c in colours}
    polynomials = [closure.observable, *(value for d in drifts.values() for _, value in d)]
    groups = grouping([c for value in polynomials for _, c in value], closure.rows.number)
    used = sorted({m for value in polynomials for m in value.variables})
    functions = {m: Function(petal_name(m))(tau) for m in used}
    names = closure.rows.colours
    moving = {
        c: Function(f"v_{names[c]}" if len(names) > 1 else "v")(tau) for c in range(len(names))
    }
    p, average = sympy_symbol(closure.rows.features), Function("E")
    conditions: list[sympy.Basic] = [
        sympy.Eq(functions[m], p * average(sympy.Mul(*(moving[c] ** e for c, e in enumerate(m)))))
        for m in used
    ]
    for colour in colours:
        rate = sympy.Add(
            *(
                public(petal_expression(value, functions, groups))
                * sympy.Mul(*(moving[c] ** e for c, e in enumerate(m)))
                for m, value in drifts[colour]
            )
        )
        conditions.append(sympy.Eq(moving[colour].diff(tau), rate))
    starts = (v.xreplace({tau: sympy.S.Zero}) for v in moving.values())
    variances = (variance.to_sympy() for variance in closure.rows.variances)
    conditions.append(GaussianStart(*zip(starts, variances, strict=True)))
    conditions.append(sympy.Eq(tau, sympy_symbol("t") / sympy_symbol("T")))
    formula = public(petal_expression(closure.observable, functions, groups))
    return formula, tuple(conditions), groups.definitions()
