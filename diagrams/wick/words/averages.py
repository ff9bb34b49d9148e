"""Averages of products of rings and chains, by the loop equation for words.

Matrices, vectors and numbers have independent standard Gaussian entries, or entries that do not
vary.  Those are put in first: a multiple of the identity is left out, an entry of a constant matrix
ends one chain in a vector of ones and begins another, and zero ends everything.  Then Wick's
theorem for one chosen edge sums over its partners, the other edges of its tensor: the pair is
deleted, its first slots are identified, and so are its second slots.

* A partner in another word: the words are joined as in a merge.
* A partner in the same word, run through in the same direction, ``A x P x B``: the pair goes, and
  what is between is read backwards, ``A P' B``.
* A partner in the same word, run through in the other direction, ``A x P X B``: what is between
  closes to a ring.

Every result is a multiset of words again, of two edges less; a ring without edges is a factor, the
size of its family.  The chosen edge is one of the tensor with fewest edges.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from diagrams.campaign.effort import TERM, spend
from diagrams.graphs.laws import Gaussian, Mean
from diagrams.polynomials.counting import double_factorial
from diagrams.polynomials.polynomial import Polynomial, Powers
from diagrams.wick.packing import fields_of
from diagrams.wick.words.merging import cuts, joined
from diagrams.wick.words.spelling import Spelling, Words, normal, reverse
from diagrams.wick.words.symmetries import Symmetries, renamings


class WordAverages:
    """Averages of multisets of words, each calculated once.

    An average is a polynomial in the sizes of families, with coefficients that add up to a
    number of pairings.  It is kept as one integer, the coefficients in fields of equal width;
    ``edges`` bounds those of every multiset that is asked for, ``nodes`` those of every size, and
    ``ways`` the multiples of averages that are added up.

    >>> from diagrams.graphs.diagram import Diagram
    >>> from diagrams.graphs.tensors import IndexFamily, Tensor
    >>> n, m = IndexFamily("n", "N"), IndexFamily("m", "M")
    >>> W = Tensor("W", (n, m))
    >>> drawn = Diagram.of((W, "i j"), (W, "k j"), (W, "k l"), (W, "i l"))
    >>> spelling = Spelling([drawn])
    >>> print(WordAverages(spelling, 4, {"N": 2, "M": 2}).average(spelling.words(drawn)))
    M**2*N + M*N**2 + M*N
    """

    def __init__(
        self, spelling: Spelling, edges: int, nodes: Mapping[str, int], ways: int = 1
    ) -> None:
        self.spelling = spelling
        pairings = double_factorial(edges - 1)
        self.bytes = (pairings.bit_length() + 7) // 8
        self.wide = ((pairings * ways).bit_length() + 7) // 8
        numbers = {f.size: int(f.size) if f.fixed else 0 for f in spelling.families}
        self.counts = [
            (n, numbers[n], nodes[n] + 1) for n in sorted(numbers, key=nodes.__getitem__)
        ]
        self.counts.reverse()
        place = {}
        field = 8 * self.bytes
        for name, _, width in self.counts:
            place[name] = field
            field *= width
        self.shift = {sign: place[f.size] for f, sign in spelling.loose.items()}
        self.zero, self.unit, self.split = "", "", dict[str, str]()
        self.drawn = spelling.drawn
        for tensor in spelling.tensors:
            law, sign = tensor.law, spelling.sign_of(tensor)
            assert isinstance(law, Gaussian)
            if law.variance:
                continue
            if law.mean is Mean.ZERO:
                self.zero += sign
            elif law.mean is Mean.DELTA or not tensor.rank:
                self.unit += sign
            else:
                ends = [spelling.ones[family] for family in tensor.families]
                self.split[sign] = "".join(ends)
                self.split[sign.upper()] = "".join(ends[::-1])
        self.of_ones = {one * 2: spelling.loose[f] for f, one in spelling.ones.items()}
        self.numbers = [sign for sign in self.drawn if not spelling.slots[sign]]
        self.symmetries = Symmetries(renamings(spelling))
        self.known: dict[Words, int] = {(): 1}
        self.known_pairs: dict[tuple[str, str, str], list[tuple[Words, int, int]]] = {}

    def average(self, words: Words) -> Polynomial:
        """The average at unit variances and means."""
        return self.unpacked(self.packed(words))

    def unpacked(self, packed: int) -> Polynomial:
        """The polynomial that an integer stands for."""
        terms: list[tuple[Powers, Fraction]] = []
        for rest, value in fields_of(packed, 8 * self.wide):
            powers: list[tuple[str, Fraction]] = []
            for size, number, width in self.counts:
                rest, power = divmod(rest, width)
                if number:
                    value *= number**power
                elif power:
                    powers.append((size, Fraction(power)))
            terms.append((tuple(sorted(powers)), Fraction(value)))
        spend(TERM * len(terms))
        return Polynomial.from_terms(terms)

    def packed(self, words: Words) -> int:
        """The average in one integer, with room in its fields for the ways."""
        value, narrow, wide = self._average(words), self.bytes, self.wide
        data = value.to_bytes((value.bit_length() + 7) // 8 + narrow, "little")
        fields = [data[at : at + narrow] for at in range(0, len(data) - narrow + 1, narrow)]
        return int.from_bytes(b"".join([field.ljust(wide, b"\0") for field in fields]), "little")

    def _average(self, words: Words) -> int:
        together = "".join(words).lower()
        if any(sign in together for sign in self.zero) or self.spelling.odd(words):
            return 0
        factor = 1
        for sign in self.numbers:
            factor *= double_factorial(together.count(sign) - 1)
        left: list[str] = []
        shift = 0
        for word in words:
            if word in self.numbers:
                continue
            for new in self._settled(word):
                new = self.of_ones.get(new, new)
                if new in self.shift:
                    shift += self.shift[new]
                elif new:
                    left.append(normal(new))
        return (factor * self._packed(self.symmetries.least(tuple(sorted(left))))) << shift

    def _settled(self, word: str) -> list[str]:
        """A word with the entries put in that do not vary."""
        if word in self.shift:
            return [word]
        if len(word) == 1 and not word.isalpha():
            return []
        ring, lone = word[0].isalpha(), self.spelling.lone(word[0])
        for sign in self.unit:
            word = word.replace(sign, "").replace(sign.upper(), "")
        if not word:
            return [lone]
        cut = next((place for place, sign in enumerate(word) if sign in self.split), None)
        if cut is None:
            return [word]
        if ring:
            sign = word[cut]
            ends = self.split[sign]
            word = ends[1] + word[cut + 1 :] + word[:cut] + ends[0]
        pieces, piece = [], ""
        for sign in word:
            ends = self.split.get(sign, sign)
            if len(ends) == 2:
                pieces.append(piece + ends[0])
                piece = ends[1]
            else:
                piece += ends
        return [*pieces, piece]

    def _packed(self, words: Words) -> int:
        value = self.known.get(words)
        if value is None:
            value = 0
            for (after, shift), ways in self._contracted(words).items():
                spend(1)
                value += (self._packed(after) * ways) << shift
            self.known[words] = value
        return value

    def _contracted(self, words: Words) -> Mapping[tuple[Words, int], int]:
        """What is left for the partners of one edge, with the shift that lone nodes make."""
        low = [word.lower() for word in words]
        together = "".join(low)
        sign = min([s for s in self.drawn if s in together], key=together.count)
        numbers = [(own.count(sign), word) for own, word in zip(low, words, strict=True)]
        chosen = min([item for item in numbers if item[0]])[1]
        others = list(words)
        others.remove(chosen)
        found: dict[tuple[Words, int], int] = {}
        for word in ("", *dict.fromkeys(others)):
            pairs = self._pairs(sign, chosen, word)
            if not pairs:
                continue
            copies, rest = 1, others
            if word:
                copies, rest = others.count(word), others.copy()
                rest.remove(word)
            for new, shift, ways in pairs:
                key = self.symmetries.least(tuple(sorted((*rest, *new)))), shift
                found[key] = found.get(key, 0) + copies * ways
        return found

    def _pairs(self, sign: str, chosen: str, word: str) -> list[tuple[Words, int, int]]:
        """What the first such edge of a chosen word leaves with its partners in another, or in its
        own where no other is given: words, the shift of lone nodes, and numbers of ways."""
        key = sign, chosen, word
        known = self.known_pairs.get(key)
        if known is None:
            ways: dict[tuple[Words, int], int] = {}
            if word:
                cut = next(cut for other, cut in cuts(chosen) if other == sign)
                low = word.lower()
                left = [joined(word, p, cut) for p, other in enumerate(low) if other == sign]
            else:
                left = list(self._within(chosen, sign))
            lone = self.spelling.lone(sign)
            for words in left:
                shift, kept = 0, []
                for new in words:
                    new = self.of_ones.get(new, new) or lone
                    if new in self.shift:
                        shift += self.shift[new]
                    else:
                        kept.append(new)
                image = tuple(sorted(kept)), shift
                ways[image] = ways.get(image, 0) + 1
            known = self.known_pairs[key] = [(*image, n) for image, n in ways.items()]
        return known

    def _within(self, word: str, sign: str) -> Iterator[Words]:
        """The words that pairing the first such edge of a word with others of it makes."""
        low = word.lower()
        first = low.index(sign)
        place = low.find(sign, first + 1)
        ring = word[0].isalpha()
        slots = self.spelling.slots
        while place >= 0:
            head, between, tail = word[:first], word[first + 1 : place], word[place + 1 :]
            if not sign.isalpha():
                yield (normal(between) if between else self.spelling.loose[slots[sign][0]],)
            elif word[first] == word[place]:
                new = head + reverse(between) + tail
                yield (normal(new) if new else self.spelling.loose[slots[sign][0]],)
            else:
                loose = self.spelling.loose[slots[word[first]][1]]
                closed = normal(between) if between else loose
                rest = tail + head if ring else head + tail
                other = self.spelling.loose[slots[word[first]][0]]
                yield (closed, normal(rest) if rest else other)
            place = low.find(sign, place + 1)
