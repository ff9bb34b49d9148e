"""Equivalent problems have equal solutions, and refusals give the reason of the problem at hand."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from re import search

import mpmath
import pytest
from dynamics.by_road import by
from dynamics.random_problems import File, check_file, equal_values, random_file

from diagrams import expand, load_problem, solve
from diagrams.dynamics.face import face_of
from diagrams.dynamics.refusals import Attempts, Inapplicable, fact_of_matrices
from diagrams.dynamics.roads.kernels.frozen import frozen_kernel
from diagrams.dynamics.roads.rings.normal_form import RingForm, ring_form
from diagrams.dynamics.roads.rings.rings import Rings
from diagrams.errors import BadInput, NotSolved, OutsideDomain
from diagrams.problems.cp import cp_problem
from diagrams.problems.files import parse_problem
from diagrams.problems.problem import Problem

ROOT = Path(__file__).parents[2]
RINGS = "u[k,i] u[k,j]"
LINEAR = "u[k,i] v[k,j]"
AT = {"p": 9, "H": 16, "sigma": Fraction(1, 6), "T": 2, "t": Fraction(1, 5)}


def rings(variance: str, rate: str = "1", prefactor: str = "1/2", decay: str = "0") -> Problem:
    """Order two, all slots tied, as a file."""
    file = File(
        RINGS, "delta[i,j]", (("u", variance),), (("u", rate),), prefactor=prefactor, decay=decay
    )
    return file.problem()


# -- problems of rings, whatever their units ------------------------------------------------------


def at_full(problem: Problem, values: dict[str, object]) -> Fraction:
    return Fraction(str(by(Rings(), face_of(problem, "full")).evaluate(values, digits=12).value))


def whole_triangle_at(p: float, rows: float, variance: float, tau: float) -> float:
    """The loss of order two by Narayana's generating function, written down independently."""
    y, z = mpmath.mpf(rows) / p, mpmath.mpf(p) * variance

    def h(w: mpmath.mpf) -> mpmath.mpf:
        root = mpmath.sqrt(1 - 2 * w * (y + 1) + w**2 * (y - 1) ** 2)
        return (1 - w * (y + 1) - root) / (2 * w**2)

    growth = mpmath.exp(4 * tau)
    w = z * (1 - growth)
    return float(p / 2 + p * z * (z / 2 * growth**2 * mpmath.diff(h, w) - growth * h(w)))


CASES = [
    ({"variance": "sigma^2/p"}, {"sigma": Fraction(1, 2)}, 1),
    ({"variance": "sigma^2", "rate": "3", "prefactor": "2"}, {"t": Fraction(1, 60)}, 4),
    ({"variance": "sigma^2", "prefactor": "g"}, {"g": Fraction(3, 2), "t": Fraction(1, 15)}, 3),
    ({"variance": "sigma"}, {"sigma": Fraction(1, 36)}, 1),
    ({"variance": "9*sigma^2", "rate": "1/H"}, {"sigma": Fraction(1, 18), "t": Fraction(16, 5)}, 1),
]


@pytest.mark.parametrize(
    ("parts", "values", "factor"),
    [pytest.param(*case, marks=pytest.mark.full) for case in CASES],
)
def test_rings_in_any_units(parts: dict[str, str], values: dict[str, object], factor: int) -> None:
    found = at_full(rings(**parts), {**AT, **values}) / factor
    assert abs(float(found) - whole_triangle_at(9, 16, 1 / 36, 1 / 10)) < 1e-9


@pytest.mark.full
@pytest.mark.parametrize("decay", ["1/3", "d"])
def test_rings_with_decay_in_any_units(decay: str) -> None:
    expected = at_full(cp_problem(order=2, decay="1/3"), dict(AT))
    values = {**AT, "sigma": Fraction(2, 3), **({"d": Fraction(1, 3)} if decay == "d" else {})}
    assert abs(at_full(rings("sigma^2/H", decay=decay), values) - expected) < Fraction(1, 10**9)


def test_the_normal_form_of_rings() -> None:
    form = ring_form(rings("2*sigma^2/p", "3", "g", "d"))
    assert isinstance(form, RingForm)
    listed = (form.variance, form.weight, form.clock, form.scale, form.decay)
    assert [str(part) for part in listed] == [
        "2*p**(-1)*sigma**2",
        "2*g",
        "6*g",
        "1",
        "1/2*d*g**(-1)",
    ]
    variance_alone = ring_form(rings("1"))
    assert isinstance(variance_alone, RingForm)
    assert str(variance_alone.variance) == "1"


@pytest.mark.parametrize(
    ("problem", "fact"),
    [
        (
            cp_problem(order=2, ties="asym"),
            r"u\[hidden,feature\] and v\[hidden,feature\] are two or more matrices",
        ),
        (cp_problem(order=4), "which is no single ring"),
    ],
)
def test_what_is_no_problem_of_rings(problem: Problem, fact: str) -> None:
    found = ring_form(problem)
    assert isinstance(found, Inapplicable)
    assert search(fact, found.fact)


# -- frozen kernels -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("output", "target"),
    [
        (LINEAR, "delta[i,j]"),
        pytest.param("u[k,i] v[k,j] w[k,l]", "delta[i,j,l]", marks=pytest.mark.full),
    ],
)
def test_a_prefactor_makes_the_lazy_loss_faster(output: str, target: str) -> None:
    names = [part[0] for part in output.split()]
    variances, rates = (tuple((n, word) for n in names) for word in ("sigma^2", "1"))
    file = File(output, target, variances, rates, prefactor="1")
    found = solve(file.problem(), "B-C").expr
    known = solve(cp_problem(order=len(names), ties="asym"), "B-C").expr
    time = next(s for s in known.free_symbols if s.name == "t")
    assert (found - 2 * known.subs(time, 2 * time)).simplify() == 0


def frozen(target: str = "G[i,j]") -> Problem:
    """A two-layer linear network against a random matrix."""
    return File(
        LINEAR, target, (("u", "sigma^2"), ("v", "sigma^2")), (("u", "1"), ("v", "1"))
    ).problem()


def test_the_lazy_regimes_of_a_random_teacher() -> None:
    problem = frozen()
    solution = solve(problem, "B-C")
    # |G|^2/2 = p/2 on average, the variance of f(0) is H p^2 sigma^4/2, the kernel 2 H sigma^2
    assert str(solution.expr.factor()) == "p*(H*p*sigma**4 + 1)*exp(-4*H*sigma**2*t/T)/2"
    with pytest.raises(NotSolved) as refusal:
        solve(problem, "E-A")
    assert "trained matrices" not in str(refusal.value)
    assert "G[feature,feature] is frozen and random, not trained" in str(refusal.value)
    assert "the frozen kernel misses" in str(refusal.value)


def test_a_kernel_that_is_no_multiple_of_the_identity_is_shown() -> None:
    found = frozen_kernel(face_of(cp_problem(order=3), "B"))
    assert isinstance(found, Inapplicable)
    assert search(r"no multiple of the identity, it holds .* times 1", found.fact)


# -- reasons --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("problem", "fact"),
    [
        (cp_problem(order=3), ""),
        (frozen(), "G[feature,feature] is frozen and random, not trained"),
        (cp_problem(order=3, target="modular"), "is structural, not trained"),
    ],
)
def test_facts_of_matrices(problem: Problem, fact: str) -> None:
    assert fact_of_matrices(problem).endswith(fact)
    assert bool(fact_of_matrices(problem)) == bool(fact)


def test_vectors_are_named_as_such() -> None:
    file = File("a[k] u[k,i]", "0", (("a", "1"), ("u", "1")), (("a", "1"), ("u", "1")))
    problem = file.problem()
    assert fact_of_matrices(problem) == "a[hidden] has one index, and is no matrix"
    assert solve(problem).kind == "mean_field"  # no closure, but vectors are trees


def test_numbers_are_named_as_such() -> None:
    lines = (
        'families = {hidden={size="H",index="k"}}',
        'tensors.scalar = {families=[], role="trained", variance="1"}',
        'tensors.b = {families=["hidden"], role="trained", variance="1"}',
        'model = {output="scalar[] b[k]", target="0"}',
        'loss = {kind="squared error", over=["k"]}',
    )
    problem = parse_problem("\n".join(lines), "text")
    assert fact_of_matrices(problem) == "scalar[] has no index, and is no matrix"


def test_a_refusal_names_the_road_that_asks() -> None:
    problem = load_problem(str(ROOT / "tests/dynamics/stated/committee.toml"))
    with pytest.raises(NotSolved, match="; the frozen kernel: the averaged kernel is no multiple"):
        solve(problem)


def test_a_fact_that_keeps_several_roads_off_is_said_once() -> None:
    attempts = Attempts()
    said = {"one": Inapplicable("x"), "two": NotSolved("two fails"), "three": Inapplicable("x")}
    for road, failure in said.items():
        attempts = attempts.and_then(road, failure)
    assert attempts.refusal().step == "two fails; one, three: x"


# -- crashes --------------------------------------------------------------------------------------


def test_an_observable_with_nothing_left_to_merge() -> None:
    problem = load_problem(str(ROOT / "docs/systems/mixture_of_experts.toml"))
    series = expand(problem.with_observable("h[i]^2"), 2)
    assert [str(series.coefficient(s)) for s in range(3)] == ["N", "0", "0"]


@pytest.mark.full
@pytest.mark.parametrize("ties", ["2+1", "2+1+1", "3+1", "3+2", "4+2", "2+2"])
def test_unequal_ties_with_decay_end_somewhere(ties: str) -> None:
    order = sum(map(int, ties.split("+")))
    solution = solve(cp_problem(order=order, ties=ties, target="zero", decay="1/3"), "A")
    assert solution.endings


def test_unknown_kinds_of_losses() -> None:
    text = File(RINGS, "0", (("u", "1"),), (("u", "1"),)).text
    for more in ("", 'output = "u[k,i]"\n'):
        with pytest.raises(BadInput) as refusal:
            parse_problem(text.replace("squared error", "cubic") + more, "text")
        assert refusal.value.field == "loss.kind"
        assert "'cubic' is not allowed; allowed: 'linear' or 'squared error'" in str(refusal.value)


def test_numbers_above_those_of_floating_point() -> None:
    solution = solve(cp_problem(order=3, ties="asym"), "E-A")
    with pytest.raises(OutsideDomain, match="no Borel sum"):
        solution.evaluate(p=10**400, H=10**800, sigma="1/3", T=1, t="1/7")
    with pytest.raises(BadInput, match="more than 8000 bits"):
        solution.evaluate(p="1e5000", H=2, sigma="1/3", T=1, t="1/7")


# -- random files ---------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [17, 301])
def test_random_files(seed: int) -> None:
    check_file(random_file(seed))


@pytest.mark.full
@pytest.mark.parametrize("seed", range(0, 200, 10))
def test_many_random_files(seed: int) -> None:
    file = random_file(seed)
    check_file(file)
    for name, one, other in equal_values(file):
        close = max(abs(one) * Fraction(1, 10**8), Fraction(1, 10**25))  # a zero is rounded
        assert abs(one - other) <= close, (name, one, other)
