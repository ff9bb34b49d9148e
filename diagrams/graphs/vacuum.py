"""Vacuum graphs: all ways to join vertices of given valence by lines, up to isomorphism.

The graphs of a Gaussian integral with interaction vertices.  As a diagram, a vertex is a node
of one family, a line a node of another that meets two *halves*; Wick's theorem pairs the
loose halves of the vertices, each pair of them becoming the two ends of one line.
"""

from __future__ import annotations

from collections.abc import Sequence

from diagrams.errors import BadInput
from diagrams.graphs.canonical import canonical_state
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.incidence import Alphabet, Cell, State
from diagrams.graphs.tensors import IndexFamily, Role, Tensor

VERTEX = IndexFamily("vertex", "V")
LINE = IndexFamily("line", "E")
HALF = Tensor("half", (VERTEX, LINE), Role.FROZEN)
VALENCE_LIMIT = 40


def vacuum_graphs(valences: Sequence[int], connected: bool = True) -> dict[Diagram, int]:
    """Return the graphs on vertices of the given valences, with their numbers of pairings.

    A graph G on ``n`` vertices of one valence ``v`` comes from ``v!**n n! / |Aut G|`` pairings.
    Raises :class:`~diagrams.errors.BadInput` for valences that are no positive integers.

    >>> from fractions import Fraction
    >>> graphs = vacuum_graphs([4, 4])
    >>> sum(Fraction(1, graph.symmetry_factor) for graph in graphs)
    Fraction(1, 12)
    """
    if not all(isinstance(v, int) and v > 0 for v in valences) or sum(valences) > VALENCE_LIMIT:
        raise BadInput("valences", valences, f"positive integers, sum at most {VALENCE_LIMIT}")
    if sum(valences) % 2:
        return {}
    alphabet = Alphabet([HALF], [VERTEX, LINE], [LINE])
    tag = alphabet.tag_of_family(alphabet.family_number[LINE])
    number = alphabet.family_number[VERTEX]
    loose = [(tag, node) for node, valence in enumerate(valences) for _ in range(valence)]
    start = ((number,) * len(valences), tuple(loose))
    level: dict[State, int] = {canonical_state(alphabet, start)[0]: 1}
    for _ in range(sum(valences) // 2):
        following: dict[State, int] = {}
        for state, count in level.items():
            for joined, ways in _join_one(state):
                canonical, _ = canonical_state(alphabet, joined)
                following[canonical] = following.get(canonical, 0) + count * ways
        level = following
    graphs = {alphabet.decode(state): count for state, count in level.items()}
    return {g: n for g, n in graphs.items() if not connected or len(g.components()) == 1}


def _join_one(state: State) -> list[tuple[State, int]]:
    """Join one loose half with every other loose half; equal ones are counted."""
    numbers, cells = state
    loose = [cell for cell in cells if len(cell) == 2]
    first = loose.pop()
    rest = list(cells)
    rest.remove(first)
    partners: dict[Cell, int] = {}
    for cell in loose:
        partners[cell] = partners.get(cell, 0) + 1
    joined = []
    for partner, ways in partners.items():
        others = list(rest)
        others.remove(partner)
        line = (first[0], *sorted((first[1], partner[1])))
        joined.append(((numbers, (*others, line)), ways))
    return joined
