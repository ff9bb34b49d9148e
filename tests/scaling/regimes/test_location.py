"""Where am I: by exponents and by actual sizes."""

from __future__ import annotations

import json
from fractions import Fraction
from functools import cache

import pytest
from scaling.theorem_fronts import theorem_series

from diagrams.errors import BadInput
from diagrams.problems.cp import cp_problem
from diagrams.scaling.regimes.dominance import effective_scaling, locate_at
from diagrams.scaling.regimes.finding import Regimes, regimes
from diagrams.scaling.regimes.location import locate
from diagrams.series.expansion import Series, expand


@cache
def asym() -> Regimes:
    return regimes(theorem_series(3, "asym"))


@pytest.mark.parametrize(
    ("scaling", "name"),
    [
        ({"H": 1, "sigma": 0}, "A"),
        ({"H": 4, "sigma": 0}, "B"),
        ({"H": 4, "sigma": "-6/5"}, "C"),
        ({"H": 4, "sigma": -2}, "D"),
        ({"H": 1, "sigma": -1}, "E"),
        ({"H": 2, "sigma": 0}, "A-B"),
        ({"H": 4, "sigma": -1}, "B-C"),
        ({"H": 4, "sigma": "-4/3"}, "C-D"),
        ({"H": 2, "sigma": -1}, "D-E"),
        ({"H": 1, "sigma": "-2/3"}, "E-A"),
        ({"H": 2, "sigma": "-2/3"}, "full"),
    ],
)
def test_every_regime_of_asym_3(scaling: dict[str, int | str], name: str) -> None:
    here = locate(asym(), scaling)
    assert here.regime.name == name
    values = [e for _, e in here.scaling]
    assert here.regime.holds(values)
    for s, terms in here.terms:
        if s not in here.early:
            corners = {line.at(s) for line in here.regime.lines[s % 2]}
            assert corners <= set(terms)


def test_distances_lead_to_the_boundary() -> None:
    here = locate(asym(), {"H": 4, "sigma": 0})
    for distance in here.distances:
        for name, step in distance.by_symbol:
            moved = {n: e + step if n == name else e for n, e in here.scaling}
            assert distance.boundary.holds(list(moved.values()))
    assert [d.euclidean for d in here.distances] == sorted(d.euclidean for d in here.distances)


def test_reference_may_be_given() -> None:
    twice = locate(asym(), {"p": 2, "H": 8, "sigma": "-12/5"})
    assert twice.regime.name == "C"
    assert json.loads(twice.to_json())["scaling"]["p"] == "2"
    assert "Regime C" in str(twice)


def test_drifting_boundary_tells_the_orders() -> None:
    odd = regimes(expand(cp_problem(order=3, ties="sym"), 5))
    here = locate(odd, {"H": "5/4", "sigma": 0})
    assert here.regime.name == "B"
    assert here.early == (0, 1, 2, 3)


@pytest.mark.parametrize(
    "scaling",
    [{"H": 2}, {"H": 2, "sigma": -1, "N": 1}, {"H": 0, "sigma": 1}, {"H": "x", "sigma": 1}],
)
def test_refused_scalings(scaling: dict[str, int | str]) -> None:
    with pytest.raises(BadInput, match="scaling"):
        locate(asym(), scaling)


def test_floats_are_refused() -> None:
    with pytest.raises(BadInput):
        locate(asym(), {"H": 2, "sigma": -0.75})  # type: ignore[dict-item]


@cache
def series() -> Series:
    return expand(cp_problem(order=2, ties="sym"), 4)


@cache
def ring() -> Regimes:
    return regimes(series())


@pytest.mark.parametrize(
    ("sizes", "name"),
    [
        ({"p": 10**6, "H": 10**3, "sigma": "1"}, "A"),
        ({"p": 10**3, "H": 10**6, "sigma": "1"}, "B"),
        ({"p": 10**4, "H": 10**4, "sigma": "1/100000"}, "E"),
        ({"p": 10**4, "H": 10**4, "sigma": "1/100"}, "full"),
        ({"p": 10**5, "H": 10**5, "sigma": "10"}, "A-B"),
        ({"p": 10**2, "H": 10**8, "sigma": "1/10000"}, "B-E"),
    ],
)
def test_actual_sizes(sizes: dict[str, int | str], name: str) -> None:
    at = locate_at(ring(), series(), sizes)
    assert at.regime.name == name
    assert not at.warning
    assert all(share.share >= 0.9 for share in at.shares)
    assert dict(at.dominance)["full"] >= dict(at.dominance)[name] - 1e-12


def test_small_sizes_are_warned_of() -> None:
    at = locate_at(ring(), series(), {"p": 3, "H": 3, "sigma": 1})
    assert "sizes too small" in at.warning
    assert "warning" in str(at)
    assert json.loads(at.to_json())["warning"] == at.warning


def test_share_is_that_of_direct_evaluation() -> None:
    """At a vertex regime the share is one term's part of all, evaluated in fractions."""
    sizes = {"p": 10**6, "H": 10**3, "sigma": "1"}
    at = locate_at(ring(), series(), sizes)
    assert at.regime.name == "A"
    for share in at.shares:
        total = inside = Fraction(0)
        corner = dict(zip(("p", "H", "sigma"), at.regime.lines[0][0].at(share.s), strict=True))
        for powers, coefficient in series().coefficients[share.s]:
            if "sigma" in powers:
                size = abs(coefficient)
                for name, e in powers.items():
                    size *= Fraction(sizes[name]) ** int(e)
                total += size
                inside += size if powers == corner else 0
        assert abs(float(inside / total) - share.share) < 1e-12


@pytest.mark.parametrize(
    "sizes", [{"p": 3, "H": 3}, {"p": 0, "H": 3, "sigma": 1}, {"p": "x", "H": 3, "sigma": 1}]
)
def test_refused_sizes(sizes: dict[str, int | str]) -> None:
    with pytest.raises(BadInput, match="at"):
        locate_at(ring(), series(), sizes)


def test_leading_terms_alone_are_refused() -> None:
    with pytest.raises(BadInput, match="all terms"):
        locate_at(ring(), ring().fronts, {"p": 3, "H": 3, "sigma": 1})  # type: ignore[arg-type]


def test_effective_scaling() -> None:
    found = effective_scaling({"p": Fraction(4), "H": Fraction(16), "sigma": Fraction(1, 2)}, "p")
    assert found == {"p": 1.0, "H": 2.0, "sigma": -0.5}


def test_odd_orders_where_the_law_rounds() -> None:
    """SYM 3 on F: the terms that lead are not all vertices of the law, and no order is early."""
    odd = regimes(cp_problem(order=3, ties="sym"))
    here = locate(odd, {"H": 2, "sigma": "-11/10"})
    assert here.regime.name == "F"
    assert all(s < here.regime.first for s in here.early)
    assert "T = p^(2/5) H^(1/5) sigma^(8/5)" in str(here)
    series = expand(cp_problem(order=3, ties="sym"), 4)
    at = locate_at(odd, series, {"p": 10**6, "H": 1, "sigma": 10**3})
    assert at.regime.name == "A"
    assert not at.warning


def test_as_html_and_latex() -> None:
    here = locate(ring(), {"H": 2, "sigma": -1})
    assert "H \\sim a^{2}</annotation>" in here.render("html")
    assert "$H \\sim a^{2}$" in here.to_latex()
    at = locate_at(ring(), series(), {"p": 3, "H": 3, "sigma": 1})
    assert "sizes too small" in at.render("html")
    assert "$\\sigma = 1$" in at.to_latex()
