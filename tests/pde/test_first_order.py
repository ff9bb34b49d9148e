"""Equations as values: construction, refusals, verification that can fail, elimination."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import sympy

from pde.equations.characteristics import solve
from pde.equations.conserved import conserved_quantities
from pde.equations.first_order import FirstOrderEquation, InitialData, eliminate
from pde.errors import InvalidInputError, VerificationError
from pde.recurrences.differential_operator import DifferentialOperator

x, y, z, t = sympy.symbols("x y z t")


def test_import_is_cheap() -> None:
    """Neither the package nor its exact core loads SymPy."""
    code = (
        "import sys, pde; pde.Table, pde.Recurrence, pde.fit_recurrence; "
        "assert 'sympy' not in sys.modules and 'mpmath' not in sys.modules"
    )
    root = Path(__file__).resolve().parents[2]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)


def test_the_package_stands_alone() -> None:
    """No module of the package imports anything else of the repository."""
    root = Path(__file__).resolve().parents[2] / "pde"
    for module in root.glob("*.py"):
        assert "diagrams" not in module.read_text(), module


def test_every_export_loads() -> None:
    """The lazy exports name things that exist; unknown names are refused."""
    import pde

    for name in pde.__all__:
        assert getattr(pde, name) is not None
    with pytest.raises(AttributeError, match="nonsense"):
        pde.nonsense  # noqa: B018


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((x, y), (1,)), "field of 1 components"),
        (((x, y), (0, 0)), "vanishes identically"),
        (((x, x), (1, 1)), "field of 2 components"),
        (((x, y), (1, 1), 0, 0, InitialData(t, 0, x)), "not a variable"),
    ],
)
def test_bad_input_is_named(arguments: tuple[object, ...], message: str) -> None:
    """Shape errors name what is wrong."""
    with pytest.raises(InvalidInputError, match=message):
        FirstOrderEquation(*arguments)


def test_initial_data_must_not_contain_their_variable() -> None:
    """A level or value that depends on the surface variable is no initial condition."""
    with pytest.raises(InvalidInputError, match="occurs"):
        InitialData(t, 0, x * t)
    with pytest.raises(InvalidInputError, match="initial data"):
        solve(FirstOrderEquation((t, x), (1, 1)))


def test_verification_names_what_fails() -> None:
    """A solution of the equation with other data, and data without the equation, both fail."""
    equation = FirstOrderEquation((t, x), (1, 1), initial=InitialData(t, 0, x))
    assert equation.verify(x - t).kind == "exact"
    with pytest.raises(VerificationError, match="the initial data hold: fails"):
        equation.verify(x - t + 1)
    with pytest.raises(VerificationError, match="the equation holds: fails"):
        equation.verify(x - 2 * t)
    with pytest.raises(VerificationError, match="no symbol of ours"):
        equation.verify(x - t + z - z * sympy.Symbol("other"))


def test_order_two_operators_are_refused() -> None:
    """Only operators of order one are first-order equations."""
    second = DifferentialOperator.from_normal_form(1, {((0,), (2,)): 1})
    with pytest.raises(InvalidInputError, match="order 2"):
        FirstOrderEquation.from_operator(second, (x,))


def test_elimination_keeps_common_solutions() -> None:
    """A function that satisfies two equations satisfies the eliminated one."""
    h = sympy.exp(x * y) * (1 + x)
    first = FirstOrderEquation((x, y), (1, 0), sympy.simplify(sympy.diff(h, x) / h))
    second = FirstOrderEquation(
        (x, y), (x, y), sympy.simplify((x * sympy.diff(h, x) + y * sympy.diff(h, y)) / h)
    )
    both = eliminate(first, second, x)
    assert both.field[0] == 0
    assert sympy.simplify(both.residual(h)) == 0
    with pytest.raises(InvalidInputError, match="proportional"):
        eliminate(first, first, x)


def test_characteristic_data_are_labelled() -> None:
    """A regular solution from characteristic data says that it need not be the only one."""
    equation = FirstOrderEquation((x, y), (x * (1 - x), y), growth=x, initial=InitialData(x, 0, 1))
    solution = solve(equation)
    assert solution.evidence.kind == "derived"
    assert "uniqueness does not follow" in str(solution.evidence)


def test_conserved_quantities_are_conserved() -> None:
    """Euler's top: energy and angular momentum, found and independent."""
    a, b = sympy.symbols("a b", positive=True)
    field = (y * z * (a - b), x * z * (b - 1), x * y * (1 - a))
    found = conserved_quantities(field, (x, y, z), 2)
    assert len(found) == 2
    for quantity in found:
        flow = sum(c * sympy.diff(quantity, v) for c, v in zip(field, (x, y, z), strict=True))
        assert sympy.simplify(flow) == 0
    assert conserved_quantities((1 + x**2 + y, x * y + 1), (x, y), 2) == ()


@pytest.mark.parametrize(
    "matrix",
    [
        (0, 0, 0, 0),
        (0, 1, 0, 0),
        (2, 1, 0, 2),
        (1, -1, 1, -1),
        (0, -3, 2, 1),
        (1, 2, 3, -2),
        (1, 2, 2, 4),
    ],
    ids=["zero", "nilpotent", "defective", "nilpotent full", "complex", "irrational", "singular"],
)
def test_linear_systems_of_every_kind(matrix: tuple[int, int, int, int]) -> None:
    """Integer matrices, degenerate ones included: solved, and verified by substitution."""
    a, b, c, d = matrix
    equation = FirstOrderEquation(
        (t, x, y), (1, a * x + b * y, c * x + d * y), initial=InitialData(t, 0, 2 * x - 3 * y)
    )
    solution = solve(equation)
    assert solution.kind == "explicit"
    equation.verify(solution.expression)
