"""The first steps of every derivation by a closure: the atoms, and the equation they obey."""

from __future__ import annotations

import sympy
from sympy import Expr

from diagrams.dynamics.closure import Closure
from diagrams.dynamics.petals import Exponent, PetalPolynomial, petal_name
from diagrams.dynamics.solution import Step

MEANINGS = {
    "target": "one row, coupled to the target",
    "self": "the rows of the diagram are one and the same",
    "coherent": "different rows; features that two rows share are merged as far as that leads",
    "decay": "weight decay, in what the flow descends only",
}
BRACKET = (
    "the sum g of all leading terms starts as the sum L of the atoms at xi = 0 and is wanted at"
    " xi = -t/T. Each merging is a bracket with what the flow descends, V, divided by the number"
    " of rows: a linear equation of first order in the petals"
)
ENDLESS = "; infinitely many occur, and those of the atoms are shown"


def closure_steps(closure: Closure) -> tuple[Step, ...]:
    """Return a step for every atom, with its contracted diagram, and one for the equation.

    >>> from diagrams.dynamics.closure import closure_of
    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.regimes import regimes
    >>> problem = cp_problem(order=4, target="zero")
    >>> steps = closure_steps(closure_of(problem, regimes(problem)["A"]))
    >>> print(steps[0].name, *steps[0].formulas)
    self atom H*z_2**4/2
    >>> steps[1].formulas[-1]
    Eq(Derivative(g, xi), 8*z_2**4*Derivative(g, z_2))
    """
    atoms = tuple(
        Step(
            f"{atom.name} atom",
            MEANINGS.get(atom.name, ""),
            (petals_expression(atom.value),),
            atom.contracted,
        )
        for atom in closure.atoms
    )
    return (*atoms, _equation(closure))


def _equation(closure: Closure) -> Step:
    g, xi = sympy.symbols("g xi")
    listed = closure.variables or closure.observable.variables
    total = sympy.Integer(0)
    for m in listed:
        rate = petals_expression(closure.rate(m))
        total += rate * sympy.Derivative(g, petal_symbol(m), evaluate=False)
    equation = sympy.Eq(sympy.Derivative(g, xi, evaluate=False), total, evaluate=False)
    start = sympy.Eq(sympy.Symbol("L"), petals_expression(closure.observable), evaluate=False)
    text = BRACKET + (ENDLESS if closure.variables is None else "")
    return Step("merging", text, (start, equation))


def petal_symbol(m: Exponent) -> Expr:
    """Return the symbol of a petal."""
    return sympy.Symbol(petal_name(m))


def petals_expression(polynomial: PetalPolynomial) -> Expr:
    """Return a polynomial in petals as a SymPy expression in plain symbols."""
    return sympy.Add(
        *(
            coefficient.to_sympy() * sympy.Mul(*(petal_symbol(m) ** power for m, power in petals))
            for petals, coefficient in polynomial
        )
    )
