"""Letters of vertices and names of faces.

A = (s+1, 1) and B = (s+1, largest n) in the plane of (s_D, n); C = (s-1, s), where that is one
vertex; E has least s_D among the vertices of least n; D has largest n among the vertices of least
s_D, if it is not E; the others are F, G, .. from B towards E.  With weight decay these are the
vertices with few decays; those with almost nothing else are lettered in the same way by s_D and n,
which are small there, with a 0: ``A0`` is a diagram like A of a low order, times decays.  Where s_D
cannot be told from the exponents, letters follow the sorted exponents.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from pde.linear_algebra import Vector

Place = tuple[Fraction, Fraction]
"""``(s_D, n)`` of a vertex at one order."""


def total(places: Sequence[Place]) -> Place:
    """The sums of s_D and of n over all residue classes."""
    zero = Fraction(0)
    return (sum((d for d, _ in places), zero), sum((n for _, n in places), zero))


def letters(places: Sequence[Sequence[Place]], level: int) -> list[str]:
    """Return a letter for every vertex, given its place in every residue class at order ``level``.

    >>> letters([[(10, 1)], [(10, 11)], [(0, 1)]], 9)
    ['A', 'B', 'E']
    """
    found: dict[int, str] = {}
    sums = [total(p) for p in places]
    top = [v for v, p in enumerate(places) if all(d == level + 1 for d, _ in p)]
    if top:
        found[min(top, key=lambda v: sums[v][1])] = "A"
        found.setdefault(max(top, key=lambda v: sums[v][1]), "B")
    third = [
        v
        for v, p in enumerate(places)
        if v not in found and all(d == level - 1 and n == level for d, n in p)
    ]
    if len(third) == 1:
        found[third[0]] = "C"
    least_n = min(n for _, n in sums)
    low = [v for v in range(len(places)) if v not in found and sums[v][1] == least_n]
    if low:
        found[min(low, key=lambda v: sums[v][0])] = "E"
    least_d = min(d for d, _ in sums)
    left = [v for v in range(len(places)) if v not in found and sums[v][0] == least_d]
    if left:
        found[max(left, key=lambda v: sums[v][1])] = "D"
    rest = [v for v in range(len(places)) if v not in found]
    rest.sort(key=lambda v: (-sums[v][0], -sums[v][1]))
    found |= {v: _letter(place) for place, v in enumerate(rest, start=5)}
    return [found[v] for v in range(len(places))]


def letters_with_decay(
    places: Sequence[Sequence[Place]], decayed: Sequence[bool], level: int
) -> list[str]:
    """Letters as :func:`letters`, the vertices ``decayed`` apart from the others.

    >>> letters_with_decay([[(10, 1)], [(0, 1)], [(1, 1)]], [False, False, True], 9)
    ['A', 'E', 'A0']
    """
    found = [""] * len(places)
    for apart in (False, True):
        chosen = [v for v, there in enumerate(decayed) if there == apart]
        if chosen:
            group = [places[v] for v in chosen]
            top = max(d for p in group for d, _ in p) - 1 if apart else level
            for v, letter in zip(chosen, letters(group, int(top)), strict=True):
                found[v] = letter + "0" * apart
    return found


def sorted_letters(points: Sequence[Vector]) -> list[str]:
    """Letters A, B, .. by falling exponents, where nothing else is known of vertices."""
    order = sorted(range(len(points)), key=lambda v: points[v], reverse=True)
    return [_letter(order.index(v)) for v in range(len(points))]


def _letter(place: int) -> str:
    return chr(ord("A") + place) if place < 26 else f"V{place + 1}"


def reading_order(named: Sequence[str], totals: Sequence[tuple[Fraction, Fraction]]) -> list[str]:
    """All letters in the order in which a polygon is walked: A, B, then down in s_D to E.

    Those with a 0 follow in the same order.
    """

    def key(v: int) -> tuple[object, ...]:
        fixed = {"A": 0, "B": 1, "E": 3}.get(named[v][0], 2) + 4 * named[v].endswith("0")
        return (fixed, -totals[v][0], -totals[v][1], named[v])

    return [named[v] for v in sorted(range(len(named)), key=key)]


def face_name(corners: Sequence[str], order: Sequence[str]) -> str:
    """The name of a face: its letters in reading order; the edge back to the start is ``E-A``.

    >>> face_name(("E", "A"), ("A", "B", "E")), face_name(("B", "A"), ("A", "B", "E"))
    ('E-A', 'A-B')
    """
    listed = sorted(corners, key=order.index)
    if listed == ["A", "E"]:
        listed = ["E", "A"]
    return "-".join(listed)
