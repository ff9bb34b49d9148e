"""Shares of the merges of a stage: nothing twice, nothing lost, whatever the order."""

from __future__ import annotations

import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import diagrams.wick.transfer.shares as shares
from diagrams.wick.transfer.naming import Name
from diagrams.wick.transfer.running import add
from diagrams.wick.transfer.stages import Stage, Stages
from diagrams.wick.transfer.structure import CellAtom, Problem


def seen(state: Name, kinds: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Sizes of cells and degrees of rows, counted from the definition."""
    rows, cells = state
    ends = [end // kinds for cell in cells for end in cell]
    degrees = sorted(ends.count(row) for row in range(len(rows)))
    return tuple(sorted(map(len, cells))), tuple(degrees)


@st.composite
def atoms(draw: st.DrawFn, kinds: int, families: int, bare: bool) -> CellAtom:
    rows = draw(st.lists(st.integers(1, families), min_size=1, max_size=2))
    usable = [row for row, family in enumerate(rows) if family == 1]
    if not usable:
        rows[0], usable = 1, [0]
    ends = st.tuples(st.sampled_from(usable), st.integers(0, kinds - 1))
    cells = draw(st.lists(st.lists(ends, min_size=1, max_size=2), min_size=1, max_size=3))
    written = [tuple(sorted(kind + kinds * row for row, kind in cell)) for cell in cells]
    met = {end // kinds for cell in written for end in cell}
    written += [(kinds * row + kinds - 1,) for row in range(len(rows)) if row not in met]
    if bare:
        last = kinds - 1
        split = [(end,) for cell in written for end in cell if end % kinds == last]
        rest = [tuple(end for end in cell if end % kinds != last) for cell in written]
        written = split + [cell for cell in rest if cell]
    return CellAtom(tuple(rows), tuple(sorted(written)))


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    kinds = draw(st.integers(1, 2))
    bare = kinds == 2 and draw(st.booleans())
    generator = draw(st.lists(atoms(kinds, 1, bare), min_size=1, max_size=2))
    observable = draw(st.lists(atoms(kinds, 1, bare), min_size=1, max_size=2))
    cell_family = (0,) * (kinds - 1) + ((None,) if bare else (0,))
    return Problem(
        2, (1,) * kinds, cell_family, (True,) * kinds, (), tuple(observable), tuple(generator)
    )


CUBIC = CellAtom((1, 1), ((0, 1), (0, 1), (0, 1))), CellAtom((1,), ((0,), (0,), (0,)))
BILINEAR = CellAtom((1, 1), ((0, 2), (1, 3))), CellAtom((1,), ((0,), (1,)))
FIXED = [
    Problem(2, (1,), (0,), (True,), (), CUBIC, CUBIC),
    Problem(2, (1, 1), (0, 0), (True, True), ((0, 1),), BILINEAR, BILINEAR),
]


@given(problem=problems(), parts=st.integers(2, 40), split=st.integers(1, 5))
@settings(max_examples=20)
@example(problem=FIXED[0], parts=9, split=3)
@example(problem=FIXED[1], parts=9, split=3)
def test_shares_are_disjoint_and_add_up(problem: Problem, parts: int, split: int) -> None:
    terms = 4 if problem in FIXED else 2
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shares, "LEAST", 1)
        patch.setattr(shares, "PARTS", parts)
        patch.setattr(shares, "SPLIT", split)
        stages = Stages(problem, terms)
        stage = stages.closed(stages.start(), terms)
        for merges in range(terms - 1, -1, -1):
            stages.finished(stage)
            states = list(stage)
            divided = stages.shares.divide(states)
            together: Stage = {}
            met: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {}
            for number, (share, _, places) in enumerate(divided):
                items = [(states[place], stage[states[place]]) for place in places]
                merged: Stage = {}
                stages.merge(items, merges, merged, share)
                for state in merged:
                    assert met.setdefault(seen(state, problem.kinds), number) == number
                add(stages.advanced(items, merges, share), together)
            whole: Stage = {}
            stages.merge(stage.items(), merges, whole)
            assert met.keys() == {seen(state, problem.kinds) for state in whole}
            stage = stages.advanced(stage.items(), merges)
            assert together == stage


def test_shares_do_not_depend_on_the_order_of_states(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shares, "LEAST", 50)
    stages = Stages(FIXED[0], 5)
    stage = stages.closed(stages.start(), 5)
    for merges in (4, 3):
        stage = stages.advanced(stage.items(), merges)
        stages.finished(stage)
    states = list(stage)
    first = stages.shares.divide(states)
    shuffled = random.Random(1).sample(states, len(states))
    assert len(first) > 3
    assert {share.parts for share, _, _ in first} > {1}
    for one, other in zip(first, stages.shares.divide(shuffled), strict=True):
        assert one[:2] == other[:2]
        assert {states[place] for place in one[2]} == {shuffled[place] for place in other[2]}
