"""Constants of several orders, sizes and losses: what leads of them, against the exact ``Y_0``."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import pytest
import sympy

from diagrams import NotSolved, load_problem, solve
from diagrams.dynamics import solving
from diagrams.dynamics.constants import kept_constant
from diagrams.dynamics.face import exact_regimes
from diagrams.dynamics.road import Derivation
from diagrams.dynamics.roads import closures
from diagrams.dynamics.roads.certified import Certified
from diagrams.dynamics.roads.closed.closed import Characteristics
from diagrams.dynamics.roads.closures import ByClosure
from diagrams.polynomials.polynomial import Polynomial, sympy_symbol
from diagrams.problems.problem import Problem
from diagrams.wick.expectation import value

HEAD = """
families = {hidden={size="H",index="k"}, feature={size="d",index="i"}}
tensors.w = {families=["hidden","feature"], role="trained", variance="sigma^2"}
"""
QUADRATIC = """
tensors.x = {{families=["feature"], role="frozen", variance="1"}}
model = {{output="w[k,i] x[i] w[k,j] x[j]", target="{target}"}}
loss = {{kind="squared error", over=[], average=["x"]{more}}}
"""
GRAM = """
[[loss]]
kind = "squared error"
over = ["i", "j"]
output = "w[k,i] w[k,j]"
target = "delta[i,j]"
"""
TRACE = """
[[loss]]
kind = "squared error"
over = []
output = "w[k,i] w[k,i]"
target = "{target}"
prefactor = "{prefactor}"
"""
ROW = """
[[loss]]
kind = "squared error"
over = ["i"]
output = "w[k,i] w[k,i]"
target = "1"
prefactor = "1/3"
"""

FILES = {
    "plain": QUADRATIC.format(target="x[i] x[i]", more=""),
    "scaled": QUADRATIC.format(target="c x[i] x[i]", more=""),
    "prefactor": QUADRATIC.format(target="x[i] x[i]", more=', prefactor="g/H"'),
    "two losses": GRAM + TRACE.format(target="H", prefactor="g/H"),
    "target of a size": GRAM + TRACE.format(target="d", prefactor="1/2"),
    "three losses": GRAM + TRACE.format(target="H", prefactor="g/H") + ROW,
}


@lru_cache
def problem_of(name: str) -> Problem:
    return load_problem(HEAD + FILES[name])


def deep_in(name: str, regime: str, large: int) -> tuple[sympy.Expr, sympy.Expr]:
    """A solution at ``t = 0`` and the exact loss there, at sizes deep in a face."""
    problem = problem_of(name)
    found = solve(problem, regime)
    assert found.face is not None
    factors = (sympy.Rational(3, 2), sympy.Rational(5, 3), sympy.Rational(7, 5), sympy.Rational(2))
    symbols = dict(zip(found.face.symbols, found.face.direction, strict=True))
    at = {
        sympy_symbol(n): f * sympy.Integer(large) ** e
        for (n, e), f in zip(symbols.items(), factors, strict=False)
    }
    said = found.plain(found.formula).subs({sympy_symbol("t"): 0, sympy_symbol("T"): 1})
    return said.subs(at), value(problem.observable).to_sympy().subs(at)


@pytest.mark.parametrize(
    ("name", "regime"),
    [
        *(
            pytest.param(*case, marks=pytest.mark.full)
            for case in (("plain", "E-A"), ("plain", "E"), ("scaled", "E-A"), ("prefactor", "E-A"))
        ),
        pytest.param("two losses", "B-F-D", marks=pytest.mark.full),
        pytest.param("two losses", "A-F-D-E", marks=pytest.mark.full),
        pytest.param("two losses", "F-D", marks=pytest.mark.full),
        ("target of a size", "E-A"),
        pytest.param("three losses", "D-E", marks=pytest.mark.full),
    ],
)
def test_a_solution_starts_at_the_leading_terms_of_the_exact_loss(name: str, regime: str) -> None:
    said, exact = deep_in(name, regime, 10**6)
    assert abs(sympy.N(said / exact - 1)) < 1e-4


@pytest.mark.full
def test_a_constant_is_split_into_what_leads_and_what_does_not() -> None:
    problem = problem_of("plain")
    found, exact = exact_regimes(problem)
    kept = {regime.name: kept_constant(exact, [regime]) for regime in found}
    assert {name: str(part) for name, (part, _) in kept.items()} == {
        "E-A": "1/2*d**2",
        "A": "0",
        "E": "1/2*d**2 + d",
    }
    assert "of the pure-target constant d**2/2 is part of it; d is of lower" in kept["E-A"][1]
    # d may be larger than all that moves, d^2 H sigma^2, though it is smaller than d^2
    at = {"d": 100, "H": 200, "sigma": "1/20", "t": 0}
    assert float(solve(problem, "E-A").evaluate(at)) == 1250  # 1287.75 exactly
    assert "for the exact 1287.75 (-2.9 %)" in solve(problem, "E-A").standing(at)
    assert "outside the conditions" in solve(problem, "E").standing(at)


def test_a_formula_that_lost_its_constant_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Losing(Characteristics):
        def derived(self, asked: Certified, found: None) -> Derivation:
            face = replace(asked.face, constant=Polynomial())
            return super().derived(replace(asked, face=face), found)

    monkeypatch.setattr(closures, "WAYS", (Losing(),))
    monkeypatch.setattr(solving, "ROADS", (ByClosure(),))
    with pytest.raises(NotSolved, match="t = 0 on E: the formula is off"):
        solve(problem_of("target of a size"), "E")


def test_a_target_s_constant_may_have_symbols_of_its_own() -> None:
    """Those of a constant that does not lead are no symbols of the solution."""
    text = (
        HEAD.replace("sigma^2", "1")
        + 'tensors.x = {families=["hidden","hidden"], role="frozen", variance="1/d"}\n'
        + 'model = {output="w[k,i] x[k,l]", target="c"}\n'
        + 'loss = {kind="squared error", over=["k"], average=["x"], prefactor="g", decay="m"}\n'
    )
    found = solve(load_problem(text), "A")
    assert "c" not in found.symbols
    assert "is of lower order than Y_0 on this face and left out" in found.evidence.statement
