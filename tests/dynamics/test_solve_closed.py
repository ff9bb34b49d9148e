"""Solved regimes against the formulas of the literature, compared by algebra."""

from __future__ import annotations

from math import prod

import mpmath
import pytest
import sympy

from diagrams.dynamics.solving import solve
from diagrams.errors import BadInput, NotSolved, OutsideDomain
from diagrams.export.json.solution import solution_data
from diagrams.problems.cp import cp_problem

PLAIN = {n: sympy.Symbol(n) for n in ("p", "H", "sigma", "T", "t")}
p, H, sigma, T, t = (sympy.Symbol(n, positive=True) for n in PLAIN)
POSITIVE = dict(zip(PLAIN.values(), (p, H, sigma, T, t), strict=True))
tau = t / T


def same(one: sympy.Expr, other: sympy.Expr) -> bool:
    """Whether two expressions are equal for positive symbols, by algebra."""
    ratio = sympy.powsimp(sympy.powdenest(one.xreplace(POSITIVE) / other, force=True))
    return bool(sympy.simplify(ratio - 1) == 0)


def free(order: int, kappa: int, theta: sympy.Expr) -> sympy.Expr:
    base = 1 + 2 * kappa * (order - 1) * theta * (p * sigma**2) ** (order - 1) * tau
    start = theta * p**order * H * sigma ** (2 * order) / 2
    return start * base ** sympy.Rational(-order, order - 1)


@pytest.mark.parametrize(
    ("order", "ties", "kappa"),
    [
        *((order, "sym", order) for order in (2, 4, 6)),
        pytest.param(8, "sym", 8, marks=pytest.mark.full),
        pytest.param(10, "sym", 10, marks=pytest.mark.full),
        *((order, "asym", 1) for order in (2, 3)),
        (4, "2+2", 2),
        (8, "4+4", 4),
        (6, "2+2+2", 2),
    ],
)
def test_free_vertex_a(order: int, ties: str, kappa: int) -> None:
    solution = solve(cp_problem(order=order, ties=ties, target="zero"), "A")
    assert solution.kind == "explicit"
    assert same(solution.expr, free(order, kappa, sympy.Integer(1)))
    assert solution.domain.startswith("t > -T/(")


@pytest.mark.parametrize(
    ("order", "ties", "kappa", "pairings"),
    [
        (4, "sym", 4, 3),
        (6, "sym", 6, 15),
        pytest.param(8, "sym", 8, 105, marks=pytest.mark.full),
        (4, "2+2", 2, 1),
        (8, "4+4", 4, 9),
        pytest.param(6, "2+2+2", 2, 1, marks=pytest.mark.full),
    ],
)
def test_free_edge_and_vertex_b(order: int, ties: str, kappa: int, pairings: int) -> None:
    problem = cp_problem(order=order, ties=ties, target="zero")
    y = H / p ** (order // 2)
    edge, vertex = solve(problem, "A-B"), solve(problem, "B")
    assert same(edge.expr, free(order, kappa, 1 + pairings * y))
    assert same(vertex.expr, free(order, kappa, pairings * y))
    assert [str(s) for s, _ in edge.definitions] == ["theta", "y"]
    assert solve(problem).regime == "A-B"


@pytest.mark.parametrize("order", [2, 3, pytest.param(4, marks=pytest.mark.full)])
@pytest.mark.parametrize("regime", ["B", "C", "B-C"])
def test_frozen_kernel(order: int, regime: str) -> None:
    solution = solve(cp_problem(order=order, ties="asym"), regime)
    beta = p ** (order - 1) * H * sigma ** (2 * order)
    factor = {"B": beta, "C": sympy.Integer(1), "B-C": 1 + beta}[regime]
    rate = 2 * order * H * sigma ** (2 * order - 2)
    assert same(solution.expr, p / 2 * factor * sympy.exp(-rate * tau))
    assert ("left out" in solution.evidence.statement) == (regime == "B")


def test_frozen_kernel_of_a_scaled_and_of_a_zero_target() -> None:
    scaled = solve(cp_problem(order=2, ties="asym", scale="3/2"), "C")
    assert same(scaled.expr, sympy.Rational(9, 8) * p * sympy.exp(-4 * H * sigma**2 * tau))
    zero = solve(cp_problem(order=3, ties="asym", target="zero"), "B")
    rate = 6 * H * sigma**4 * tau
    assert same(zero.expr, p**3 * H * sigma**6 / 2 * sympy.exp(-rate))


def test_the_printed_kernel_rate_fails() -> None:
    """The paper prints f -> 1 - e^(-eta t); the rate is nu times that."""
    expression = solve(cp_problem(order=3, ties="asym"), "C").expr.xreplace(POSITIVE)
    printed = p / 2 * sympy.exp(-2 * H * sigma**4 * tau)
    assert sympy.simplify(expression - printed) != 0


def test_order_two_on_its_edges() -> None:
    """Two layers with one active coordinate scale: z' = -4 z^2 + 4 z, solved by hand."""
    for regime, level in (("B-E", H * sigma**2), ("E-A", p * sigma**2)):
        solution = solve(cp_problem(order=2), regime)
        moved = level * sympy.exp(4 * tau) / (1 - level + level * sympy.exp(4 * tau))
        # per unit of the smaller size: z^2/2 - z, z the order parameter
        smaller = p if regime == "B-E" else H
        expected = smaller * (moved**2 / 2 - moved) + p / 2
        difference = sympy.simplify(solution.expr.xreplace(POSITIVE) - expected)
        assert difference == 0


def test_unequal_ties_are_implicit_with_right_numbers() -> None:
    """(2,1), free: z_1' = -4 z_1^2 z_2, z_2' = -2 z_1^2 z_2, integrated independently."""
    solution = solve(cp_problem(order=3, ties="2+1", target="zero"), "A")
    assert solution.kind == "implicit"
    sizes = {"p": 16, "H": 32, "sigma": "1/4", "T": 1, "t": "1/2"}
    value = solution.evaluate(sizes, digits=15)
    with mpmath.workdps(25):
        path = mpmath.odefun(
            lambda x, z: [-4 * z[0] ** 2 * z[1], -2 * z[0] ** 2 * z[1]],
            0,
            [mpmath.mpf(1), mpmath.mpf(1)],
        )
        one, two = path(mpmath.mpf(1) / 2)
        assert abs(16 * one**2 * two - value.value) < 1e-15


@pytest.mark.parametrize(
    ("order", "ties", "regime", "roads"),
    [
        (2, "asym", "A-B", ("the closure", "the frozen kernel", "the mean field")),
        (3, "2+1", "B", ("the closure",)),
    ],
)
def test_not_solved_names_the_roads_that_failed(
    order: int, ties: str, regime: str, roads: tuple[str, ...]
) -> None:
    with pytest.raises(NotSolved, match="first at order 1") as failure:
        solve(cp_problem(order=order, ties=ties, target="zero"), regime)
    assert all(road in str(failure.value) for road in roads)
    assert failure.value.exit_code == 4


def test_evaluation_refuses_what_it_must() -> None:
    solution = solve(cp_problem(order=4, target="zero"), "A-B")
    sizes = {"p": 64, "H": 512, "sigma": "1/10", "T": 1}
    with pytest.raises(OutsideDomain, match="exists only up to t = -0.11559") as refusal:
        solution.evaluate(sizes, t=-1)
    assert refusal.value.exit_code == 3
    assert refusal.value.variable == "t"
    end = -1 / (24 * (64 / 100) ** 3 * (1 + 3 * 512 / 64**2))
    assert abs(float(refusal.value.bound) - end) < 1e-9
    for wrong, field in (({"p": 0}, "p"), ({"q": 1}, "q"), ({"sigma": "x"}, "sigma")):
        with pytest.raises(BadInput, match=field):
            solution.evaluate({**sizes, "t": 0, **wrong})
    with pytest.raises(BadInput, match="no value"):
        solution.evaluate(p=64)
    with pytest.raises(BadInput, match="regime"):
        solve(cp_problem(order=4), "X")


def test_numbers_to_fifty_digits_and_a_curve() -> None:
    solution = solve(cp_problem(order=6, target="zero"), "A")
    sizes = {"p": 8, "H": 2, "sigma": "1/2", "T": 3}
    value = solution.evaluate(sizes, t="1/7", digits=50)
    with mpmath.workdps(60):
        base = 1 + mpmath.mpf(60) * 2**5 / 21
        exact = mpmath.mpf(prod([8] * 6)) * 2 / mpmath.mpf(2) ** 13 * base ** (-mpmath.mpf(6) / 5)
        assert abs(value.value - exact) < mpmath.mpf(10) ** -45
        assert value.rigorous
    times = [f"{k}/50" for k in range(11)]
    curve = solution.values(times, sizes)
    assert all(
        abs(v.value - solution.evaluate(sizes, t=s).value) < 1e-12
        for v, s in zip(curve, times, strict=True)
    )


def test_solution_shows_itself() -> None:
    solution = solve(cp_problem(order=4, target="zero"), "A-B")
    assert "An explicit formula" in str(solution)
    assert r"\theta" in solution.to_latex()
    data = solution_data(solution)
    assert data["kind"] == "explicit"
    names = [step.name for step in solution.steps]
    assert names == [
        "petals",
        "self atom",
        "coherent atom",
        "merging",
        "equation",
        "initial data",
        "characteristics",
        "certificate",
    ]
