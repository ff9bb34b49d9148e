"""Losses of problem files: averages over fresh data, sums of terms, decay; and their refusals."""

from __future__ import annotations

import tomllib
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from command_line import Capture, run
from json_schemas import validator

from diagrams.errors import BadInput
from diagrams.export.content import blocks as b
from diagrams.export.content.statement import legend_of, problem_chapter
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.laws import Gaussian
from diagrams.graphs.tensors import IndexFamily, Tensor
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.builders import polynomial_problem
from diagrams.problems.files import parse_problem, read_problem
from diagrams.problems.problem import Problem
from diagrams.series.expansion import expand
from diagrams.series.levels import levels
from tests.truth.variables import Space, total

ROOT = Path(__file__).parents[2]

HEAD = """
families = {unit = "p", feature = "N", sample = "n"}
tensors.W = {families = ["unit", "feature"], role = "trained", variance = "1/N"}
tensors.a = {families = ["unit"], role = "trained", variance = 1}
tensors.x = {families = ["sample", "feature"], role = "frozen", variance = "s"}
tensors.t = {families = ["feature"], role = "frozen", variance = 1}
"""
MODEL = 'model = {output = "a[k] W[k,i] x[mu,i]", target = "t[i] x[mu,i]"}\n'
MEAN = 'loss = {kind = "squared error", over = ["mu"], prefactor = "1/(2*n)", average = ["x"]}\n'
TERMS = """
[[loss]]
kind = "squared error"
output = "a[k] W[k,i] x[mu,i]"
target = "t[i] x[mu,i]"
over = ["mu"]
average = ["x"]

[[loss]]
kind = "squared error"
output = "W[k,i]"
target = "1/3"
over = ["k", "i"]
prefactor = "g"

[[loss]]
kind = "weight decay"
strength = "lambda"
tensors = ["a"]

[[loss]]
kind = "weight decay"
strength = 2
"""


def test_an_averaged_loss_by_hand() -> None:
    """E_x |..|^2 / (2 n) = s |W^T a - t|^2 / 2, whatever n is."""
    problem = parse_problem(HEAD + MODEL + MEAN)
    direct = parse_problem(
        (HEAD + 'model = {output = "a[k] W[k,i]", target = "t[i]"}\n')
        .replace(', sample = "n"', "")
        .replace(
            'tensors.x = {families = ["sample", "feature"], role = "frozen", variance = "s"}', ""
        )
        + 'loss = {kind = "squared error", over = ["i"], prefactor = "s/2"}'
    )
    assert problem.observable == direct.observable
    assert [tensor.name for tensor in problem.fresh] == ["x"]
    assert [tensor.name for tensor in problem.trained] == ["W", "a"]
    assert expand(problem, 2).coefficients == expand(direct, 2).coefficients


def test_an_averaged_loss_against_brute_force() -> None:
    """A quadratic network: the population loss in all its variables, x averaged by moments."""
    q0 = Fraction(1, 3)
    N, p, ps = 2, 1, 1
    space = Space()
    W, Ws = space.matrix("W", p, N, q0, p * N), space.matrix("Ws", ps, N, 1, 0)

    def form(A: list, B: list) -> object:
        return total(a * b for a, b in zip(A, B, strict=True))

    # E (x^T S x)^2 = (tr S)^2 + 2 tr S^2, with S = sum_k w_k w_k^T/(pN) - sum_m w*_m w*_m^T/(ps N)
    S = [
        [
            total(row[i] * row[j] for row in W) * Fraction(1, p * N)
            - total(row[i] * row[j] for row in Ws) * Fraction(1, ps * N)
            for j in range(N)
        ]
        for i in range(N)
    ]
    trace = total(S[i][i] for i in range(N))
    square = total(S[i][j] * S[j][i] for i in range(N) for j in range(N))
    loss = (trace * trace + square * 2) * Fraction(1, 2)
    problem = read_problem(ROOT / "docs" / "systems" / "quadratic_teacher_student.toml")
    series = expand(problem, 3)
    values = {"N": N, "p": p, "p_s": ps, "q0": q0}
    for s in range(4):
        exact = series.coefficient(s).substitute(values)
        assert exact == Polynomial.constant(space.flow(loss, loss, s))


def test_an_average_with_a_mean_and_by_sampling() -> None:
    """Data with a mean: the average against numpy samples, one tensor of two averaged over."""
    problem = parse_problem("""
        families = {feature = "d"}
        tensors.w = {families = ["feature"], role = "trained", variance = 1}
        tensors.b = {families = ["feature"], role = "frozen", variance = 1}
        [tensors.x]
        families = ["feature"]
        role = "frozen"
        variance = "1/4"
        mean = {pattern = "constant", value = "2"}
        [model]
        output = "w[i] w[j] x[i] x[j]"
        target = "b[i] x[i]"
        [loss]
        kind = "squared error"
        over = []
        average = ["x"]
        """)
    generator = np.random.default_rng(0)
    w, b = generator.normal(size=2), generator.normal(size=2)
    x = 2 + generator.standard_normal((10**6, 2)) / 2
    samples = ((x @ w) ** 2 - x @ b) ** 2 / 2
    found = sum(number(d, c, {"w": w, "b": b}, 2) for d, c in problem.observable)
    assert abs(found - samples.mean()) < 5 * samples.std() / 1000
    assert not any(t.name == "x" for d, _ in problem.observable for t in d.tensors)


def number(diagram: Diagram, weight: Polynomial, arrays: dict, size: int) -> float:
    names = "abcdefghij"
    factors = ["".join(names[n] for n in edge.nodes) for edge in diagram.edges]
    lone = names[: len(diagram.nodes)]
    operands = [arrays[edge.tensor.name] for edge in diagram.edges]
    operands += [np.ones(size)] * len(lone)
    coefficient = sum(float(c) for _, c in weight.terms)
    return coefficient * float(np.einsum(",".join([*factors, *lone]) + "->", *operands))


# -- sums of losses ----------------------------------------------------------------------------


def test_a_sum_of_losses() -> None:
    problem = parse_problem(HEAD + TERMS)
    unit, feature = IndexFamily("unit", "p"), IndexFamily("feature", "N")
    N, n, g, decay = (Polynomial.symbol(x) for x in ("N", "n", "g", "lambda"))
    W = Tensor("W", (unit, feature), law=Gaussian(N**-1))
    a = Tensor("a", (unit,))
    first = parse_problem(HEAD + MODEL + MEAN).observable
    square = Combination.of({Diagram.of((W, "k i"), (W, "k i")): 1})
    cross = Combination.of({Diagram.of((W, "k i")): 1})
    empty = Combination.of({Diagram((unit, feature), ()): 1})
    expected = n * first + g * square + Fraction(-2, 3) * g * cross + g / 9 * empty
    assert problem.observable == expected
    both = Combination.of({Diagram.of((a, "k"), (a, "k")): decay / 2 + 1})
    assert problem.potential == expected + both + square
    facts = dict(problem.facts)
    assert facts["loss 1"] == "squared error over mu, averaged over x"
    assert facts["prefactor 2"] == "g"
    assert (facts["decay W"], facts["decay a"]) == ("2", "lambda + 2")
    assert problem.title == "Sum of 2 squared errors"
    assert parse_problem(problem.spec) == problem
    parts = [problem.with_observable(f"loss_{k}").observable for k in (1, 2)]
    assert parts[0] + parts[1] == problem.observable
    assert problem.quantity("output_2").indices == ("k", "i")


def test_terms_that_share_the_model() -> None:
    """A term without an output is of the model; the sample loss is what is under the average."""
    terms = """
        [[loss]]
        kind = "squared error"
        over = ["mu"]
        average = ["x"]
        [[loss]]
        kind = "weight decay"
        strength = 3
        """
    listed = parse_problem(HEAD + MODEL + terms)
    table = 'loss = {kind = "squared error", over = ["mu"], average = ["x"], decay = 3}\n'
    single = parse_problem(HEAD + MODEL + table)
    assert listed.observable == single.observable
    assert listed.potential == single.potential
    assert listed.sampled == single.sampled
    assert dict(listed.facts) == dict(single.facts)
    sample = single.with_observable("sample_loss").observable
    assert {t.name for d, _ in sample for t in d.tensors} == {"W", "a", "x", "t"}
    observed = expand(single, 2, observable="sample_loss")
    assert observed.coefficients == expand(single, 2).coefficients


# -- builders and the schema ---------------------------------------------------------------------


def test_builders_are_the_tables() -> None:
    text = HEAD + TERMS
    tables = tomllib.loads(text)
    built = polynomial_problem(**tables)
    read = parse_problem(text)
    assert (built.observable, built.potential) == (read.observable, read.potential)
    assert built.facts == read.facts
    assert parse_problem(built.spec) == built


def test_builders_quote_what_they_embed() -> None:
    tables = tomllib.loads(HEAD + MODEL + MEAN)
    title = 'a "title" with \\ and an é'
    built = polynomial_problem(title=title, observables={"K[k,l]": "a[k] a[l]"}, **tables)
    assert built.title == title
    assert built.named_observables[0].head == "K[k,l]"
    with pytest.raises(BadInput, match="one line"):
        polynomial_problem(title="two\nlines", **tables)
    tables["tensors"]["W"]["variance"] = 0.5
    with pytest.raises(BadInput, match="texts, integers, fractions"):
        polynomial_problem(**tables)
    tables["tensors"]["W"]["variance"] = Fraction(1, 2)
    assert polynomial_problem(**tables).trained[0].law == Gaussian(Polynomial.constant(1) / 2)


def test_files_fit_the_schema() -> None:
    schema = validator("problem_file")
    files = sorted((ROOT / "docs" / "systems").glob("*.toml"))
    assert len(files) >= 8
    for file in (*files, *sorted((ROOT / "tests" / "problems").glob("*.toml"))):
        schema.validate(tomllib.loads(file.read_text()))
        read_problem(file)
    for text in (HEAD + MODEL + MEAN, HEAD + TERMS):
        schema.validate(tomllib.loads(text))
    for wrong in (
        HEAD + MODEL + MEAN.replace("average", "averaged"),
        HEAD + TERMS.replace("strength = 2", ""),
        HEAD + TERMS.replace('target = "1/3"', ""),
        HEAD.replace('role = "trained"', 'role = "moving"', 1) + MODEL + MEAN,
    ):
        assert not schema.is_valid(tomllib.loads(wrong))
        with pytest.raises(BadInput):
            parse_problem(wrong)


# -- refusals --------------------------------------------------------------------------------------

FILE = HEAD + MODEL + MEAN
REFUSED = [
    # what the issue lists: a model that is no polynomial, an index of two families, a free index,
    # a variance of a trained tensor, a prefactor that is no monomial
    (
        FILE,
        '"a[k] W[k,i] x[mu,i]"',
        '"log(a[k]) W[k,i]"',
        "model.output, column 1",
        7,
        "linear form",
    ),
    (FILE, '"a[k] W[k,i] x[mu,i]"', '"W[k,i] / x[mu,i]"', "model.output, column 8", 7, "monomial"),
    (FILE, '"a[k] W[k,i] x[mu,i]"', '"a[k]^(1/2)"', "model.output, column 1", 7, "powers 1 to"),
    (FILE, '"a[k] W[k,i] x[mu,i]"', '"a[k] W[i,k]"', "model.output, column 10", 7, "not of unit"),
    (
        FILE,
        '"t[i] x[mu,i]"',
        '"t[mu]"',
        "model.target, column 3",
        7,
        "not of sample (model.output, column 15) and feature",
    ),
    (FILE, 'over = ["mu"]', "over = []", "loss.over", 8, "'mu' too if it is free (model.output, c"),
    (FILE, 'over = ["mu"]', 'over = ["mu", "nu"]', "loss.over", 8, "that occur in output"),
    (FILE, '"1/N"', '"1/a"', "tensors.W.variance, column 3", 3, "a is a tensor"),
    (FILE, '"1/(2*n)"', '"1 + 1/n"', "loss.prefactor", 8, "one monomial"),
    (FILE, '"1/(2*n)"', '"1/(2+n)"', "loss.prefactor, column 3", 8, "a monomial"),
    # averages
    (FILE, 'average = ["x"]', 'average = ["W"]', "loss.average", 8, "W is trained: it moves"),
    (FILE, 'average = ["x"]', 'average = ["y"]', "loss.average", 8, "of output and target"),
    (FILE, 'average = ["x"]', 'average = ["x", "x"]', "loss.average", 8, "each once"),
    (FILE, 'average = ["x"]', 'average = "x"', "loss.average", 8, "an array"),
    (
        FILE,
        '"a[k] W[k,i] x[mu,i]"',
        '"a[k] W[k,i] x[mu,i]^9"',
        "loss.average",
        8,
        "at most 16 averaged",
    ),
    # sums
    (HEAD + TERMS, 'strength = "lambda"', "", "loss[3].strength", 22, "such as"),
    (HEAD + TERMS, 'strength = "lambda"', 'strength = "N"', "loss[3].strength", 24, "no size"),
    (HEAD + TERMS, 'tensors = ["a"]', 'tensors = ["x"]', "loss[3].tensors", 25, "each once: W, a"),
    (HEAD + TERMS, 'tensors = ["a"]', 'tensors = ["a", "a"]', "loss[3].tensors", 25, "each once"),
    (HEAD + TERMS, 'over = ["k", "i"]', 'over = ["k", "j"]', "loss[2].over", 19, "free indices"),
    (
        HEAD + TERMS,
        'output = "W[k,i]"',
        'output = "W[i,k]"',
        "loss[2].output, column 3",
        17,
        "one family",
    ),
    (
        HEAD + TERMS,
        'output = "W[k,i]"',
        'output = "x[n,i] W[k,i]"',
        "loss[2].output, column 1",
        17,
        "",
    ),
    (HEAD + TERMS, 'output = "W[k,i]"\n', "", "loss[2]", 15, "the keys kind, over, prefactor"),
    (HEAD + TERMS, 'target = "1/3"\n', "", "loss[2].target", 15, "such as"),
    (HEAD + TERMS, "prefactor = ", "decay = ", "loss[2]", 15, "the keys"),
    (HEAD + TERMS, 'kind = "weight decay"', 'kind = "hinge"', "loss[3].kind", 23, "'weight decay'"),
    (HEAD + MODEL + TERMS, "", "", "model", 7, "no table model"),
]


@pytest.mark.parametrize(("text", "old", "new", "field", "line", "allowed"), REFUSED)
def test_refusals_name_their_place(
    text: str, old: str, new: str, field: str, line: int, allowed: str
) -> None:
    assert old in text
    with pytest.raises(BadInput) as caught:
        parse_problem(text.replace(old, new, 1))
    error = caught.value
    assert error.field.startswith(field)
    assert allowed in error.allowed
    if line:
        assert f"(line {line} of the file)" in str(error)
    assert str(error).isprintable()
    assert len(str(error)) < 400


def test_sizes_that_cannot_be_proportional() -> None:
    """Sizes are put in proportion to one parameter; what cannot be is named."""
    series = expand(parse_problem(HEAD + MODEL + MEAN), 1)
    for scaling, field in (
        ({"N": 1, "p": "1 + N"}, "p"),
        ({"N": 1, "p": "delta*n", "n": "p"}, "p"),
        ({"N": "p", "p": "N"}, ""),
        ({"N": 1, "W": "N"}, "W"),
    ):
        with pytest.raises(BadInput) as caught:
            levels(series, scaling)
        assert field in f"{caught.value.field} {caught.value.value}"


def test_show_writes_the_averaged_loss(capsys: Capture, tmp_path: Path) -> None:
    file = tmp_path / "mean.toml"
    file.write_text(HEAD + MODEL + MEAN)
    shown = run(capsys, "show", str(file))
    assert "loss: squared error over mu, averaged over x" in shown
    assert "(1/2*s) sum[k1,k2;i1] W[k1,i1] W[k2,i1] a[k1] a[k2]" in shown
    assert "sum" in run(capsys, "show", str(file), "--format", "latex")
    drawn = run(capsys, "show", str(file), "--format", "svg")
    assert drawn.count("<svg") >= 1


def test_documents_name_what_is_averaged() -> None:
    """The table of tensors and the legend have the data, though the loss has not."""
    problem = parse_problem(HEAD + MODEL + MEAN)
    tables = [block for block in problem_chapter(problem).blocks if isinstance(block, b.Table)]
    drawn = [row[0][0] for row in tables[-1].rows]
    found = [d.diagram.edges[0].tensor.name for d in drawn if isinstance(d, b.Drawing)]
    assert found == ["W", "a", "t", "x"]
    legend = legend_of(problem)
    drawn = {tensor.name for tensor in legend.tensors}
    assert drawn == {"W", "a", "t", "x"}
    assert {family.name for family in legend.families} == {"unit", "feature", "sample"}


def test_average_of_nothing_is_the_loss_itself() -> None:
    plain = MEAN.replace(', average = ["x"]', "")
    problem = parse_problem(HEAD + MODEL + plain)
    empty = parse_problem(HEAD + MODEL + plain.replace("}", ", average = []}"))
    assert isinstance(problem, Problem)
    assert problem.observable == empty.observable
    assert problem.fresh == empty.fresh == ()
    assert not problem.sampled
