"""Invariant families of order parameters, against the full equations in numbers."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import sympy

from diagrams.errors import BadInput, NotSolved
from diagrams.evidence import Kind
from diagrams.order_parameters.closed_system import ClosedSystem
from diagrams.order_parameters.closing import close
from diagrams.order_parameters.restricting import RestrictedSystem
from diagrams.problems.files import parse_problem, read_problem


@cache
def closed() -> ClosedSystem:
    return close(read_problem("docs/systems/quadratic_teacher_student.toml"))


@cache
def stepped() -> ClosedSystem:
    return close(closed().problem, step="eta")


ANSATZ = {"Q[k,l]": "q delta[k,l] + r", "M[k,m]": "2 m", "P[m,n]": "delta[m,n] - 1/5"}


def values(found: RestrictedSystem, numbers: dict[str, float]) -> dict[str, float]:
    symbols = {sympy.Symbol(name): value for name, value in numbers.items()}
    return {str(v): float(f.subs(symbols)) for v, f in found.to_sympy().items()}


@pytest.mark.parametrize("step", [0.0, 0.2])
def test_restricted_equations_against_matrices(step: float) -> None:
    p, p_s, q, r, m = 3, 2, 0.7, -0.2, 0.3
    system = stepped() if step else closed()
    start = {
        "Q": q * np.eye(p) + r,
        "M": np.full((p, p_s), 2 * m),
        "P": np.eye(p_s) - 0.2,
    }
    at = {"p": p, "p_s": p_s, "N": 5, "q0": 1} | ({"eta": step} if step else {})
    rates = system.rates(at, start)
    slopes = values(system.restrict(ANSATZ), {**at, "q": q, "r": r, "m": m})
    expected = slopes["q"] * np.eye(p) + slopes["r"]
    assert rates["Q"] == pytest.approx(expected)
    assert rates["M"] == pytest.approx(np.full((p, p_s), 2 * slopes["m"]))


def test_one_family_for_student_and_teacher() -> None:
    """With as many units, and one family, specialisation: M = m I + s, exact in p."""
    text = closed().problem.spec.replace(
        'families = ["teacher", "feature"]', 'families = ["unit", "feature"]'
    )
    text = text.replace("W_s[m,i] W_s[m,j]", "W_s[k,i] W_s[k,j]").replace("p_s*N", "p*N")
    text = text.replace('teacher = { size = "p_s", index = "m" }', "").partition("[observables]")[0]
    system = close(parse_problem(text))
    names = {
        str(g.definition.edges[0].tensor.name + g.definition.edges[1].tensor.name): g.name
        for g in system.parameters
    }
    Q, M, P = names["WW"], names["WW_s"], names["W_sW_s"]
    found = system.restrict(
        {
            f"{Q}[k,l]": "N q delta[k,l] + N r",
            f"{M}[k,l]": "N m delta[k,l] + N s",
            f"{P}[k,l]": "N delta[k,l]",
        }
    )
    assert set(found.variables) == {"q", "r", "m", "s"}
    p, q, r, m, s = sympy.symbols("p q r m s")
    equations = found.to_sympy()
    solved = {q: 1, r: 0, m: 1, s: 0}
    assert all(sympy.simplify(f.subs(solved)) == 0 for f in equations.values())
    assert sympy.simplify(found.loss.to_sympy().subs(solved)) == 0
    assert (
        sympy.expand(equations[m].subs({r: 0, s: 0}) - (2 * m * (1 - q) + 4 * m * (1 - q) / p)) == 0
    )


def test_fixed_points_are_at_rest() -> None:
    found = closed().restrict({"Q[k,l]": "q delta[k,l]", "M[k,m]": "0", "P[m,n]": "s delta[m,n]"})
    assert found.variables == ("q", "s")
    assert found.equation("s").terms == ()
    at_rest = sympy.solve(list(found.to_sympy().values()), sympy.Symbol("q"), dict=True)
    assert len(at_rest) == 2
    assert found.evidence.kind is Kind.EXACT
    assert found.jacobian().shape == (2, 2)


def test_print() -> None:
    found = closed().restrict({"Q[k,l]": "q delta[k,l]", "M[k,m]": "0", "P[m,n]": "delta[m,n]"})
    assert "q' = 4 q - 4*p**(-1) (p + 2) q**2" in found.text().splitlines()
    assert "q' &= 4 q - \\frac{4}{p} \\left(p + 2\\right) q^{2}" in found.latex()
    assert found._repr_latex_().startswith("$\\displaystyle\\begin{aligned}\n")
    assert str(found) == found.text()


REFUSED = [
    ({"M[k,m]": "m", "P[m,n]": "delta[m,n]"}, BadInput, "Q.* missing"),
    (ANSATZ | {"R[k,l]": "0"}, BadInput, "M, Q, P"),
    ({**ANSATZ, "Q[a,b]": "0"}, BadInput, "once"),
    ({"Q[k,k]": "q", "M[k,m]": "m", "P[m,n]": "0"}, BadInput, "2 different indices"),
    ({"Q[k,l]": "q delta[k,m]", "M[k,m]": "m", "P[m,n]": "0"}, BadInput, r"delta\[..\] of k, l"),
    ({"Q[k,l]": "q", "M[k,m]": "m delta[k,m]", "P[m,n]": "0"}, BadInput, "one family"),
    ({"Q[k,l]": "q^2 + r", "M[k,m]": "0", "P[m,n]": "0"}, BadInput, "times one new name"),
    ({"Q[k,l]": "q r delta[k,l]", "M[k,m]": "0", "P[m,n]": "0"}, BadInput, "times one new name"),
    ({"Q[k,l]": "delta[k,l]", "M[k,m]": "0", "P[m,n]": "0"}, BadInput, "new names for variables"),
    ({"Q[k,l]": "Q", "M[k,m]": "0", "P[m,n]": "0"}, BadInput, "numbers, sizes and new names"),
    ({"Q[k,l]": "t", "M[k,m]": "0", "P[m,n]": "0"}, BadInput, "time"),
    ({"Q[k,l]": "q delta[k,l] + 1/3", "M[k,m]": "0", "P[m,n]": "0"}, NotSolved, "holds constant"),
    ({"Q[k,l]": "q delta[k,l]", "M[k,m]": "m", "P[m,n]": "0"}, NotSolved, "the ansatz lacks"),
    ({"Q[k,l]": "q delta[k,l]", "M[k,m]": "q", "P[m,n]": "delta[m,n]"}, NotSolved, "leaves"),
]


@pytest.mark.parametrize(("ansatz", "kind", "words"), REFUSED)
def test_refusals(ansatz: dict[str, str], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        closed().restrict(ansatz)
