"""Given tensors and functions in problem files: what they mean, and what is refused."""

from __future__ import annotations

import pytest

from diagrams import BadInput
from diagrams.graphs.laws import Gram, Listed
from diagrams.graphs.tensors import Function
from diagrams.problems.files import parse_problem
from diagrams.problems.products import FUNCTIONS
from diagrams.wick.activations import KNOWN

FILE = """
[families]
hidden = "N"
feature = "d"
sample = 2
[tensors]
a = {families = ["hidden"], role = "trained", variance = "v"}
W = {families = ["hidden", "feature"], role = "trained", variance = "w"}
x = {families = ["sample", "feature"], role = "frozen", gram = "K"}
y = {families = ["sample"], role = "frozen", values = "c"}
[model]
output = "a[k] relu(W[k,i] x[m,i] / sqrt(d))"
target = "y[m]"
[loss]
kind = "squared error"
over = ["m"]
"""


def test_a_file_of_functions_says_what_is_given() -> None:
    problem = parse_problem(FILE)
    laws = {tensor.name: tensor.law for tensor in problem.tensors}
    assert isinstance(laws["x"], Gram)
    assert list(map(str, laws["x"].products)) == ["K11", "K12", "K12", "K22"]
    assert isinstance(laws["y"], Listed)
    assert list(map(str, laws["y"].entries)) == ["c1", "c2"]
    assert set(problem.symbols) == {"c1", "c2", "d", "v", "w", "K11", "K12", "K22", "N"}
    (node,) = problem.functions
    assert isinstance(node.law, Function)
    assert (node.law.name, str(node.law.factor), node.law.summed) == ("relu", "d**(-1/2)", 1)
    assert parse_problem(problem.spec) == problem


def test_the_grammar_knows_the_functions_that_have_a_formula() -> None:
    assert set(FUNCTIONS) == set(KNOWN)


@pytest.mark.parametrize(
    ("old", "new", "field", "allowed"),
    [
        ('gram = "K"', 'gram = [["1", "2"], ["2", "1"]]', "tensors.x.gram", "eigenvalue"),
        ('gram = "K"', 'gram = [["1", "a1"], ["b1", "1"]]', "tensors.x.gram", "symmetric"),
        ('gram = "K"', 'gram = [["1", "0"]]', "tensors.x.gram", "2 rows of 2 monomials"),
        ('gram = "K"', 'gram = "K", variance = 1', "tensors.x.gram", "alone"),
        ('gram = "K"', 'gram = "K/2"', "tensors.x.gram", "a plain symbol"),
        ('values = "c"', 'values = ["1"]', "tensors.y.values", "2 monomials"),
        ('values = "c"', 'values = ["1", "x"]', "tensors.y.values.2, column 1", "x is a tensor"),
        ("sample = 2", 'sample = "P"', "tensors.x.families", "numbers"),
        ("sample = 2", "sample = 9", "tensors.x.gram", "at most 64"),
        ('role = "frozen", gram', 'role = "trained", gram', "tensors.x.gram", "frozen"),
        (
            'variance = "w"',
            'variance = "w", law = "rademacher"',
            "model.output, column 6",
            "gaussian",
        ),
        ('variance = "w"', "variance = 0", "model.output, column 6", "with a variance and no mean"),
        (
            'variance = "w"',
            'variance = "w", mean = {pattern = "constant", value = "u"}',
            "model.output, column 6",
            "no mean",
        ),
        ("relu(W[k,i] x[m,i]", "relu(x[m,i] W[k,i]", "model.output, column 6", "weights first"),
        (
            "relu(W[k,i] x[m,i]",
            "relu(W[k,i] a[k]) (x[m,i]",
            "model.output, column 6",
            "whose law is gaussian",
        ),
        ("relu(W", "relu(relu(W[k,i] x[m,i]) W", "model.output, column 6", "deeper networks"),
        ("relu(W[k,i]", "relu(W[k,i] W[l,i]", "model.output, column 6", "one linear form"),
        ("relu(W", "log(W", "model.output, column 6", "phi(..) of a linear form"),
    ],
)
def test_refusals(old: str, new: str, field: str, allowed: str) -> None:
    assert old in FILE
    with pytest.raises(BadInput) as caught:
        parse_problem(FILE.replace(old, new))
    assert caught.value.field == field
    assert allowed in caught.value.allowed
