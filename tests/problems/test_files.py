"""Problem files: the losses they mean, everything they refuse, and a fuzz of the reader."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from diagrams.cli import main
from diagrams.errors import BadInput
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.laws import Gaussian, Mean
from diagrams.graphs.tensors import IndexFamily, Role, Tensor
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.cp import cp_problem
from diagrams.problems.files import FILE_LIMIT, parse_problem, read_problem
from diagrams.problems.spec import load_problem

HERE = Path(__file__).parent
TEACHER = (HERE / "two_layer_teacher.toml").read_text()
DATA = (HERE / "two_layer_data.toml").read_text()
hidden, feature = IndexFamily("hidden", "N", "k"), IndexFamily("feature", "d", "i")
sample = IndexFamily("sample", "n", "m")
N, d, n = (Polynomial.symbol(name) for name in "Ndn")


# -- what files mean -------------------------------------------------------------


def test_two_layer_teacher_by_hand() -> None:
    problem = read_problem(HERE / "two_layer_teacher.toml")
    a = Tensor("a", (hidden,), law=Gaussian(N**-1))
    W = Tensor("W", (hidden, feature), law=Gaussian(d**-1))
    t = Tensor("t", (feature,), Role.FROZEN, Gaussian(d**-1))
    assert problem.observable == Combination.of(
        [
            (Diagram.of((a, "k"), (W, "k i"), (a, "l"), (W, "l i")), Fraction(1, 2)),
            (Diagram.of((a, "k"), (W, "k i"), (t, "i")), -1),
            (Diagram.of((t, "i"), (t, "i")), Fraction(1, 2)),
        ]
    )
    assert problem.potential == problem.observable
    assert problem.tensors == (a, W, t)
    assert problem.trained == (a, W)
    assert problem.sizes == ("N", "d")
    assert problem.title == "Two-layer linear network, random teacher"
    assert dict(problem.facts)["tensor W"] == "trained, [hidden,feature], variance d**(-1)"


def test_two_layer_data_by_hand() -> None:
    problem = read_problem(HERE / "two_layer_data.toml")
    a = Tensor("a", (hidden,), law=Gaussian(N**-1))
    W = Tensor("W", (hidden, feature), law=Gaussian(d**-1))
    x = Tensor("x", (sample, feature), Role.FROZEN)
    w = Tensor("w", (feature,), Role.FROZEN, Gaussian(d**-1))
    output, target = ((a, "k"), (W, "k i"), (x, "mu i")), ((w, "i"), (x, "mu i"))
    again, twice = ((a, "l"), (W, "l j"), (x, "mu j")), ((w, "j"), (x, "mu j"))
    assert problem.observable == Combination.of(
        {
            Diagram.of(*output, *again): n**-1 / 2,
            Diagram.of(*output, *twice): -(n**-1),
            Diagram.of(*target, *twice): n**-1 / 2,
        }
    )


def cp_file(ties: str, model: str, decay: str) -> str:
    letters = {"3": "u", "2+1": "uv", "1+1+1": "uvw"}[ties]
    tensors = "\n".join(
        f'{u} = {{families = ["hidden", "feature"], role = "trained", variance = "sigma^2"}}'
        for u in letters
    )
    return f"""
        families.hidden = {{size = "H", index = "k"}}
        families.feature = {{size = "p", index = "i"}}
        model = {{output = "{model}", target = "c delta[i,j,l]"}}
        loss = {{kind = "squared error", over = ["i", "j", "l"], decay = {decay}}}
        [tensors]
        {tensors}
        """


@pytest.mark.parametrize(
    ("ties", "model"),
    [
        ("3", "u[k,i] u[k,j] u[k,l]"),
        ("2+1", "u[k,i] u[k,j] v[k,l]"),
        ("1+1+1", "u[k,i] v[k,j] w[k,l]"),
    ],
)
@pytest.mark.parametrize("decay", ["0.125", '"lambda"', "0"])
def test_cp_problems_as_files(ties: str, model: str, decay: str) -> None:
    problem = parse_problem(cp_file(ties, model, decay))
    preset = cp_problem(order=3, ties=ties, scale="c", decay=decay.strip('"'))
    assert problem.observable == preset.observable
    assert problem.potential == preset.potential


def number(coefficient: Polynomial, values: Mapping[str, float]) -> float:
    total = 0.0
    for powers, rational in coefficient:
        total += float(rational) * math.prod(values[name] ** float(e) for name, e in powers.items())
    return total


def evaluated(
    combination: Combination, arrays: Mapping[str, np.ndarray], values: Mapping[str, float]
) -> float:
    """The number a combination stands for, by explicit summation over all indices."""
    total = 0.0
    for diagram, coefficient in combination:
        letters = "abcdefghijklmnopqrstuvwxyz"
        terms = ["".join(letters[node] for node in edge.nodes) for edge in diagram.edges]
        terms += [letters[node] for node in range(len(diagram.nodes))]
        operands = [arrays[edge.tensor.name] for edge in diagram.edges]
        operands += [np.ones(int(values[family.size])) for family in diagram.nodes]
        value = np.einsum(",".join(terms) + "->", *operands) if terms else 1.0
        total += number(coefficient, values) * float(value)
    return total


GENERAL = """
families = {hidden = "N", feature = "d", sample = "n"}
[tensors]
a = {families = ["hidden"], role = "trained", variance = "1/N", rate = "N"}
W = {families = ["hidden", "feature"], role = "trained", variance = "g^2/d"}
M.families = ["feature", "feature"]
M.role = "trained"
M.variance = 0
M.mean = {pattern = "delta", value = "1/sqrt(d)"}
c = {families = [], role = "trained", variance = 1, mean = {pattern = "constant", value = 2}}
x = {families = ["sample", "feature"], role = "frozen", variance = 1}
y = {families = ["sample"], role = "frozen", variance = 1}
[model]
output = '''
  1/sqrt(N) a[k] (W[k,i] x[mu,i]
     + g c[] W[k,i]^2) + M[i,j] x[mu,i] x[mu,j]
     - c[]^2 x[nu,i]'''
target = "y[mu] - 3/2 x[mu,l] + delta[r,r] delta[r,j] x[rho,j]/n + g"
[loss]
kind = "squared error"
over = ["mu"]
prefactor = "1/(2 n)"
"""


def test_general_loss_agrees_with_explicit_sums() -> None:
    problem = parse_problem(GENERAL)
    random = np.random.default_rng(7)
    sizes = {"N": 2, "d": 3, "n": 4}
    values = {**sizes, "g": 0.7}
    arrays = {
        tensor.name: random.normal(size=tuple(sizes[family.size] for family in tensor.families))
        for tensor in problem.tensors
    }
    a, W, M, c, x, y = (arrays[name] for name in "aWMcxy")
    g = values["g"]
    output = (
        (x @ W.T @ a + g * c * (W**2).sum(axis=1) @ a) / math.sqrt(2)
        + np.einsum("ij,mi,mj->m", M, x, x)
        - c**2 * x.sum()
    )
    target = y - 1.5 * x.sum(axis=1) + x.sum() / 4 + g
    expected = ((output - target) ** 2).sum() / 8
    assert evaluated(problem.observable, arrays, values) == pytest.approx(expected, rel=1e-10)
    assert problem.potential == problem.observable
    assert problem.title.startswith("Squared error of 1/sqrt(N) a[k] (W[k,i] x[mu,i] + g")


def test_laws_and_rates() -> None:
    tensors = {tensor.name: tensor for tensor in parse_problem(GENERAL).tensors}
    assert tensors["a"].rate == N
    assert tensors["M"].law == Gaussian(Polynomial(), Mean.DELTA, d ** Fraction(-1, 2))
    assert tensors["c"].law == Gaussian(mean=Mean.CONSTANT, mean_value=Polynomial.constant(2))
    assert tensors["c"].families == ()
    assert tensors["x"].role is Role.FROZEN


def test_decay_counts_trained_tensors_only() -> None:
    problem = parse_problem(TEACHER + 'decay = "lambda"\n')
    penalty = problem.potential - problem.observable
    assert sorted(diagram.tensors[0].name for diagram, _ in penalty) == ["W", "a"]
    assert {coefficient for _, coefficient in penalty} == {Polynomial.symbol("lambda") / 2}


@pytest.mark.parametrize("text", [TEACHER, DATA, GENERAL, TEACHER.replace("\n", "\r\n")])
def test_spec_reads_back(text: str) -> None:
    problem = parse_problem(text)
    assert problem.spec == text
    assert parse_problem(problem.spec, "another name") == problem
    json.dumps(problem.to_dict())


# -- what files refuse -----------------------------------------------------------


def refusal(text: str) -> BadInput:
    with pytest.raises(BadInput) as caught:
        parse_problem(text)
    error = caught.value
    assert error.field
    assert error.allowed
    assert error.exit_code == 2
    assert str(error).isprintable()
    assert len(str(error)) < 400
    return error


CHANGES = [
    # what is replaced, by what, field, value, piece of what is allowed
    ('title = "Two', 'titel = "Two', "problem file", "titel", "title"),
    ('title = "Two', 'title = "\\nTwo', "title", "\nTwo-layer", "one line"),
    ("title =", "title = 3 #", "title", 3, "quotation marks"),
    ("[families]", "[families", "problem file 'text', line 3, column 10", "[families", "TOML"),
    ("[families]", "families = 3\n[family]", "problem file", "family", "families"),
    ("[families]\n", "[[families]]\n", "families", "an array", "table"),
    ('size = "N", ', "", "families.hidden.size", "missing", "such as"),
    ('size = "N"', "size = 1.5", "families.hidden.size", 1.5, "quotation marks"),
    ('size = "N"', 'size = "N*2"', "families.hidden.size", "N*2", "plain symbol"),
    ('size = "N"', 'size = "T"', "families.hidden", "T", "other than T, t"),
    ('size = "N"', 'size = "a"', "tensors", "a", "other than the sizes a, d"),
    ('size = "N"', 'sice = "N"', "families.hidden", "sice", "size, index"),
    ('index = "k"', 'index = "i"', "families.feature.index", "i", "another letter"),
    ('index = "k"', 'index = ""', "families.hidden.index", "", "letters"),
    ('index = "k"', 'index = "k1"', "families.hidden.index", "k1", "letters"),
    ('index = "k"', 'index = "κ"', "families.hidden.index", "κ", "letters"),
    ("[tensors.a]", '[tensors."a b"]', "tensors", "a b", "plain symbol"),
    ("[tensors.a]", '[tensors."a\\nb"]', "tensors", "a\nb", "plain symbol"),
    ("[tensors.a]", "[tensors.delta]", "tensors", "delta", "other than delta and sqrt"),
    ("[tensors.a]", "[tensors.b]", "model.output, column 1", "a", "tensors b, W, t"),
    ('["hidden"]', '["hiden"]', "tensors.a.families", "hiden", "hidden, feature"),
    ('["hidden"]', '"hidden"', "tensors.a.families", "hidden", "array"),
    ('["hidden"]', "[nan]", "tensors.a.families", "nan", "quotation marks"),
    ('["hidden"]', "[]", "model.output, column 1", "a[k]", "0 indices"),
    ('["hidden"]', str(["hidden"] * 9), "tensors.a.families", "an array", "at most 8"),
    ('role = "trained"\n', "", "tensors.a.role", "missing", "such as role"),
    ('role = "trained"', 'role = "learned"', "tensors.a.role", "learned", "or 'structural'"),
    ('role = "trained"', "role = true", "tensors.a.role", 1, "'trained' or 'frozen' or"),
    ('"1/N"', '"1/a"', "tensors.a.variance, column 3", "a", "a is a tensor"),
    ('"1/N"', '"1/hidden"', "tensors.a.variance, column 3", "hidden", "hidden is N"),
    ('"1/N"', '"1/T"', "tensors.a.variance, column 3", "T", "time"),
    ('"1/N"', '"-1/N"', "tensors.a.variance", "-1/N", "positive"),
    ('"1/N"', '"1 + N"', "tensors.a.variance", "1 + N", "one monomial"),
    ('"1/N"', "-1", "tensors.a.variance", -1, "positive"),
    ('"1/N"', "nan", "tensors.a.variance", "nan", "monomial"),
    ('"1/N"', "-inf", "tensors.a.variance", "-inf", "monomial"),
    ('"1/N"', "1e99", "tensors.a.variance", "1e99", "40 digits"),
    ('"1/N"', "1" * 41, "tensors.a.variance", hex(int("1" * 41)), "40 digits"),
    ('"1/N"', "true", "tensors.a.variance", 1, "monomial"),
    ('"1/N"', "1979-05-27", "tensors.a.variance", "1979-05-27", "monomial"),
    ('"1/N"', "[1]", "tensors.a.variance", "an array", "monomial"),
    ('"1/N"', '"a[k]"', "tensors.a.variance, column 1", "a", "no tensor entry"),
    ('"1/N"', "1\nrate = 0", "tensors.a.rate", 0, "positive"),
    ('"1/N"', '1\nrate = "-N"', "tensors.a.rate", "-N", "positive"),
    ('"1/N"', "1\nlaw = 0", "tensors.a.law", 0, "'gaussian' or 'fixed' or 'haar'"),
    (
        '"1/N"',
        "1\nspeed = 0",
        "tensors.a",
        "speed",
        "families, role, variance, mean, rate, law, moments",
    ),
    ('"1/N"', "1\nmean = 1", "tensors.a.mean", 1, "a table"),
    ('"1/N"', '1\nmean = {pattern = "delta", value = 1}', "tensors.a.mean.pattern", "delta", "two"),
    ('"1/N"', '1\nmean = {pattern = "ones", value = 1}', "tensors.a.mean.pattern", "ones", "delta"),
    (
        '"1/N"',
        '1\nmean = {pattern = "constant"}',
        "tensors.a.mean.value",
        "missing",
        "such as",
    ),
    ('"1/N"', '1\nmean = {pattern = "constant", value = 0}', "tensors.a.mean.value", 0, "not zero"),
    ('"frozen"', '"frozen"\nrate = 2', "tensors.t.rate", 2, "if trained"),
    ("[families]", '[families]\nsample = "n"', "families", "sample", "a tensor has an index of"),
    ("[model]", "[modell]", "problem file", "modell", "model"),
    ("output =", "outputs =", "model", "outputs", "output, target"),
    ("a[k] W[k,i]", "a[k] W[k,i] + V[i]", "model.output, column 15", "V", "tensors a, W, t"),
    ("a[k] W[k,i]", "a[k] W[i,k]", "model.output, column 10", "k", "one family"),
    ("a[k] W[k,i]", "a[k] W[k]", "model.output, column 6", "W[k]", "2 indices"),
    ("a[k] W[k,i]", "a W[k,i]", "model.output, column 1", "a", "a is a tensor"),
    ("a[k] W[k,i]", "a.__class__", "model.output, column 2", ".", "ASCII"),
    ("a[k] W[k,i]", "__import__('os')", "model.output, column 1", "_", "ASCII"),
    ("a[k] W[k,i]", "t[i]", "tensors", "a", "occur in model.output"),
    ("a[k] W[k,i]", "a[k] W[k,i] - a[l] W[l,i]", "model.output", "a[k] W[k,i] - a[l] W[l,i]", ""),
    ("a[k] W[k,i]", "a[k] W[k,i] delta[r,s]", "model.output, column 13", "delta[r,s]", "family"),
    ("a[k] W[k,i]", "a[k] W[k,i] delta[k,i]", "model.output, column 21", "i", "one family"),
    ('"t[i]"', '"a[i]"', "model.target, column 1", "a[i]", "frozen tensors"),
    ('"t[i]"', '"t[i] a[k]"', "model.target, column 6", "a[k]", "frozen tensors"),
    ('"t[i]"', "0", "model.target", 0, "quotation marks"),
    ('"t[i]"', '"1"', "tensors", "t", "occur in"),
    ("squared error", "hinge", "loss.kind", "hinge", "'squared error'"),
    ('over = ["i"]', "", "loss.over", "missing", "such as"),
    ('over = ["i"]', "over = []", "loss.over", [], "'i' too if it is free"),
    ('over = ["i"]', 'over = ["i", "j"]', "loss.over", "j", "occur in output or target"),
    ('over = ["i"]', 'over = ["i", "i"]', "loss.over", "i", "each once"),
    ('over = ["i"]', 'over = ["i"]\nprefactor = 0', "loss.prefactor", 0, "positive"),
    ('over = ["i"]', 'over = ["i"]\nprefactor = "-1"', "loss.prefactor", "-1", "positive"),
    ('over = ["i"]', 'over = ["i"]\nprefactor = "1+N"', "loss.prefactor", "1+N", "monomial"),
    ('over = ["i"]', 'over = ["i"]\ndecay = "N"', "loss.decay", "N", "no size"),
    ('over = ["i"]', 'over = ["i"]\ndecay = "2*c"', "loss.decay", "2*c", "one symbol"),
    ('over = ["i"]', 'over = ["i"]\ndecay = "T"', "loss.decay, column 1", "T", "time"),
    ('over = ["i"]', 'over = ["i"]\ndecay = "a"', "loss.decay, column 1", "a", "tensor"),
    ('over = ["i"]', 'over = ["i"]\nmomentum = 1', "loss", "momentum", "prefactor, decay"),
]


@pytest.mark.parametrize(("old", "new", "field", "value", "allowed"), CHANGES)
def test_refusals(old: str, new: str, field: str, value: object, allowed: str) -> None:
    text = TEACHER[TEACHER.index("title") :]
    assert old in text
    error = refusal(text.replace(old, new, 1))
    assert error.field == field
    assert error.value == value or str(error.value).startswith(str(value))
    assert allowed in error.allowed


def test_frozen_everywhere() -> None:
    error = refusal(TEACHER.replace('"trained"', '"frozen"'))
    assert (error.field, error.value) == ("tensors", "a, W, t")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\0",
        "a = ",
        "a = 1\na = 2\n",
        "[a]\n[a]\n",
        "a = " + "[" * 30000,
        "a = " + "{a = " * 10000,
        "a = " + "9" * 5000,
        "a = 0x" + "f" * 60000,
        "a" * (FILE_LIMIT + 1),
        "# " + "é" * (FILE_LIMIT // 2) + "\n",
        "a." * 20000 + "a = 1",
        "\n".join("a" + str(row) + ".b" * 31 + " = 1" for row in range(500)),
        "\n".join(f"[a{row}.b.c.d]" for row in range(4000)),
        "a = '\ud800'",
        "a = 1979-13-40",
        "a = 1\n" * 9000,
        "\ufeff" + TEACHER,
        "a\u2028 = 1",
    ],
    ids=range(19),
)
def test_malformed_or_huge(text: str) -> None:
    error = refusal(text)
    assert error.field.startswith(("problem file", "families"))


def model(output: str, target: str = "0") -> str:
    return f"""
        families = {{node = "N"}}
        tensors.a = {{families = ["node"], role = "trained", variance = 1}}
        tensors.W = {{families = ["node", "node"], role = "trained", variance = 1}}
        model = {{output = "{output}", target = "{target}"}}
        loss = {{kind = "squared error", over = []}}
        """


def test_places_in_texts_of_several_lines() -> None:
    error = refusal(GENERAL.replace("+ g c[] W[k,i]^2", "+ g c[] W[k,k]^2"))
    assert (error.field, error.value) == ("model.output, line 2, column 18", "k")


def test_an_index_that_stands_once_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A slip such as a[k] W[q,i] is a sum over each; it is read, and said."""
    file = tmp_path / "slip.toml"
    file.write_text(TEACHER.replace("W[k,i]", "W[q,i]"))
    assert ("summed alone", "k in model.output, q in model.output") in load_problem(file).facts
    assert "summed alone" not in dict(load_problem(TEACHER).facts)
    assert main(("expand", str(file), "--terms", "0")) == 0
    assert "k in model.output, q in model.output" in capsys.readouterr().err


def test_too_many_diagrams() -> None:
    pairs = " ".join(f"W[a{j},b{j}]^2" for j in range(12))
    error = refusal(model(f"a[i] + {pairs} + " + " + ".join([pairs.replace("^2", "")] * 6)))
    assert error.field == "model"
    assert error.value == "36 products with up to 48 indices"
    error = refusal(model("a[i] W[i,j] + " + " + ".join(["1"] * 30), " + ".join(["1"] * 20)))
    assert (error.field, error.value) == ("model", "51 terms")


def test_paths(tmp_path: Path) -> None:
    broken = tmp_path / "latin.toml"
    broken.write_bytes(b'title = "caf\xe9"\n')
    huge = tmp_path / "huge.toml"
    huge.write_bytes(b"#" * (FILE_LIMIT + 1))
    marked = tmp_path / "marked.toml"
    marked.write_bytes(b"\xef\xbb\xbf" + TEACHER.encode())
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert read_problem(marked) == parse_problem(TEACHER)
    for path, field, allowed in [
        (broken, f"problem file {str(broken)!r}, byte 13", "UTF-8"),
        (huge, "problem file", f"{FILE_LIMIT} bytes"),
        (tmp_path, "problem file", "a regular file"),
        (pipe, "problem file", "a regular file"),
        (Path(os.devnull), "problem file", "a regular file"),
        (tmp_path / "none.toml", "problem file", "No such file"),
        (tmp_path / ("x" * 5000), "problem file", "too long"),
        (broken / "inside", "problem file", "Not a directory"),
        ("nul\0byte", "problem file", "path"),
        ("\ud800", "problem file", ""),
        (3, "problem file", "path"),
    ]:
        with pytest.raises(BadInput) as caught:
            read_problem(path)  # type: ignore[arg-type]
        assert caught.value.field[:60] == field[:60]
        assert allowed in caught.value.allowed
        assert str(caught.value).isprintable()
