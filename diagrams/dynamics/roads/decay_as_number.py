"""Problems with a decay that is a number, by way of the decay as a symbol.

A number of order one next to sizes that grow hides terms: where the decay is a symbol, those with
every power of it lead somewhere and are compared apart.  So what is certified for the symbol holds
for the number, put in at the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from re import sub
from typing import Any

from sympy import Basic, Rational

from diagrams.dynamics.solution import Numbers, Solution
from diagrams.evidence import Evidence
from diagrams.polynomials.polynomial import Polynomial, sympy_symbol
from diagrams.problems.cp import CPProblem, cp_problem
from diagrams.problems.problem import Problem
from pde.numbers.evaluation import Value


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

    def put(formula: Any) -> Any:
        return formula.subs({symbol: exact}) if isinstance(formula, Basic) else formula

    evidence = solution.evidence
    statement = (
        f"{evidence.statement}; all this for the decay as a symbol {name}, so that terms with every"
        f" power of it were compared; then {name} = {number}"
    )
    return replace(
        solution,
        problem=problem,
        formula=put(solution.formula),
        definitions=tuple((s, put(meaning)) for s, meaning in solution.definitions),
        conditions=tuple(put(condition) for condition in solution.conditions),
        domain=sub(rf"\b{name}\b", f"({number})", solution.domain),
        existence=tuple(put(end) for end in solution.existence),
        evidence=Evidence(evidence.kind, statement, evidence.checked_to),
        symbols=tuple(s for s in solution.symbols if s != name),
        numbers=AtNumber(solution.numbers, name, exact),
        late=put(solution.late),
    )


@dataclass(frozen=True)
class AtNumber:
    """Numbers of a solution with one more symbol, whose value is fixed."""

    numbers: Numbers
    name: str
    number: Rational

    def value(self, values: Mapping[str, Rational], digits: int) -> Value:
        """Return ``E[L]``; raises :class:`~diagrams.errors.OutsideDomain`."""
        return self.numbers.value({**values, self.name: self.number}, digits)

    def curve(
        self, values: Mapping[str, Rational], times: Sequence[Rational], digits: int
    ) -> tuple[Value, ...]:
        """Return ``E[L]`` at several times."""
        return self.numbers.curve({**values, self.name: self.number}, times, digits)

    def __getattr__(self, name: str) -> Any:
        """The lateral sum and the time of existence, where the numbers have them."""
        if name not in ("lateral", "existence_time", "end_of_petals"):
            raise AttributeError(name)
        method = getattr(self.numbers, name)
        return lambda values, digits: method({**values, self.name: self.number}, digits)
