"""Theories of infinite size held against the leading terms of their regime."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path

import pytest
import sympy

from diagrams.checking import Comparison, check
from diagrams.checking.comparison import Outcome
from diagrams.cli import main
from diagrams.errors import BadInput
from diagrams.problems.cp import cp_problem
from diagrams.series.expansion import Series, expand

P, H, SIGMA = 256, 8, Fraction(1, 24)
p, h, sigma, t = sympy.symbols("p H sigma t")


def saxe(rate: int) -> sympy.Expr:
    """Modes that saturate one by one: right on E-A with rate 4 (Saxe, McClelland, Ganguli)."""
    m = 1 / (1 + (1 / (p * sigma**2) - 1) * sympy.exp(-rate * t))
    return p / 2 - h / 2 + h * (1 - m) ** 2 / 2


def rows(theory: sympy.Expr, digits: int = 15) -> str:
    curve = sympy.lambdify(t, theory.subs({p: P, h: H, sigma: sympy.Rational(1, 24)}))
    listed = "\n".join(f"{k / 200},{float(curve(k / 200)):.{digits}g}" for k in range(41))
    return f"t,value\n{listed}\n"


@pytest.fixture(scope="module")
def series() -> Series:
    return expand(cp_problem(order=2, ties="sym"), 3)


def test_formulas_of_a_regime(series: Series) -> None:
    right = check(series, saxe(4), regime="E-A")
    wrong = check(series, saxe(2), regime="E-A")
    assert (right.outcome, wrong.outcome) == (Outcome.AGREES, Outcome.ORDER)
    assert right.headline == "agrees with the leading terms of regime E-A through order t^3"
    assert wrong.departure is not None
    assert wrong.departure.s == 1
    # without a regime: the one whose leading terms the formula is, is found
    assert check(series, saxe(4)).leads == "E-A"
    assert check(series, saxe(2)).outcome is Outcome.ORDER


def test_terms_of_lower_order_on_the_face_make_no_difference(series: Series) -> None:
    lower = saxe(4) + h**2 * t / p + h / sympy.sqrt(1 + p)
    assert check(series, lower, regime="E-A").outcome is Outcome.AGREES
    # on E sigma is free: nothing says that H^2 is less than what leads
    equal = saxe(4) + h**2 * p * sigma**4 * t
    assert check(series, equal, regime="full").outcome is Outcome.ORDER


@pytest.mark.parametrize("regime", [None, "E-A"])
def test_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str], regime: str | None) -> None:
    named = [] if regime is None else ["--regime", regime]
    heads = {}
    for rate, code in ((4, 0), (2, 1)):
        file = tmp_path / f"{rate}.csv"
        file.write_text(rows(saxe(rate)), "utf-8")
        words = ["cp:order=2", "--against", str(file), "--at", f"p={P},H={H},sigma={SIGMA}"]
        assert main(["check", *words, "--terms", "2", *named]) == code
        heads[rate] = capsys.readouterr().out.splitlines()[0]
    assert heads[4].startswith("agrees with the leading terms of regime E-A")
    assert heads[2].startswith("wrong in order t^1")


def test_first_lines_and_exit_codes_tell_the_outcomes_apart(series: Series) -> None:
    exact = sum(y.to_sympy() * t**s / math.factorial(s) for s, y in enumerate(series))
    level = exact + 504 * p**2 * h * sigma**8 * t**2
    found = [
        check(series, exact),
        check(series, saxe(4)),
        check(series, exact * 2),
        check(series, level),
        check(
            series,
            lambda x: round(float(saxe(4).subs({p: P, h: H, sigma: 1 / 24, t: x})), 1),
            at={"p": P, "H": H, "sigma": SIGMA},
            accuracy="1/10",
        ),
    ]
    assert [f.outcome for f in found] == list(Outcome)
    assert [f.outcome.exit_code for f in found] == [0, 0, 1, 1, 6]
    starts = (
        "agrees with the exact",
        "agrees with the leading",
        "wrong in order",
        "wrong in a size",
    )
    for each, start in zip(found, (*starts, "undecidable"), strict=True):
        assert each.headline.startswith(start)
    for each in found:
        assert str(each).splitlines()[0] == each.headline
        text = each.to_json()
        again = Comparison.from_json(text)
        assert (again.headline, again.outcome) == (each.headline, each.outcome)
        assert json.loads(text)["outcome"] == each.outcome.value


def test_what_is_refused(series: Series) -> None:
    with pytest.raises(BadInput, match="regime"):
        check(series, saxe(4), regime="Q")
    with pytest.raises(BadInput, match="leading terms are those of symbols"):
        check(series, saxe(4), regime="E-A", at={"p": 8})
