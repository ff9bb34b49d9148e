"""Symbolic nu: the law of even orders, of untied models, and refusals."""

from __future__ import annotations

import json
from fractions import Fraction
from functools import cache

import pytest
from scaling.theorem_fronts import theorem_series

from diagrams.errors import BadInput
from diagrams.problems.cp import cp_problem
from diagrams.scaling.orders.curve import curve_through
from diagrams.scaling.orders.law import OrderLaw, order_law
from diagrams.scaling.regimes.finding import Regimes, regimes
from pde.linear_algebra import in_span, rank


@cache
def known(order: int, ties: str = "sym") -> Regimes:
    return regimes(theorem_series(order, ties))


def law(ties: str, orders: tuple[int, ...]) -> OrderLaw:
    return order_law({order: known(order, ties) for order in orders})


def test_even_orders() -> None:
    found = law("sym", (2, 4, 6, 8))
    assert found.title == "CP model of order nu, all slots tied, identity target"
    expected = {
        "A-B": ("H^2 ~ p^nu, p^(nu-1) sigma^nu -> inf", "T = p^(nu-1) sigma^(2nu-2)"),
        "B-E": ("p^(nu-2) H^2 sigma^(2nu) ~ 1, H^2/p^nu -> inf", "T = sigma^(nu-2)"),
        "E": ("p^(nu-1) sigma^nu -> 0, p^(nu-2) H^2 sigma^(2nu) -> 0", "T = sigma^(nu-2)"),
        "E-A": ("p^(nu-1) sigma^nu ~ 1, H^2/p^nu -> 0", "T = sigma^(nu-2)"),
    }
    for name, (condition, clock) in expected.items():
        assert found[name].condition == condition
        assert clock in str(found[name])
    assert "held-out nu = 2, 4 agree" in found.evidence.statement


def test_untied_orders() -> None:
    found = law("asym", (2, 3, 4, 5))
    expected = {
        "A-B": ("H ~ p^(nu-1), p^(nu-1) sigma^nu -> inf", "T = H sigma^(2nu-2)"),
        "B-C": ("p^(nu-1) H sigma^(2nu) ~ 1, H sigma^nu -> inf", "T = H sigma^(2nu-2)"),
        "C": ("H sigma^nu -> inf, p^(nu-1) H sigma^(2nu) -> 0", "T = H sigma^(2nu-2)"),
        "C-D": ("H sigma^nu ~ 1, H/p^(nu-1) -> inf", "T = sigma^(nu-2)"),
        "D-E": ("H ~ p^(nu-1), H sigma^nu -> 0", "T = sigma^(nu-2)"),
        "E-A": ("p^(nu-1) sigma^nu ~ 1, H/p^(nu-1) -> 0", "T = sigma^(nu-2)"),
    }
    for name, (condition, clock) in expected.items():
        assert found[name].condition == condition
        assert clock in str(found[name])


@cache
def odd() -> dict[int, Regimes]:
    return {order: regimes(cp_problem(order=order, ties="sym")) for order in (3, 5, 7, 9)}


def test_odd_orders() -> None:
    """The bend makes F, whose T has the denominator 2 nu - 1; A-F is quadratic in nu."""
    found = order_law(odd())
    expected = {
        "A-B": "H^(2s) ~ p^((nu-1)(s+1)), p^(nu-1) H sigma^(2nu) -> inf",
        "B-C": "p^(nu-1) H sigma^(2nu) ~ 1, H^(2s)/p^((nu-1)(s+1)) -> inf",
        "F-D": "p^(nu-1) H sigma^nu ~ 1",
    }
    for name, condition in expected.items():
        assert found[name].condition == condition
    assert str(found["C-F"].relations[0]) == "p^(2nu-3) H^4 sigma^(4nu) ~ 1"
    clock = "T = p^((nu-1)/(2nu-1)) H^(1/(2nu-1)) sigma^(2(nu-1)^2/(2nu-1))"
    assert clock in str(found["F"])
    assert found["A-F"].degree == 2
    assert "nu = 5, 7, 9, held-out nu = 3 agree" in found.evidence.statement
    assert "proved for all orders" in found.evidence.statement
    assert "\\frac{\\nu - 1}{2 \\nu - 1}" in found["F"]._repr_latex_()


@pytest.mark.full
def test_odd_orders_predict_the_next() -> None:
    found, further = order_law(odd()), regimes(cp_problem(order=11, ties="sym"))
    assert [r.name for r in found.members] == list(further.names)
    for member in found.members:
        regime = further[member.name]
        assert member.clock is not None
        assert regime.clock is not None
        level = [r.eventual for r in regime.equalities]
        gap = [a - b for a, b in zip(member.clock.at(11), regime.clock, strict=True)]
        assert not any(gap) or in_span(gap, level)
        for law, exact in zip(member.relations, regime.relations, strict=True):
            both = [law.fixed.at(11) + law.moving.at(11), exact.fixed + exact.moving]
            assert rank(both) == 1


def test_three_odd_orders_leave_none_to_test_a_parabola() -> None:
    with pytest.raises(BadInput, match="four orders"):
        order_law({order: odd()[order] for order in (3, 5, 7)})


def test_curves() -> None:
    curve = curve_through((3, 5, 7), [(9, 1), (25, 1), (49, 1)])
    assert curve is not None
    assert curve.degree == 2
    assert curve.at(9) == (81, 1)
    halves = curve_through((3, 5), [(Fraction(2, 5),), (Fraction(4, 9),)], (5, 9))
    assert halves is not None
    assert halves.at(7) == (Fraction(6, 13),)
    assert curve_through((3, 5, 7), [(1,), (1,), (1,)], (2, 3, 9)) is None


def test_json_and_latex() -> None:
    found = law("sym", (2, 4, 6))
    data = json.loads(found.to_json())
    edge = next(r for r in data["regimes"] if r["name"] == "A-B")
    assert edge["time_scale"] == {"p": "nu-1", "sigma": "2nu-2"}
    assert data["schema"] == "wickflow.regimes/1"
    assert "H^{2} \\sim p^{\\nu}" in found.to_latex()
    assert "\\begin{aligned}" in found._repr_latex_()


def test_held_out_orders_are_demanded_and_used() -> None:
    with pytest.raises(BadInput, match="held out"):
        law("sym", (2, 4))
    mixed = {order: known(order) for order in (2, 4, 6)}
    mixed[8] = known(6)  # planted: 8 behaves as 6
    with pytest.raises(BadInput, match="linear in nu"):
        order_law(mixed)
    with pytest.raises(BadInput, match="same regimes"):
        order_law({**mixed, 3: known(3, "asym")})
