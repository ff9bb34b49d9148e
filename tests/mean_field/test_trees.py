"""Mean-field equations of trees: equal to exact coefficients, and mutants that are not."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from diagrams.errors import BadInput, Missing, NotSolved
from diagrams.mean_fields.equations import Field, TreeEquations
from diagrams.mean_fields.jets import taylor
from diagrams.mean_fields.mean_field import MeanField, mean_field
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.spec import load_problem
from tests.mean_field import problems as P

SYSTEMS = Path(__file__).resolve().parents[2] / "docs" / "systems"


def derived(text: str, scaling: dict[str, Any], observable: str = "loss") -> MeanField:
    problem = load_problem(text if "\n" in text else str(SYSTEMS / text))
    return mean_field(
        problem.with_observable(observable),
        {n: v for n, v in scaling.items() if n in problem.sizes},
    )


CASES: list[tuple[str, dict[str, Any], str, int]] = [
    ("diagonal_linear.toml", P.PROPORTIONAL, "train", 3),
    ("diagonal_linear.toml", P.PROPORTIONAL, "test", 4),
    ("diagonal_linear.toml", P.PROPORTIONAL, "overlap", 4),
    ("gaussian_mixture.toml", {"d": 1, "n": "alpha*d"}, "loss", 4),
    ("gaussian_mixture.toml", {"d": 1, "n": "alpha*d"}, "m", 4),
    ("deep_linear_mean_field.toml", {"N": 1}, "loss", 5),
    (P.deep(3), {"N": 1}, "loss", 3),
    (P.REGRESSION, P.PROPORTIONAL, "test", 4),
    (P.PHASE, P.PROPORTIONAL, "loss", 3),
    (P.RANDOM_FEATURES, P.PROPORTIONAL, "test", 3),
    (P.TWO_SAMPLES, P.PROPORTIONAL, "loss", 2),
]
LONG = [
    ("diagonal_linear.toml", P.PROPORTIONAL, "test", 6),
    (P.deep(4), {"N": 1}, "loss", 3),
    (P.deep(5), {"N": 1}, "loss", 3),
    (P.RANDOM_FEATURES, P.PROPORTIONAL, "loss", 4),
    (P.FEATURE_LEARNING, P.PROPORTIONAL, "loss", 3),
    (P.QUADRATIC, P.PROPORTIONAL, "loss", 3),
    (P.TWO_SAMPLES, P.PROPORTIONAL, "loss", 3),
]


@pytest.mark.parametrize(
    ("text", "scaling", "observable", "terms"),
    [*CASES, *(pytest.param(*case, marks=pytest.mark.full) for case in LONG)],
)
def test_equal_to_exact_leading_coefficients(
    text: str, scaling: dict[str, Any], observable: str, terms: int
) -> None:
    """Every order is held out: nothing of the coefficients goes into the equations."""
    certificate = derived(text, scaling, observable).certify(terms)
    assert certificate.first_difference is None
    assert certificate.equal_through == terms


def changed(equations: TreeEquations, change: Callable[[Field], Field]) -> TreeEquations:
    met = tuple(change(k) if isinstance(k, Field) else k for k in equations.met)
    return replace(equations, met=met)


def at_once(field: Field) -> Field:
    return replace(field, memory=()) if field.family.name == "feature" else field


MUTANTS: dict[str, Callable[[Field], Field]] = {
    "no reaction": at_once,
    "no memory": lambda f: replace(f, memory=()) if f.family.name == "sample" else f,
    "gradients independent of what they descend": lambda f: replace(f, memory=()),
    "twice a response": lambda f: replace(f, memory=tuple((a, 2 * w) for a, w in f.memory)),
    "noise that does not move": lambda f: replace(f, noise=2 * f.noise),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_mutants_are_caught(name: str) -> None:
    found = derived("diagonal_linear.toml", P.PROPORTIONAL, "test")
    wrong = changed(found.equations, MUTANTS[name])
    certificate = replace(found, equations=wrong, derivatives=taylor(wrong, 3)).certify(3)
    assert certificate.first_difference is not None
    with pytest.raises(NotSolved, match="not those of the problem: differs at s = "):
        replace(found, equations=wrong, derivatives=taylor(wrong, 3)).certified(3)


@pytest.mark.parametrize("part", ["memory", "motion"])
def test_mutants_of_trained_matrices_are_caught(part: str) -> None:
    found = derived(P.deep(3), {"N": 1})
    wrong = changed(found.equations, lambda f: replace(f, **{part: ()}))
    certificate = replace(found, equations=wrong, derivatives=taylor(wrong, 3)).certify(3)
    assert certificate.first_difference is not None


def test_names_decide_nothing() -> None:
    """Other names of families, sizes, tensors, indices give the same coefficients."""
    text = P.REGRESSION
    for old, new in (("feature", "zeta_1"), ("sample", "h_1"), ("w", "f0"), ("lambda", "T1")):
        text = (
            text.replace(old, new)
            if len(old) > 1
            else text.replace("w[", "f0[").replace(".w]", ".f0]")
        )
    one = derived(P.REGRESSION, P.PROPORTIONAL, "test").taylor(3)
    other = derived(text, P.PROPORTIONAL, "test").taylor(3)
    assert [y.substitute({"T1": Polynomial.symbol("lambda")}) for y in other] == list(one)


REFUSED = [
    ("cp:order=2", {"p": 1, "H": 1, "sigma": "p^(-1/2)"}, "the matrices u, u close a cycle in sum"),
    ("quadratic_teacher_student.toml", {"N": 1, "p": 1, "p_s": 1}, "close a cycle"),
    (
        "ntk_one_hidden_layer.toml",
        {"N": 1, "d": "delta*N"},
        "vanishes: what is left .* fluctuations",
    ),
    (
        "mixture_of_experts.toml",
        {"M": 1, "N": 1, "N_e": 1},
        "with M = M, N = M, N_e = M, the motion",
    ),
    (
        P.FEATURE_LEARNING.replace('rate = "N"', 'rate = "N^2"'),
        P.PROPORTIONAL,
        "motion of F exceeds",
    ),
    (P.REGRESSION, {"d": 1, "n": "d^2"}, "not of order one"),
]


@pytest.mark.parametrize(("text", "scaling", "reason"), REFUSED)
def test_what_fails_is_named(text: str, scaling: dict[str, Any], reason: str) -> None:
    spec = text if "\n" in text or text.startswith("cp:") else str(SYSTEMS / text)
    problem = load_problem(spec)
    with pytest.raises(NotSolved, match=reason):
        mean_field(problem, {n: v for n, v in scaling.items() if n in (*problem.symbols,)})


def test_a_limit_in_which_nothing_moves_is_refused() -> None:
    slow = derived(P.FEATURE_LEARNING.replace('rate = "N"', 'rate = "1"'), P.PROPORTIONAL)
    with pytest.raises(NotSolved, match="nothing moves"):
        slow.certify(1)


def test_bad_scalings() -> None:
    problem = load_problem(P.REGRESSION)
    with pytest.raises(Missing, match="no exponent of n; allowed: every size"):
        mean_field(problem, {"d": 1})
    with pytest.raises(BadInput, match="without free indices"):
        mean_field(problem.with_observable("v[i] = w[i] t[i]"), {"d": 1, "n": 1})
    with pytest.raises(BadInput, match="sizes that grow"):
        mean_field(problem, {"d": 1, "n": 0})
    with pytest.raises(BadInput, match="'q' is not allowed"):
        mean_field(problem, {"d": 1, "n": 1, "q": 2})


@pytest.mark.full
def test_order_twenty_takes_less_than_a_minute() -> None:
    started = time.process_time()
    found = derived("diagonal_linear.toml", P.PROPORTIONAL, "test").taylor(20)
    assert len(found) == 21
    assert time.process_time() - started < 60
