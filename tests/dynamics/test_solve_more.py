"""Decay, unequal ties, ties with target, and edges of asymmetric problems."""

from __future__ import annotations

from fractions import Fraction
from math import cosh, exp, sinh, sqrt

import numpy
import pytest
import sympy

from diagrams.dynamics.face import face_of
from diagrams.dynamics.petals.closure import closure_of
from diagrams.dynamics.roads.coordinates.numbers import ByCoordinates
from diagrams.dynamics.solving import solve
from diagrams.errors import NotSolved, OutsideDomain
from diagrams.problems.cp import cp_problem

SIZES = {"p": 10, "H": 30, "sigma": "1/5", "T": 1}


@pytest.mark.full
def test_asymmetric_order_two_on_edge_e_a() -> None:
    """p/2 - (H/2) (1 - (1 + y^2) / (1 + y sinh 2 tau)^2), y = p sigma^2: two rotated modes."""
    solution = solve(cp_problem(order=2, ties="asym"), "E-A")
    assert solution.kind == "explicit"
    y = 10 / 25
    for time in (Fraction(-1, 10), Fraction(1, 7), Fraction(3)):
        moved = 1 + y * sinh(2 * float(time))
        expected = 5 - 15 * (1 - (1 + y * y) / moved**2)
        assert abs(float(solution.evaluate(SIZES, t=time)) - expected) < 1e-12
    with pytest.raises(OutsideDomain):
        solution.evaluate(SIZES, t=-3)


@pytest.mark.full
def test_asymmetric_order_two_on_edge_c_d() -> None:
    """(p/2) w^4 / ((w cosh w tau + h sinh w tau)^2 - sinh^2 w tau)^2, h = H sigma^2."""
    solution = solve(cp_problem(order=2, ties="asym"), "C-D")
    h = 30 / 25
    w = sqrt(1 + h * h)
    for time in (Fraction(1, 20), Fraction(1)):
        c, s = cosh(w * float(time)), sinh(w * float(time))
        expected = 5 * w**4 / ((w * c + h * s) ** 2 - s * s) ** 2
        assert [str(symbol) for symbol, _ in solution.definitions] == ["omega"]
        assert abs(float(solution.evaluate(SIZES, t=time)) - expected) < 1e-12


def test_alternating_faces_keep_the_response_to_the_next_atoms() -> None:
    """E: - H y sinh 2 tau + H y^2 (1 + 3 sinh^2 2 tau) / 2, the second order of edge E-A."""
    problem = cp_problem(order=2, ties="asym")
    vertex, edge = solve(problem, "E"), solve(problem, "D-E")
    assert vertex.kind == edge.kind == "explicit"
    y, time = 0.4, 0.3
    s = sinh(2 * time)
    expected = 5 - 30 * y * s + 15 * y * y * (1 + 3 * s * s)
    assert abs(float(vertex.evaluate(SIZES, t="3/10")) - expected) < 1e-12
    assert "next size" in vertex.evidence.statement
    # the edge against the whole system, at sizes so small that the third degree is negligible
    small = {"p": 10, "H": 30, "sigma": "1/1000", "T": 1, "t": "3/10"}
    one, two, step = 0.0, 1e-5, 1e-4

    def rate(a: float, b: float) -> tuple[float, float]:
        return 2 * b * (1 - 4 * a), 2 * a - 2 * b * b - 6 * a * a

    for _ in range(3000):
        k = rate(one, two)
        m = rate(one + step / 2 * k[0], two + step / 2 * k[1])
        one, two = one + step * m[0], two + step * m[1]
    second = 45 * one**2 - 30 * one + 15 * two**2
    found = float(edge.evaluate(small, digits=20).value - 5)
    linear = -30 * 1e-5 * sinh(0.6)
    assert abs(found - linear) > 1e-10
    # Runge-Kutta of order two leaves 1e-9 of the linear term
    assert abs((found - linear) - (second - linear)) < 1e-3 * abs(found - linear) + 2e-11


def test_drifting_boundaries_are_refused() -> None:
    with pytest.raises(NotSolved, match="moves with the order,"):
        solve(cp_problem(order=3, target="zero"), "A-B")


@pytest.mark.parametrize(("order", "ties", "regime"), [(3, "asym", "E-A"), (3, "2+1", "C-D")])
def test_odd_ties_are_formal_only(order: int, ties: str, regime: str) -> None:
    solution = solve(cp_problem(order=order, ties=ties), regime)
    assert solution.kind == "ode"
    assert "formal" in solution.domain
    for time in ("1/100", "-1/100"):
        with pytest.raises(OutsideDomain, match="largest coordinates blow up") as refusal:
            solution.evaluate(SIZES, t=time)
        assert refusal.value.exit_code == 3
    # at t = 0 the averages are Gaussian: the target has none, self or coherent atoms may have
    start = {"asym": 15 * 0.4**3, "2+1": 0.0}[ties]
    assert abs(float(solution.evaluate(SIZES, t=0)) - 5 - start) < 1e-12


def test_free_decay_is_closed() -> None:
    """z' = -8 theta z^4 - 2 d z; at d -> 0 the formula without decay."""
    problem = cp_problem(order=4, target="zero", decay="d")
    solution = solve(problem, "full")
    assert solution.kind == "explicit"
    theta, z, d = 1 + 0.9, 0.4, 2.0
    for time in (0.05, 1.0):
        growth = exp(6 * d * time)
        base = growth + 4 * theta * z**3 / d * (growth - 1)
        expected = 15 * theta * z**4 * base ** (-4 / 3)
        value = solution.evaluate(SIZES, d=2, t=str(time))
        assert abs(float(value) - expected) < 1e-13
    free = solve(cp_problem(order=4, target="zero"), "A-B").evaluate(SIZES, t=1)
    tiny = solution.evaluate(SIZES, d="1/100000000", t=1)
    assert abs(float(tiny) - float(free)) < 1e-6


@pytest.mark.parametrize(
    ("ties", "time"),
    [("2+2", "-1/2000"), pytest.param("4+2", "-1/2000", marks=pytest.mark.full), ("4", "-1/1000")],
)
def test_even_ties_with_target_against_another_grid(ties: str, time: str) -> None:
    """The coordinates on Gauss-Hermite nodes, fixed Runge-Kutta steps, drift by hand."""
    pattern = [int(d) for d in ties.split("+")]
    order = sum(pattern)
    sizes = {**SIZES, "sigma": "2/5"}
    problem = cp_problem(order=order, ties=ties)
    face = face_of(problem, "full")
    numbers = ByCoordinates(closure_of(problem, face.regime), face.constant)
    solution = solve(problem, "full")
    value = float(solution.evaluate(sizes, t=time, digits=9))
    pairings = {2: 1, 4: 3}
    theta = 1.0 + 30 / 10 ** (order // 2) * numpy.prod([pairings[d] for d in pattern])
    nodes, weights = numpy.polynomial.hermite_e.hermegauss(60)
    weights = weights / weights.sum()
    axes = numpy.meshgrid(*([0.4 * nodes] * len(pattern)), indexing="ij")
    joint = numpy.ones_like(axes[0])
    for axis in numpy.meshgrid(*([weights] * len(pattern)), indexing="ij"):
        joint = joint * axis
    v = numpy.stack(axes)

    def product(v: numpy.ndarray, lowered: int | None) -> numpy.ndarray:
        total = numpy.ones_like(v[0])
        for c, d in enumerate(pattern):
            total = total * v[c] ** (d - (c == lowered))
        return total

    def seconds(v: numpy.ndarray) -> list[float]:
        return [10 * float((joint * v[c] ** 2).sum()) for c in range(len(pattern))]

    def rate(v: numpy.ndarray) -> numpy.ndarray:
        z = seconds(v)
        whole = numpy.prod([z[c] ** d for c, d in enumerate(pattern)])
        return numpy.stack(
            [d * product(v, c) - theta * d * whole / z[c] * v[c] for c, d in enumerate(pattern)]
        )

    steps, end = 300, float(Fraction(time))
    for _ in range(steps):
        step = end / steps
        one = rate(v)
        two = rate(v + step / 2 * one)
        three = rate(v + step / 2 * two)
        four = rate(v + step * three)
        v = v + step / 6 * (one + 2 * two + 2 * three + four)
    z = seconds(v)
    whole = numpy.prod([z[c] ** d for c, d in enumerate(pattern)])
    expected = 5 + 30 * (theta * whole / 2 - 10 * float((joint * product(v, None)).sum()))
    assert abs(value - expected) < 1e-5 * abs(expected)
    if ties != "4":
        # equal ties have a first integral, unequal ones are followed on a grid
        assert solution.kind == ("implicit" if ties == "2+2" else "ode")
        with pytest.raises(OutsideDomain, match="no Borel sum"):
            solution.evaluate(sizes, t="1/100")
    else:
        other = numbers.value(solution._values({**sizes, "t": time}), 9)
        assert abs(other.value - value) < 1e-6 * abs(value)


def test_single_product_of_unequal_petals() -> None:
    """(4,2), free: z_u' = -8 theta z_u^4 z_v^2 and half of it for z_v."""
    solution = solve(cp_problem(order=6, ties="4+2", target="zero"), "A-B")
    assert solution.kind == "implicit"
    assert str(solution.formula) == "H*p**6*sigma**12*theta*(1 - 2*u)**4*(1 - u)**2/2"
    sizes = {"p": 10, "H": 100, "sigma": "1/4", "T": 1}
    theta, start, steps = 1 + 3 / 10, 10 / 16, 2000
    u = 0.0
    for _ in range(steps):
        step = 4 * theta * start**5 * 0.5 / steps
        middle = u + step / 2 * (1 - 2 * u) ** 4 * (1 - u) ** 2
        u += step * (1 - 2 * middle) ** 4 * (1 - middle) ** 2
    expected = 50 * theta * start**6 * (1 - 2 * u) ** 4 * (1 - u) ** 2
    assert abs(float(solution.evaluate(sizes, t="1/2")) - expected) < 1e-6 * expected
    with pytest.raises(OutsideDomain, match="time of existence"):
        solution.evaluate(sizes, t=-100)


def test_too_many_coordinates_are_refused() -> None:
    """Of four colours there is a number at time zero only."""
    solution = solve(cp_problem(order=8, ties="2+2+2+2"), "E")
    assert solution.evaluate(SIZES, t=0, digits=12).rigorous
    with pytest.raises(OutsideDomain, match="more than .* grid points"):
        solution.evaluate(SIZES, t="-1/10", digits=12)


@pytest.mark.full
def test_even_order_against_direct_simulation() -> None:
    """Ascent and descent to -I at p = 64, H = 512: the gap to p/2 within 2 %."""
    from diagrams.flow import simulate

    for scale, until in ((1, -0.3), (-1, 0.05)):
        problem = cp_problem(order=4, scale=scale)
        solution = solve(problem, "full")
        found = simulate(problem, p=64, H=512, sigma=0.03, T=0.0009, until=until, seeds=3, points=4)
        for time, median in zip(found.times[1:], found.median[1:], strict=True):
            sizes = {"p": 64, "H": 512, "sigma": "3/100", "T": "9/10000", "t": float(time)}
            gap = float(solution.evaluate(sizes, digits=10)) - 32
            assert abs(float(median) - 32 - gap) < 0.02 * abs(gap)


@pytest.mark.parametrize(
    ("order", "ties", "target", "regime", "decay"),
    [
        (4, "sym", "zero", "full", "0"),
        (2, "sym", "identity", "B-E", "0"),
        (4, "sym", "zero", "full", "d"),
        (2, "asym", "identity", "D-E", "0"),
        (3, "asym", "identity", "B-C", "0"),
        pytest.param(2, "asym", "identity", "C-D", "0", marks=pytest.mark.full),
        pytest.param(2, "asym", "identity", "E-A", "0", marks=pytest.mark.full),
    ],
)
def test_the_printed_formula_has_the_values(
    order: int, ties: str, target: str, regime: str, decay: str
) -> None:
    """What is written, with all definitions inserted, against what is computed."""
    solution = solve(cp_problem(order=order, ties=ties, target=target, decay=decay), regime)
    sizes = {**SIZES, "t": "1/20"}
    if decay != "0":
        sizes["d"] = "3/2"
    value = solution.evaluate(sizes, digits=20).value
    plain = {name: sympy.Rational(str(v)) for name, v in sizes.items()}
    assert solution.expr.free_symbols <= {sympy.Symbol(n) for n in sizes}
    written = sympy.N(solution.expr.subs(plain), 25)
    assert abs(sympy.Float(str(value), 25) - written) < 1e-14
    for step in solution.steps:
        assert step.text
