"""Symbolic nu: the law of even orders, of untied models, and refusals."""

from __future__ import annotations

import json

import pytest
from scaling.theorem_fronts import theorem_series

from diagrams.errors import BadInput
from diagrams.scaling.order_law import OrderLaw, order_law
from diagrams.scaling.regimes import regimes


def law(ties: str, orders: tuple[int, ...]) -> OrderLaw:
    return order_law({order: regimes(theorem_series(order, ties)) for order in orders})


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
    mixed = {order: regimes(theorem_series(order, "sym")) for order in (2, 4, 6)}
    mixed[8] = regimes(theorem_series(6, "sym"))  # planted: 8 behaves as 6
    with pytest.raises(BadInput, match="linear in nu"):
        order_law(mixed)
    with pytest.raises(BadInput, match="same regimes"):
        order_law({**mixed, 3: regimes(theorem_series(3, "asym"))})
