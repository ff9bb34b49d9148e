"""Solutions as a person would write them: the printed form, beside its equality with the theory."""

from __future__ import annotations

import pytest
import sympy
from sympy import Expr, Symbol

from diagrams.dynamics.explicit.domains import domain_text
from diagrams.dynamics.expressions.writing import in_parts, with_few_logarithms, written
from diagrams.dynamics.solution import Solution
from diagrams.dynamics.solving import solve
from diagrams.export.latex.expressions import sympy_latex
from diagrams.polynomials.formulas import formula_latex, formula_text
from diagrams.problems.cp import cp_problem

p, H, sigma, T = sympy.symbols("p H sigma T", positive=True)
t = Symbol("t", real=True)


def local(expression: Expr) -> Expr:
    names = {**{s.name: s for s in (p, H, sigma, T)}, "t": t}
    return expression.xreplace({s: names.get(s.name, s) for s in expression.free_symbols})


@pytest.fixture(scope="module")
def kernel() -> Solution:
    return solve(cp_problem(order=3, ties="asym"), "B-C")


def test_the_mean_field_edge_of_order_two_is_one_square() -> None:
    solution = solve(cp_problem(order=2), "B-E")
    assert (
        formula_text(solution.formula)
        == "p*(H*sigma**2 - 1)**2/(2*(1 + H*sigma**2*(exp(4*t/T) - 1))**2)"
    )
    feature = H * sigma**2
    growth = sympy.exp(4 * t / T)
    expected = (
        p / 2
        - p
        * feature
        * growth
        * (feature * growth - 2 * feature + 2)
        / 2
        / (feature * growth - feature + 1) ** 2
    )
    assert sympy.simplify(local(solution.expr) - expected) == 0
    assert "if H*sigma**2 > 1, else all t" in solution.domain
    early = solution.endings[1]
    assert early.limit == Symbol("p") / 2
    assert early.approach is not None


def test_a_hyperbolic_formula_in_partial_fractions() -> None:
    solution = solve(cp_problem(order=2, ties="asym"), "E-A")
    moved = p * sigma**2
    sine = sympy.sinh(2 * t / T)
    expected = (p - H) / 2 + H * (1 + moved**2) / (2 * (1 + moved * sine) ** 2)
    difference = (local(solution.expr) - expected).rewrite(sympy.exp)
    assert sympy.simplify(sympy.expand(sympy.together(difference))) == 0
    assert "cosh" not in str(solution.formula)


def test_decay_is_counted_from_the_start() -> None:
    solution = solve(cp_problem(order=4, target="zero", decay="lambda"), "full")
    assert "(exp(6*lambda*t/T) - 1)/lambda" in formula_text(solution.formula)
    assert formula_text(solution.formula).startswith("H*p**4*sigma**8*theta/(2*(")


@pytest.mark.full
def test_the_neural_tangent_edge_keeps_its_parameter_under_decay(kernel: Solution) -> None:
    decayed = solve(cp_problem(order=3, ties="asym", scale="c", decay="lambda"), "B-C")
    assert [symbol.name for symbol, _ in decayed.definitions] == ["beta"]
    at = {"c": 1}
    assert sympy.simplify((decayed.expr - kernel.expr).subs(at)) == 0


@pytest.mark.full
def test_a_limit_with_cases_is_one_end_for_each() -> None:
    late = [e for e in solve(cp_problem(order=2, decay="lambda")).endings if e.time == sympy.oo]
    assert [end.condition for end in late] == ["lambda < 2", "lambda >= 2"]
    assert late[1].limit == Symbol("p") / 2


@pytest.mark.parametrize(
    ("value", "constant"),
    [
        (lambda x: 1 / (2 * sympy.exp(3 * x) - 2 + sympy.exp(x)), 1),
        (lambda x: sympy.cosh(2 * x) / (1 + 3 * sympy.sinh(x)) ** 2, -2),
        (lambda x: (1 + 2 * x) ** sympy.Rational(-4, 3) * p, p),
    ],
)
def test_written_forms_are_the_same_function(value: object, constant: Expr) -> None:
    assert callable(value)
    shown = written(value(t), t, constant)
    for point in (0.3, 1.1):
        at = {t: point, p: 2.5}
        assert float(shown.subs(at)) == pytest.approx(float((value(t) + constant).subs(at)))
    for form in in_parts(value(t) + constant, t):
        assert float(form.subs({t: 0.7, p: 3})) == pytest.approx(
            float((value(t) + constant).subs({t: 0.7, p: 3}))
        )


def test_powers_leave_a_logarithm() -> None:
    base = 5 * p**2 / (1 + 5 * p**2)
    assert with_few_logarithms(sympy.log(base**5) / 4) == sympy.log(base) * 5 / 4


def test_domains_say_when_there_is_an_end() -> None:
    assert domain_text([T * sympy.log(2 + H)]) == "t < T*log(2 + H)"
    assert domain_text([T * (H - p)]).startswith("t on the side of 0 of")
    # real wherever no symbol is small
    assert domain_text([T * sympy.log(1 - 1 / (100 * H * p))]) == (
        "t > T*log(1 - 1/(100*H*p)) if 100*H*p > 1, else all t"
    )
    assert domain_text([-T * sympy.sqrt(H - 2 * p)]) == (
        "t > -T*sqrt(H - 2*p) if H > 2*p, else all t"
    )


def test_sums_start_with_what_is_positive() -> None:
    y = Symbol("y")
    assert formula_text(-H * y + p / 2) == "p/2 - H*y"
    assert formula_latex(3 * y + 1) == "1 + 3 y"
    assert formula_text(sympy.Eq(y, 1 - H, evaluate=False)) == "y = 1 - H"
    moving = sympy.Function("z_1_1")(t)
    assert sympy_latex(moving**2 + sympy.cosh(t)).startswith(r"z_{1,1}^{2}")


def test_a_derivation_names_its_petals_and_its_road(kernel: Solution) -> None:
    closed = solve(cp_problem(order=4, target="zero"), "A-B").to_latex(standalone=True)
    assert "Petals." in closed
    assert "by that many edges" in closed
    assert "starts at" in closed
    frozen = kernel.to_latex(standalone=True)
    assert "obeys a linear equation" in frozen
    assert "atoms" not in frozen.split("\\subsection*{Derivation}")[1]


def test_eigenvalues_of_rings_obey_a_riccati_equation_that_is_solved() -> None:
    """The step prints the equation and its solution; the one has to solve the other."""
    steps = {step.name: step for step in solve(cp_problem(order=2)).steps}
    equation, clock, solved, growth, kappa = steps["Riccati equation"].formulas
    assert all(isinstance(given, sympy.Equality) for given in steps["Riccati equation"].formulas)
    (tau,) = equation.lhs.variables
    whole = solved.rhs.subs({growth.lhs: growth.rhs, kappa.lhs: kappa.rhs})
    off = whole.diff(tau) - equation.rhs.subs(equation.lhs.expr, whole)
    assert sympy.simplify(off) == 0
    assert clock.lhs == tau
