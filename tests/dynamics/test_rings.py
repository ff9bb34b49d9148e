"""Order two, the whole triangle: against the literature, and against the matrix Riccati equation.

The formula sums planar pairings by a quadratic equation.  Here the density of Marchenko and Pastur
is integrated, which shares no code with it; exact coefficients far beyond those of the certificate
share no idea either.
"""

from __future__ import annotations

import time
from fractions import Fraction
from functools import lru_cache

import mpmath
import pytest
import sympy
from dynamics.by_road import by
from sympy import Rational

from diagrams.dynamics.certificate import leading_part
from diagrams.dynamics.explicit.exact_input import Given
from diagrams.dynamics.expressions.leading import LeadingTerms
from diagrams.dynamics.face import face_of
from diagrams.dynamics.roads.rings.formula import whole_triangle
from diagrams.dynamics.roads.rings.normal_form import RingForm, ring_form
from diagrams.dynamics.roads.rings.rings import (
    LATE_TIMES,
    Rings,
    coefficients,
    on_face,
)
from diagrams.dynamics.solution import Solution
from diagrams.errors import NotSolved, OutsideDomain
from diagrams.evidence import Kind
from diagrams.problems.cp import cp_problem
from diagrams.series.expansion import expand

p, H, sigma, t, T = sympy.symbols("p H sigma t T")


@lru_cache(maxsize=32)
def solved(regime: str = "full", **options: object) -> Solution:
    return by(Rings(), face_of(cp_problem(order=2, **options), regime))  # type: ignore[arg-type]


def long_times(solution: Solution) -> sympy.Expr:
    (step,) = (s for s in solution.steps if s.name == LATE_TIMES)
    return step.formulas[0]


def riccati(
    *,
    p: int,
    H: int,
    variance: Fraction,
    tau: Fraction,
    c: Fraction = Fraction(1),
    decay: Fraction = Fraction(0),
) -> mpmath.mpf:
    """``E[L]`` by Marchenko and Pastur, their integral by a periodic trapezoidal rule."""
    with mpmath.workdps(40):
        s, target, a, clock = (
            mpmath.mpf(q.numerator) / q.denominator for q in (variance, c, c - decay / 2, tau)
        )
        y, z = mpmath.mpf(H) / p, p * s
        grown = mpmath.exp(4 * a * clock)
        kappa = mpmath.expm1(4 * a * clock) / a if a else 4 * clock
        middle, radius = z * (1 + y), 2 * z * mpmath.sqrt(y)
        nodes = 800
        weight = loss = mpmath.mpf(0)
        for k in range(nodes):
            angle = mpmath.pi * (2 * k + 1) / (2 * nodes)
            mu = middle + radius * mpmath.cos(angle)
            density = (radius * mpmath.sin(angle)) ** 2 / (2 * mpmath.pi * z * mu)
            weight += density
            loss += density * (mu * grown / (1 + mu * kappa) - target) ** 2
        step = mpmath.pi / nodes
        mass = mpmath.mpf(min(H, p)) / p
        assert abs(weight * step - mass) < mpmath.mpf(10) ** -30
        return +(p * (loss * step + (1 - mass) * target**2) / 2)


def test_whole_triangle_is_the_known_formula() -> None:
    """Theory, section 6: p/2 + p^2 sigma^2 Psi, compared by algebra and not at points."""
    solution = solved()
    w, y, z, growth, surd = sympy.symbols("w y z E S", positive=True)
    square = 1 - 2 * w * (y + 1) + w**2 * (y - 1) ** 2
    h = (1 - w * (y + 1) - surd) / (2 * w**2)
    h_1 = sympy.diff(h, w) + sympy.diff(h, surd) * sympy.diff(square, w) / (2 * surd)
    expected = p / 2 + p * z * ((z / 2) * growth**2 * h_1 - growth * h)
    ours = solution.formula.xreplace(
        {sympy.exp(4 * t / T): growth, sympy.exp(8 * t / T): growth**2}
    )
    meanings = {s.name: meaning for s, meaning in solution.definitions}
    assert sympy.expand(meanings["S"] ** 2 - square.subs({w: "w", y: "y"})) == 0
    assert sympy.expand(meanings["w"] - sympy.Symbol("z") * (1 - sympy.exp(4 * t / T))) == 0
    assert (meanings["z"], meanings["y"]) == (p * sigma**2, H / p)
    for name in ("h_1", "h"):
        ours = ours.xreplace({sympy.Symbol(name): meanings[name]})
    plain = {sympy.Symbol(s.name): s for s in (w, y, z, surd)}
    difference = sympy.numer(sympy.together(ours.xreplace(plain) - expected))
    remainder = sympy.rem(
        sympy.Poly(sympy.expand(difference), surd), sympy.Poly(surd**2 - square, surd)
    )
    assert remainder.is_zero
    assert solution.evidence.kind is Kind.DERIVED
    assert "planar pairings" in solution.evidence.statement


POINTS = [
    # p, H, variance, tau, c, decay
    (100, 50, "1/100", "1/2", "1", "0"),
    (100, 100, "1/100", "3/4", "1", "0"),  # a square matrix, and p sigma^2 = 1
    (100, 300, "1/70", "2/5", "1", "0"),
    (100, 100, "1/50", "-1/40", "1", "0"),
    (64, 96, "1/40", "1/3", "1/2", "1"),  # c = lambda/2
]
MORE = [
    (64, 32, "1/40", "1/3", "3/2", "1/3"),
    (64, 96, "1/40", "1/5", "1/3", "2"),  # c < lambda/2
    (64, 32, "1/40", "1/5", "-1", "0"),  # descent towards minus the identity
]


@pytest.mark.parametrize(
    "point", [*POINTS, *(pytest.param(point, marks=pytest.mark.full) for point in MORE)]
)
def test_against_marchenko_and_pastur(point: tuple[int, int, str, str, str, str]) -> None:
    size, width, variance, tau, c, decay = point
    expected = riccati(
        p=size,
        H=width,
        variance=Fraction(variance),
        tau=Fraction(tau),
        c=Fraction(c),
        decay=Fraction(decay),
    )
    # a variance without rational root: by the plain formula
    solution = solved(scale=c, decay=decay)
    values = {p: size, H: width, sigma: sympy.sqrt(Rational(variance)), t: Rational(tau), T: 1}
    found = solution.expr.subs(values).evalf(30)
    with mpmath.workdps(30):
        assert abs(mpmath.mpf(str(found)) - expected) < mpmath.mpf(10) ** -22 * abs(expected)


@pytest.mark.full
@pytest.mark.parametrize("decay", ["2", "9/5", "5/2", "1.9999999999999999999999999"])
def test_symbolic_scale_and_decay(decay: str) -> None:
    """One formula for all; at a = c - lambda/2 = 0 its limit, next to it no loss of digits."""
    solution = solved(scale="c", decay="d")
    found = solution.evaluate(p=100, H=50, sigma="1/10", T=2, t="3/2", c=1, d=decay, digits=20)
    expected = riccati(
        p=100, H=50, variance=Fraction(1, 100), tau=Fraction(3, 4), decay=Fraction(decay)
    )
    with mpmath.workdps(30):
        assert abs(found.value - expected) < mpmath.mpf(10) ** -19 * expected
    assert found.rigorous


@pytest.mark.parametrize("decay", ["0", pytest.param("1/2", marks=pytest.mark.full)])
def test_zero_target(decay: str) -> None:
    problem = cp_problem(order=2, target="zero", decay=decay)
    name = "A-B" if decay == "0" else "full"
    solution = by(Rings(), face_of(problem, name))
    found = solution.evaluate(p=100, H=50, sigma="1/10", T=1, t="3/4", digits=20)
    expected = riccati(
        p=100,
        H=50,
        variance=Fraction(1, 100),
        tau=Fraction(3, 4),
        c=Fraction(0),
        decay=Fraction(decay),
    )
    with mpmath.workdps(30):
        assert abs(found.value - expected) < mpmath.mpf(10) ** -19 * expected


@pytest.mark.parametrize("terms", [16, pytest.param(20, marks=pytest.mark.full)])
def test_held_out_orders_far_out(terms: int) -> None:
    """The certificate compares 10 orders; exact rings know the others."""
    problem = cp_problem(order=2)
    form = ring_form(problem)
    assert isinstance(form, RingForm)
    limit = on_face(whole_triangle(form), face_of(problem, "full"))
    exact = expand(problem, terms)
    found = coefficients(limit, terms)
    scaling = {"p": 2, "H": 2, "sigma": -1}
    for s in range(1, terms + 1):
        assert found[s] == leading_part(exact.coefficient(s), scaling)


FACES = {
    "A": p**2 * H * sigma**4 / (2 * (1 + 4 * p * sigma**2 * t / T) ** 2) + p / 2,
    "B": p * H**2 * sigma**4 / (2 * (1 + 4 * H * sigma**2 * t / T) ** 2),
    "E": p / 2 - p * H * sigma**2 * sympy.exp(4 * t / T),
}


@pytest.mark.parametrize(
    "name",
    ["A", "E", pytest.param("B", marks=pytest.mark.full)],
)
def test_faces_are_limits(name: str) -> None:
    limit = by(Rings(), face_of(cp_problem(order=2), name))
    assert sympy.simplify(limit.expr - FACES[name]) == 0


def test_edge_of_the_free_problem_tends_to_its_vertices() -> None:
    edge = solved("A-B", target="zero")
    at = {p: 10**6, sigma: Rational(1, 100), T: 1, t: Rational(1, 50)}
    for name, width in (("A", 1), ("B", 10**12)):
        vertex = solved(name, target="zero")
        ratio = (edge.expr / vertex.expr).subs({**at, H: width}).evalf(20)
        assert abs(ratio - 1) < 1e-4


@pytest.mark.full
def test_long_times() -> None:
    assert long_times(solved()) == sympy.Max(p - H, 0) / 2
    c, d = sympy.symbols("c d")
    general = long_times(solved(scale="c", decay="d"))
    expected = sympy.Piecewise(
        (c**2 * p / 2 - (c**2 - d**2 / 4) * sympy.Min(p, H) / 2, c - d / 2 > 0),
        (c**2 * p / 2, True),
    )
    for values in ((7, 3, 1, Rational(1, 2)), (3, 7, 2, 1), (5, 5, 1, 2), (5, 2, 1, 3)):
        at = dict(zip((p, H, c, d), values, strict=True))
        assert general.subs(at) == expected.subs(at)
    late = solved().evaluate(p=7, H=3, sigma="1/10", T=1, t=40, digits=20)
    assert abs(late.value - 2) < 1e-20


@pytest.mark.parametrize(("width", "rate"), [(100, 2), (130, 8), (70, None)])
def test_very_long_times_have_honest_bounds(width: int, rate: int | None) -> None:
    """exp(-8 tau) next to p/2: hundreds of digits cancel, none may be invented."""
    found = solved().evaluate(p=100, H=width, sigma="1/10", T=1, t=100)
    limit = max(100 - width, 0) / 2
    assert abs(found.value - limit) <= found.error + mpmath.exp(-(rate or 2) * 100) * 10**4
    assert found.error < mpmath.mpf(10) ** -15
    assert found.rigorous


def test_end_of_the_domain() -> None:
    """The largest eigenvalue, mu = sigma^2 (sqrt p + sqrt H)^2, reaches infinity first."""
    solution = solved()
    (end,) = solution.existence
    mu = sigma**2 * (sympy.sqrt(p) + sympy.sqrt(H)) ** 2
    positive = {s: sympy.Symbol(s.name, positive=True) for s in (p, H, sigma, T)}
    assert sympy.simplify((end - T * sympy.log(1 - 1 / mu) / 4).xreplace(positive)) == 0
    values: dict[str, Given] = {"p": 100, "H": 400, "sigma": "1/10", "T": 2}
    bound = end.subs({p: 100, H: 400, sigma: Rational(1, 10), T: 2}).evalf(20)
    inside = [solution.evaluate(values, t=str(bound * k / 1000)).value for k in (900, 990, 999)]
    assert inside[0] < inside[1] < inside[2]
    with pytest.raises(OutsideDomain) as refused:
        solution.evaluate(values, t=str(bound * 1001 / 1000))
    assert abs(float(refused.value.bound) - float(bound)) < 1e-10
    # below the threshold mu < 1 every eigenvalue decays backwards: no end at all
    early = solution.evaluate(p=100, H=100, sigma="1/100", T=1, t=-20)
    assert abs(early.value - 50) < 1e-10


def test_curve_of_two_hundred_points() -> None:
    solution = solved()
    times = [Rational(k, 100) for k in range(200)]
    assert solution.endings  # found once, whatever tests ran before
    start = time.process_time()
    found = solution.values([str(q) for q in times], p=200, H=300, sigma="1/10", T=1, digits=15)
    assert time.process_time() - start < 2
    assert found[50].value == pytest.approx(
        float(riccati(p=200, H=300, variance=Fraction(1, 100), tau=Fraction(1, 2))), rel=1e-14
    )
    assert all(v.error < 1e-15 * abs(v.value) for v in found)


def test_limits_that_cancel_are_refused() -> None:
    small, large = sympy.symbols("e L", positive=True)
    work = LeadingTerms({small: Fraction(-1), large: Fraction(1)})
    assert work.of(large * (sympy.exp(small) - 1 - small))[1] == large * small**2 / 2
    with pytest.raises(NotSolved, match="cancel"):
        work.of(sympy.sqrt(large**2 + 1) - large)
    with pytest.raises(NotSolved, match="diverges"):
        work.of(sympy.exp(large))


def test_problems_without_rings_are_refused() -> None:
    for options in ({"order": 4}, {"order": 2, "ties": "asym"}):
        with pytest.raises(NotSolved, match="no single ring|two or more matrices"):
            by(Rings(), face_of(cp_problem(**options), "E"))
