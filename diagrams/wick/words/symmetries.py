"""Renamings of letters that change nothing: tensors may be exchanged, and turned around.

A renaming maps matrices to matrices, forwards or backwards, and vectors to vectors, of equal laws,
so that the families of their slots are mapped to families of equal size, one to one.  Averages
of words are the same after any of them; merged powers are where the atoms stay what they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import permutations, product
from operator import mul

from diagrams.graphs.tensors import IndexFamily, Tensor
from diagrams.wick.words.spelling import Spelling, Words, normal

MOST = 4
"""With more matrices, or more vectors, than this no renamings are looked for."""

Table = dict[int, int]


def renamings(spelling: Spelling) -> Iterator[Table]:
    """All renamings but the one that changes nothing."""
    matrices = [tensor for tensor in spelling.tensors if tensor.rank == 2]
    others = [tensor for tensor in spelling.tensors if tensor.rank < 2]
    if len(matrices) > MOST or len(others) > MOST:
        return
    for images in permutations(matrices):
        for turned in product((False, True), repeat=len(matrices)):
            ends = [
                t.families[::-1] if b else t.families for t, b in zip(images, turned, strict=True)
            ]
            for further in permutations(others):
                families = [*ends, *(tensor.families for tensor in further)]
                tensors = [*matrices, *others]
                targets = [*images, *further]
                if not all(map(_alike, tensors, targets)):
                    continue
                found = _families_mapped([t.families for t in tensors], families)
                if found is None:
                    continue
                table = _table(spelling, tensors, targets, [*turned, *(False for _ in others)])
                for one, other in found.items():
                    for signs in (spelling.loose, spelling.ones):
                        table[ord(signs[one])] = ord(signs[other])
                if any(one != other for one, other in table.items()):
                    yield table


def _alike(one: Tensor, other: Tensor) -> bool:
    a, b = one.law, other.law
    return (one.role, one.rank, bool(a.variance), a.mean) == (  # type: ignore[union-attr]
        other.role,
        other.rank,
        bool(b.variance),  # type: ignore[union-attr]
        b.mean,  # type: ignore[union-attr]
    )


def _families_mapped(
    before: Sequence[tuple[IndexFamily, ...]], after: Sequence[tuple[IndexFamily, ...]]
) -> dict[IndexFamily, IndexFamily] | None:
    """Where families go; ``None`` unless it is one to one and keeps all sizes."""
    found: dict[IndexFamily, IndexFamily] = {}
    for one, other in zip(before, after, strict=True):
        for a, b in zip(one, other, strict=True):
            if a.size != b.size or found.setdefault(a, b) != b:
                return None
    return found if len(set(found.values())) == len(found) else None


def _table(
    spelling: Spelling, tensors: Sequence[Tensor], targets: Sequence[Tensor], turned: Sequence[bool]
) -> Table:
    table: Table = {}
    for one, other, back in zip(tensors, targets, turned, strict=True):
        a, b = spelling.sign_of(one), spelling.sign_of(other)
        if one.rank == 2:
            table[ord(a.upper())] = ord(b if back else b.upper())
            b = b.upper() if back else b
        table[ord(a)] = ord(b)
    return table


class _Images(dict[str, str]):
    """The images of words under one renaming."""

    def __init__(self, table: Table) -> None:
        super().__init__()
        self.table = table

    def __missing__(self, word: str) -> str:
        image = self[word] = normal(word.translate(self.table))
        return image


class Symmetries:
    """A group of renamings, and the least image of a multiset of words.

    The least image has the least numbers of letters, and is the least of those.
    """

    def __init__(self, tables: Iterable[Table]) -> None:
        tables = list(tables)
        self.images = [_Images(table) for table in tables]
        moved = {
            chr(sign).lower()
            for table in tables
            for one, other in table.items()
            if chr(one).lower() != chr(other).lower()
            for sign in (one, other)
        }
        self.signs = sorted(moved)
        fields = {sign: 1 << (16 * place) for place, sign in enumerate(self.signs)}
        self.own = [fields[sign] for sign in self.signs]
        self.fields = [
            [fields[chr(table.get(ord(sign), ord(sign))).lower()] for sign in self.signs]
            for table in tables
        ]

    def least(self, words: Words) -> Words:
        """The least image."""
        if not self.images:
            return words
        together = "".join(words).lower()
        numbers = [together.count(sign) for sign in self.signs]
        best, found = sum(map(mul, numbers, self.own)), words
        for images, fields in zip(self.images, self.fields, strict=True):
            own = sum(map(mul, numbers, fields))
            if own <= best:
                image = tuple(sorted([images[word] for word in words]))
                if own < best or image < found:
                    best, found = own, image
        return found


def renamed(words: Words, table: Table) -> Words:
    """Words with their letters renamed."""
    return tuple(sorted([normal(word.translate(table)) for word in words]))


def keeping(
    tables: Iterable[Table],
    observable: Sequence[Words],
    generators: Sequence[Words],
    along: Sequence[frozenset[str]],
) -> Symmetries:
    """The renamings that keep every atom and what it is merged along."""
    kept = []
    for table in tables:
        moved = [
            frozenset(chr(table.get(ord(sign), ord(sign))).lower() for sign in signs)
            for signs in along
        ]
        if moved == list(along) and all(
            renamed(words, table) == words for words in (*observable, *generators)
        ):
            kept.append(table)
    return Symmetries(kept)
