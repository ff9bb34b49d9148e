"""Modular addition as it is: against brute force in real space, and against its surrogate."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from pathlib import Path

import pytest
from truth.brute_force import brute_force_derivative, group_law_target, modular_target

from diagrams.campaign.cache import Store
from diagrams.errors import BadInput
from diagrams.graphs.combination import Combination
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.laws import Gaussian
from diagrams.graphs.tensors import IndexFamily, Tensor
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.cp import cp_problem
from diagrams.problems.problem import Problem
from diagrams.problems.spec import load_problem
from diagrams.series.classes import diagram_table
from diagrams.series.departures import departure, modular_surrogate
from diagrams.series.expansion import Series, expand, value_at
from diagrams.series.ways import derivatives, derivatives_by_frequencies, derivatives_by_merging
from diagrams.wick.transfer import UnsupportedStructure

PATTERNS = {"sym": (3,), "asym": (1, 1, 1), "2+1": (2, 1)}
p = Polynomial.symbol("p")

FILE = """
families = {hidden = {size = "H", index = "k"}, feature = {size = "p", index = "i"}}

[tensors.u]
families = ["hidden", "feature"]
role = "trained"
variance = "sigma^2"

[tensors.F]
families = ["feature", "feature", "feature"]
role = "structural"
law = "group"
coefficients = [1, 1, 1]

[model]
output = "u[k,i] u[k,j] u[k,l]"
target = "F[i,j,l]"

[loss]
kind = "squared error"
over = ["i", "j", "l"]
"""


def by_sigma(polynomial: Polynomial) -> dict[tuple[int, int, int], Fraction]:
    return {(int(dict(powers).get("sigma", 0)), 0, 0): c for powers, c in polynomial.terms}


# Brute force: all entries, real space


@pytest.mark.parametrize(
    ("ties", "size", "H", "s"),
    [("sym", size, 1, s) for size in (2, 3, 4, 5) for s in (1, 2)]
    + [("sym", 3, 2, 1), ("sym", 4, 2, 1), ("sym", 7, 2, 0), ("sym", 7, 1, 1), ("sym", 9, 1, 1)]
    + [(ties, size, 1, s) for ties in ("asym", "2+1") for size, s in ((2, 3), (3, 2), (4, 1))]
    + [("asym", 3, 1, 3), ("asym", 4, 1, 2), ("2+1", 4, 1, 2)],
)
def test_against_brute_force(ties: str, size: int, H: int, s: int) -> None:
    target = modular_target(size, symmetric=ties != "asym")
    brute = brute_force_derivative(3, PATTERNS[ties], size, H, s, target)
    problem = cp_problem(3, ties, "modular")
    exact = value_at(problem, s, "p", size)[s].substitute({"H": H})
    assert by_sigma(exact) == brute
    if size % 2:
        odd = expand(problem, s).coefficient(s)
        assert odd.substitute({"p": size, "H": H}) == exact


@pytest.mark.parametrize(("order", "ties"), [(2, (2,)), (4, (4,)), (4, (2, 2)), (4, (1, 1, 1, 1))])
def test_other_orders_against_brute_force(order: int, ties: tuple[int, ...]) -> None:
    problem = cp_problem(order, ties, "modular")
    for size in (2, 3):
        target = modular_target(size, len(ties) < order, order)
        brute = brute_force_derivative(order, ties, size, 1, 1, target)
        assert by_sigma(value_at(problem, 1, "p", size)[1].substitute({"H": 1})) == brute


def test_two_untied_slots_are_the_identity_target() -> None:
    modular, identity = (cp_problem(2, "asym", target) for target in ("modular", "identity"))
    assert list(expand(modular, 3)) == list(expand(identity, 3))


# Two ways of our own, and one through the real Fourier basis


@pytest.mark.parametrize(
    ("order", "ties", "terms"),
    [(3, "sym", 4), (3, "asym", 2), (3, "2+1", 2), (2, "sym", 4), (4, "sym", 2), (4, "asym", 2)],
)
def test_frequencies_against_group_laws(order: int, ties: str, terms: int) -> None:
    problem = cp_problem(order, ties, "modular", scale="c", decay="b")
    fast = list(derivatives_by_frequencies(problem, terms))
    assert fast == list(derivatives_by_merging(problem, terms))


def test_frequencies_with_rates_and_variances() -> None:
    """Two matrices with laws and learning rates of their own, and a relation of two indices."""
    problem = load_problem("""
families = {hidden = "H", feature = "p"}
loss = {kind = "squared error", over = ["i", "j"]}
model = {output = "u[k,i] v[j,k]", target = "F[i,j]"}
[tensors]
u = {families = ["hidden", "feature"], role = "trained", variance = "sigma^2"}
v = {families = ["feature", "hidden"], role = "trained", variance = "1/p", rate = "2*H"}
F = {families = ["feature", "feature"], role = "structural", law = "group", coefficients = [1, 1]}
""")
    fast = list(derivatives_by_frequencies(problem, 3))
    assert fast == list(derivatives_by_merging(problem, 3))
    assert any(polynomial.degree("H") > 4 for polynomial in fast)


def blocks(ties: str) -> Problem:
    """Modular addition in the real Fourier basis, for odd p.

    The frequency 0 and (p-1)/2 = m pairs (x, y) of real coordinates: the cube of the former and
    Re (x + i y)^3 / sqrt 2 of the latter, all times c = sqrt p; r stands for 1 / sqrt 2.
    """
    hidden, alone, pair = IndexFamily("h", "H"), IndexFamily("g", "g"), IndexFamily("m", "m")
    law = Gaussian(Polynomial.monomial(1, {"sigma": 2}))
    colours = [0, 0, 0] if ties == "sym" else [0, 1, 2]
    parts = [
        [Tensor(f"{name}{c}", (hidden, family), law=law) for c in range(max(colours) + 1)]
        for name, family in (("o", alone), ("x", pair), ("y", pair))
    ]
    c, r = Polynomial.symbol("c"), Polynomial.symbol("r")
    terms: list[tuple[Diagram, Polynomial]] = []
    for choice in product(range(3), repeat=3):
        chosen = [parts[part][colour] for part, colour in zip(choice, colours, strict=True)]
        ends = [(u, f"{k} i{slot}") for slot, u in enumerate(chosen) for k in "kl"]
        terms.append((Diagram.of(*ends), Polynomial.constant(Fraction(1, 2))))
        if choice == (0, 0, 0) or (0 not in choice and choice.count(2) % 2 == 0):
            weight = c if 0 in choice else c * r * (-1 if 2 in choice else 1)
            terms.append((Diagram.of(*((u, "k i") for u in chosen)), -weight))
    loss = Combination.of(terms)
    return Problem("blocks", "", loss, loss)


@pytest.mark.parametrize(
    ("ties", "terms"), [("sym", 1), pytest.param("asym", 1, marks=pytest.mark.full)]
)
def test_real_fourier_basis(ties: str, terms: int) -> None:
    real = expand(blocks(ties), terms)
    modular = expand(cp_problem(3, ties, "modular"), terms)
    for s, (one, other) in enumerate(zip(real, modular, strict=True)):
        found = Polynomial()
        for powers, coefficient in one.terms:
            own = dict(powers)
            weight = Fraction(1, 2) ** int(own.pop("r", Fraction(0)) / 2)
            own["p"] = own.pop("c", Fraction(0)) / 2
            found = found + Polynomial.monomial(coefficient * weight, own)
        found = found.substitute({"g": 1, "m": (p - 1) / 2})
        assert found + (p * p / 2 if s == 0 else 0) == other


# The surrogate


@pytest.mark.parametrize(
    ("ties", "terms"),
    [
        ("sym", 4),
        ("asym", 4),
        ("2+1", 3),
        pytest.param("sym", 6, marks=pytest.mark.full),
        pytest.param("asym", 5, marks=pytest.mark.full),
    ],
)
def test_the_surrogate_is_modular_addition_at_gcd_equal_to_p(ties: str, terms: int) -> None:
    """So p = 2 has the surrogate's coefficients, and p = 1 trivially."""
    problem = cp_problem(3, ties, "modular")
    surrogate = expand(modular_surrogate(problem), terms)
    for exact, other in zip(derivatives(problem, terms), surrogate, strict=True):
        assert exact.substitute({"gcd_2_p": p}) == other
        assert exact.degree("gcd_2_p") > 0 or ties == "asym" or exact.degree("H") == 1


def test_where_the_surrogate_parts() -> None:
    sym = departure(cp_problem(3, "sym", "modular"), terms=2)
    assert (sym.first, bool(sym.leading[0]), bool(sym.leading[1])) == (1, False, True)
    assert str(sym.differences[1]) == "9*p**2*H*sigma**4 - 9*p*H*sigma**4"
    assert [tuple(map(str, item)) for item in sym.leading[1]] == [("p**2*H*sigma**4", "-18", "-27")]
    assert ("p**3*H**2*sigma**8", "0", "54") in [tuple(map(str, item)) for item in sym.leading[2]]
    asym = departure(cp_problem(3, "asym", "modular"), terms=3)
    assert asym.first == 3
    assert str(asym.differences[3]) == "36*p**3*H*sigma**6 - 36*p**2*H*sigma**6"
    assert "Y_3: 36*p**3*H*sigma**6" in str(asym)
    assert "p odd" in str(asym)
    assert departure(cp_problem(4, "sym", "modular"), terms=0).first == 0
    same = departure(cp_problem(3), cp_problem(3), terms=1)
    assert same.first is None
    assert not any(same.leading)


def test_departures_refused() -> None:
    with pytest.raises(BadInput, match="target modular"):
        departure(cp_problem(3), terms=1)
    with pytest.raises(BadInput, match="sizes H, p"):
        departure(cp_problem(3), load_problem(FILE.replace('"H"', '"N"')), terms=1)


# What a user sees


def test_evidence_names_the_class_of_p() -> None:
    series = expand(cp_problem(3, "sym", "modular", scale="c"), 1)
    assert "exact for p coprime to 2 (p odd)" in series.evidence.statement
    assert Series.from_json(series.to_json()) == series
    assert "coprime" not in expand(cp_problem(3, "asym", "modular"), 2).evidence.statement
    with pytest.raises(BadInput, match="size: 'q' is not allowed; allowed: H or p"):
        value_at(series.problem, 1, "q", 2)


def test_a_store_keeps_what_even_p_needs(tmp_path: Path) -> None:
    problem = cp_problem(3, "sym", "modular")
    store = Store(tmp_path / "store")
    first, again = expand(problem, 2, store=store), expand(problem, 2, store=store)
    assert first == again == expand(problem, 2)
    assert "p odd" in again.evidence.statement


def test_a_divisor_three() -> None:
    """F = [i + 2j = 0]: equal indices solve 3i = 0; frequencies do not serve, group laws do."""
    text = FILE.replace('"feature", "feature", "feature"', '"feature", "feature"')
    text = text.replace("[1, 1, 1]", "[1, 2]").replace("F[i,j,l]", "F[i,j]")
    text = text.replace(" u[k,l]", "").replace(', "l"', "")
    problem = load_problem(text)
    with pytest.raises(UnsupportedStructure):
        derivatives_by_frequencies(problem, 1)
    assert "exact for p coprime to 3" in expand(problem, 0).evidence.statement
    for size, s in product((2, 3, 4), (0, 1, 2)):
        target = group_law_target(size, [1, 2])
        brute = brute_force_derivative(2, [2], size, 1, s, target)
        assert by_sigma(value_at(problem, s, "p", size)[s].substitute({"H": 1})) == brute


def test_a_problem_file_with_a_group_law() -> None:
    problem, preset = load_problem(FILE), load_problem("cp:order=3,ties=sym,target=modular")
    assert problem.observable == preset.observable
    assert dict(problem.facts)["tensor F"] == (
        "structural, [feature,feature,feature], i1+i2+i3=0 modulo p"
    )
    assert load_problem(problem.spec) == problem
    assert "[i1+i2+i3=0] u[k1,i1]" in str(problem)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('law = "group"\n', "", "tensors.F.law: missing"),
        ('"group"', '"ring"', "tensors.F.law: 'ring' is not allowed; allowed: 'group'"),
        ("[1, 1, 1]", "[1, 1]", "tensors.F.coefficients: .* 3 integers"),
        ("[1, 1, 1]", "[1, 1, 0.5]", "tensors.F.coefficients: .* 3 integers"),
        ("[1, 1, 1]", "[1, 1, 0]", "tensors.F.coefficients: .* other than 0"),
        ("[1, 1, 1]", "[1, 1, 1]\nvariance = 1", "tensors.F: 'variance' is not allowed"),
        ('["feature", "feature", "f', '["hidden", "feature", "f', "tensors.F.families: .* same"),
    ],
)
def test_refused_group_laws(old: str, new: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        load_problem(FILE.replace(old, new))


def test_drawn_and_printed() -> None:
    problem = cp_problem(3, "asym", "modular")
    table = diagram_table(problem, 1)
    constant, coupling = (entry.diagram for entry in table.orders[0][:2])
    assert (constant.to_svg().count("<polygon"), constant.to_svg().count("<path")) == (1, 3)
    assert [text in coupling.to_svg() for text in (">+</text>", ">-</text>")] == [True, True]
    assert ">1</text>" not in coupling.to_svg()
    assert "<text" not in cp_problem(3, "sym", "modular").observable.terms[1][0].to_svg()
    assert "\\bigl[i_{1}+i_{2}\\equiv i_{3}\\bigr]" in problem.observable.to_latex()
    assert "wick square" in coupling.to_tikz()
    assert table.orders[0][0].contractions == 1
    document = table.to_latex(standalone=True)
    assert "$i_{1}+i_{2}=i_{3}$ modulo $\\wfp$" in document
    assert "[i1+i2=i3]" in table.to_json()
    assert "modular addition" in document
