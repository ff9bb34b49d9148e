"""What becomes of solutions at the ends of their times, against their own numbers there."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import pytest
import sympy

from diagrams import OutsideDomain, cp_problem, solve
from diagrams.dynamics.ends.ending import Ending
from diagrams.dynamics.solution import Solution
from diagrams.problems.files import parse_problem
from tests.fuzz.attempt import in_time

AT = {"p": 7, "H": 5, "sigma": "3/5", "T": 2, "c": "3/2", "lambda": "2/3"}
WEAK = {**AT, "sigma": "1/5"}


def solved(order: int, ties: str, options: dict[str, object], regime: str) -> Solution:
    """A solution certified to low order: its ends do not depend on that."""
    problem = cp_problem(order=order, ties=ties, **options)  # type: ignore[arg-type]
    return solve(problem, regime, None if regime == "full" else 4)


def at(solution: Solution, values: dict[str, object]) -> dict[str, object]:
    return {name: values[name] for name in solution.symbols if name != "t"}


def number(solution: Solution, formula: sympy.Expr, values: dict[str, object], t: object) -> float:
    named = {**values, "t": t}
    plain = {sympy.Symbol(n): sympy.Rational(str(v)) for n, v in named.items()}
    with mpmath.workdps(60):
        return mpmath.mpmathify(sympy.N(solution.plain(formula).subs(plain), 50))


def infinite(solution: Solution, side: int) -> Ending:
    (found,) = [
        end
        for end in solution.endings
        if end.time == side * sympy.oo and end.approach is not None and " = " not in end.condition
    ]
    return found


CASES = [
    (4, "sym", {"target": "zero"}, "A-B", 10**6, AT, 1e-3),
    (3, "2+1", {"target": "zero"}, "A", 10**6, AT, 1e-3),
    pytest.param(*(4, "3+1", {"target": "zero"}, "A", 10**6, AT, 1e-2), marks=pytest.mark.full),
    (4, "sym", {}, "full", -(10**8), WEAK, 2e-3),
    (4, "sym", {"scale": -1}, "full", 10**8, WEAK, 2e-3),
    pytest.param(
        *(6, "sym", {}, "E-A", -(10**10), {**AT, "sigma": "1/10"}, 2e-2), marks=pytest.mark.full
    ),
    pytest.param(*(4, "sym", {}, "E", -(10**8), AT, 2e-3), marks=pytest.mark.full),
    (3, "asym", {}, "B-C", 3, AT, 1e-3),
    pytest.param(*(2, "asym", {}, "C-D", 20, AT, 1e-3), marks=pytest.mark.full),
    pytest.param(*(2, "asym", {}, "E-A", 20, AT, 1e-3), marks=pytest.mark.full),
    pytest.param(*(2, "sym", {}, "E-A", 12, AT, 1e-3), marks=pytest.mark.full),
    pytest.param(*(2, "sym", {}, "B-E", 12, AT, 1e-3), marks=pytest.mark.full),
    pytest.param(
        *(4, "sym", {"target": "zero", "decay": "1/3"}, "full", 60, AT, 1e-3),
        marks=pytest.mark.full,
    ),
    pytest.param(
        *(4, "sym", {"decay": "lambda"}, "A0-B0-E0", 40, AT, 1e-3), marks=pytest.mark.full
    ),
    (3, "asym", {"decay": "lambda"}, "B-C-A0-E0", 40, AT, 1e-3),
    (2, "asym", {"decay": "lambda"}, "B-C-A0-E0", 60, AT, 0.2),
    pytest.param(*(3, "asym", {"decay": "lambda"}, "B-A0", 20, AT, 1e-3), marks=pytest.mark.full),
    pytest.param(
        *(3, "asym", {"decay": "lambda"}, "B-C-A0-E0", -8, AT, 1e-3), marks=pytest.mark.full
    ),
]


@pytest.mark.parametrize(("order", "ties", "options", "regime", "t", "values", "within"), CASES)
def test_the_leading_term_is_that_of_the_numbers(
    order: int,
    ties: str,
    options: dict[str, object],
    regime: str,
    t: int,
    values: dict[str, object],
    within: float,
) -> None:
    solution = solved(order, ties, options, regime)
    end = infinite(solution, 1 if t > 0 else -1)
    known = at(solution, values)
    assert end.limit is not None
    assert end.approach is not None
    seen = solution.evaluate({**known, "t": t}, digits=30).value
    with mpmath.workdps(40):
        limit = 0 if end.limit.is_infinite else number(solution, end.limit, known, t)
        assert abs((seen - limit) / number(solution, end.approach, known, t) - 1) < within
    if end.exponent is not None:
        slope = sympy.diff(solution.plain(end.approach), "t") * sympy.Symbol("t")
        assert sympy.simplify(slope / solution.plain(end.approach) - end.exponent) == 0


@pytest.mark.parametrize(
    ("order", "ties", "options", "regime"),
    [
        (4, "sym", {"target": "zero"}, "A-B"),
        pytest.param(*(3, "sym", {"target": "zero"}, "A"), marks=pytest.mark.full),
        (3, "2+1", {"target": "zero"}, "A"),
        pytest.param(2, "sym", {}, "full", marks=pytest.mark.full),
        pytest.param(2, "asym", {}, "E-A", marks=pytest.mark.full),
        pytest.param(
            *(4, "sym", {"target": "zero", "decay": "lambda"}, "full"), marks=pytest.mark.full
        ),
        (4, "sym", {}, "full"),
    ],
)
def test_powers_of_blow_up_are_those_of_the_numbers(
    order: int, ties: str, options: dict[str, object], regime: str
) -> None:
    """Next to the time of existence the logarithm of the loss has the slope that is said."""
    solution = solved(order, ties, options, regime)
    (end,) = [e for e in solution.endings if e.known and not e.time.is_infinite]
    assert end.limit == sympy.oo
    assert end.exponent is not None
    known = at(solution, {**AT, "sigma": 1})
    time = solution.existence_time(known, digits=30)
    assert time is not None
    assert time.value < 0
    with mpmath.workdps(30):
        places = [Fraction(str(time.value * (1 - mpmath.mpf(10) ** -k))) for k in (6, 8)]
    near, nearer = (solution.evaluate({**known, "t": t}, digits=15).value for t in places)
    slope = mpmath.log(near / nearer) / mpmath.log(100)
    assert abs(slope - mpmath.mpf(end.exponent.p) / end.exponent.q) < 2e-3


def test_the_threshold_parts_the_two_ends_of_ascent() -> None:
    solution = solve(cp_problem(order=4))
    calm, wild, border = solution.endings[1:]
    assert border.condition == calm.condition.replace("<", "=")
    assert calm.condition == "p**3*sigma**4*theta < 2.07780944847"
    assert wild.condition == calm.condition.replace("<", ">")
    assert wild.exponent == sympy.Rational(-4, 3)
    # just below the border the loss stays at the limit of the border for long
    exact = sympy.Rational("2.07780944847258027744") / 2048
    start = sympy.N(exact ** sympy.Rational(1, 4) * (1 - sympy.Rational(1, 10**17)), 40)
    held = solution.evaluate(p=8, H=64, sigma=str(start), t=-80, digits=8)
    assert float(held) == pytest.approx(number(solution, border.limit, {"p": 8, "H": 64}, 0), 1e-4)
    assert solution.existence_time(p=7, H=5, sigma="1/5") is None
    assert solution.existence_time(p=7, H=5, sigma="3/5") is not None


def test_nothing_is_said_where_there_is_no_number() -> None:
    for end in solved(3, "asym", {}, "C-D").endings:
        assert end.limit is None
        assert "Borel" in end.reason
        assert not end.to_latex()
    assert solve(cp_problem(order=4)).limit is None


def test_a_formula_that_leaves_its_domain_has_no_limit() -> None:
    """On E of order two the linear term grows and would make the loss negative."""
    late, loss, early = solve(cp_problem(order=2), "E").endings
    assert not late.known
    assert "leaves out grows" in late.reason
    assert (loss.of, early.of) == ("loss", "formula")
    assert early.limit == sympy.Symbol("p") / 2


@pytest.mark.full
def test_the_limit_of_the_whole_triangle_of_rings() -> None:
    p, width = sympy.symbols("p H")
    limit = solve(cp_problem(order=2)).limit
    assert limit is not None
    for small, large in ((2, 9), (9, 2)):
        assert limit.subs({"p": large, "H": small}) == max(Fraction(large - small, 2), 0)
    assert limit.free_symbols == {p, width}


def test_every_solution_on_the_allowed_side_of_minus_the_target_dies_out() -> None:
    late, early = solve(cp_problem(order=4, ties="2+2", scale=-1)).endings
    assert late.limit == sympy.Symbol("p") / 2
    assert not early.known


@pytest.mark.full
def test_a_pole_without_a_formula_ends_the_solution() -> None:
    """Exponentials of several rates in a denominator: no number beyond its zero."""
    solution = solved(2, "asym", {"decay": "1/3"}, "A-D")
    sizes = {"p": 10, "H": 3, "sigma": "1/2"}
    assert "zero of N" in solution.domain
    before = float(solution.evaluate({**sizes, "t": "-183/1000"}).value)
    assert before > 10**4
    with pytest.raises(OutsideDomain, match=r"only up to t = -0\.18371"):
        solution.evaluate({**sizes, "t": "-1/2"})
    with pytest.raises(OutsideDomain, match=r"only up to t = -0\.18371"):
        solution.values(["-1/10", "-1"], sizes)


@pytest.mark.full
def test_ends_of_a_target_and_a_decay_take_no_minutes() -> None:
    """Eigenvalues obey ``l' = -8 l (l - lam + 1/6)``: each that is learned leaves 1/72."""
    found = solve(
        parse_problem("""
        families = {unit = "N", feature = "w"}
        tensors.q = {families = ["unit", "feature"], role = "trained", variance = "eps^2", rate = 2}
        model = {output = "q[a,b] q[a,c]", target = "lam*delta[b,c]"}
        loss = {kind = "squared error", over = ["b", "c"], decay = "1/3"}
        """)
    )
    ends = in_time(lambda: list(map(str, found.endings)), 60)
    assert any("lam**2*w/2 - (6*lam - 1)*(1 + 6*lam)*Min(N, w)/72" in end for end in ends)
    value = found.evaluate(N=30, w=10, eps="1/6", lam=2, t=1).value
    assert float(value) == pytest.approx(10 / 72, rel=1e-4)
