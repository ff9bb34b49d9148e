"""The first steps of every derivation by a closure: the atoms, and the equation they obey."""

from __future__ import annotations

import sympy
from sympy import Expr

from diagrams.dynamics.petals.closure import Closure
from diagrams.dynamics.petals.petals import Exponent, PetalPolynomial, petal_name
from diagrams.dynamics.sentences import listed, sentence
from diagrams.dynamics.step import Step

MEANINGS = {
    "target": "one row, coupled to the target",
    "self": "the rows of the diagram are one and the same",
    "coherent": "different rows; features that two rows share are merged as far as that leads",
    "decay": "weight decay, in what the flow descends only",
}
TOTAL, START, XI, DESCENDED = sympy.symbols("g L xi V")
BRACKET = sentence(
    "the sum {} of all leading terms starts as the sum {} of the atoms at {} = 0 and is wanted at"
    " {} = -t/T. Each merging is a bracket with what the flow descends, {}, divided by the number"
    " of rows: a linear equation of first order in the petals",
    *(TOTAL, START, XI, XI, DESCENDED),
)
ENDLESS = "; infinitely many occur, and those of the atoms are shown"


def closure_steps(closure: Closure) -> tuple[Step, ...]:
    """Return the petals, a step for every atom with its contracted diagram, and the equation.

    >>> from diagrams.dynamics.petals.closure import closure_of
    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.regimes.finding import regimes
    >>> problem = cp_problem(order=4, target="zero")
    >>> steps = closure_steps(closure_of(problem, regimes(problem)["A"]))
    >>> print(steps[0].name, *steps[0].formulas)
    petals Eq(z_2, p*sigma**2)
    >>> print(steps[1].name, *steps[1].formulas)
    self atom H*z_2**4/2
    >>> steps[2].formulas[-1]
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
    return (_petals(closure), *atoms, _equation(closure))


def _petals(closure: Closure) -> Step:
    """What the petals stand for, and where they start."""
    tensors = {t.name: t for atom in closure.atoms for t in atom.diagram.tensors}
    colours = listed(tensors.get(name, name) for name in closure.rows.colours)
    if len(closure.rows.colours) == 1:
        said = sentence(
            "z_m is the sum over features of the entries {} of a row to the power m", colours
        )
    else:
        said = sentence(
            "the petal z with one index for each of {} is the sum over features of a row's entries"
            " to these powers",
            colours,
        )
    alike = len(set(closure.classes)) < len(closure.rows.colours)
    text = (
        said
        + ": a node joined to the row by that many edges."
        + " One petal stands for all that exchanging tensors treated alike makes of it." * alike
        + " At time zero it is on average:"
    )
    variables = closure.variables or closure.observable.variables
    starts = (
        sympy.Eq(petal_symbol(m), closure.rows.initial(m).to_sympy(), evaluate=False)
        for m in variables
    )
    return Step("petals", text, tuple(starts))


def _equation(closure: Closure) -> Step:
    listed = closure.variables or closure.observable.variables
    total = sympy.Integer(0)
    for m in listed:
        rate = petals_expression(closure.rate(m))
        total += rate * sympy.Derivative(TOTAL, petal_symbol(m), evaluate=False)
    equation = sympy.Eq(sympy.Derivative(TOTAL, XI, evaluate=False), total, evaluate=False)
    start = sympy.Eq(START, petals_expression(closure.observable), evaluate=False)
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
