"""Sizes along a regime: what lies in it, against coefficients written down by hand."""

from __future__ import annotations

import pytest

from diagrams import cp_problem
from diagrams.agreement.regime_sizes import RegimeSizes
from diagrams.dynamics.face import face_of
from diagrams.scaling.regimes.gentle import gentle_scaling

SYM4 = cp_problem(order=4)
BASE = {"p": 64.0, "H": 512.0, "sigma": 0.125}


def along(regime: str, base: dict[str, float]) -> RegimeSizes:
    face = face_of(SYM4, regime)
    return RegimeSizes(face, gentle_scaling(face.regime, "p"), base, "p")


def start(p: float, H: float, sigma: float) -> float:
    """E[L(0)] of order 4: rows alone, pairs of rows, target, constant."""
    alone = H * p * (p + 2) * (p + 4) * (p + 6)
    pairs = H * (H - 1) * 3 * p * (p + 2)
    return (alone + pairs) * sigma**8 / 2 - 3 * p * H * sigma**4 + p / 2


def leading(p: float, H: float, sigma: float) -> float:
    return (1 + 3 * H / p**2) * p**4 * H * sigma**8 / 2


def test_sizes_where_other_terms_are_as_large_lie_outside() -> None:
    """Edge A-B is p^3 sigma^4 -> infinity; at sigma = 1/8 that is 1 at p = 16 and 8 at p = 32."""
    sizes = along("A-B", BASE)
    assert [sizes.serves(p) for p in (16, 32, 64, 128)] == [False, False, True, True]
    assert sizes.at(128) == {"p": 128.0, "H": 2048.0, "sigma": 0.125}
    own, rest = leading(32, 128, 0.125), 3 * 32 * 128 * 0.125**4
    assert sizes.share({"p": 32, "H": 128, "sigma": 0.125}) <= own / (own + rest)


def test_exact_deviations_are_those_of_the_coefficient() -> None:
    sizes = along("A-B", BASE)
    constant = 0.0 if not sizes.face.constant else 1.0
    claimed = leading(**BASE) + constant * 32
    found = sizes.exact_deviations((64, 128, 1024), claimed)
    assert [one.order for one in found] == [0, 1]
    for p, part in found[0].parts:
        at = sizes.at(p)
        claim = leading(**at) + constant * p / 2
        assert part == pytest.approx(abs(start(**at) / claim - 1), rel=1e-9)
    needed = found[0].needed
    assert needed is not None
    at = sizes.at(needed)
    claim = leading(**at) + constant * needed / 2
    assert abs(start(**at) / claim - 1) == pytest.approx(0.01, rel=1e-6)
    # in units of a smaller range it takes larger sizes, in inverse proportion
    least = sizes.least(claimed, claimed / 2)
    assert least is not None
    assert least == pytest.approx(2 * needed, rel=0.1)


def test_a_solution_that_starts_elsewhere_is_not_held_against_that_coefficient() -> None:
    sizes = along("A-B", BASE)
    assert [one.order for one in sizes.exact_deviations((64,), 17.0)] == [1]
    assert sizes.least(17.0, 1.0) is None
