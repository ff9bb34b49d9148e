"""The language of observables: what it means, in numbers and in diagrams, and what it refuses."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagrams.errors import BadInput
from diagrams.graphs.combination import Combination, merge
from diagrams.graphs.diagram import Diagram
from diagrams.problems.cp import cp_problem
from diagrams.problems.files import parse_problem
from diagrams.series.expansion import Series, expand
from tests.command_line import Capture, refused, run, without_macros
from tests.problems.test_files import evaluated

TEXT = """
families = {hidden = "N", feature = "d", sample = "n"}
[tensors]
a = {families = ["hidden"], role = "trained", variance = 1, rate = "N"}
W = {families = ["hidden", "feature"], role = "trained", variance = "g^2/d"}
x = {families = ["sample", "feature"], role = "frozen", variance = 1}
x0 = {families = ["feature"], role = "frozen", variance = 1}
y = {families = ["sample"], role = "frozen", variance = 1}
[model]
output = "a[k] W[k,i] x[mu,i] / sqrt(N)"
target = "y[mu]"
[loss]
kind = "squared error"
over = ["mu"]
[observables]
"kernel[mu,nu]" = "star(output[mu], output[nu])"
fresh = "a[k] W[k,i] x0[i]"
trace = "kernel[mu,mu]"
change = "-star(trace, loss)"
mixed = "2 fresh^2 - g*(fresh - 1) (fresh + 3) + delta[i,j] W[k,i] W[k,j]"
single = "kernel[rho,rho] y[rho] + output[mu] target[mu]"
"""
PROBLEM = parse_problem(TEXT)
SIZES = {"N": 4, "d": 3, "n": 2}
VALUES = {**SIZES, "g": 0.7}


def arrays() -> dict[str, np.ndarray]:
    random = np.random.default_rng(5)
    shapes = {"a": (4,), "W": (4, 3), "x": (2, 3), "x0": (3,), "y": (2,)}
    return {name: random.normal(size=shape) for name, shape in shapes.items()}


def value(text: str) -> float:
    return evaluated(PROBLEM.with_observable(text).observable, arrays(), VALUES)


def kernel_of(fields: dict[str, np.ndarray]) -> np.ndarray:
    """The tangent kernel by the chain rule, learning rates included."""
    a, W, x = (fields[name] for name in ("a", "W", "x"))
    hidden = x @ W.T
    return (4 * hidden @ hidden.T + (a @ a) * x @ x.T) / 4


def test_values_agree_with_explicit_formulas() -> None:
    fields = arrays()
    a, W, x, x0, y = (fields[name] for name in ("a", "W", "x", "x0", "y"))
    kernel, output, fresh = kernel_of(fields), x @ W.T @ a / 2, a @ W @ x0
    assert value("trace") == pytest.approx(np.trace(kernel))
    assert value("fresh") == pytest.approx(fresh)
    mixed = 2 * fresh**2 - 0.7 * (fresh - 1) * (fresh + 3) + (W**2).sum()
    assert value("mixed") == pytest.approx(mixed)
    assert value("single") == pytest.approx(np.diag(kernel) @ y + output @ y)
    assert value("kernel[mu,nu] y[mu] y[nu]") == pytest.approx(y @ kernel @ y)
    assert value("kernel[mu,nu]^2 - loss") == pytest.approx(
        (kernel**2).sum() - ((output - y) ** 2).sum() / 2
    )


def test_time_derivatives_agree_with_finite_differences() -> None:
    fields = arrays()
    a, W, x, y = (fields[name] for name in ("a", "W", "x", "y"))
    residual = x @ W.T @ a / 2 - y
    slopes = {"a": 4 * residual @ x @ W.T / 2, "W": np.outer(a, residual @ x) / 2}
    step = 1e-5
    traces = [
        np.trace(kernel_of({**fields, **{u: fields[u] - sign * step * slopes[u] for u in slopes}}))
        for sign in (1, -1)
    ]
    assert value("change") == pytest.approx((traces[0] - traces[1]) / (2 * step), rel=1e-6)


def test_star_is_the_merge() -> None:
    problem = cp_problem(order=3, ties="2+1")
    loss = problem.observable
    assert problem.with_observable("star(loss, loss)").observable == merge(loss, loss)
    frozen = PROBLEM.with_observable("star(target[mu], target[mu])").observable
    assert frozen == Combination()


def test_first_derivative_is_a_star() -> None:
    """d E[A]/dt = -E[star(A, loss)], by two runs of different length."""
    for text in ("loss", "fresh^2", "kernel[mu,mu]"):
        left = expand(PROBLEM, 1, observable=text).coefficient(1)
        assert left == -expand(PROBLEM, 0, observable=f"star({text}, loss)").coefficient(0)


@given(st.permutations(["a1", "b1", "c1", "d1"]))
@settings(max_examples=10, deadline=None)
def test_names_of_summed_indices_do_not_matter(names: list[str]) -> None:
    problem = cp_problem(order=4)
    k, m, i, j = names
    text = f"u[{k},{i}] u[{m},{i}] u[{k},{j}] u[{m},{j}]"
    first = problem.with_observable("u[k,i] u[l,i] u[k,j] u[l,j]")
    assert problem.with_observable(text).observable == first.observable


def test_cp_outputs() -> None:
    problem = cp_problem(order=3, ties="2+1", target="modular")
    (diagram, _) = problem.with_observable("output[i,j,l] output[i,j,l]").observable.terms[0]
    assert diagram == problem.observable.terms[-1][0]
    rebuilt = problem.with_observable(
        "1/2 (output[i,j,l] - target[i,j,l]) (output[i,j,l] - target[i,j,l])"
    )
    assert rebuilt.observable == problem.observable
    assert problem.with_observable("loss").observable == problem.observable


def test_flow_is_kept_and_names_are_remembered() -> None:
    problem = PROBLEM.with_observable("fresh")
    assert problem.potential == PROBLEM.potential
    again = problem.with_observable("trace").with_observable("loss")
    assert (again.observable, again.observed) == (PROBLEM.observable, "")
    combination = Combination.of({Diagram((), ()): Fraction(1, 3)})
    assert PROBLEM.with_observable(combination).observable == combination


def test_json_names_the_observable() -> None:
    series = expand(PROBLEM, 1, observable="trace")
    assert json.loads(series.to_json())["problem"]["observable"] == "trace"
    assert Series.from_json(series.to_json()) == series
    given = expand(PROBLEM, 0, observable=PROBLEM.with_observable("trace").observable)
    with pytest.raises(BadInput):
        Series.from_json(given.to_json())


def test_command_line(capsys: Capture, tmp_path: object) -> None:
    spec = "docs/systems/deep_linear_mean_field.toml"
    assert "E[kernel]" in run(capsys, "expand", spec, "--terms", "1", "--observable", "kernel")
    text = run(capsys, "expand", spec, "--terms", "0", "--observable", "cumulant(output, output)")
    assert "Y_0 = N**(-1)*gamma**(-2)" in text
    shown = run(capsys, "show", spec)
    assert "observable kernel = star(output, output) =\n  (N**(-1)) sum[k1] h[k1]^2" in shown
    free = run(capsys, "expand", spec, "--terms", "1", "--observable", "K[k,l] = w[k] h[l]")
    assert "Y_1 = 2*y*gamma delta[k,l]" in free
    latex = run(
        capsys, "expand", spec, "--terms", "0", "--observable", "kernel", "--format", "latex"
    )
    assert "\\mathbb{E}[G]" in without_macros(latex)
    assert "kernl" in refused(capsys, "expand", spec, "--observable", "kernl")


@pytest.mark.parametrize(
    ("text", "field", "found", "allowed"),
    [
        ("kernl", "observable", "kernl", "a polynomial in output, target, loss"),
        ("kernl fresh", "observable", "kernl", "quantities and symbols of the problem"),
        ("3", "observable", "3", "a polynomial in"),
        ("fresh^2 + exp(fresh)", "observable, column 11", "exp", "weights"),
        ("fresh / trace", "observable, column 7", "/", "one monomial"),
        ("output + fresh", "observable, column 1", "output", "output with 1 index"),
        ("2 output[mu,nu]", "observable, column 3", "output[mu,nu]", "output with 1 index"),
        ("output[k]", "observable, column 8", "k", "one family"),
        ("star(fresh)", "observable, column 11", ")", ","),
        ("star(fresh, fresh", "observable, column 18", "end of text", ")"),
        ("delta[r,s] fresh", "observable, column 1", "delta[r,s]", "tensor entry tells"),
        ("V[k]", "observable, column 1", "V", "tensors and quantities"),
        ("(output[mu] y[mu])^2", "observable, column 1", "(", "single entries"),
        ("A[q] = fresh", "observable", "A[q] ", "free indices that occur"),
        ("A[mu,mu] = output[mu]", "observable", "A[mu,mu] ", "each once"),
        ("trace = fresh", "observable", "trace", "nothing else has"),
        ("a = fresh", "observable", "a", "nothing else has"),
        ("N = fresh", "observable", "N", "nothing else has"),
        ("A B = fresh", "observable", "A B ", "a name"),
        ("A = V[k]", "observable, column 5", "V", "tensors and quantities"),
        ("fresh^24 fresh", "observable, column 1", "fresh", "24 tensor entries"),
        ("star(fresh^24, star(fresh^24, fresh^24))", "observable", "", "64 entries"),
    ],
)
def test_refusals(text: str, field: str, found: str, allowed: str) -> None:
    with pytest.raises(BadInput) as caught:
        PROBLEM.with_observable(text)
    assert caught.value.field == field
    assert caught.value.value == found or str(caught.value.value).startswith(found)
    assert allowed in caught.value.allowed


@pytest.mark.parametrize(
    ("old", "new", "field", "allowed"),
    [
        ("fresh =", "loss =", "observables.loss", "nothing else has (line 17 of the file)"),
        ("fresh =", "g =", "observables.g", "nothing else has"),
        ("fresh =", '"fresh[" =', "observables.fresh[", "a name"),
        ("x0[i]", "x1[i]", "observables.fresh, column 13", "x0"),
        ("x0[i]", "x[mu,mu]", "observables.fresh, column 18", "one family"),
        ('trace = "kernel[mu,mu]"', "trace = 3", "observables.trace", "quotation marks"),
        ("change =", "output =", "observables.output", "nothing else has"),
        ("a[k] W[k,i] x0[i]", "a[k] W[k,i]", "tensors", "or in an observable"),
        ("[observables]", "[observable]", "problem file", "observables"),
    ],
)
def test_files_refuse(old: str, new: str, field: str, allowed: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_problem(TEXT.replace(old, new, 1))
    assert caught.value.field == field
    assert allowed in caught.value.allowed


def test_observables_are_no_part_of_the_loss() -> None:
    bare = parse_problem(TEXT.partition("[observables]")[0].replace("x0 =", "#"))
    assert bare.observable == PROBLEM.observable
    heads = [quantity.head for quantity in PROBLEM.named_observables]
    assert heads[:2] == ["kernel[mu,nu]", "fresh"]


CHAIN = """
families = {feature = "d", sample = "P"}
tensors.W = {families = ["sample", "feature"], role = "trained", variance = 1}
tensors.x = {families = ["feature"], role = "frozen", variance = "1/d"}
model = {output = "W[m,i] x[i]", target = "c"}
loss = {kind = "squared error", over = ["m"]}
[observables]
q0 = "FIRST"
"""


@pytest.mark.parametrize(
    ("first", "link", "said"),
    [
        ("loss", "star({0}, {0})", "work of at most"),
        ("W[m,i]^2", "star({0}, {0})", "bits"),
        ("loss", "{0} {0}", "at most"),
        ("loss", "{0}^24", "at most"),
    ],
)
def test_the_work_of_a_chain_is_bounded(
    first: str, link: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each observable is made of the one before: 1 KB that would take hours."""
    monkeypatch.setattr("diagrams.problems.observables.WORK_LIMIT", 10**4)
    chain = [f'q{k} = "{link.format(f"q{k - 1}")}"' for k in range(1, 24)]
    with pytest.raises(BadInput, match=r"observables\.q[0-9]+") as caught:
        parse_problem(CHAIN.replace("FIRST", first) + "\n".join(chain))
    assert said in str(caught.value)
