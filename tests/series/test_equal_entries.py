"""Problems without randomness against the recursion that knows diagrams, and a formula."""

from __future__ import annotations

import pytest

from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.spec import load_problem, parse_problem
from diagrams.series.equal_entries import derivatives_by_numbers
from diagrams.series.ways import derivatives_by_closing, derivatives_by_merging
from diagrams.wick.transfer import UnsupportedStructure

ONE = """
[families]
unit = { size = "N" }
[tensors.w]
families = ["unit"]
role = "trained"
variance = 0
mean = { pattern = "constant", value = "a" }
[model]
output = "w[m]"
target = "0"
[loss]
kind = "squared error"
over = []
"""

SEVERAL = """
[families]
unit = { size = "N" }
feature = { size = "d" }
[tensors.W]
families = ["unit", "feature"]
role = "trained"
variance = 0
rate = "1/N"
mean = { pattern = "constant", value = "1/sqrt(d)" }
[tensors.a]
families = ["unit"]
role = "trained"
variance = 0
rate = "g"
mean = { pattern = "constant", value = "alpha" }
[tensors.x]
families = ["feature"]
role = "frozen"
variance = 0
mean = { pattern = "constant", value = "1" }
[tensors.b]
families = []
role = "trained"
variance = 0
[model]
output = "a[k] W[k,i] W[k,i] x[i] + b[]"
target = "y"
[loss]
kind = "squared error"
over = []
decay = "lambda"
"""


@pytest.mark.parametrize("name", ["three_fixed_factors", "four_fixed_factors"])
def test_against_rows(name: str) -> None:
    problem = load_problem(f"benchmarks/files/{name}.toml")
    assert list(derivatives_by_numbers(problem, 5)) == list(derivatives_by_closing(problem, 5))


def test_several_families_rates_and_decay() -> None:
    problem = parse_problem(SEVERAL)
    assert list(derivatives_by_numbers(problem, 2)) == list(derivatives_by_merging(problem, 2))


def test_far_orders_of_one_factor() -> None:
    """``w' = -N w``, summed over N values: the loss is N^2 a^2 exp(-2 N t) / 2."""
    problem = parse_problem(ONE)
    found = list(derivatives_by_numbers(problem, 30))
    for s, polynomial in enumerate(found):
        assert 2 * polynomial == Polynomial.monomial((-2) ** s, {"N": 2 + s, "a": 2})


def test_random_entries_are_refused() -> None:
    with pytest.raises(UnsupportedStructure, match="not all alike"):
        derivatives_by_numbers(load_problem("cp:order=2"), 1)


def test_entries_of_a_diagonal_move_by_themselves() -> None:
    text = ONE.replace('families = ["unit"]', 'families = ["unit", "unit"]').replace(
        "w[m]", "w[m,m]"
    )
    problem = parse_problem(text)
    with pytest.raises(UnsupportedStructure, match="w has a diagonal"):
        derivatives_by_numbers(problem, 1)
