"""``full``: fronts of several faces, and decays that are numbers."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from diagrams import NotSolved, cp_problem, expand, solve
from diagrams.dynamics.certificate import leading_part
from diagrams.dynamics.petals.several_faces import leading_somewhere
from diagrams.polynomials.polynomial import Polynomial


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 5)), min_size=1, max_size=9
    ),
    st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(-5, 5)),
)
def test_what_leads_for_a_scaling_leads_somewhere(
    exponents: list[tuple[int, int, int]], scaling: tuple[int, int, int]
) -> None:
    names = ("p", "H", "sigma")
    total = Polynomial()
    for row in set(exponents):
        total = total + Polynomial.monomial(1, dict(zip(names, row, strict=True)))
    somewhere = set(leading_somewhere(total, ("p", "H")).terms)
    assert set(leading_part(total, dict(zip(names, scaling, strict=True))).terms) <= somewhere


def test_dominated_terms_lead_nowhere() -> None:
    p, width = Polynomial.symbol("p"), Polynomial.symbol("H")
    assert leading_somewhere(p**2 + width**2 + p + width + 1, ("p", "H")) == p**2 + width**2


@pytest.mark.parametrize(
    ("order", "ties", "target"),
    [
        (3, "sym", "identity"),
        pytest.param(3, "2+1", "identity", marks=pytest.mark.full),
        (3, "sym", "zero"),
        (3, "2+1", "zero"),
        pytest.param(5, "sym", "identity", marks=pytest.mark.full),
    ],
)
def test_fronts_of_several_faces_name_the_step_that_fails(
    order: int, ties: str, target: str
) -> None:
    with pytest.raises(NotSolved, match="atoms of all faces misses .* first at order 1") as refusal:
        solve(cp_problem(order=order, ties=ties, target=target), "full")
    assert refusal.value.exit_code == 4


@pytest.mark.parametrize(
    ("order", "ties", "options"),
    [
        (4, "sym", {}),
        (4, "sym", {"target": "zero"}),
        pytest.param(4, "sym", {"scale": "3/2"}, marks=pytest.mark.full),
        pytest.param(4, "2+2", {}, marks=pytest.mark.full),
    ],
)
def test_a_decay_that_is_a_number(order: int, ties: str, options: dict[str, str]) -> None:
    """The values of the symbolic problem, and the exact first derivative of the numeric one."""
    numeric = cp_problem(order=order, ties=ties, decay="1/3", **options)  # type: ignore[arg-type]
    general = cp_problem(order=order, ties=ties, decay="lambda", **options)  # type: ignore[arg-type]
    solution = solve(numeric, "full")
    assert "lambda" not in solution.symbols
    assert not any(s.name == "lambda" for s in solution.expr.free_symbols)
    at = {"p": 9, "H": 20, "sigma": "1/5"}
    side = Fraction(-1, 10)
    one = solution.evaluate({**at, "t": side}).value
    other = solve(general, "full").evaluate({**at, "t": side, "lambda": "1/3"}).value
    assert abs(one - other) < 1e-9
    step = Fraction(-1, 10**4)
    start = solution.evaluate({**at, "t": 0}).value
    slope = (solution.evaluate({**at, "t": step}).value - start) / float(step)
    known = leading_somewhere(expand(general, 1).coefficient(1), ("p", "H")).to_sympy()
    exact = known.subs({**{n: sympy.Rational(str(v)) for n, v in at.items()}, "lambda": "1/3"})
    assert abs(slope / float(exact) - 1) < 1e-2
