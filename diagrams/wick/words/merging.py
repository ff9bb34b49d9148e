"""Merging multisets of words with the atoms of a generator.

A word is *cut* at an edge: what is left of a ring is one path, from the edge's second slot to its
first; what is left of a chain are two pieces, one that ends at the first slot and one that
begins at the second.  Merging two words, or pairing two edges of them, joins the ends of the
pieces slot by slot, so that rings and chains stay rings and chains.  An atom's other words
are added.  As a merge changes one word, the merges of a word are worked out once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from diagrams.campaign.effort import spend
from diagrams.wick.transfer.packing import Sector
from diagrams.wick.words.spelling import Spelling, Words, normal, reverse
from diagrams.wick.words.symmetries import Symmetries, Table, keeping

Level = dict[Words, dict[Sector, int]]

Cut = tuple[str | None, str]
"""What ends at the first slot (``None`` for a ring) and what begins at the second one."""


def cuts(word: str) -> Iterator[tuple[str, Cut]]:
    """Every edge of a word, with the word cut there.

    >>> list(cuts("aB"))
    [('a', (None, 'B')), ('b', (None, 'A'))]
    >>> list(cuts("0A1"))
    [('0', ('', 'A1')), ('a', ('1', '0')), ('1', ('', 'a0'))]
    """
    ring = word[0].isalpha()
    for place, sign in enumerate(word):
        head, tail = word[:place], word[place + 1 :]
        if not sign.isalpha():
            yield sign, ("", tail if not head else reverse(head))
        elif ring:
            yield sign.lower(), (None, tail + head if sign.islower() else reverse(tail + head))
        elif sign.islower():
            yield sign, (head, tail)
        else:
            yield sign.lower(), (reverse(tail), reverse(head))


def joined(word: str, place: int, other: Cut) -> tuple[str, ...]:
    """The words that an edge of a word and a cut at an edge of the same tensor make.

    A path takes the place of the edge.  A ring without edges is an empty word.

    >>> joined("aB", 0, (None, "B")), joined("0a1", 1, ("2", "3")), joined("01", 0, ("", "a1"))
    (('Bb',), ('02', '13'), ('1A1',))
    """
    head, sign, tail = word[:place], word[place], word[place + 1 :]
    a, b = other
    if a is None:
        new = head + (b if sign.isupper() else b[::-1].swapcase()) + tail
        return (normal(new) if new else new,)
    if word[0].isalpha():
        path = tail + head
        return (normal(a + (path if sign.isupper() else reverse(path)) + b),)
    if not sign.isalpha():
        return (normal(reverse(b) + (tail or reverse(head))),) if b else ()
    if sign.isupper():
        head, tail = reverse(tail), reverse(head)
    return normal(head + reverse(a)), normal(reverse(b) + tail)


@dataclass(frozen=True)
class Atoms:
    """Words of the observable, and of the generator with the signs along which each merges."""

    observable: Sequence[Words]
    generators: Sequence[Words]
    along: Sequence[frozenset[str]]

    def merging(self, spelling: Spelling, tables: Iterable[Table]) -> Merging:
        """Merging with these, up to those of some renamings that keep all of them."""
        all_of_it = self.observable, self.generators, self.along
        return Merging(spelling, *all_of_it, keeping(tables, *all_of_it))


class Merging:
    """Merging in one spelling; ``along`` are the signs along which each generator atom merges."""

    def __init__(
        self,
        spelling: Spelling,
        observable: Sequence[Words],
        generators: Sequence[Words],
        along: Sequence[Collection[str]],
        symmetries: Symmetries,
    ) -> None:
        self.spelling, self.symmetries = spelling, symmetries
        self.observable, self.sizes = observable, len(generators)
        self.paths: dict[str, dict[tuple[Cut, int, Words], int]] = {}
        for number, words in enumerate(generators):
            for which, word in enumerate(words):
                further = words[:which] + words[which + 1 :]
                for sign, cut in cuts(word):
                    if sign in along[number]:
                        ways = self.paths.setdefault(sign, {})
                        key = cut, number, further
                        ways[key] = ways.get(key, 0) + 1
        self.odd = [spelling.odd(words) for words in generators]
        self.known: dict[str, list[tuple[int, Words, int]]] = {}

    def start(self) -> Level:
        """The observable atoms."""
        level: Level = {}
        for number, words in enumerate(self.observable):
            level.setdefault(words, {})[number, (0,) * self.sizes] = 1
        return self._renamed(level)

    def merged(self, level: Level, last: bool = False) -> Level:
        """Everything after one more merge with any atom; after the ``last``, what is not odd."""
        result: Level = {}
        for words, ways_of in level.items():
            odd = self.spelling.odd(words)
            after = [
                [
                    ((number, (*counts[:atom], counts[atom] + 1, *counts[atom + 1 :])), ways)
                    for (number, counts), ways in ways_of.items()
                ]
                for atom in range(self.sizes)
            ]
            images: dict[tuple[int, Words], int] = {}
            for word in dict.fromkeys(words):
                copies, others = words.count(word), list(words)
                others.remove(word)
                for atom, new, ways in self.changed(word):
                    if last and odd != self.odd[atom]:
                        continue
                    key = atom, tuple(sorted((*others, *new)))
                    images[key] = images.get(key, 0) + copies * ways
            spend(len(images) * (1 + len(ways_of)))
            for (atom, image), weight in images.items():
                _add(result.setdefault(image, {}), after[atom], weight)
        return self._renamed(result)

    def _renamed(self, level: Level) -> Level:
        """The same with the least image of all words."""
        result: Level = {}
        while level:
            words, ways_of = level.popitem()
            image = self.symmetries.least(words)
            if image in result:
                _add(result[image], ways_of.items(), 1)
            else:
                result[image] = ways_of
        return result

    def changed(self, word: str) -> list[tuple[int, Words, int]]:
        """What merging one word with each atom makes of it, and in how many ways."""
        found = self.known.get(word)
        if found is None:
            ways: dict[tuple[int, Words], int] = {}
            for place, sign in enumerate(word.lower()):
                if sign not in self.paths:
                    continue
                lone = self.spelling.lone(sign)
                for (path, atom, further), copies in self.paths[sign].items():
                    new = [one or lone for one in joined(word, place, path)]
                    key = atom, tuple(sorted((*new, *further)))
                    ways[key] = ways.get(key, 0) + copies
            found = self.known[word] = [(atom, new, n) for (atom, new), n in ways.items()]
        return found


def _add(total: dict[Sector, int], more: Iterable[tuple[Sector, int]], weight: int) -> None:
    for sector, ways in more:
        total[sector] = total.get(sector, 0) + weight * ways
