"""What names a problem: presets, paths and texts; and a fuzz of everything that is read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples import drawn

from diagrams.errors import BadInput
from diagrams.problems.cp import CPProblem, cp_problem
from diagrams.problems.files import parse_problem
from diagrams.problems.problem import Problem
from diagrams.problems.spec import load_problem, parse_preset

HERE = Path(__file__).parent
TEACHER = HERE / "two_layer_teacher.toml"
FILES = [path.read_text() for path in sorted(HERE.glob("*.toml"))]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("cp:order=4", cp_problem(4)),
        ("cp:order=4,ties=sym,target=identity", cp_problem(4)),
        ("cp:ties=asym,order=3", cp_problem(3, "asym")),
        ("cp:order=3,ties=2+1,target=zero", cp_problem(3, "2+1", "zero")),
        ("cp:order=2,scale=1/2,decay=0.1", cp_problem(2, scale="1/2", decay="1/10")),
        ("cp:order=2,scale=c,decay=lambda", cp_problem(2, scale="c", decay="lambda")),
    ],
)
def test_presets(text: str, problem: CPProblem) -> None:
    assert parse_preset(text) == problem
    assert load_problem(text) == problem
    assert load_problem(problem.spec) == problem


def test_files_by_path_and_by_text() -> None:
    text = TEACHER.read_text()
    problem = parse_problem(text)
    assert load_problem(TEACHER) == problem
    assert load_problem(str(TEACHER)) == problem
    assert load_problem(text) == problem
    assert load_problem(problem.spec) == problem


@pytest.mark.parametrize(
    ("text", "field", "value", "allowed"),
    [
        ("cp:", "preset", "", "key=value"),
        ("cp", "spec", "cp", "cp:order=4"),
        ("CP:order=4", "spec", "CP:order=4", "cp:order=4"),
        ("cp:order", "preset", "order", "key=value"),
        ("cp:order=4,", "preset", "", "key=value"),
        ("cp:order=4;ties=sym", "order", "4;ties=sym", "integer"),
        ("cp:order=4, ties=sym", "preset", " ties", "the keys"),
        ("cp:ties=sym", "preset", "cp:ties=sym", "the order is required"),
        ("cp:order=", "order", "", "a value"),
        ("cp:order=4,ties=", "ties", "", "a value"),
        ("cp:order=4,order=4", "preset", "order twice", "once"),
        ("cp:order=4,tie=sym", "preset", "tie", "order, ties, target, scale, decay"),
        ("cp:order=even", "order", "even", "wickflow regimes"),
        ("cp:order=odd,ties=asym", "order", "odd", "wickflow regimes"),
        ("cp:order=4.0", "order", "4.0", "integer"),
        ("cp:order=-4", "order", "-4", "integer"),
        ("cp:order=1", "order", 1, "from 2"),
        ("cp:order=25", "order", 25, "24"),
        ("cp:order=" + "9" * 400, "order", "9" * 400, "integer"),
        ("cp:order=4,ties=3+2", "ties", "3+2", "sum to the order 4"),
        ("cp:order=4,ties=4+0", "ties", "4+0", "positive"),
        ("cp:order=4,ties=sum([4])", "ties", "sum([4])", "sym, asym"),
        ("cp:order=4,target=addition", "target", "addition", "identity or zero or modular"),
        ("cp:order=4,target=Identity", "target", "Identity", "identity or zero or modular"),
        ("cp:order=4,scale=sigma", "scale", "sigma", "plain symbol other than"),
        ("cp:order=4,scale=2*c", "scale", "2*c", "plain symbol"),
        ("cp:order=4,scale=1/0", "scale", "1/0", "rational"),
        ("cp:order=4,scale=c.__class__", "scale", "c.__class__", "plain symbol"),
        ("cp:order=4,decay=1e5", "decay", "1e5", "rational"),
        ("cp:order=4,decay=-inf", "decay", "-inf", "rational"),
        ("cp:order=4,decay=__import__('os')", "decay", "__import__('os')", "rational"),
        ("cp:order=4,decay=a=b", "decay", "a=b", "rational"),
        ("cp:order=\u0664", "preset", "cp:order=\u0664", "ASCII"),
        ("cp:order=4\n", "order", "4\n", "integer"),
        ("cp:" + "x" * 600, "preset", "cp:" + "x" * 600, "500"),
        ("", "spec", "", "path"),
        ("nowhere.toml", "spec", "nowhere.toml", "no such file"),
        (".", "problem file", ".", "regular file"),
        ("a\0b", "problem file", "a\0b", "path"),
        ("[loss]\n", "families", "missing", "such as"),
        (None, "spec", "NoneType", "preset"),
        (4, "spec", "int", "preset"),
    ],
)
def test_refusals(text: str, field: str, value: object, allowed: str) -> None:
    with pytest.raises(BadInput) as caught:
        load_problem(text)
    error = caught.value
    assert (error.field, error.value) == (field, value)
    assert allowed in error.allowed
    assert str(error).isprintable()


SETTINGS = st.tuples(
    st.sampled_from(["order", "ties", "target", "scale", "decay", "tie", ""]),
    st.one_of(
        st.sampled_from(
            ["2", "3", "4", "sym", "asym", "2+1", "1+1", "identity", "zero", "c", "1/3"]
        ),
        st.text(max_size=6),
    ),
).map("=".join)


@given(st.one_of(st.text(max_size=30), st.lists(SETTINGS, max_size=5).map(",".join)))
@settings(max_examples=200, deadline=3000)
def test_any_preset_is_read_or_refused(text: str) -> None:
    try:
        problem = load_problem("cp:" + text)
    except BadInput as error:
        assert str(error).isprintable()
    else:
        assert isinstance(problem, Problem)
        assert load_problem(problem.spec) == problem


# -- fuzz of problem files ------------------------------------------------------------------------

FUZZ = settings(deadline=3000, suppress_health_check=[HealthCheck.too_slow])


def read_or_refused(text: str) -> None:
    try:
        problem = parse_problem(text)
    except BadInput as error:
        assert str(error).isprintable()
        assert error.field
        assert error.allowed
    else:
        assert isinstance(problem, Problem)
        assert problem.trained
        assert parse_problem(problem.spec) == problem


@given(st.text(max_size=200))
@settings(FUZZ, max_examples=150)
def test_any_text(text: str) -> None:
    read_or_refused(text)


WORDS = (
    *("[", "]", "{", "}", '"', "'''", "=", ".", "0", "1e9", "nan", "inf", "^", "**", "sqrt("),
    *("N", "a[k]", "t[i]", "W[k,i]", "delta[i,j]", "-", " + ", "i", "k", "\0", "\\u0000", "true"),
    *(
        "σ",
        "role",
        "frozen",
        "trained",
        "[loss]",
        "a.b",
        "__class__",
        "\r",
        "\n",
        "\u202e",
        "9" * 50,
    ),
)
SPLICES = st.one_of(st.text(max_size=3), st.sampled_from(WORDS))


@given(
    st.sampled_from(FILES),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), SPLICES), min_size=1, max_size=4),
)
@settings(FUZZ, max_examples=drawn(80))
def test_mutated_files(text: str, edits: list[tuple[float, int, str]]) -> None:
    for place, length, new in edits:
        start = int(place * len(text))
        text = text[:start] + new + text[start + length :]
    read_or_refused(text)


def toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value) if isinstance(value, str) else str(value)


MONOMIALS: st.SearchStrategy[object] = st.sampled_from(
    ["1/N", "g^2/d", "sqrt(N)", "N^(-1/2)", "g", 1, 0.5, 2, "3/2"] * 5 + ["0", 0, "-1", "a", "1+N"]
)
JUNK = st.recursive(
    st.one_of(st.integers(), st.floats(), st.booleans(), st.text(max_size=4), MONOMIALS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=4,
)
FACTORS = st.sampled_from(
    ["a[k]", "a[l]", "W[k,i]", "W[l,i]", "W[k,j]", "x[mu,i]", "x[mu,j]", "delta[i,j]", "2", "g",
     "a[k]^2", "c[]", "(a[k] - 1)", "/N", "/sqrt(d)", "- x[mu,i]", "+ a[k]", "x[mu,mu]"]
)  # fmt: skip
SUMS = st.lists(FACTORS, min_size=1, max_size=5).map(" ".join)


def mostly(value: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.integers(0, 60).flatmap(lambda dice: JUNK if dice == 0 else value)


def tensor(families: list[str], role: str) -> st.SearchStrategy[object]:
    mean = st.fixed_dictionaries(
        {
            "pattern": mostly(st.sampled_from(["constant"] * 9 + ["delta"])),
            "value": mostly(MONOMIALS),
        }
    )
    return st.fixed_dictionaries(
        {"families": mostly(st.just(families)), "role": mostly(st.just(role)),
         "variance": mostly(MONOMIALS)},
        optional={"mean": mean, "rate": MONOMIALS} if role == "trained" else {},
    )  # fmt: skip


STRUCTURES = st.fixed_dictionaries(
    {
        "families": mostly(st.just({"hidden": "N", "feature": "d", "sample": {"size": "n"}})),
        "tensors": st.fixed_dictionaries(
            {
                "a": tensor(["hidden"], "trained"),
                "W": tensor(["hidden", "feature"], "trained"),
                "x": tensor(["sample", "feature"], "frozen"),
            },
            optional={"c": tensor([], "trained")},
        ),
        "model": st.fixed_dictionaries(
            {
                "output": mostly(SUMS.map(lambda text: f"a[k] W[k,i] x[mu,i] + {text}")),
                "target": mostly(st.sampled_from(["0", "x[mu,i]", "1", "x[nu,i] delta[i,j]"])),
            }
        ),
        "loss": st.fixed_dictionaries(
            {"kind": st.just("squared error"),
             "over": mostly(st.sampled_from([["mu"]] * 6 + [["mu", "i"], ["i"], []]))},
            optional={"decay": MONOMIALS, "prefactor": MONOMIALS},
        ),
    },
    optional={"title": st.text(max_size=5)},
)  # fmt: skip


@given(mostly(STRUCTURES))
@settings(FUZZ, max_examples=drawn(60))
def test_structured_files(data: object) -> None:
    table = data if isinstance(data, dict) else {"families": data}
    read_or_refused("".join(f"{json.dumps(key)} = {toml(value)}\n" for key, value in table.items()))
