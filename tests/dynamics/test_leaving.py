"""What may leave a solution: nothing that no loss can be, nothing that runs of the sizes refute."""

from __future__ import annotations

import statistics
from functools import lru_cache
from pathlib import Path

import mpmath
import pytest
from dynamics.random_problems import File
from sympy import Rational, oo

from diagrams import OutsideDomain, cp_problem, load_problem, simulate, solve
from diagrams.dynamics.drawn import DrawnLoss, typical_blow_up
from diagrams.dynamics.leaving import Late, possible
from diagrams.dynamics.solution import Solution
from diagrams.flow import FlowSettings
from diagrams.problems.standard import standard
from pde.numbers.evaluation import Value
from tests.dynamics.test_starts import FILES, HEAD, problem_of
from tests.truth.spelled import preset_file, respelled

PAIR = """
families = {one={size="H",index="k"}, other={size="n",index="i"}}
tensors.u = {families=["one","other"], role="trained", variance="v^2"}
tensors.w = {families=["one","other"], role="trained", variance="v^2"}
model = {output="u[k,i] w[k,j]", target="delta[i,j]"}
loss = {kind="squared error", over=["i","j"]}
"""
BLOWN = {"p": 64, "H": 64, "sigma": "1/5", "T": 1}


@pytest.mark.full
def test_a_negative_squared_error_does_not_leave() -> None:
    solution = solve(problem_of("plain"), "E")
    at = {"d": 100, "H": 200, "sigma": "1/20", "T": 1}
    either = "never negative|it holds up to about t"  # what is left out has grown, too
    with pytest.raises(OutsideDomain, match=either):
        solution.evaluate(at, t="1/100")
    with pytest.raises(OutsideDomain, match=either):
        solution.values([0, "1/100"], at)
    assert float(solution.values([0], at)[0]) == 100


def test_the_sign_of_a_prefactor_is_that_of_the_loss() -> None:
    problem = load_problem(HEAD + FILES["prefactor"])
    at = {"g": Rational(-1), "t": Rational(0), "d": Rational(9), "H": Rational(9)}
    below = Value(mpmath.mpf(-5), mpmath.mpf(0), "exact")
    assert possible(problem, {**at, "sigma": Rational(1)}, below) == below
    with pytest.raises(OutsideDomain, match="never negative"):
        possible(problem, {**at, "g": Rational(1), "sigma": Rational(1)}, below)
    # other observables have any sign
    other = problem.with_observable("w[k,i]")
    assert possible(other, {**at, "g": Rational(1), "sigma": Rational(1)}, below) == below


def test_no_number_leaves_after_formula_and_runs_have_parted_and_met_again() -> None:
    """The formula crosses the loss that it left: its number is near the runs by chance."""
    file = Path(__file__).parents[2] / "docs" / "systems" / "quadratic_teacher_student.toml"
    solution = solve(load_problem(file), "A")
    at = {"p": 24, "N": 24, "p_s": 24, "q0": 64}
    for times in (["1/1000", "2/5", 1], [1]):
        with pytest.raises(OutsideDomain, match="parted, and from about t = 0.1"):
            solution.values(times, at)
    with pytest.raises(OutsideDomain, match="parted, and from about t = 0.1"):
        solution.evaluate(at, t=1)
    early = solution.values(["1/1000", "1/100"], at)
    assert [float(v.value) for v in early] == [
        pytest.approx(2048 / (1 + 256 * t) ** 2) for t in (0.001, 0.01)
    ]


@pytest.mark.parametrize("number", [mpmath.nan, mpmath.inf, mpmath.mpc(1, 1)])
def test_only_finite_real_numbers_leave(number: mpmath.mpf) -> None:
    value = Value(number, mpmath.mpf("1e-20"), "two precisions")
    with pytest.raises(OutsideDomain, match="no (finite|real) number"):
        possible(cp_problem(order=2), {"t": Rational(1)}, value)


def test_rounding_below_zero_is_no_negative_loss() -> None:
    at = {"p": Rational(4), "H": Rational(4), "sigma": Rational(1), "t": Rational(9)}
    value = Value(mpmath.mpf("-1e-12"), mpmath.mpf("1e-20"), "two precisions")
    left = possible(cp_problem(order=2), at, value)
    assert left.value == 0
    assert left.error == pytest.approx(1e-12)


def test_a_squared_error_that_vanishes_is_no_number_below_zero() -> None:
    ring = File("u[k,i] u[k,i]", "1", (("u", "sigma^2/H"),), (("u", "1"),), "2/3")
    solution = solve(ring.problem(), "E-A")
    for t in ("0", "1/7"):
        found = solution.evaluate(p=4, H=9, sigma="1/2", T=1, t=t, digits=10)
        assert found.value == 0
        assert "gives -" not in str(found)


@pytest.mark.parametrize(
    ("problem", "regime", "sizes", "until"),
    [
        (cp_problem(order=4), "full", BLOWN, -0.001),
        (cp_problem(order=4), "A", BLOWN, -0.001),
        pytest.param(
            cp_problem(order=3, ties="asym"),
            "B-C",
            {"p": 8, "H": 64, "sigma": "1/3"},
            -0.6,
            marks=pytest.mark.full,
        ),
    ],
    ids=["full", "A", "kernel"],
)
def test_no_loss_after_the_blow_up_of_typical_runs(
    problem: object, regime: str, sizes: dict[str, object], until: float
) -> None:
    solution = solve(problem, regime)  # type: ignore[arg-type]
    with pytest.raises(OutsideDomain, match="time of existence of a typical run") as refusal:
        solution.evaluate(sizes, t=str(until))
    said = float(refusal.value.bound)
    numbers = {n: v if isinstance(v, int) else float(Rational(v)) for n, v in sizes.items()}
    run = simulate(
        problem,
        **numbers,
        until=until,
        seeds=5,
        seed=7,
        points=2,
        settings=FlowSettings(check=False),
    )  # type: ignore[arg-type]
    times = [until if b is None else b.time for b in run.blow_ups]
    assert statistics.median(times) == pytest.approx(said, rel=0.4)
    assert solution.evaluate(sizes, t=str(said / 4)).value > 0
    assert solution.evaluate(sizes, t=str(said * 1.1), size_limit=True).value > 0


def test_sizes_that_no_run_has_are_those_of_the_formula() -> None:
    solution = solve(cp_problem(order=4, target="zero"), "A-B")
    assert solution.evaluate(p="127/2", H=64, sigma="1/5", t="-1/1000").value > 0


@lru_cache(maxsize=1)
def two_matrices() -> Solution:
    return solve(cp_problem(order=2, ties="asym"), "A")


AWAY = {"p": 32, "H": 32, "sigma": "1/2", "T": 1}


def test_no_loss_where_runs_have_gone_elsewhere() -> None:
    """Two matrices from a large start: the formula ends at p/2, every run at zero (H = p)."""
    solution = two_matrices()
    with pytest.raises(OutsideDomain, match="runs of these sizes") as refusal:
        solution.evaluate(AWAY, t=4)
    until = float(refusal.value.bound)
    run = simulate(
        cp_problem(order=2, ties="asym"),
        p=32,
        H=32,
        sigma=0.5,
        until=4,
        points=[0, until, 4],
        seeds=5,
        seed=7,
        settings=FlowSettings(check=False),
    )
    for t, loss in zip(run.times[1:], run.median[1:], strict=True):
        assert 0 < loss < float(solution.evaluate(AWAY, t=str(t), size_limit=True)) / 2
    assert "rules at late times" in solution.standing(AWAY, t=4)
    with pytest.raises(OutsideDomain, match="rules at late times"):
        solution.values([4, 0], AWAY)
    with pytest.raises(OutsideDomain, match="rules at late times"):
        solve(load_problem(PAIR), "A").evaluate({"n": 32, "H": 32, "v": "1/2"}, t=4)


def test_an_end_that_is_not_proved_is_said_at_every_late_time() -> None:
    solution = two_matrices()
    early = {**AWAY, "t": "1/100"}
    assert "runs of these sizes" in solution.standing(early)
    assert "may rule at late times" in solution.standing({**early, "H": "65/2"})
    assert "not proved" not in solution.standing({**early, "t": 0})
    assert solution.evaluate(early).value > 0
    # where the end is proved there is nothing to be said
    proved = solve(cp_problem(order=3, ties="asym"), "B-C")
    assert "late" not in proved.standing(p=4, H=64, sigma="1/4", t=1)


def test_a_small_number_apart_from_runs_by_a_factor_says_so() -> None:
    """What is small beside the scale of the loss is not refused; it is not passed over either."""
    late = Late(mpmath.mpf("1e-3"), mpmath.mpf(2), DrawnLoss((0.0, 1.0), (2.0, 1e-4), 3, 1e-6))
    assert not late.parted
    assert "apart by a factor, and by less than 1/50 of 2.0 (numerical)" in str(late)
    assert "apart" not in str(
        Late(mpmath.mpf("1e-3"), mpmath.mpf(2), DrawnLoss((0.0, 1.0), (2.0, 9e-4), 3, 1e-6))
    )


def test_a_number_outside_its_regime_says_so_in_python_too() -> None:
    solution = solve(cp_problem(order=4), "A-B")
    inside, one = {"p": 64, "H": 512, "sigma": "1/5", "t": 0}, {"p": 1, "H": 1, "sigma": 1, "t": 0}
    assert "the exact" not in str(solution.evaluate(inside))
    # u^8 has the average 105, u^4 the average 3: (105 - 6 + 1)/2
    for value in (solution.evaluate(one), *solution.values([0, 1], one, size_limit=True)):
        assert "the formula gives 2.5 at these sizes, for the exact 50.0" in str(value)


TEACHER = """
families = {h="N", f="d"}
tensors.a = {families=["h"], role="trained", variance="alpha/N"}
tensors.W = {families=["h","f"], role="trained", variance="1/d"}
tensors.t = {families=["f"], role="frozen", variance="1/d"}
model = {output="a[k] W[k,i]", target="t[i]"}
loss = {kind="squared error", over=["i"], decay="mu"}
"""


def test_runs_are_those_of_the_file_under_its_own_names() -> None:
    """Derivations have names of their own; what they hold beside runs is the file as written."""
    found = solve(load_problem(TEACHER), "A-B")
    assert float(found.evaluate(d=6, N=3, alpha="3/2", mu=1, t="1/10").value) > 0
    text = preset_file(cp_problem(order=4, target="zero")).replace("sigma^2", "2*sigma^2")
    crossed = load_problem(respelled(text, {"p": "H", "H": "p"}))
    at = {"p": 60, "H": 3, "sigma": 1}
    settings = FlowSettings(tolerance=1e-5, steps=2000, check=False)
    run = simulate(crossed, until=-1, T=1, at=at, seeds=3, points=2, settings=settings)
    end = statistics.median(blow.time for blow in run.blow_ups if blow is not None)
    plain, names = standard(crossed)
    assert plain.written == (crossed, names.symbols)
    there = {names.symbol(name): Rational(value) for name, value in at.items()}
    assert typical_blow_up(plain, {**there, "T": Rational(1)}, Rational(-1)) == pytest.approx(end)


TWO_ERRORS = """
families = {h="N"}
tensors.a = {families=["h"], role="trained", variance="1", rate="N"}
tensors.b = {families=["h"], role="trained", variance="1", rate="N"}

[[loss]]
kind = "squared error"
output = "a[k] b[k] / N"
target = "y"
over = []

[[loss]]
kind = "squared error"
output = "a[k]"
target = "0"
over = ["k"]
prefactor = "1/N"
"""


def test_the_second_of_two_errors_may_keep_the_first_from_its_target() -> None:
    """The decay of a leaves y^2/2; the kernel of one output says nothing of that."""
    found = solve(load_problem(TWO_ERRORS), "A")
    (late,) = (end for end in found.endings if end.time == oo)
    assert (late.limit, late.of) == (0, "formula")
    with pytest.raises(OutsideDomain, match="what the formula leaves out rules at late times"):
        found.evaluate(N=12, y="1/12", t=4)


def test_a_decay_that_a_formula_lacks_is_told_beside_its_late_numbers() -> None:
    """The limit zero is proved, and yet decay rules the way there."""
    found = solve(cp_problem(order=3, target="zero", decay="lambda"), "A")
    assert {end.of for end in found.endings if end.time == oo} == {"loss"}
    said = found.standing({"p": 12, "H": 3, "sigma": "1/2", "t": 1, "lambda": 2})
    assert "nothing proves that they still lead by then" in said
