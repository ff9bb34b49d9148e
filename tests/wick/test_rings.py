"""Rings of one kind against the general recursion."""

from __future__ import annotations

import pytest

from diagrams.graphs.diagram import Diagram
from diagrams.graphs.incidence import Alphabet
from diagrams.graphs.tensors import IndexFamily, Tensor
from diagrams.wick.transfer import moments as door
from diagrams.wick.transfer.packing import Powers, Sector
from diagrams.wick.transfer.rings import is_rings, ring_length, ring_moments
from diagrams.wick.transfer.stages import Stages
from diagrams.wick.transfer.structure import CellAtom, Problem, problem_of

Moments = list[dict[Sector, dict[Powers, int]]]


def rings(*words: str, kinds: int = 2, families: tuple[int, ...] = ()) -> CellAtom:
    """The atom of the given rings; rows belong to family 1 unless said otherwise."""
    rows: list[int] = []
    cells = []
    for word in words:
        first, size = len(rows), len(word) // 2
        for place in range(size):
            here, there = (ord(kind) - ord("a") for kind in word[2 * place : 2 * place + 2])
            ends = here + kinds * (first + place), there + kinds * (first + (place + 1) % size)
            cells.append(tuple(sorted(ends)))
            rows.append(families[here] if families else 1)
    return CellAtom(tuple(rows), tuple(sorted(cells)))


def problem_with(
    observable: tuple[CellAtom, ...],
    generator: tuple[CellAtom, ...],
    kinds: int = 2,
    trained: tuple[bool, ...] | None = None,
    alike: tuple[tuple[int, ...], ...] = (),
    merged: tuple[frozenset[int], ...] = (),
) -> Problem:
    """Kinds of one family of rows, 1, and one of cells, 0."""
    moving = trained or (True,) * kinds
    return Problem(2, (1,) * kinds, (0,) * kinds, moving, alike, observable, generator, merged)


def by_levels(problem: Problem, terms: int) -> Moments:
    return list(Stages(problem, terms).run())


def in_order(moments: Moments) -> list[list[tuple[Sector, list[tuple[Powers, int]]]]]:
    """The same with the order of all dictionaries."""
    return [[(sector, list(terms.items())) for sector, terms in of.items()] for of in moments]


D, R = rings("aabb"), rings("ab")


# Rings of one kind


@pytest.mark.parametrize("lengths", [(2,), (1, 2), (3,), (1, 3)])
def test_one_kind(lengths: tuple[int, ...]) -> None:
    atoms = tuple(rings("aa" * n, kinds=1) for n in lengths)
    assert tuple(map(ring_length, atoms)) == lengths
    problem = problem_with(atoms, atoms, kinds=1)
    assert is_rings(problem)
    found = in_order(list(ring_moments(problem, 3)))
    assert found == in_order(by_levels(problem, 3))


def test_what_is_not_one_kind() -> None:
    one = rings("aa", kinds=1)
    assert not is_rings(problem_with((D, R), (D, R)))
    assert not is_rings(problem_with((one,), (one,), kinds=1, trained=(False,)))
    assert not is_rings(problem_with((rings("aa", "aa", kinds=1),), (one,), kinds=1))


# The door

hidden, feature = IndexFamily("hidden", "H"), IndexFamily("feature", "p")
u, v = (Tensor(name, (hidden, feature)) for name in "uv")


def test_the_door_serves_rings_without_the_general_recursion(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn = [
        Diagram.of((u, "k i"), (u, "l i"), (u, "k j"), (u, "l j")),
        Diagram.of((u, "k i"), (u, "k i")),
    ]
    alphabet = Alphabet.of(drawn)
    atoms = [alphabet.encode(diagram) for diagram in drawn]
    expected = by_levels(problem_of(alphabet, atoms, atoms), 3)
    monkeypatch.delattr(door, "run_stages")
    found = list(door.moments_of(problem_of(alphabet, atoms, atoms), 3))
    assert in_order(found) == in_order(expected)


def test_other_problems_go_to_the_general_recursion() -> None:
    drawn = [Diagram.of(*[(u, "k i")] * 2, *[(v, "k i")] * 2), Diagram.of((u, "k i"), (v, "k i"))]
    alphabet = Alphabet.of(drawn)
    atoms = [alphabet.encode(diagram) for diagram in drawn]
    problem = problem_of(alphabet, atoms, atoms)
    assert not is_rings(problem)
    assert list(door.moments_of(problem, 2)) == by_levels(problem, 2)
