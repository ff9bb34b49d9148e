"""Theories with planted errors: each is found, at its order, in its terms, and no other."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import mpmath
import pytest
import sympy
from json_schemas import checked

from diagrams.checking import Comparison, Verdict, check, parse_table
from diagrams.checking.corrections import corrections
from diagrams.checking.slips import Measured, hints
from diagrams.commands import check as command
from diagrams.errors import BadInput
from diagrams.evidence import Kind
from diagrams.flow import simulate
from diagrams.polynomials.evaluation import number_at
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.cp import cp_problem
from diagrams.problems.spec import load_problem
from diagrams.series.expansion import Series, expand

P, H, SIGMA = (Polynomial.symbol(name) for name in ("p", "H", "sigma"))
p, h, sigma, t, T = sympy.symbols("p H sigma t T")
AT = [
    {"p": a, "H": b, "sigma": Fraction(c, 12)}
    for a, b, c in ((8, 4, 6), (11, 5, 7), (16, 9, 5), (6, 13, 8), (9, 20, 5))
]
SYMBOLS = ("p", "H", "sigma")
Change = Callable[[int, Polynomial], Polynomial]


@pytest.fixture(scope="module")
def series() -> Series:
    return expand(cp_problem(order=2, ties="sym"), 3)


def formula(series: Series, change: Change = lambda s, y: y, clock: Any = t) -> sympy.Expr:
    """A theory that has changed coefficients, as a polynomial in t."""
    return sum(
        change(s, y).to_sympy() * clock**s / sympy.factorial(s) for s, y in enumerate(series)
    )


def function(series: Series, change: Change = lambda s, y: y) -> Callable[..., Any]:
    changed = [change(s, y) for s, y in enumerate(series)]

    def theory(t: Any, p: Any, H: Any, sigma: Any) -> Any:
        values = {"p": Fraction(p), "H": Fraction(H), "sigma": sigma}
        return sum(
            mpmath.mpf(float_free(y, values)) * t**s / math.factorial(s)
            for s, y in enumerate(changed)
        )

    def float_free(y: Polynomial, values: dict[str, Any]) -> Any:
        total = mpmath.mpf(0)
        for powers, c in y.terms:
            product = mpmath.mpf(c.numerator) / c.denominator
            for name, e in powers:
                base = values[name]
                base = base.numerator if isinstance(base, Fraction) else base
                product *= mpmath.mpf(base) ** int(e)
            total += product
        return total

    return theory


def term(y: Polynomial, **powers: int) -> Polynomial:
    """One term of a polynomial."""
    found = [(k, c) for k, c in y.terms if {n: int(e) for n, e in k} == powers]
    return Polynomial(tuple(found))


SUBLEADING = {"p": 3, "H": 1, "sigma": 8}


@pytest.mark.parametrize("make", [formula, function])
def test_a_right_theory_passes(series: Series, make: Callable[..., Any]) -> None:
    at = None if make is formula else AT[:2]
    found = check(series, make(series), at=at)
    assert found.agrees
    assert found.agrees_through == 3
    assert found.hints == ()
    assert found.evidence.kind is (Kind.EXACT if make is formula else Kind.NUMERICAL)
    assert all(order.judged == len(found.levels(order.s)) for order in found.orders)


def planted(s: int, y: Polynomial) -> Polynomial:
    return y if s != 2 else y - term(y, **SUBLEADING)


@pytest.mark.parametrize("make", [formula, function])
def test_a_missing_subleading_term_is_named(series: Series, make: Callable[..., Any]) -> None:
    at = None if make is formula else AT[:2]
    found = check(series, make(series, planted), at=at)
    assert [o.verdict for o in found.orders] == [
        Verdict.AGREES,
        Verdict.AGREES,
        Verdict.DIFFERS,
        Verdict.AGREES,
    ]
    lost = term(series.coefficient(2), **SUBLEADING)
    assert lost
    assert found.orders[2].missing == lost
    assert found.orders[2].altered == found.orders[2].extra == Polynomial()
    level = found.orders[2].departures(("H", "p"))[0]
    assert level.number == 2
    assert found.leading_through == 3
    assert str(lost) in str(found)
    assert "first correction" in found.summary[0]


@pytest.mark.parametrize("make", [formula, function])
def test_a_wrong_coefficient_is_named(series: Series, make: Callable[..., Any]) -> None:
    def wrong(s: int, y: Polynomial) -> Polynomial:
        return y if s != 2 else y + term(y, **SUBLEADING) / 3

    found = check(series, make(series, wrong), at=None if make is formula else AT)
    assert found.orders[2].altered == term(series.coefficient(2), **SUBLEADING) / 3


@pytest.mark.parametrize("make", [formula, function])
def test_a_term_too_many_is_named(series: Series, make: Callable[..., Any]) -> None:
    extra = 5 * P * P * SIGMA**2

    def wrong(s: int, y: Polynomial) -> Polynomial:
        return y if s != 2 else y + extra

    found = check(series, make(series, wrong), at=None if make is formula else AT)
    assert found.departure is not None
    assert found.departure.extra == extra


@pytest.mark.parametrize("make", [formula, function])
def test_an_infinite_theory_is_recognised(series: Series, make: Callable[..., Any]) -> None:
    def leading(s: int, y: Polynomial) -> Polynomial:
        return corrections(y, ("p", "H"))[0].terms

    found = check(series, make(series, leading), at=None if make is formula else AT[:1])
    assert found.agrees_through == -1
    assert found.leading_through == 3
    assert "right in the leading level through order t^3" in found.summary[1]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s, y: y * 2**s, "clock runs by a factor 2"),
        (lambda s, y: y * P**s, "clock runs by a factor p"),
        (lambda s, y: y * (-1) ** s, "clock runs backwards"),
        (lambda s, y: y * 2, "all coefficients are 2 times"),
        (lambda s, y: y * 2 ** (s + 1), "factor 2; all coefficients are 2 times"),
        (lambda s, y: y - P / 2 if s == 0 else y, "pure-target constant 1/2*p was left out"),
        (lambda s, y: y - (s == 0) * P / 2 if s == 0 else y * 3**s, "factor 3; the pure-target"),
        (lambda s, y: y.substitute({"p": H, "H": P}), "H and p exchanged"),
        (lambda s, y: y.substitute({"sigma": SIGMA**2}), "sigma**2 in place of sigma"),
    ],
)
def test_usual_slips(series: Series, change: Change, words: str) -> None:
    found = check(series, formula(series, change))
    assert not found.agrees
    assert len(found.hints) == 1
    assert words in found.hints[0]


@pytest.mark.full
def test_a_clock_of_a_function_is_a_law_in_the_sizes(series: Series) -> None:
    clock = check(series, function(series, lambda s, y: y * P**s), at=AT)
    assert "clock runs by a factor p" in clock.hints[0]


def test_slips_of_functions(series: Series) -> None:
    both = check(series, function(series, lambda s, y: y * 2 ** (s + 1)), at=AT[:1])
    assert "factor 2; all coefficients are 2 times" in both.hints[0]


def test_no_renaming_by_accident() -> None:
    """Of many renamings one soon fits a coefficient roughly; it takes digits to believe it."""
    N, x = Polynomial.symbol("N"), Polynomial.symbol("x")
    exact = (Polynomial.constant(2), -N - x)
    for value, uncertainty, count in ((-4.9, 0.15, 0), (-4.8, 1e-6, 1)):
        known = ((mpmath.mpf(2), mpmath.mpf(0)), (mpmath.mpf(value), mpmath.mpf(uncertainty)))
        measured = Measured(
            {"N": Fraction(4), "x": Fraction(1, 5)}, known, (mpmath.mpf(2), mpmath.mpf(-4.2))
        )
        found = hints([measured], exact, Polynomial(), ["N"])
        assert (
            found
            == (
                "the prediction is exact for x*N in place of x: is the variance scaled"
                " with a size?",
            )
            * count
        )


def test_no_hint_without_a_test(series: Series) -> None:
    """Two coefficients fix a factor and a clock: nothing is left to test them."""
    short = Series(series.problem, series.coefficients[:2], series.evidence)
    assert check(short, formula(short, lambda s, y: y * 5 * 3**s)).hints == ()


def test_formulas_with_a_clock_and_closed_forms() -> None:
    problem = cp_problem(order=4, target="zero")
    leading = (
        p**4 * h * sigma**8 / 2 * (1 + 24 * (p * sigma**2) ** 3 * t / T) ** sympy.Rational(-4, 3)
    )
    found = check(problem, leading, terms=2)
    assert found.departure is not None
    assert found.departure.s == 0
    assert found.departure.altered == Polynomial()
    half = check(problem, leading.subs(t, 2 * t), terms=2)
    assert half.orders[1].altered  # the leading term itself is off


def test_what_is_no_polynomial(series: Series) -> None:
    series = Series(series.problem, series.coefficients[:2], series.evidence)
    found = check(series, formula(series) * p / (p + 1))
    assert found.departure is not None
    assert found.departure.s == 0
    assert found.departure.difference is None
    assert "no polynomial" in found.departure.note
    same = check(series, sympy.Add(formula(series), p * t / (p + 1), -p * t / (1 + p)))
    assert same.agrees


def table_of(series: Series, digits: int, at: dict[str, Any], last: float, change: Change) -> str:
    values = {name: Fraction(x) for name, x in at.items()}
    numbers = [number_at(change(s, y), values) for s, y in enumerate(series)]
    lines = ["t,value"]
    for k in range(41):
        time = Fraction(k, 40) * Fraction(str(last))
        y = sum(c * mpmath.mpf(float(time)) ** s / math.factorial(s) for s, c in enumerate(numbers))
        lines.append(f"{float(time)!r},{float(y):.{digits}g}")
    return "\n".join(lines)


def test_six_digits_judge_the_first_orders_only() -> None:
    series = expand(cp_problem(order=2, ties="sym"), 4)
    text = table_of(series, 6, AT[0], 0.004, lambda s, y: y)
    found = check(series, parse_table(text, SYMBOLS), at=AT[0])
    verdicts = [order.verdict for order in found.orders]
    assert verdicts[:2] == [Verdict.AGREES] * 2
    assert verdicts[4] is Verdict.UNDETERMINED
    assert any("cannot be judged from these numbers" in s for s in found.summary)
    assert Verdict.DIFFERS not in verdicts
    precise = table_of(series, 15, AT[0], 0.004, lambda s, y: y)
    better = check(series, parse_table(precise, SYMBOLS), at=AT[0])
    assert better.agrees_through > found.agrees_through


def test_a_table_at_several_sizes(series: Series) -> None:
    """Eight digits, three sets of sizes: the first correction of Y_1 is found to be missing."""

    def infinite(s: int, y: Polynomial) -> Polynomial:
        return corrections(y, ("p", "H"))[0].terms if s == 1 else y

    rows = ["t,value,p,H,sigma"]
    for at in AT[:3]:
        text = table_of(series, 10, at, 0.02, infinite)
        sizes = ",".join(str(at[name]) for name in SYMBOLS)
        rows += [f"{line},{sizes}" for line in text.splitlines()[1:]]
    found = check(series, parse_table("\n".join(rows), SYMBOLS))
    assert found.departure is not None
    assert found.departure.s == 1
    exact = corrections(series.coefficient(1), ("p", "H"))
    assert found.departure.missing == Polynomial.from_terms(
        item for level in exact[1:] for item in level.terms.terms
    )


def test_coarse_times_are_not_judged(series: Series) -> None:
    text = table_of(series, 12, AT[0], 5.0, lambda s, y: y)
    found = check(series, parse_table(text, SYMBOLS), at=AT[0])
    assert {order.verdict for order in found.orders} == {Verdict.UNDETERMINED}
    assert "fewer than 6 times" in found.orders[0].note


def test_a_simulation_agrees_within_its_errors() -> None:
    problem = cp_problem(order=2, ties="sym")
    run = simulate(problem, p=8, H=4, sigma=0.5, T=2, until=0.1, points=41, seeds=400)
    found = check(problem, parse_table(run.to_csv("x"), SYMBOLS), terms=2)
    assert Verdict.DIFFERS not in [order.verdict for order in found.orders]
    assert found.orders[0].verdict is Verdict.AGREES
    other = cp_problem(order=2, ties="asym")
    with pytest.raises(BadInput, match="a simulation of"):
        check(other, parse_table(run.to_csv("x"), SYMBOLS), terms=0)
    wrong = run.to_csv("x").replace("T=2.0", "T=20.0")
    slow = check(problem, parse_table(wrong, SYMBOLS), terms=2)
    assert slow.departure is not None
    assert slow.departure.s == 1


def test_floating_point_functions(series: Series) -> None:
    exact = function(series)
    found = check(series, lambda t, p, H, sigma: float(exact(mpmath.mpf(t), p, H, sigma)), at=AT[0])
    assert found.agrees_through >= 3
    assert "floating point" in found.evidence.statement


def test_problem_files_and_group_laws(tmp_path: Path) -> None:
    network = load_problem(
        'families = {hidden = "N", feature = "d"}\n'
        'tensors.a = {families = ["hidden"], role = "trained", variance = "1/N"}\n'
        'tensors.W = {families = ["hidden", "feature"], role = "trained", variance = "1/d"}\n'
        'tensors.s = {families = ["feature"], role = "frozen", variance = "1/d"}\n'
        'model = {output = "a[k] W[k,i]", target = "s[i]"}\n'
        'loss = {kind = "squared error", over = ["i"]}\n'
    )
    exact = expand(network, 2)
    found = check(exact, sum(y.to_sympy() * t**s / sympy.factorial(s) for s, y in enumerate(exact)))
    assert found.agrees
    modular = cp_problem(order=3, ties="sym", target="modular")
    values = [(2, 4), (3, 5)]
    from diagrams.series.expansion import value_at

    for size, hidden in values:
        true = [
            number_at(y, {"H": Fraction(hidden), "sigma": Fraction(1, 2)})
            for y in value_at(modular, 1, "p", size)
        ]
        even = check(
            modular,
            lambda t, true=true: true[0] + true[1] * t,
            at={"p": size, "H": hidden, "sigma": "1/2"},
            terms=1,
        )
        assert even.agrees


@pytest.mark.parametrize(
    ("against", "options", "words"),
    [
        (p * t + sympy.Symbol("q"), {}, "'q'"),
        (sympy.log(t), {}, "Taylor series"),
        (lambda t: t, {}, "no value of H"),
        (lambda t: t, {"at": {"p": 1, "H": 1, "sigma": 0.5}}, "rational"),
        (lambda t: t, {"at": {"p": -1, "H": 1, "sigma": 1}}, "positive"),
        (lambda t: t, {"at": {"p": 1, "H": 1, "N": 1}}, "'N'"),
        (lambda t: 1 / 0, {"at": {"p": 1, "H": 1, "sigma": 1}}, "ZeroDivisionError"),
        (lambda t: math.inf, {"at": {"p": 1, "H": 1, "sigma": 1}}, "finite"),
        (lambda t: "x", {"at": {"p": 1, "H": 1, "sigma": 1}}, "real number"),
        (3, {}, "prediction"),
        (p * t, {"accuracy": "-1"}, "accuracy"),
        (p * t, {"terms": 9}, "terms"),
    ],
)
def test_refusals(series: Series, against: Any, options: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput) as refusal:
        check(series, against, **options)
    assert words in str(refusal.value)


def samples(series: Series) -> list[Comparison]:
    text = table_of(series, 6, AT[0], 0.01, lambda s, y: y)
    return [
        check(series, formula(series, planted)),
        check(series, formula(series, lambda s, y: y * 2**s) + p / (p + 1)),
        check(series, parse_table(text, SYMBOLS), at=AT[0]),
        check(series, function(series, planted), at=AT[:2]),
    ]


def test_exports(series: Series) -> None:
    series = Series(series.problem, series.coefficients[:3], series.evidence)
    for found in samples(series):
        text = found.to_json("wickflow check")
        checked(text)
        assert Comparison.from_json(text) == found
        page = found._repr_html_()
        assert "<script" not in page
        assert page.count("<tr>") == 1 + len(found.orders)
        document = found.to_latex(standalone=True, command="wickflow check")
        assert document.count("\\begin{") == document.count("\\end{")
        assert "\\toprule" in found.to_latex()
    for old, new in (('"agrees"', '"maybe"'), ("wickflow.check/1", "wickflow.check/2")):
        with pytest.raises(BadInput):
            Comparison.from_json(text.replace(old, new))


def test_the_command(tmp_path: Path, series: Series, capsys: pytest.CaptureFixture[str]) -> None:
    import argparse

    table = tmp_path / "table.csv"
    table.write_text(table_of(series, 10, AT[0], 0.01, planted), encoding="utf-8")
    parser = argparse.ArgumentParser()
    command.add(parser)
    words = ["cp:order=2,ties=sym", "--against", str(table), "--terms", "1"]
    words += ["--at", "p=8,H=4,sigma=1/2"]
    for form in ("text", "json", "latex"):
        chosen = parser.parse_args([*words, "--format", form])
        chosen.command = "wickflow check"
        assert command.run(chosen) == 0
        out = capsys.readouterr().out
        assert {"text": "result: ", "json": '"wickflow.check/1"', "latex": "\\toprule"}[form] in out
    chosen = parser.parse_args(words[:5])
    with pytest.raises(BadInput, match="no value of H"):
        command.run(chosen)
