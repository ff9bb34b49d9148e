"""Rings of several kinds of edges as cyclic words.

A ring visits rows and cells in turn.  Read along the ring from one of its rows it is a word of
even length, one letter for the kind of every edge; edges at even places lead from a row to a
cell, those at odd places from a cell to a row.  The same ring is read from any of its rows and
in both directions, so that the word counts up to rotations by an even number of places and up
to reversal.  Kind 0 is written ``a``, kind 1 ``b``, and so on.

A :data:`Rings` is a multiset of rings: the sorted tuple of their normal forms.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import permutations, product
from math import factorial, prod

from diagrams.wick.transfer.structure import Atom

Rings = tuple[str, ...]

MOST_RELABELLINGS = 24
"""With more permutations of kinds to compare than this, only their numbers are compared."""


def letter(kind: int) -> str:
    """How a kind of edge is written.

    >>> letter(0), letter(2)
    ('a', 'c')
    """
    return chr(ord("a") + kind)


@lru_cache(maxsize=1 << 17)
def normal_word(word: str) -> str:
    """The least of all readings of a ring.

    >>> normal_word("bbaa"), normal_word("abba"), normal_word("ba")
    ('aabb', 'abba', 'ab')
    """
    size = len(word)
    forwards = word + word
    backwards = forwards[::-1]
    starts = range(0, size, 2)
    return min(
        min([forwards[start : start + size] for start in starts]),
        min([backwards[start : start + size] for start in starts]),
    )


def path_beside(word: str, place: int) -> str:
    """The ring without one edge, read from that edge's cell to its row.

    >>> path_beside("abcd", 0), path_beside("abcd", 1)
    ('bcd', 'adc')
    """
    onwards = word[place + 1 :] + word[:place]
    return onwards[::-1] if place & 1 else onwards


def ring_words(atom: Atom, kinds: int) -> Rings | None:
    """The rings of an atom, ``None`` if a cell has not two edges or a row neither two nor none.

    >>> ring_words(Atom((1, 1), ((0, 2), (1, 3))), 2), ring_words(Atom((1,), ((0, 1),)), 2)
    (('aabb',), ('ab',))
    >>> ring_words(Atom((1, 1), ((0, 0), (2, 2))), 2), ring_words(Atom((1,), ((0,),)), 2)
    (('aa', 'aa'), None)
    """
    meeting: list[list[tuple[int, int]]] = [[] for _ in atom.families]
    for number, cell in enumerate(atom.cells):
        if len(cell) != 2:
            return None
        for side, end in enumerate(cell):
            meeting[end // kinds].append((number, side))
    if any(len(met) not in (0, 2) for met in meeting):
        return None
    words: list[str] = []
    seen: set[int] = set()
    for number, _ in enumerate(atom.cells):
        if number in seen:
            continue
        word, at = "", (number, 0)
        while at[0] not in seen:
            cell_number, side = at
            seen.add(cell_number)
            onwards = atom.cells[cell_number][1 - side]
            word += letter(atom.cells[cell_number][side] % kinds) + letter(onwards % kinds)
            one, other = meeting[onwards // kinds]
            at = one if other == (cell_number, 1 - side) else other
        words.append(normal_word(word))
    return tuple(sorted(words))


def loose_families(atom: Atom, kinds: int) -> tuple[int, ...]:
    """Families of the nodes of an atom that have no edge.

    >>> loose_families(Atom((1, 2), ((0, 0),), (3,)), 1)
    (2, 3)
    """
    met = {end // kinds for cell in atom.cells for end in cell}
    rows = (family for row, family in enumerate(atom.families) if row not in met)
    return tuple(sorted((*rows, *atom.isolated)))


class Relabelling:
    """A choice of names for kinds that may be permuted, those of one group at a time.

    Kinds are put in the order of their numbers of edges; kinds that occur equally often are
    permuted in all ways and the least multiset of rings is taken.

    >>> Relabelling([(0, 1)]).least(("aaab",)), Relabelling([(0, 1)]).least(("aa", "aabb"))
    (('abbb',), ('aabb', 'bb'))
    >>> Relabelling([]).least(("abbb",))
    ('abbb',)
    """

    def __init__(self, groups: Iterable[Sequence[int]]) -> None:
        self.groups = ["".join(map(letter, sorted(group))) for group in groups if len(group) > 1]

    def least(self, rings: Rings) -> Rings:
        """The multiset of rings under the names chosen."""
        if not self.groups:
            return rings
        together = "".join(rings)
        images = (self._renamed(rings, names) for names in self._orders(together))
        return min(images)

    def _orders(self, together: str) -> Iterator[dict[int, int]]:
        tied: list[str] = []
        for group in self.groups:
            by_number: dict[int, str] = {}
            for kind in group:
                number = together.count(kind)
                by_number[number] = by_number.get(number, "") + kind
            # absent kinds come last, in any order
            absent = by_number.pop(0, "")
            tied += [by_number[number] for number in sorted(by_number)]
            tied += list(absent)
        few = prod(factorial(len(kinds)) for kinds in tied) <= MOST_RELABELLINGS
        target = "".join(self.groups)
        for orders in product(*(permutations(kinds) if few else [tuple(kinds)] for kinds in tied)):
            yield str.maketrans("".join(map("".join, orders)), target)

    @staticmethod
    def _renamed(rings: Rings, names: dict[int, int]) -> Rings:
        return tuple(sorted([normal_word(word.translate(names)) for word in rings]))
