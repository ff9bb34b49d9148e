"""The public names: which there are, that each is documented, and that importing is cheap."""

from __future__ import annotations

import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import diagrams

ROOT = Path(__file__).resolve().parent.parent

PUBLIC = [
    "Agreement",
    "BadInput",
    "CPProblem",
    "ClosedSystem",
    "Combination",
    "Comparison",
    "Descent",
    "Diagram",
    "DiagramClass",
    "DiagramTable",
    "Edge",
    "Evidence",
    "FlowSettings",
    "Gaussian",
    "IndexFamily",
    "Levels",
    "Mean",
    "MeanField",
    "NotSolved",
    "OpenSeries",
    "OutsideDomain",
    "Parameterisation",
    "Polynomial",
    "Problem",
    "Role",
    "Series",
    "Shape",
    "Shaped",
    "Simulation",
    "Solution",
    "Tensor",
    "WickflowError",
    "boundaries",
    "build_report",
    "check",
    "close",
    "compare",
    "cp_problem",
    "cumulant",
    "delta",
    "departure",
    "derived_terms",
    "descent",
    "diagram_table",
    "expand",
    "expand_inertial",
    "expand_open",
    "expectation",
    "front_law",
    "fronts",
    "group_law",
    "leading_derivatives",
    "leading_terms",
    "levels",
    "load_problem",
    "locate",
    "locate_at",
    "long_time",
    "mean_field",
    "merge",
    "modular_surrogate",
    "order_law",
    "parameterise",
    "pareto_terms",
    "polynomial_problem",
    "regimes",
    "simulate",
    "solve",
    "vacuum_graphs",
    "value",
    "value_at",
    "write_report",
]

HEAVY = ("sympy", "numpy", "networkx", "mpmath", "sqlite3", "IPython")


def run(code: str) -> str:
    """Run code in an interpreter of its own; return what it prints."""
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_the_list_of_public_names() -> None:
    """A name that is added or goes is a decision: change this list with it."""
    assert diagrams.__all__ == sorted(PUBLIC)


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_documented(name: str) -> None:
    thing = getattr(diagrams, name)
    assert thing.__name__ == name
    assert thing.__module__.startswith("diagrams.")
    own = vars(thing).get("__doc__") if inspect.isclass(thing) else thing.__doc__
    assert own, f"{name} has no docstring"
    assert not own.startswith(f"{name}("), f"{name} has only the docstring that dataclasses make"
    first = own.strip().splitlines()[0]
    assert first.endswith((".", ":", "?")) or "," in first


@pytest.mark.parametrize("name", [n for n in PUBLIC if inspect.isclass(getattr(diagrams, n))])
def test_every_public_method_is_documented(name: str) -> None:
    for member, thing in vars(getattr(diagrams, name)).items():
        if member.startswith("_"):
            continue
        if isinstance(thing, staticmethod | classmethod):
            thing = thing.__func__
        if inspect.isfunction(thing) or isinstance(thing, property):
            assert thing.__doc__, f"{name}.{member} has no docstring"


def test_public_names_are_one_object_each() -> None:
    """The lazy name, the module's own name and a second access are the same object."""
    for name in PUBLIC:
        thing = getattr(diagrams, name)
        assert thing is getattr(importlib.import_module(thing.__module__), name)
        assert thing is getattr(diagrams, name)
    assert set(PUBLIC) == set(dir(diagrams))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'diagrams' has no attribute 'nothing'"):
        diagrams.nothing  # noqa: B018


def test_importing_diagrams_is_cheap() -> None:
    """``import diagrams`` loads no submodule and no dependency."""
    loaded = run("import sys, diagrams; print(*sys.modules, sep='\\n')").split()
    assert not {name.partition(".")[0] for name in loaded} & set(HEAVY)
    assert not [name for name in loaded if name.startswith(("diagrams.", "pde"))]


def test_expanding_needs_no_computer_algebra() -> None:
    """The whole way from a problem to printed coefficients goes without SymPy."""
    code = (
        "import sys; from diagrams import cp_problem, expand; "
        "series = expand(cp_problem(2), terms=2); str(series); "
        "print('sympy' in sys.modules)"
    )
    assert run(code).strip() == "False"


def test_star_import_gives_the_public_names() -> None:
    names = run("from diagrams import *; print(*sorted(k for k in dir() if k[0] != '_'))").split()
    assert names == sorted(PUBLIC)


def test_every_public_name_is_in_the_reference() -> None:
    page = (ROOT / "docs" / "reference" / "diagrams.md").read_text("utf-8")
    listed = re.findall(r"^\.\. auto(?:function|class|exception):: (\w+)$", page, re.MULTILINE)
    assert sorted(listed) == sorted(PUBLIC)


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("build_report", ()),
        ("check", ("t",)),
        ("close", ()),
        ("compare", ("full",)),
        ("cumulant", (["loss"], 1)),
        ("diagram_table", (1,)),
        ("expand", (1,)),
        ("expand_inertial", (1, 1)),
        ("expand_open", (1,)),
        ("fronts", (1,)),
        ("regimes", ()),
        ("simulate", ()),
        ("solve", ()),
    ],
)
def test_a_spec_is_no_problem_yet(name: str, more: tuple[object, ...]) -> None:
    needed = {"until": 1} if name in ("compare", "simulate") else {}
    with pytest.raises(diagrams.BadInput, match="as cp_problem or load_problem gives it"):
        getattr(diagrams, name)("cp:order=2", *more, **needed)


def test_regimes_go_by_name() -> None:
    found = diagrams.regimes(diagrams.cp_problem(order=2))
    for wrong in (0, None, "Z"):
        with pytest.raises(diagrams.BadInput, match="regime: .* allowed: full, A-B"):
            found[wrong]  # type: ignore[index]
