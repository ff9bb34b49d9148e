"""Several colours with one power each: a first integral, its averages, its ends."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cache
from math import log, pi

import mpmath
import numpy
import pytest
import sympy

from diagrams.dynamics.averages.flow_coefficients import flow_coefficients
from diagrams.dynamics.face import face_of
from diagrams.dynamics.petals.closure import Closure, closure_of
from diagrams.dynamics.roads.bernoulli.formula import check_series
from diagrams.dynamics.roads.bernoulli.formula_of_several import pair_flow
from diagrams.dynamics.roads.bernoulli.structure import Bernoulli, bernoulli, bernoulli_with_decay
from diagrams.dynamics.solution import Solution
from diagrams.dynamics.solving import solve
from diagrams.errors import NotSolved, OutsideDomain
from diagrams.problems.cp import cp_problem

SIZES: dict[str, int | str] = {"p": 64, "H": 512, "sigma": "1/10", "T": 1}
UNIT: dict[str, int | str] = {"p": 1, "H": 1, "sigma": 1, "T": 1}


@cache
def solved(order: int, ties: str, regime: str = "full", **options: object) -> Solution:
    return solve(cp_problem(order=order, ties=ties, **options), regime, terms=2)  # type: ignore[arg-type]


def closed(order: int, ties: str, **options: object) -> Closure:
    problem = cp_problem(order=order, ties=ties, **options)  # type: ignore[arg-type]
    return closure_of(problem, face_of(problem, "full", 2).regime)


# -- the structure, and the formal series ---------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "ties", "d", "power"), [(4, "2+2", 2, 3), (6, "2+2+2", 4, 5), (8, "4+4", 6, 7)]
)
def test_the_first_integral_has_the_series_of_the_closure(
    order: int, ties: str, d: int, power: int
) -> None:
    """Six orders of the closure's brackets, at rational sizes; wrong constants are refused."""
    found = bernoulli(closed(order, ties))
    assert (found.d, found.power) == (d, power)
    check_series(found, 5)
    for wrong in (
        replace(found, alpha=2 * found.alpha),
        replace(found, beta=2 * found.beta),
        replace(found, power=power + 1),
    ):
        with pytest.raises(NotSolved, match="its series differs"):
            check_series(wrong, 5)


@pytest.mark.parametrize("ties", ["4+2", "2+2+1+1", "3+3"])
def test_other_ties_have_no_such_structure(ties: str) -> None:
    with pytest.raises(NotSolved):
        bernoulli_with_decay(closed(6, ties))


def test_a_colour_that_moves_differently_is_refused() -> None:
    """The structure is read off the equations: one learning rate changed, and it is gone."""
    closure = closed(4, "2+2")
    assert bernoulli(closure).driving == (2, 2)
    rows = replace(closure.rows, rates=(closure.rows.rates[0], 2 * closure.rows.rates[1]))
    with pytest.raises(NotSolved, match="move differently"):
        bernoulli(replace(closure, rows=rows))
    rows = replace(
        closure.rows, variances=(closure.rows.variances[0], 2 * closure.rows.variances[1])
    )
    with pytest.raises(NotSolved, match="averages differ"):
        bernoulli(replace(closure, rows=rows))


def test_the_squares_solve_their_equation_and_the_liouville_form() -> None:
    """By substitution: v_u^2 = phi A_u, with phi' = -2 beta z^3 phi and psi' = phi."""
    tau, alpha, damping = sympy.symbols("tau alpha D")
    one, other = sympy.symbols("x y")
    square = pair_flow(alpha, (one, other))
    product = square * (square - one**2 + other**2)
    psi = sympy.Symbol("psi")
    assert sympy.simplify(square.diff(psi) - 2 * alpha * product) == 0
    phi, clock = sympy.Function("phi")(tau), sympy.Function("psi")(tau)
    moved = (phi * square.xreplace({psi: clock})).diff(tau).doit()
    moved = moved.subs(phi.diff(tau), -2 * damping * phi).subs(clock.diff(tau), phi)
    coordinates = phi**2 * product - damping * phi * square / alpha
    expected = 2 * alpha * coordinates.xreplace({psi: clock})
    assert sympy.simplify(moved - expected) == 0


def test_the_first_integral_is_one() -> None:
    """The condition on phi, differentiated, is the damping of all coordinates."""
    solution = solved(4, "2+2")
    psi, p, theta = sympy.symbols("psi p theta")
    phi, square = sympy.Function("phi"), sympy.Function("G")
    whole = next(c for c in solution.conditions if c.lhs == phi(psi) ** -2)
    slope = sympy.solve(whole.lhs.diff(psi) - whole.rhs.diff(psi).doit(), phi(psi).diff(psi))[0]
    petal = p * phi(psi) * square(psi)
    assert sympy.simplify(slope * phi(psi) + 4 * theta * petal**3 * phi(psi)) == 0


def test_coefficients_of_the_flow_against_the_explicit_one() -> None:
    """E[A_u] of (2,2) by the explicit flow, expanded, with moments of chi-squared variables."""
    x, y, s = sympy.symbols("x y s", positive=True)
    explicit = (x - y) / (1 - y / x * sympy.exp(s * (x - y)))
    series = sympy.series(explicit, s, 0, 5).removeO()
    found = []
    for k in range(5):
        terms = sympy.Poly(sympy.cancel(series.coeff(s, k)), x, y).terms()
        found.append(
            sum(
                c * sympy.factorial2(2 * a - 1) * sympy.factorial2(2 * b - 1) for (a, b), c in terms
            )
        )
    assert [int(c) for c in flow_coefficients((2, 2), (2, 0), 4)] == found == [1, 1, 3, 11, 50]
    assert flow_coefficients((2, 2), (2, 2), 3) == tuple(
        (k + 1) * c for k, c in enumerate(flow_coefficients((2, 2), (2, 0), 4)[1:])
    )


# -- numbers --------------------------------------------------------------------------------------


def by_coordinates(
    ties: tuple[int, ...], scale: float, decay: float, until: float, steps: int = 600
) -> float:
    """E[L] by Runge and Kutta's method from Gauss-Hermite nodes; all written out by hand."""
    p, hidden, sigma = 64, 512, 0.1
    order, colours = sum(ties), len(ties)
    pairings = numpy.prod([{2: 1, 4: 3}[d] for d in ties])
    theta = 1 + hidden / p ** (order / 2) * pairings
    nodes, weights = numpy.polynomial.hermite_e.hermegauss({2: 60, 3: 32}[colours])
    # all petals are even: positive coordinates are enough
    nodes, weights = nodes[nodes > 0], weights[nodes > 0] / weights[nodes > 0].sum()
    v = numpy.stack(numpy.meshgrid(*([sigma * nodes] * colours), indexing="ij"))
    joint = weights
    for _ in range(colours - 1):
        joint = numpy.multiply.outer(joint, weights)

    def rate(v: numpy.ndarray) -> numpy.ndarray:
        z = p * float((joint * v[0] ** 2).sum())
        found = []
        for c, d in enumerate(ties):
            product = numpy.prod([v[k] ** (e - (k == c)) for k, e in enumerate(ties)], axis=0)
            found.append(scale * d * product - (theta * d * z ** (order - 1) + decay) * v[c])
        return numpy.stack(found)

    step = until / steps
    for _ in range(steps):
        one = rate(v)
        two = rate(v + step / 2 * one)
        three = rate(v + step / 2 * two)
        v = v + step / 6 * (one + 2 * two + 2 * three + rate(v + step * three))
    z = p * float((joint * v[0] ** 2).sum())
    target = p * float((joint * numpy.prod([v[k] ** e for k, e in enumerate(ties)], axis=0)).sum())
    return scale**2 * p / 2 + hidden * (theta * z**order / 2 - scale * target)


@pytest.mark.parametrize(
    ("scale", "decay", "time"),
    [
        (1, None, "-1/5"),
        (-2, "-1/5", "1"),
        pytest.param(-1, None, "3", marks=pytest.mark.full),
        pytest.param(1, "1/2", "-1/10", marks=pytest.mark.full),
    ],
)
def test_numbers_against_a_sample_of_coordinates(scale: int, decay: str | None, time: str) -> None:
    solution = solved(4, "2+2", scale=scale, **({"decay": "lambda"} if decay else {}))
    assert solution.kind == ("ode" if decay else "implicit")
    at = {**SIZES, **({"lambda": decay} if decay else {})}
    value = solution.evaluate(at, t=time, digits=12)
    assert value.error < abs(value.value) * 1e-11
    rate, until = float(Fraction(decay or 0)), float(Fraction(time))
    assert float(value) == pytest.approx(by_coordinates((2, 2), scale, rate, until), rel=1e-9)
    wrong = by_coordinates((2, 2), scale, rate + 1e-4, until)
    assert float(value) != pytest.approx(wrong, rel=1e-9)


@pytest.mark.parametrize(
    ("ties", "options", "time", "proved"),
    [
        ("2+2", {}, "-1/4", 717.725405557933),
        ("2+2", {"scale": -1}, "100", 32.0218775241207),
        ("2+2", {"decay": "1/3"}, "-1/10", 146.532537790709),
        ("4+4", {}, "-1/5", 47.647731492226),
        pytest.param("2+2+2", {}, "-1/5", 66.5568232477587, marks=pytest.mark.full),
    ],
)
def test_an_estimate_holds_the_proved_number(
    ties: str, options: dict[str, object], time: str, proved: float
) -> None:
    """Numbers of the first integral, from averages over directions and over the radius in balls."""
    solution = solved(sum(map(int, ties.split("+"))), ties, **options)
    found = solution.evaluate(SIZES, t=time, digits=8)
    assert found.method == "two tolerances"
    assert found.error < 1e-7 * abs(found.value)
    assert abs(float(found) - proved) <= float(found.error) + 1e-12


@pytest.mark.full
@pytest.mark.parametrize(("p", "factor", "time"), [(64, 3, Fraction(1, 50)), (1, 7, Fraction(4))])
def test_sizes_scale_as_the_equations_do(p: int, factor: int, time: Fraction) -> None:
    """sigma^2 and 1/t times a factor, H^2 sigma^4 kept: the same curve of petals, by hand."""
    solution = solved(4, "2+2", "E")
    one = solution.evaluate({**UNIT, "p": p, "t": -time}, digits=12)
    other = solution.evaluate({**UNIT, "p": p, "sigma": factor, "t": -time / factor**2}, digits=12)
    expected = (float(one) - p / 2) * factor**4
    assert float(other) - p / 2 == pytest.approx(expected, rel=1e-9, abs=1e-12 * p * factor**4)


# -- ends -----------------------------------------------------------------------------------------


def test_ascent_ends_at_all_sizes_and_diverges_as_a_power() -> None:
    """The average keeps a limit, so that 1/phi reaches zero however small the sizes are."""
    solution = solved(4, "2+2")
    end = solution.existence_time(SIZES)
    assert end is not None
    assert abs(float(end) + 0.2883467727) < float(end.error) < 1e-7  # proved by the first integral
    last = Fraction(str(mpmath.nstr(end.value, 9)))
    gaps = Fraction(1, 10), Fraction(1, 100)
    near, nearer = (float(solution.evaluate(SIZES, t=last * (1 - gap), digits=4)) for gap in gaps)
    assert log(nearer / near) / log(10) == pytest.approx(4 / 3, abs=3e-2)
    with pytest.raises(OutsideDomain, match="no solution beyond about t = -0.288"):
        solution.evaluate(SIZES, t=last * Fraction(101, 100), digits=4)
    assert "formula -> oo as |t - t_c|^(-4/3)" in str(solution.endings[1])
    assert "up to a time t_c" in solution.domain


@pytest.mark.full
def test_at_tiny_sizes_the_end_is_that_of_constant_averages() -> None:
    solution = solved(4, "2+2")
    # at tiny sizes G = 2 sigma^2/pi all the way, and tau_c = int dr W^(1/2) = 2 r_c/3
    tiny = solution.existence_time({"p": 8, "H": 8, "sigma": "1/10000", "T": 1}, digits=6)
    assert tiny is not None
    square = 2 / pi * 1e-8
    expected = 2 / 3 / (8 * 512 * 1.125 * square**3)
    assert abs(-float(tiny) - expected) <= float(tiny.error) < 1e-3 * expected


def test_descent_to_minus_the_target_dies_as_without_a_target() -> None:
    solution = solved(4, "2+2", scale=-1)
    late, early = solution.endings
    free = solved(4, "2+2", "A-B", target="zero").endings[0]
    assert late.approach is not None
    assert free.approach is not None
    assert late.limit == sympy.Symbol("p") / 2
    assert sympy.simplify(late.approach - free.approach) == 0
    assert late.exponent == sympy.Rational(-4, 3)
    assert not early.known
    assert solution.existence_time(UNIT) is None
    values = {"p": 1, "H": 1, "T": 1, "theta": 2, "t": 10**4}
    lead = float(late.approach.subs(values))
    found = float(solution.evaluate(UNIT, t=10**4, digits=6)) - 0.5
    assert found == pytest.approx(lead, rel=1e-3)
    assert found != pytest.approx(lead, rel=1e-5)


def test_an_end_for_every_sign_of_the_scale() -> None:
    listed = [str(end) for end in solved(4, "2+2", scale="c").endings]
    assert len(listed) == 4
    assert any("c < 0: E[L] -> c**2*p/2;" in end for end in listed)
    assert any(end.startswith("t -> t_c, if c > 0") for end in listed)


@pytest.mark.full
def test_ends_with_decay() -> None:
    ascent = solved(4, "2+2", decay="lambda")
    assert [end.limit for end in ascent.endings] == [None, sympy.oo]
    end = ascent.existence_time({**SIZES, "lambda": "1/2"}, digits=10)
    free = solved(4, "2+2").existence_time(SIZES, digits=10)
    assert end is not None
    assert free is not None
    assert abs(float(end)) < abs(float(free))
    calm = solved(4, "2+2", scale=-1, decay="lambda")
    late = calm.endings[0]
    assert late.limit == sympy.Symbol("p") / 2
    assert late.rate is not None
    values = [float(calm.evaluate({**UNIT, "lambda": 1}, t=t, digits=14)) - 0.5 for t in (3, 4)]
    rate = float(late.rate.subs({"lambda": 1, "T": 1}))
    assert log(values[1] / values[0]) == pytest.approx(rate, rel=1e-3)


@pytest.mark.full
def test_growth_against_the_damping_settles() -> None:
    """With a negative decay the second petal settles: 2 theta z^3 = 1/5 at unit sizes."""
    solution = solved(4, "2+2", scale=-1, decay="-1/5")
    limit = solution.endings[0].limit
    assert limit is not None
    expected = float(limit.subs({"p": 1, "H": 1, "theta": 2}))
    assert expected == pytest.approx(0.5 + (1 / 20) ** (4 / 3), rel=1e-12)
    assert float(solution.evaluate(UNIT, t=40, digits=6)) == pytest.approx(expected, rel=1e-4)


def test_the_vertex_without_damping_forgets_its_product() -> None:
    solution = solved(4, "2+2", "E")
    assert solution.kind == "quadrature"
    assert str(solution.formula) == "-H*p*K(t/T) + p/2"
    early = next(end for end in solution.endings if end.known)
    assert early.time == -sympy.oo
    assert early.limit == sympy.Symbol("p") / 2
    assert solution.existence_time(UNIT) is None
    assert abs(float(solution.evaluate(UNIT, t=-(10**4), digits=12)) - 0.5) < 1e-11


# -- other powers, and more colours ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("ties", "time"), [((4, 4), "-1/5"), pytest.param((2, 2, 2), "-1/5", marks=pytest.mark.full)]
)
def test_numbers_of_other_ties_against_a_sample_of_coordinates(
    ties: tuple[int, ...], time: str
) -> None:
    """Against nodes of Gauss and Hermite."""
    solution = solved(sum(ties), "+".join(map(str, ties)))
    value = solution.evaluate(SIZES, t=time, digits=9)
    assert value.method == "two tolerances"
    steps = 150
    expected = by_coordinates(ties, 1, 0, float(Fraction(time)), steps)
    assert float(value) == pytest.approx(expected, rel=1e-8)
    assert float(value) != pytest.approx(
        by_coordinates(ties, 1, 1e-3, float(Fraction(time)), steps), rel=1e-8
    )


@pytest.mark.full
@pytest.mark.parametrize(
    ("ties", "proved", "gap"), [("4+4", -0.4059657329, 100), ("2+2+2", -0.4650231975, 10)]
)
def test_other_ties_end_as_a_power(ties: str, proved: float, gap: int) -> None:
    order = sum(map(int, ties.split("+")))
    solution = solved(order, ties)
    end = solution.existence_time(SIZES)
    assert end is not None
    assert abs(float(end) - proved) < float(end.error) < 1e-4
    assert solution.endings[1].exponent == -sympy.Rational(order, order - 1)
    last = Fraction(str(mpmath.nstr(end.value, 6)))
    near, nearer = (
        float(solution.evaluate(SIZES, t=last * (1 - Fraction(1, far)), digits=4))
        for far in (gap, 10 * gap)
    )
    assert log(nearer / near) / log(10) == pytest.approx(order / (order - 1), abs=0.1)


def test_more_digits_than_an_estimate_has_are_refused() -> None:
    with pytest.raises(OutsideDomain, match="of up to 15 digits"):
        solved(4, "2+2").evaluate(SIZES, t="-1/4", digits=30)


def test_the_structure_is_a_value() -> None:
    one, other = bernoulli(closed(4, "2+2")), bernoulli(closed(4, "2+2"))
    assert isinstance(one, Bernoulli)
    assert one == other
