"""Every textbook equation is solved, and its value agrees with numerical characteristics.

The symbolic solution is compared with three things it was not made from: the answer of the
literature, substitution into the equation as given, and a numerical integration of the
characteristic equations that knows nothing of first integrals.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import mpmath
import pytest
import sympy

from pde.equations.characteristics import solve
from pde.equations.first_order import FirstOrderEquation
from pde.equations.numerical_solution import evaluate_ode
from pde.errors import OutsideDomainError, PDEError, VerificationError
from pde.expressions.sampling import with_concrete_functions
from pde.expressions.verification import vanishing


@cache
def solved(equation: FirstOrderEquation) -> Any:
    """Solve once for all tests."""
    return solve(equation)


def concrete(equation: FirstOrderEquation) -> FirstOrderEquation:
    """Replace undefined functions in the data by fixed ones."""
    assert equation.initial is not None
    data = replace(equation.initial, value=with_concrete_functions(equation.initial.value))
    return replace(equation, initial=data)


def test_the_set_is_large_enough(book: Any) -> None:
    """At least 25 problems, in two to five variables."""
    assert len(book.TEXTBOOK) >= 25
    assert {len(p.equation.variables) for p in book.TEXTBOOK} == {2, 3, 4, 5}


def test_solved_and_substituted(problem: Any) -> None:
    """The solution is explicit, satisfies the equation and the data, and is the known one."""
    solution = solved(problem.equation)
    assert solution.kind == problem.kind, solution.failure
    assert solution.evidence.kind in ("exact", "numerical")
    if problem.known is not None:
        vanishing(solution.expression - problem.known, problem.equation.sample(), "known answer")


def test_agrees_with_numerical_characteristics(problem: Any) -> None:
    """The formula gives the number that integrating the characteristics gives."""
    equation = concrete(problem.equation)
    expression = with_concrete_functions(solved(problem.equation).expression)
    point = {s: sympy.nsimplify(v) for s, v in equation.sample().items()}
    assert equation.initial is not None
    gap = equation.initial.variable
    point[gap] = point[gap] + sympy.Rational(1, 30)
    numerical = evaluate_ode(equation, point, 12)
    exact = sympy.N(expression.xreplace(point), 20)
    assert abs(mpmath.mpf(str(exact)) - numerical.value) < 1e-9 * (1 + abs(numerical.value))


def test_a_perturbed_solution_is_refuted(problem: Any) -> None:
    """Substitution is a test that can fail: an error of one in a million is found."""
    expression = solved(problem.equation).expression
    variable = problem.equation.variables[0]
    wrong = expression + sympy.Rational(1, 10**6) * (1 + variable) ** 3
    with pytest.raises(VerificationError):
        problem.equation.verify(wrong)


def test_without_closed_form(hard: Any) -> None:
    """What has no closed form says which kind it is and still has numbers with errors."""
    solution = solved(hard.equation)
    assert solution.kind == hard.kind
    equation = hard.equation
    point = {equation.variables[0]: sympy.Rational(1, 2)}
    for number, variable in enumerate(equation.variables[1:]):
        point[variable] = sympy.Rational(6 + number, 5)
    value = solution.evaluate(point, digits=12)
    reference = evaluate_ode(equation, point, 16)
    assert abs(value.value - reference.value) <= value.error + reference.error
    assert 0 < value.error < 1e-10


def test_ode_residual_by_differences(book: Any) -> None:
    """Numerical solutions satisfy the equation: checked by central differences."""
    equation = next(p for p in book.WITHOUT_CLOSED_FORM if p.kind == "ode").equation
    solution = solved(equation)
    point = {v: sympy.Rational(4 + i, 5) for i, v in enumerate(equation.variables)}
    step = sympy.Rational(1, 1000)
    total = mpmath.mpf(0)
    for component, variable in zip(equation.field, equation.variables, strict=True):
        up = solution.evaluate({**point, variable: point[variable] + step}, 14).value
        down = solution.evaluate({**point, variable: point[variable] - step}, 14).value
        total += mpmath.mpf(str(sympy.N(component.xreplace(point)))) * (up - down) / 0.002
    assert abs(total) < 1e-4


def test_evaluation_beyond_the_domain_names_the_end(book: Any) -> None:
    """A blow-up is refused with the variable and the place where the domain ends."""
    flow = next(p for p in book.TEXTBOOK if p.name == "Bernoulli driven by a decay").equation
    t, x, y = flow.variables
    with pytest.raises(OutsideDomainError) as refusal:
        solved(flow).evaluate({t: 2, x: -1, y: 1})
    assert refusal.value.variable == "t"
    assert abs(float(refusal.value.bound) - 0.6931471805599) < 1e-10


def test_characteristic_surface_is_refused() -> None:
    """Data on a surface made of characteristics determine nothing."""
    from pde.equations.first_order import InitialData

    t, x = sympy.symbols("t x")
    solution = solve(FirstOrderEquation((t, x), (0, 1), initial=InitialData(t, 0, x)))
    assert solution.kind == "unsolved"
    assert "characteristic" in solution.failure
    with pytest.raises(PDEError, match="not solved"):
        solution.evaluate({t: 1, x: 1})
