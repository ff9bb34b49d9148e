"""Several colours with one power each: a first integral, its averages, its ends."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction
from functools import cache
from math import gamma, log, pi

import flint
import mpmath
import numpy
import pytest
import sympy
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st

from diagrams.dynamics.averages.equal.flow_coefficients import flow_coefficients
from diagrams.dynamics.averages.equal.pair import PairAverage
from diagrams.dynamics.averages.equal.pair_late import begins, late_average
from diagrams.dynamics.averages.equal.radial_table import EqualTable
from diagrams.dynamics.averages.equal.sampled_table import Interpolated, SampledTable
from diagrams.dynamics.averages.equal.several_directions import SeveralColours
from diagrams.dynamics.averages.equal.tables import average_table, tabulated
from diagrams.dynamics.averages.equal.two_directions import TwoColours, direction_rule
from diagrams.dynamics.face import face_of
from diagrams.dynamics.petals.closure import Closure, closure_of
from diagrams.dynamics.roads.bernoulli.formula import check_series
from diagrams.dynamics.roads.bernoulli.formula_of_several import pair_flow
from diagrams.dynamics.roads.bernoulli.numbers import ByFirstIntegral, ByOneEquation
from diagrams.dynamics.roads.bernoulli.structure import Bernoulli, bernoulli, bernoulli_with_decay
from diagrams.dynamics.solution import Solution
from diagrams.dynamics.solving import solve
from diagrams.errors import BadInput, NotSolved, OutsideDomain
from diagrams.problems.cp import cp_problem
from pde.numbers.balls import to_mpf

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


# -- the averages, with their bounds --------------------------------------------------------------


@pytest.mark.parametrize("y", ["1/10", "3", "40", "2000"])
def test_the_average_over_directions_holds_its_integral(y: str) -> None:
    """Against quadrature of another kind; the bound is small, and the truth is inside."""
    pair, point = PairAverage(25), Fraction(y)
    with flint.ctx.workprec(160), mpmath.workdps(30):
        centre = arb(flint.fmpq(point.numerator, point.denominator))
        polynomial, missed = pair.about(centre, centre / 3, 60)
        assert missed < arb(10) ** -24
        for z in (0.0, 0.5, 1.0):
            place = mpmath.mpf(point.numerator) / point.denominator * (3 + mpmath.mpf(z)) / 3

            def integrand(s: mpmath.mpf, place: mpmath.mpf = place) -> mpmath.mpf:
                c = mpmath.sin(s)
                grown = mpmath.exp(-c * place) * (1 - c) / (1 + c)
                return c * (1 + grown) / (1 - grown) / mpmath.pi

            marks = [mpmath.pi / 2**k for k in range(18, 0, -1)]
            exact = mpmath.quad(integrand, [mpmath.mpf(10) ** -12, *marks])
            exact += mpmath.mpf(10) ** -12 / mpmath.pi / (1 + place / 2)
            assert abs(to_mpf(polynomial(arb(z))) - exact) < 1e-20


def test_the_series_at_large_arguments_agrees_with_the_rule() -> None:
    """Two ways that share nothing: a series in 1/(y + 2), and a trapezoidal rule; at one point."""
    pair = PairAverage(20)
    with flint.ctx.workprec(140):
        y, beyond = arb(300), arb(330)
        assert not y > begins(20)
        assert beyond > begins(20)
        by_rule, missed = pair.about(y, arb(100), 50)
        by_series, left_out = late_average(20, beyond, arb(110), 50)
        assert missed < arb(10) ** -20
        assert left_out < arb(10) ** -20
        for z in (arb(0), arb(1) / 3, arb(3) / 5):
            gap = by_series(z) - by_rule((30 + 110 * z) / 100)
            assert abs(gap) < arb(10) ** -20
        assert abs(by_series(arb(0)) - 1 / arb.pi()) > arb(10) ** -6


def averages_by_sample(r: float, count: int = 400) -> tuple[float, float]:
    """The means of A_1, A_2 and A_1 A_2 from nodes of Gauss and Laguerre, and even angles."""
    nodes, weights = numpy.polynomial.laguerre.laggauss(60)
    angle = (numpy.arange(count) + 0.5) * pi / 4 / count
    rho, s = numpy.meshgrid(2 * nodes, angle, indexing="ij")
    gap, ratio = rho * numpy.cos(2 * s), numpy.tan(s) ** 2
    grown = ratio * numpy.exp(-gap * r)
    one = gap / (1 - grown)
    both = one * (1 + grown) / 2
    return float(weights @ both.mean(axis=1)), float(weights @ (one**2 * grown).mean(axis=1))


@pytest.mark.parametrize("r", [0.002, 0.1, 0.7])
def test_averages_against_a_sample_of_nodes(r: float) -> None:
    table = EqualTable(18)
    with flint.ctx.workprec(table.bits):
        k = table.place(arb(r))
        panel = table.panel(k)
        z = (arb(r) - panel.left) / panel.width
        found = [table.average(j, k)(z) for j in (2, 4)]
        assert all(value.rad() < arb(10) ** -19 for value in found)
        assert [float(v) for v in found] == pytest.approx(averages_by_sample(r), rel=1e-10)


def test_neighbouring_panels_agree_and_averages_fall() -> None:
    """Two expansions of one function: their balls meet where panels do, at any panel."""
    table, last = EqualTable(18), [arb(1), arb(1)]
    with flint.ctx.workprec(table.bits):
        for k in range(12):
            for place, j in enumerate((2, 4)):
                end, begin = table.average(j, k)(arb(1)), table.average(j, k + 1)(arb(0))
                assert end.overlaps(begin)
                assert end < last[place]
                last[place] = end
        assert last[0] > 2 / arb.pi()


def test_the_average_of_a_square_keeps_a_limit() -> None:
    """E[max(x^2 - y^2, 0)] = 2/pi; E[A_1 A_2] r^3 grows by pi/3 with log r."""
    table, slopes = EqualTable(12), []
    with flint.ctx.workprec(table.bits):
        for r in (1e3, 1e4):
            k = table.place(arb(r))
            panel = table.panel(k)
            z = (arb(r) - panel.left) / panel.width
            assert abs(float(table.average(2, k)(z)) - 2 / pi) < 20 / r**2
            slopes.append(float(table.average(4, k)(z)) * r**3)
    assert (slopes[1] - slopes[0]) / log(10) == pytest.approx(pi / 3, rel=0.01)


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
    value = solution.evaluate(at, t=time)
    assert value.rigorous
    assert value.error < abs(value.value) * 1e-15
    rate, until = float(Fraction(decay or 0)), float(Fraction(time))
    assert float(value) == pytest.approx(by_coordinates((2, 2), scale, rate, until), rel=1e-9)
    wrong = by_coordinates((2, 2), scale, rate + 1e-4, until)
    assert float(value) != pytest.approx(wrong, rel=1e-9)


@pytest.mark.parametrize(
    "options",
    [
        {},
        pytest.param({"scale": -1}, marks=pytest.mark.full),
        pytest.param({"decay": "lambda"}, marks=pytest.mark.full),
    ],
)
def test_numbers_against_the_grid(options: dict[str, object]) -> None:
    """Late times, where only the grid was there before: its estimate holds the proved number."""
    solution = solved(4, "2+2", **options)
    numbers = solution.numbers
    assert isinstance(numbers, ByOneEquation)
    exact = {"p": Fraction(64), "H": Fraction(512), "sigma": Fraction(1, 10), "T": Fraction(1)}
    exact["lambda"] = Fraction(1, 10)
    clock = Fraction(4) if "scale" in options else Fraction(-1, 4)
    (estimate,) = numbers.grid._estimated(exact, [clock], 13)
    known = {name: value for name, value in exact.items() if name in solution.symbols}
    proved = solution.evaluate(known, t=clock, digits=20)
    assert proved.rigorous
    with mpmath.workdps(40):
        assert abs(proved.value - estimate.value) < 4 * estimate.error


@pytest.mark.parametrize("time", ["-1/1000", pytest.param("-1/4", marks=pytest.mark.full)])
def test_fifteen_thirty_and_fifty_digits_hold_a_common_number(time: str) -> None:
    solution = solved(4, "2+2")
    found = [solution.evaluate(SIZES, t=time, digits=digits) for digits in (15, 30, 50)]
    for digits, value in zip((15, 30, 50), found, strict=True):
        assert value.rigorous
        assert value.error < abs(value.value) * mpmath.mpf(10) ** -digits
    with mpmath.workdps(80):
        for one, other in itertools.pairwise(found):
            assert abs(one.value - other.value) <= one.error + other.error


TIMES = st.builds(
    lambda n, power: Fraction(n, 1000) * Fraction(10) ** power,
    st.integers(1, 999),
    st.integers(-6, 2),
)


@given(
    st.sampled_from([1, 64, 10**9]),
    st.sampled_from([1, 1000, 10**9]),
    st.sampled_from([Fraction(1, 10**4), Fraction(1, 10), Fraction(1)]),
    TIMES,
    st.sampled_from([1, -1]),
    st.sampled_from([None, 0, Fraction(1, 10), Fraction(-1, 5)]),
)
@settings(deadline=None, max_examples=3)
def test_two_precisions_hold_a_common_number(
    p: int, number: int, sigma: Fraction, time: Fraction, scale: int, decay: Fraction | None
) -> None:
    options: dict[str, object] = {} if decay is None else {"decay": "lambda"}
    solution = solved(4, "2+2", scale=scale, **options)
    at = {"p": p, "H": number, "sigma": sigma, "t": -scale * time}
    at |= {} if decay is None else {"lambda": decay}
    try:
        rough = solution.evaluate(at, digits=12)
    except OutsideDomain as refusal:
        assert scale > 0
        assert "time of existence" in str(refusal)
        return
    fine = solution.evaluate(at, digits=20)
    assert rough.rigorous
    assert fine.rigorous
    with mpmath.workdps(60):
        assert abs(rough.value - fine.value) <= rough.error + fine.error


@pytest.mark.full
@given(st.sampled_from([1, 64, 1000]), st.integers(1, 40), TIMES)
@settings(deadline=None, max_examples=4)
def test_sizes_scale_as_the_equations_do(p: int, factor: int, time: Fraction) -> None:
    """sigma^2 and 1/t times a factor, H^2 sigma^4 kept: the same curve of petals, by hand."""
    solution = solved(4, "2+2", "E")
    one = solution.evaluate({**UNIT, "p": p, "t": -time})
    other = solution.evaluate({**UNIT, "p": p, "sigma": factor, "t": -time / factor**2})
    expected = (float(one) - p / 2) * factor**4
    assert float(other) - p / 2 == pytest.approx(expected, rel=1e-9, abs=1e-12 * p * factor**4)


# -- ends -----------------------------------------------------------------------------------------


def test_ascent_ends_at_all_sizes_and_diverges_as_a_power() -> None:
    """The average keeps a limit, so that 1/phi reaches zero however small the sizes are."""
    solution = solved(4, "2+2")
    assert isinstance(solution.numbers, ByFirstIntegral)
    assert solution.numbers.critical() is None
    end = solution.existence_time(SIZES, digits=7)
    assert end is not None
    assert end.rigorous
    last = Fraction(str(mpmath.nstr(end.value, 9)))
    gaps = Fraction(1, 10**3), Fraction(1, 10**4)
    near, nearer = (float(solution.evaluate(SIZES, t=last * (1 - gap), digits=6)) for gap in gaps)
    assert log(nearer / near) / log(10) == pytest.approx(4 / 3, abs=1e-2)
    with pytest.raises(OutsideDomain, match="time of existence"):
        solution.evaluate(SIZES, t=last * Fraction(101, 100), digits=6)
    assert "formula -> oo as |t - t_c|^(-4/3)" in str(solution.endings[1])
    assert "up to a time t_c" in solution.domain


@pytest.mark.full
def test_at_tiny_sizes_the_end_is_that_of_constant_averages() -> None:
    solution = solved(4, "2+2")
    # at tiny sizes G = 2 sigma^2/pi all the way, and tau_c = int dr W^(1/2) = 2 r_c/3
    tiny = solution.existence_time({"p": 8, "H": 8, "sigma": "1/10000", "T": 1}, digits=6)
    assert tiny is not None
    assert tiny.rigorous
    square = 2 / pi * 1e-8
    expected = 2 / 3 / (8 * 512 * 1.125 * square**3)
    assert -float(tiny) == pytest.approx(expected, rel=1e-6)


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
    found = float(solution.evaluate(UNIT, t=10**4)) - 0.5
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
    values = [float(calm.evaluate({**UNIT, "lambda": 1}, t=t)) - 0.5 for t in (3, 4)]
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
    assert float(solution.evaluate(UNIT, t=40)) == pytest.approx(expected, rel=1e-4)


def test_the_vertex_without_damping_forgets_its_product() -> None:
    solution = solved(4, "2+2", "E")
    assert solution.kind == "quadrature"
    assert str(solution.formula) == "-H*p*K(t/T) + p/2"
    early = next(end for end in solution.endings if end.known)
    assert early.time == -sympy.oo
    assert early.limit == sympy.Symbol("p") / 2
    assert solution.existence_time(UNIT) is None
    assert abs(float(solution.evaluate(UNIT, t=-(10**4))) - 0.5) < 1e-11


# -- other powers, and more colours ---------------------------------------------------------------


def by_runge_and_kutta(half: int, y: float, steps: int = 600) -> float:
    """Q(y) of two colours: the squares followed by hand at angles of Gauss and Legendre."""
    nodes, weights = numpy.polynomial.legendre.leggauss(60)
    c = numpy.sin((nodes + 1) * pi / 4)
    total = numpy.ones_like(c)

    def rate(total: numpy.ndarray) -> numpy.ndarray:
        return -2 / (2 * half - 1) * ((total**2 - c**2) / 4) ** half

    step = y / steps
    for _ in range(steps):
        one = rate(total)
        two = rate(total + step / 2 * one)
        three = rate(total + step / 2 * two)
        total = total + step / 6 * (one + 2 * two + 2 * three + rate(total + step * three))
    return float((weights * total).sum()) / 4


@pytest.mark.parametrize(("half", "y"), [(2, 0.5), (2, 10.0), (3, 8.0)])
def test_two_colours_of_any_power_hold_the_average_over_directions(half: int, y: float) -> None:
    """A proved rule against another one and another integration; two precisions meet."""
    with flint.ctx.workprec(180):
        (found,) = TwoColours(half, 20).values([arb(y)])
        (finer,) = TwoColours(half, 32).values([arb(y)])
    assert found.rad() < arb(10) ** -20
    assert finer.rad() < arb(10) ** -32
    assert found.overlaps(finer)
    assert float(found) == pytest.approx(by_runge_and_kutta(half, y), rel=1e-11)
    assert float(found) != pytest.approx(by_runge_and_kutta(half, 1.001 * y), rel=1e-6)


def test_the_weights_of_the_directions_are_an_average() -> None:
    """The mean of one, of c^2 and of c^4, within the proved error of the rule."""
    with flint.ctx.workprec(120):
        rule, error = direction_rule(2, 20, 12, 120)
        for power, mean in ((0, 1.0), (2, 0.5), (4, 0.375)):
            total = sum((one.weight * one.c**power for one in rule), arb(0))
            assert abs(total - mean) < error
    assert error < arb(10) ** -20


@pytest.mark.parametrize(("colours", "half"), [(2, 2), (2, 3), (3, 1), (4, 1)])
def test_the_average_over_directions_has_its_exact_series(colours: int, half: int) -> None:
    """Near zero: exact coefficients of the flow against the rule, which knows none of them."""
    rule = TwoColours(half, 12) if colours == 2 else SeveralColours(colours, 10)
    assert rule.proved == (colours == 2)
    average, radius = Interpolated(colours, half, rule), colours ** (colours * half - 1)
    with flint.ctx.workprec(120):
        y = arb(radius) / 16
        (found,) = rule.values([y])
        terms = [c * y**n for n, c in enumerate(average.coefficients[:12])]
        assert abs(found - sum(terms, arb(0))) < 1e-10
        assert abs(found - sum(terms[:-9], arb(0))) > 1e-10
        for n, c in enumerate(average.coefficients):
            assert abs(c) * arb(average.radius) ** n < average.largest


def test_panels_of_sampled_averages_meet() -> None:
    table = SampledTable(2, 2, TwoColours(2, 16))
    with flint.ctx.workprec(table.bits):
        for k in (0, 1, 20, 44):
            for j in (2, 8):
                one, other = table.average(j, k), table.average(j, k + 1)
                assert one(arb(1)).overlaps(other(arb(0)))
                # panels begin at 1e-6, so that a derivative loses digits
                assert one.error < (1e-14 if j == 2 else 1e-6)


@pytest.mark.parametrize(
    ("ties", "time", "proved"), [((4, 4), "-1/5", True), ((2, 2, 2), "-1/5", False)]
)
def test_numbers_of_other_ties_against_a_sample_of_coordinates(
    ties: tuple[int, ...], time: str, proved: bool
) -> None:
    """Fifteen digits against nodes of Gauss and Hermite; what is estimated says so."""
    solution = solved(sum(ties), "+".join(map(str, ties)))
    value = solution.evaluate(SIZES, t=time)
    assert value.rigorous == proved
    assert value.method == ("ball arithmetic" if proved else "two rules")
    assert value.error < abs(value.value) * 1e-15
    steps = 150
    expected = by_coordinates(ties, 1, 0, float(Fraction(time)), steps)
    assert float(value) == pytest.approx(expected, rel=1e-8)
    assert float(value) != pytest.approx(
        by_coordinates(ties, 1, 1e-3, float(Fraction(time)), steps), rel=1e-8
    )


@pytest.mark.parametrize(
    ("ties", "digits"),
    [
        ("4+4", 20),
        pytest.param("4+4", 30, marks=pytest.mark.full),
        pytest.param("2+2+2", 30, marks=pytest.mark.full),
    ],
)
def test_fifteen_and_more_digits_of_other_ties(ties: str, digits: int) -> None:
    solution = solved(sum(map(int, ties.split("+"))), ties)
    rough, fine = (solution.evaluate(SIZES, t="-1/8", digits=n) for n in (15, digits))
    assert fine.error < abs(fine.value) * mpmath.mpf(10) ** -digits
    with mpmath.workdps(50):
        assert abs(rough.value - fine.value) <= rough.error + fine.error


@pytest.mark.parametrize(
    ("ties", "digits"), [pytest.param("4+4", 6, marks=pytest.mark.full), ("2+2+2", 5)]
)
def test_other_ties_end_as_a_power(ties: str, digits: int) -> None:
    order = sum(map(int, ties.split("+")))
    solution = solved(order, ties)
    end = solution.existence_time(SIZES, digits=digits)
    assert end is not None
    assert end.rigorous == (ties == "4+4")
    assert solution.endings[1].exponent == -sympy.Rational(order, order - 1)
    last = Fraction(str(mpmath.nstr(end.value, digits + 1)))
    gaps = Fraction(1, 100), Fraction(1, 1000)
    near, nearer = (float(solution.evaluate(SIZES, t=last * (1 - gap), digits=4)) for gap in gaps)
    assert log(nearer / near) / log(10) == pytest.approx(order / (order - 1), abs=0.04)
    with pytest.raises(OutsideDomain, match="time of existence"):
        solution.evaluate(SIZES, t=last * Fraction(11, 10), digits=4)


def test_what_would_cost_too_much_is_refused_with_its_cost() -> None:
    solution = solved(8, "2+2+2+2")
    with pytest.raises(OutsideDomain, match=r"4 colours needs \d+ directions to .* fewer digits"):
        solution.existence_time(SIZES, digits=15)
    assert not tabulated((4, 4, 4))
    with pytest.raises(NotSolved, match="no table of averages"):
        average_table((4, 4, 4), 15)


@pytest.mark.full
def test_no_existence_time_without_a_table() -> None:
    with pytest.raises(BadInput, match="tabulated"):
        solved(12, "4+4+4").existence_time(SIZES)


def test_moments_of_the_radius() -> None:
    """The first panel: coefficients of Q times moments of a sum of two squares of normals."""
    table = EqualTable(12)
    with flint.ctx.workprec(table.bits):
        exact = flow_coefficients((2, 2), (2, 0), 6)
        for n, c in enumerate(exact):
            assert float(table._at_zero[n]) == pytest.approx(float(c) * (-1) ** n, rel=1e-12)
            moment = 2 ** (n + 1) * gamma(n + 2)
            assert float(table.directions.coefficients[n]) * moment == pytest.approx(
                float(c) * (-1) ** n, rel=1e-12
            )


def test_the_structure_is_a_value() -> None:
    one, other = bernoulli(closed(4, "2+2")), bernoulli(closed(4, "2+2"))
    assert isinstance(one, Bernoulli)
    assert one == other
