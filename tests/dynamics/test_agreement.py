"""Solutions against exact coefficients not used for them, simulation, each other, misprints."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import prod

import mpmath
import pytest
import sympy
from dynamics.by_road import leading_coefficients

from benchmarks.agreement import CASES, Case, compare
from diagrams.dynamics.certificate import certify
from diagrams.dynamics.face import face_of
from diagrams.dynamics.solving import solve
from diagrams.errors import NotSolved
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.cp import cp_problem
from diagrams.scaling.leading import leading_derivatives
from diagrams.series.expansion import expand

BY_NAME = {case.name: case for case in CASES}
CHEAP = (
    "(1,1,1) zero A",
    "(2) zero B",
    "(2,1) zero A",
    "(4) identity full",
)


def shrinks(case: Case) -> None:
    """The deviation at 2p is at most 3/4 of that at p, up to three standard errors."""
    small, large = compare(case)
    assert large.deviation < 0.75 * small.deviation + 3 * large.standard_error
    assert large.deviation < 5 + 3 * large.standard_error


@pytest.mark.parametrize("name", CHEAP)
def test_simulation_approaches_the_solution(name: str) -> None:
    shrinks(replace(BY_NAME[name], seeds=min(8, BY_NAME[name].seeds)))


@pytest.mark.full
@pytest.mark.parametrize("name", sorted(set(BY_NAME) - set(CHEAP)))
def test_simulation_approaches_every_solution(name: str) -> None:
    small, large = compare(BY_NAME[name])
    assert large.deviation < 0.75 * small.deviation + 3 * large.standard_error


# -- coefficients at orders that were held out ------------------------------------------------


@pytest.mark.parametrize(
    ("order", "ties", "target", "regime", "terms"),
    [
        (4, "sym", "zero", "A-B", 9),
        pytest.param(2, "sym", "identity", "E-A", 9, marks=pytest.mark.full),
        (2, "asym", "identity", "B-C", 8),
        pytest.param(2, "asym", "identity", "E", 8, marks=pytest.mark.full),
        pytest.param(2, "sym", "zero", "B", 9, marks=pytest.mark.full),
        pytest.param(4, "2+2", "zero", "A-B", 8, marks=pytest.mark.full),
        pytest.param(2, "asym", "identity", "E-A", 8, marks=pytest.mark.full),
        pytest.param(2, "asym", "identity", "C-D", 8, marks=pytest.mark.full),
        pytest.param(2, "sym", "identity", "full", 16, marks=pytest.mark.full),
        pytest.param(3, "asym", "identity", "B-C", 7, marks=pytest.mark.full),
        pytest.param(6, "sym", "zero", "A-B", 9, marks=pytest.mark.full),
        pytest.param(3, "asym", "zero", "A", 7, marks=pytest.mark.full),
    ],
)
def test_numbers_have_the_exact_coefficients_of_held_out_orders(
    order: int, ties: str, target: str, regime: str, terms: int
) -> None:
    """A polynomial through values of ``evaluate`` at tiny t, against the leading coefficients."""
    problem = cp_problem(order=order, ties=ties, target=target)
    solution = solve(problem, regime)
    assert (solution.evidence.checked_to or 0) < terms
    sizes = {"p": Fraction(5, 2), "H": Fraction(7, 3), "sigma": Fraction(2, 3)}
    found = face_of(problem, regime)
    exact = leading_coefficients(leading_derivatives(problem, terms), found.regime)
    digits, step = 17 * terms + 60, Fraction(1, 10**16)
    with mpmath.workdps(digits + 20):
        points = [
            mpmath.mpf(float(k)) * step.numerator / step.denominator for k in range(terms + 3)
        ]
        values = [
            solution.evaluate(sizes, T=1, t=k * step, digits=digits).value for k in range(terms + 3)
        ]
        table = list(values)
        for width in range(1, len(points)):
            for k in range(len(points) - 1, width - 1, -1):
                table[k] = (table[k] - table[k - 1]) / (points[k] - points[k - width])
        # Newton's divided differences at points near 0 are Y_s/s! up to the step
        for s in range(1, terms + 1):
            own = table[s] * mpmath.factorial(s)
            known = number(exact[s], sizes)
            assert abs(own - known) < mpmath.mpf(10) ** -6 * (1 + abs(known)), s


def number(polynomial: Polynomial, sizes: dict[str, Fraction]) -> mpmath.mpf:
    """The value of a polynomial with integral exponents."""
    total = Fraction(0)
    for powers, c in polynomial.terms:
        total += c * prod(sizes[name] ** int(power) for name, power in powers)
    return mpmath.mpf(total.numerator) / total.denominator


@pytest.mark.parametrize(
    ("order", "ties", "regime", "terms"),
    [
        (4, "sym", "full", 8),
        (4, "2+2", "full", 8),
        pytest.param(6, "4+2", "full", 8, marks=pytest.mark.full),
        pytest.param(3, "2+1", "C-D", 7, marks=pytest.mark.full),
        pytest.param(3, "asym", "E-A", 7, marks=pytest.mark.full),
        pytest.param(3, "sym", "D", 7, marks=pytest.mark.full),
    ],
)
def test_closures_hold_at_higher_orders(order: int, ties: str, regime: str, terms: int) -> None:
    solution = solve(cp_problem(order=order, ties=ties), regime, terms=terms)
    assert solution.evidence.checked_to == terms


# -- faces agree where they meet ----------------------------------------------------------------

p, H, sigma, T, t = sympy.symbols("p H sigma T t")
y, x = sympy.symbols("y x", positive=True)
POSITIVE = {s: sympy.Symbol(s.name, positive=True) for s in (p, H, sigma, T, t)}


def positive(expression: sympy.Expr) -> sympy.Expr:
    return sympy.powsimp(expression.xreplace(POSITIVE), force=True)


@pytest.mark.parametrize(
    ("order", "ties"), [(4, "sym"), pytest.param(8, "4+4", marks=pytest.mark.full)]
)
def test_free_edge_meets_its_vertices(order: int, ties: str) -> None:
    """y = H/p^(nu/2) -> 0 and -> oo, the time in units of the vertex."""
    problem = cp_problem(order=order, ties=ties, target="zero")
    edge, under, over = (solve(problem, name).expr for name in ("A-B", "A", "B"))
    for vertex, ends, time in ((under, 0, x), (over, sympy.oo, x / y)):
        ratio = (edge / vertex).subs(t, time * T / (p ** (order - 1) * sigma ** (2 * order - 2)))
        ratio = positive(sympy.simplify(positive(ratio.subs(H, y * p ** (order // 2)))))
        assert sympy.limit(ratio.xreplace({POSITIVE[p]: sympy.Integer(2)}), y, ends) == 1


def test_kernel_edge_meets_its_vertices() -> None:
    problem = cp_problem(order=3, ties="asym")
    edge, free, lazy = (solve(problem, name).expr for name in ("B-C", "B", "C"))
    for vertex, ends in ((lazy, 0), (free, sympy.oo)):
        ratio = positive(sympy.simplify(edge / vertex)).xreplace({POSITIVE[sigma]: sympy.S(1)})
        assert sympy.limit(ratio.xreplace({POSITIVE[H]: y / POSITIVE[p] ** 2}), y, ends) == 1


@pytest.mark.parametrize(
    ("order", "ties", "inner", "outer", "sizes"),
    [
        pytest.param(
            *(2, "sym", "E-A", "A"),
            {"p": 10**8, "H": 1, "sigma": 1, "T": 10**8, "t": "1/3"},
            marks=pytest.mark.full,
        ),
        pytest.param(
            *(2, "sym", "B-E", "E"),
            {"p": 1, "H": 1, "sigma": "1/100000", "T": 1, "t": "1/3"},
            marks=pytest.mark.full,
        ),
        (4, "2+2", "full", "E-A", {"p": 20, "H": "1/10000", "sigma": "1/10", "T": 1, "t": -1}),
        pytest.param(
            *(4, "2+2", "full", "B-E"),
            {"p": "1/1000", "H": 1, "sigma": 1, "T": 1, "t": "-1/5000"},
            marks=pytest.mark.full,
        ),
        pytest.param(
            *(2, "asym", "C-D", "C"),
            {"p": 10, "H": 10**8, "sigma": 1, "T": 10**8, "t": "1/3"},
            marks=pytest.mark.full,
        ),
        pytest.param(
            *(2, "asym", "E-A", "E"),
            {"p": 10, "H": 3, "sigma": "1/1000", "T": 1, "t": "1/3"},
            marks=pytest.mark.full,
        ),
        pytest.param(
            *(2, "sym", "full", "E-A"),
            {"p": 10**5, "H": 1, "sigma": "1/400", "T": 1, "t": "1/3"},
            marks=pytest.mark.full,
        ),
    ],
)
def test_larger_faces_meet_smaller_ones(
    order: int, ties: str, inner: str, outer: str, sizes: dict[str, str | int]
) -> None:
    """The change of the loss since t = 0, far in the direction in which one atom is left."""
    problem = cp_problem(order=order, ties=ties)
    changes = []
    for name in (inner, outer):
        solution = solve(problem, name)
        start = solution.evaluate({**sizes, "t": 0}, digits=11)
        changes.append(solution.evaluate(sizes, digits=11).value - start.value)
    assert changes[1]
    assert abs(changes[0] / changes[1] - 1) < 1e-3


# -- what the paper prints, and fails -------------------------------------------------------------


def fails(proposed: list[Polynomial], problem: object, regime: str, first: int) -> None:
    face = face_of(problem, regime)  # type: ignore[arg-type]
    with pytest.raises(NotSolved, match=f"first at order {first}"):
        certify(proposed, face.exact, face.regime, "the printed formula")


def test_printed_average_of_the_sixth_diagram() -> None:
    """E[D_6] = p (p + 2) (p + 4) H sigma^6, by the moments of |u|^2; printed 5, 9 for 6, 8."""
    (start,) = list(expand(cp_problem(order=3, target="zero"), terms=0))
    average = sympy.expand(2 * start.to_sympy() / (H * sigma**6))
    assert average == sympy.expand(p * (p + 2) * (p + 4))
    assert average != p**3 + 5 * p**2 + 9 * p


@pytest.mark.parametrize(("rate", "right"), [(6, True), (2, False)])
def test_printed_rate_of_the_kernel(rate: int, right: bool) -> None:
    """L = (p/2) e^(-2 nu eta t), eta = H sigma^(2 nu - 2); printed without nu."""
    problem = cp_problem(order=3, ties="asym")
    half = Polynomial.monomial(Fraction(1, 2), {"p": 1})
    step = Polynomial.monomial(-rate, {"H": 1, "sigma": 4})
    proposed = [Polynomial(), *(half * step**s for s in range(1, 5))]
    if not right:
        fails(proposed, problem, "C", 1)
        return
    face = face_of(problem, "C")
    assert certify(proposed, face.exact, face.regime, "the kernel").orders[-1] == 4


def test_printed_sign_is_missing() -> None:
    """(-1)^s, missing in the proof of Theorem 3.1."""
    problem = cp_problem(order=4)
    face = face_of(problem, "full")
    exact = leading_coefficients(face.exact, face.regime)
    fails([(-1) ** s * value for s, value in enumerate(exact)], problem, "full", 1)


@pytest.mark.parametrize(("printed", "right"), [(2, True), (1, False)])
def test_printed_recurrence_of_the_free_edge(printed: int, right: bool) -> None:
    """C_ns = 2 nu (2 (nu-1) s + 2) [(nu-1)!! C_(n-1)(s-1) + C_n(s-1)]; "+1" in the proof.

    Y_s = (-1)^s 2^(-s-1) sum_n C_ns times monomials, C_10 = 1, C_20 = (nu-1)!!.
    """
    problem = cp_problem(order=4, target="zero")
    table = {(1, 0): 1, (2, 0): 3}
    for s in range(1, 7):
        factor = 8 * (6 * s + printed)
        for n in range(1, s + 3):
            lower = 3 * table.get((n - 1, s - 1), 0) + table.get((n, s - 1), 0)
            table[n, s] = factor * lower
    proposed = [
        Polynomial.from_terms(
            term
            for (n, order), c in table.items()
            if order == s
            for term in Polynomial.monomial(
                Fraction((-1) ** s * c, 2 ** (s + 1)),
                {"p": 4 + 3 * s - 2 * (n - 1), "H": n, "sigma": 8 + 6 * s},
            ).terms
        )
        for s in range(7)
    ]
    if not right:
        fails(proposed, problem, "A-B", 1)
        return
    face = face_of(problem, "A-B")
    assert certify(proposed, face.exact, face.regime, "the recurrence").orders[-1] == 6


def test_entrywise_limit_is_not_the_loss_at_b() -> None:
    """Each entry of f follows F (1 - e^..), f(0) vanishing; p^nu of them carry the loss at B."""
    problem = cp_problem(order=3, ties="asym")
    half = Polynomial.monomial(Fraction(1, 2), {"p": 1})
    step = Polynomial.monomial(-6, {"H": 1, "sigma": 4})
    fails([Polynomial(), *(half * step**s for s in range(1, 5))], problem, "B", 0)


def test_printed_power_of_the_time_unit() -> None:
    """T^(-s) Y_s t^s: slower training by T is later time; printed T^s Y_s."""
    solution = solve(cp_problem(order=4, target="zero"), "A-B")
    sizes = {"p": 10, "H": 30, "sigma": "1/5"}
    right = solution.evaluate(sizes, T=2, t="1/2").value
    assert abs(right - solution.evaluate(sizes, T=1, t="1/4").value) < 1e-15
    assert abs(right - solution.evaluate(sizes, T=1, t=1).value) > 1e-3


def test_printed_realisability_of_asymmetric_terms() -> None:
    """Q = 1 + (nu-1)(s_D + 1 - n) on the front; printed s_D - 1 - n."""
    face = face_of(cp_problem(order=3, ties="asym"), "full")
    met = 0
    for s in range(6):
        for powers, _ in leading_coefficients(face.exact, face.regime)[s].terms:
            known = dict(powers)
            s_d = (known["sigma"] - s) / 3 - 1
            assert known["p"] == 1 + 2 * (s_d + 1 - known["H"])
            assert known["p"] != 1 + 2 * (s_d - 1 - known["H"])
            met += 1
    assert met > 20
