"""Exponents of variances and rates: linear programs against enumeration and direct evaluation."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from pathlib import Path

import pytest
from command_line import Capture, refused, run
from hypothesis import given, settings
from hypothesis import strategies as st
from json_schemas import checked
from samples import drawn

from diagrams.errors import BadInput
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.files import parse_problem, read_problem
from diagrams.scaling.polyhedra.polyhedra import HalfSpace, Polyhedron, both_sides, maximum
from diagrams.scaling.regimes.parameterisation import Parameterisation, parameterise
from diagrams.series.expansion import expand
from pde.linear_algebra import dot, solve

FOLDER = Path(__file__).parents[3] / "docs" / "systems"
SMALL = st.integers(-3, 3)
ROWS = st.lists(st.tuples(st.tuples(SMALL, SMALL), SMALL.map(Fraction)), max_size=5)
BOX: list[HalfSpace] = [
    ((sign * (place == 0), sign * (place == 1)), Fraction(4))
    for place in (0, 1)
    for sign in (1, -1)
]
NETWORK = """
families = {hidden = "N", outer = "M"}
tensors.a = {families = ["hidden"], role = "trained", variance = "s", rate = "r"}
tensors.b = {families = ["hidden", "outer"], role = "trained", variance = "v", rate = "r"}
model = {output = "a[k] b[k,i]", target = "0"}
loss = {kind = "squared error", over = ["i"]}
"""


def vertices(half_spaces: list[HalfSpace]) -> list[tuple[Fraction, ...]]:
    """All corners of a bounded polygon, by solving every pair of equations."""
    found = []
    for (one, a), (two, b) in combinations(half_spaces, 2):
        if one[0] * two[1] != one[1] * two[0]:
            corner = solve([one, two], [a, b])
            assert corner is not None
            if all(dot(row, corner) <= bound for row, bound in half_spaces):
                found.append(tuple(map(Fraction, corner)))
    return found


@given(ROWS, st.tuples(SMALL, SMALL))
@settings(max_examples=drawn(20), deadline=None)
def test_the_maximum_is_at_a_corner(
    rows: list[tuple[tuple[int, int], Fraction]], objective: tuple[int, int]
) -> None:
    half_spaces: list[HalfSpace] = [*rows, *BOX]
    corners = vertices(half_spaces)
    found = maximum(objective, half_spaces)
    assert (found is None) == (not corners)
    polygon = Polyhedron(2, tuple(half_spaces))
    assert polygon.is_empty == (not corners)
    if found is not None:
        assert found.value == max(dot(objective, corner) for corner in corners)
        spread = {
            tuple(a - b for a, b in zip(corner, corners[0], strict=True)) for corner in corners
        }
        areas = any(x[0] * y[1] != x[1] * y[0] for x, y in combinations(spread, 2))
        assert polygon.dimension == (2 if areas else int(len(spread) > 1))
        assert polygon.point is not None
        inner = polygon.point
        needed = [*polygon.inequalities]
        needed += [side for one in polygon.equalities for side in both_sides(*one)]
        again = Polyhedron(2, tuple(needed))
        assert again.contains(polygon)
        assert polygon.contains(again)
        assert all(dot(row, inner) < bound for row, bound in polygon.inequalities)


def test_unbounded_lines_and_rays() -> None:
    ray = Polyhedron(2, (*both_sides((1, 1), Fraction(2)), ((1, 0), Fraction(1))))
    assert (ray.dimension, ray.lines) == (1, ())
    assert Polyhedron(2, both_sides((1, 1), Fraction(2))).lines == ((-1, 1),)
    start, direction, low, high = ray.interval()
    ends = [bound for bound in (low, high) if bound is not None]
    assert len(ends) == 1
    assert start[0] + ends[0] * direction[0] == 1
    unbounded = maximum((1, 0), both_sides((1, 1), Fraction(2)))
    assert unbounded is not None
    assert unbounded.value is None


EXPONENTS = st.tuples(*[st.integers(-4, 4)] * 3)


@given(EXPONENTS, st.integers(0, 2), st.integers(0, 2))
@settings(max_examples=drawn(10), deadline=None)
def test_allowed_is_what_direct_evaluation_says(
    exponents: tuple[int, int, int], n: int, m: int
) -> None:
    """The order of each mean by evaluating its polynomial at one very large number."""
    problem = parse_problem(NETWORK)
    observables = ["output[i]^2", "star(output[i], output[i])"]
    given_ = dict(zip("svr", exponents, strict=True))
    regime = {"N": n, "M": m} if n or m else {"N": 1}
    found = parameterise(problem, observables, regime=regime, unknown=("s", "v", "r"))
    a = 10**12
    values = {name: Fraction(a) ** e for name, e in (given_ | {"N": 0, "M": 0} | regime).items()}
    orders = []
    for observable in observables:
        mean = expand(problem, 0, observable=observable).coefficient(0).substitute(values)
        number = sum(c for _, c in mean.terms)
        orders.append(
            Fraction(1, a) < number * 100 and number < a // 100 and number > Fraction(1, 100)
        )
    assert found.allows(given_) == all(orders)


def test_a_network_with_two_pieces() -> None:
    """E kernel = r (N s M + N v M): one of the two has to reach order one."""
    found = parameterise(
        parse_problem(NETWORK),
        ["star(output[i], output[i])"],
        regime={"N": 1},
        unknown=["s", "v"],
    )
    assert found.kind == "polyhedron"
    assert len(found.pieces) == 2
    assert found.allows({"s": -1, "v": -5})
    assert found.allows({"s": -1, "v": -1})
    assert not found.allows({"s": 0, "v": -1})
    assert not found.allows({"s": -2, "v": -2})
    with pytest.raises(BadInput):
        _ = found.point


def test_a_contradicting_pair() -> None:
    """Variances fixed, one rate: output of order one and kernel of order N contradict."""
    found = parameterise(
        parse_problem(NETWORK),
        {"size": "output[i]^2", "half": "output[i]^2"},
        regime={"N": 1},
        unknown=["s", "v"],
        orders={"half": "1/2"},
    )
    assert found.kind == "infeasible"
    assert {demand.observable for demand in found.contradiction} == {"size", "half"}
    assert len(found.contradiction) == 2
    assert "reaches order a^(1/2)" in str(found)


def test_on_the_command_line(capsys: Capture, tmp_path: Path) -> None:
    """Text, LaTeX, and JSON that reads back; f^2 = s v N M, hence s + v = -1."""
    spec = tmp_path / "network.toml"
    spec.write_text(NETWORK, "utf-8")
    asked = (str(spec), "--observable", "output[i]^2", "--regime", "N=1", "--unknown", "s,v")
    assert "\n  s = -1 - k, v = k\n" in run(capsys, "parameterise", *asked)
    found = Parameterisation.from_json(run(capsys, "parameterise", *asked, "--format", "json"))
    known = parameterise(
        parse_problem(NETWORK), ["output[i]^2"], regime={"N": 1}, unknown=["s", "v"]
    )
    assert (found.pieces, found.demands) == (known.pieces, known.demands)
    latex = run(capsys, "parameterise", *asked, "--format", "latex", "--fragment")
    assert r"\alpha_{\wfs} = -1 - k" in latex
    text = run(capsys, "parameterise", *asked, "--order", "output[i]^2 = 1/2", "--format", "json")
    assert checked(text)["demands"][0]["order"] == "1/2"
    for changed, field in (("--order", "order"), ("--derivative", "terms")):
        assert f"wickflow: {field}" in refused(capsys, "parameterise", *asked, changed, "x")


def test_refusals() -> None:
    problem = parse_problem(NETWORK)
    good = {"regime": {"N": 1}, "unknown": ["s"]}
    for observables, changed, field in (
        (["output[i]^2"], {"regime": {"K": 1}}, "regime"),
        (["output[i]^2"], {"regime": {}}, "regime"),
        (["output[i]^2"], {"unknown": ["N"]}, "unknown"),
        (["output[i]^2"], {"unknown": []}, "unknown"),
        (["output[i]"], {}, "observables"),
        ([], {}, "observables"),
        (["output[i]^2"], {"orders": {"other": 1}}, "orders"),
    ):
        with pytest.raises(BadInput) as caught:
            parameterise(problem, observables, **(good | changed))  # type: ignore[arg-type]
        assert caught.value.field == field


# -- mixture of experts ------------------------------------------------------------------

REGIMES = {"I": {"N": 1, "N_e": 1}, "II": {"N": 1, "M": 1}, "III": {"N": 1, "N_e": 1, "M": 1}}
RATES = ("s_in", "s_out", "r_in", "r_out")


def experts_moments() -> dict[str, str | Polynomial]:
    """Effective and propagating part of the first update, from the diagrams."""
    problem = read_problem(FOLDER / "mixture_of_experts.toml")
    driven = expand(problem, 0, observable="driven_size").coefficient(0)
    return {
        "initial": expand(problem, 0, observable="initial").coefficient(0),
        "effective": driven.substitute({"r_in": 0}),
        "propagating": driven.substitute({"r_out": 0}),
    }


def test_moments_of_the_update_by_hand() -> None:
    """The M N_e hidden units are one index: chi-square and Wishart moments."""
    N, N_e, M, s_in, s_out, r_in, r_out = map(
        Polynomial.symbol, ("N", "N_e", "M", "s_in", "s_out", "r_in", "r_out")
    )
    units, fourth = M * N_e, N**2 + 2 * N
    moments = experts_moments()
    assert moments["effective"] == r_out**2 * s_in**2 * (units**2 + 2 * units) * fourth * M**-4
    wishart = units**2 + units * N + units
    assert moments["propagating"] == r_in**2 * s_out**2 * wishart * fourth * M**-4


@pytest.mark.parametrize("regime", REGIMES)
def test_parameterisations_of_the_experts(regime: str) -> None:
    problem = read_problem(FOLDER / "mixture_of_experts.toml")
    moments = experts_moments()
    growth = REGIMES[regime]
    free = parameterise(problem, moments, regime=growth, unknown=RATES)
    assert free.kind == "line"
    hidden = {"hidden": "Win[e,m,i] h[i] Win[e,m,j] h[j] / (N_e*M)"}
    found = parameterise(problem, moments | hidden, regime=growth, unknown=RATES)
    # s_in = r_in = 1/N and s_out = r_out = M/N_e, whatever the regime
    out = growth.get("M", 0) - growth.get("N_e", 0)
    assert found.point == {"s_in": -1, "s_out": out, "r_in": -1, "r_out": out}
    assert free.allows(found.point)
    fixed = parameterise(problem, moments, regime=growth, unknown=RATES[:2])
    assert fixed.kind == ("point" if regime == "II" else "infeasible")


def test_excess_of_the_output_over_a_gaussian() -> None:
    """At h = (1, .., 1): K products of two independent Gaussians have 6 K times the square."""
    text = (FOLDER / "mixture_of_experts.toml").read_text("utf-8")
    fixed = '[tensors.h]\nfamilies = ["outer"]\nrole = "frozen"\nvariance = '
    assert fixed in text
    mean = '0\nmean = {pattern = "constant", value = 1}'
    problem = parse_problem(text.replace(f"{fixed}1", fixed + mean))
    fourth = expand(problem, 0, observable="delta[i,j] output[i]^2 output[j]^2 / N").coefficient(0)
    second = expand(problem, 0, observable="initial").coefficient(0)
    N, N_e, M, s_in, s_out = map(Polynomial.symbol, ("N", "N_e", "M", "s_in", "s_out"))
    unit = s_in * N * s_out * M**-2
    assert second == M * N_e * unit
    assert fourth - 3 * second**2 == 6 * M * N_e * unit**2


def test_rate_of_a_linear_gate() -> None:
    """The part that the gate moves, by hand: with fresh logits its leading terms are two."""
    problem = read_problem(FOLDER / "mixture_of_experts_gated.toml")
    driven = expand(problem, 0, observable="driven_size").coefficient(0)
    gate = driven.substitute({"r_in": 0, "r_out": 0})
    # y_i moves by r |h|^2 sum_e z_ei (g.z_e) / M^2 with z_e = Wout_e Win_e h; at M = 1, N = 1:
    # r^2 E[h^4 z^4 g^2], z a sum of N_e products with a common factor h
    values = {"M": 1, "N": 1}
    N_e, s_in, s_out, r = map(Polynomial.symbol, ("N_e", "s_in", "s_out", "r_gate"))
    fourth_of_z = (6 * N_e + 3 * N_e**2) * s_in**2 * s_out**2
    assert gate.substitute(values) == r**2 * fourth_of_z * 105
    demands: dict[str, str | Polynomial] = {
        "initial": "initial",
        "logit": "logit",
        "gate": gate,
        "hidden": "Win[e,m,i] h[i] Win[e,m,j] h[j] / (N_e*M)",
    }
    unknown = ("s_in", "s_out", "s_gate", "r_gate")
    rates = {}
    for name, growth in REGIMES.items():
        found = parameterise(problem, demands, regime=growth, unknown=unknown)
        rates[name] = found.point["r_gate"]
    assert rates == {"I": Fraction(-3, 2), "II": -1, "III": -1}


def test_the_large_number_is_none_of_the_symbols() -> None:
    """Nor is the parameter of a line one of the unknown symbols."""
    text = NETWORK.replace("a[k] b[k,i]", "u[j] b[j,i]").replace("tensors.a", "tensors.u")
    text = text.replace('"s"', '"a"').replace('"v"', '"k"')
    found = parameterise(
        parse_problem(text, "text"), ["loss"], regime={"N": 1, "M": 2}, unknown=["a", "k"]
    )
    assert found.asked() == ["regime N ~ x, M ~ x^2", "demanded loss ~ 1"]
    assert found.described(found.pieces[0]) == ["a = -3 - m, k = m"]
