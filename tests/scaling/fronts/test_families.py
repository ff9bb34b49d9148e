"""Quasi-linear families: what is found, what is refused, what is said."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from diagrams.errors import BadInput
from diagrams.scaling.fronts.families import Families, Line, fit_families

slopes = st.tuples(st.integers(-3, 3), st.integers(-3, 3))
starts = st.tuples(st.integers(-40, 40), st.integers(-40, 40))


def points(classes: list[list[Line]], s: int) -> set[tuple[object, ...]]:
    return {line.at(s) for line in classes[s % len(classes)]}


@given(
    st.integers(1, 3).flatmap(
        lambda m: st.lists(
            st.lists(st.builds(Line, starts, slopes), min_size=1, max_size=3, unique=True),
            min_size=m,
            max_size=m,
        )
    )
)
def test_planted_families_are_found(classes: list[list[Line]]) -> None:
    """Whatever is fitted reproduces all orders, and predicts the next ones of generic lines."""
    last = 7 * len(classes)
    sets = [points(classes, s) for s in range(last + 1)]
    assume(all(len(sets[s]) == len(classes[s % len(classes)]) for s in range(last + 1)))
    found = fit_families(sets)
    assert found.period <= len(classes)
    assert found.first == 0
    for s in range(last + 10):
        assert found.at(s) == frozenset(points(classes, s))


def bending(s: int) -> set[tuple[int, int]]:
    """Two families, and a third that leaves its line at order 8 (planted)."""
    return {(s + 1, 1), (0, 1), (s, s if s < 8 else 2 * s - 8)}


def test_a_law_that_bends_at_order_8() -> None:
    """Before the bend: conjectured beyond the last order; across it: refused, or a new law."""
    early = fit_families([bending(s) for s in range(8)])
    assert early.first == 0
    assert early.last == 7
    assert "exact to order 7, conjectured beyond" in early.statement
    assert "held-out orders 2, 3, 4, 5, 6, 7" in early.statement
    for last in (9, 10, 12, 16):
        with pytest.raises(BadInput, match="no quasi-linear law"):
            fit_families([bending(s) for s in range(last + 1)])
    late = fit_families([bending(s) for s in range(18)])
    assert late.first == 8
    assert late.broken == tuple(range(8))
    assert "from order 8" in late.statement


def test_parity_and_other_residue_classes_are_found() -> None:
    assert fit_families([{(s % 2, s)} for s in range(6)]).period == 2
    assert fit_families([{(s % 3, s)} for s in range(9)]).period == 3
    assert fit_families([{(s // 2,)} for s in range(7)]).period == 2
    slope = fit_families([{(s // 2,)} for s in range(7)]).classes[0][0].slope
    assert slope == (Fraction(1, 2),)


def test_unknowns_and_equations_are_counted() -> None:
    found = fit_families([{(3 * s + 1, 1), (s, 2)} for s in range(5)])
    assert (found.unknowns, found.equations, found.held_out) == (8, 20, (2, 3, 4))
    assert isinstance(found, Families)
    assert "8 unknowns, 20 equations, held-out orders 2, 3, 4" in found.statement


def test_no_order_held_out_no_law() -> None:
    for last in (0, 1):
        with pytest.raises(BadInput, match="orders held out"):
            fit_families([{(s, 1)} for s in range(last + 1)])
    with pytest.raises(BadInput):
        fit_families([{(s * s,)} for s in range(9)])


def test_lines_that_meet_need_two_held_out_orders() -> None:
    meeting = [{(s, 0), (0, 0)} for s in range(4)]
    assert fit_families(meeting).held_out == (2, 3)
    with pytest.raises(BadInput):
        fit_families(meeting[:3])


def test_vanishing_orders_are_a_class_without_lines() -> None:
    found = fit_families([{(s, 1)} if s % 2 else set() for s in range(8)])
    assert found.period == 2
    assert found.classes[0] == ()
