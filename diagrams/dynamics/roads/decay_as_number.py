"""Problems with a decay that is a number, by way of the decay as a symbol.

A number of order one next to sizes that grow hides terms: where the decay is a symbol, those with
every power of it lead somewhere and are compared apart.  So what is certified for the symbol holds
for the number, put in at the end.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from fractions import Fraction
from typing import Any

from sympy import Basic, Rational, Symbol

from diagrams.dynamics.petals.petals import PetalPolynomial
from diagrams.dynamics.solution import Solution
from diagrams.evidence import Evidence
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.tensors import IndexFamily, Tensor
from diagrams.polynomials.polynomial import Polynomial, sympy_symbol
from diagrams.problems.cp import CPProblem, cp_problem
from diagrams.problems.problem import Problem
from pde.equations.solution import EquationSolution
from pde.expressions.statement import mapped, sentence

WHOLE = Diagram | Tensor | IndexFamily | EquationSolution
"""Values that hold no decay: what stands for it in an equation is said beside that."""


def with_symbolic_decay(problem: Problem) -> tuple[CPProblem, str] | None:
    """Return the problem with its decay as a symbol, and that symbol.

    ``None`` where the decay is none, or no number.

    >>> general, name = with_symbolic_decay(cp_problem(order=4, decay="1/3"))
    >>> general.spec, name
    ('cp:order=4,ties=sym,target=identity,decay=lambda', 'lambda')
    """
    if not isinstance(problem, CPProblem) or problem.decay.symbols or not problem.decay:
        return None
    name = next(n for n in ("lambda", "d") if n not in problem.scale.symbols)
    scale = _name_or_number(problem.scale)
    return cp_problem(problem.order, problem.ties, problem.target, scale, name), name


def _name_or_number(polynomial: Polynomial) -> str | Fraction:
    if polynomial.symbols:
        return str(polynomial)
    return sum((c for _, c in polynomial), Fraction(0))


def at_number(solution: Solution, problem: CPProblem, name: str) -> Solution:
    """Return the solution of the problem with the symbol, its number put in."""
    number = _name_or_number(problem.decay)
    assert isinstance(number, Fraction)
    exact = Rational(number.numerator, number.denominator)
    symbol = sympy_symbol(name)

    def put(value: Any) -> Any:
        """A value with the number for the symbol, in all formulas and polynomials that it holds."""
        if isinstance(value, Polynomial):
            return value.substitute({name: number})
        if isinstance(value, Basic):
            return value.subs({symbol: exact, Symbol(name, positive=True): exact})
        if isinstance(value, tuple):
            return tuple(map(put, value))
        if isinstance(value, PetalPolynomial):
            return PetalPolynomial.of((petals, put(c)) for petals, c in value)
        if is_dataclass(value) and not isinstance(value, WHOLE | type):
            return replace(value, **{f.name: put(getattr(value, f.name)) for f in fields(value)})
        return value

    held = {f.name: getattr(solution, f.name) for f in fields(solution)}
    kept = {"problem", "steps", "face", "symbols", "evidence", "domain"}
    evidence = solution.evidence
    statement = evidence.statement + sentence(
        "; all this for the decay as a symbol {0}, so that terms with every power of it were"
        " compared; then {0} = {1}",
        *(symbol, str(number)),
    )
    return replace(
        solution,
        **{field: put(value) for field, value in held.items() if field not in kept},
        problem=problem,
        domain=mapped(solution.domain, put),
        evidence=Evidence(evidence.kind, statement, evidence.checked_to),
        symbols=tuple(s for s in solution.symbols if s != name),
    )
