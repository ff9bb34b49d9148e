"""Which words can still lead on a scaling: bounds on exponents, proved for the tensors at hand.

On a scaling every size is a power of one large parameter.  A *potential* gives a word a number:
``cost`` of each of its letters, and ``ring`` more where it is a ring; a lone node has the exponent
of its size.  Where the following hold, with ``f`` and ``g`` the exponents of the two slots of a
matrix, no step of the loop equation raises the potential of a multiset of words, so that it bounds
the exponent of the average:

* a matrix, ``2 cost >= f, g, ring, f + g - ring``: what a pair in one word leaves, a ring or a lone
  node more, is paid for by the pair;
* a vector, ``2 cost >= f, ring``: a chain between two equal vectors closes to a ring or a node;
* an entry of a multiple of the identity, ``cost >= 0`` and ``cost + ring >= f``: it is left out.

A merge, or a pair in two words, makes one ring of two (of rings of one edge, a lone node), or one
word of a ring and a chain, or takes two matrices from chains, or makes one chain of two that end
in a vector: it lowers the potential by a ``join`` at least.  A word with an odd number of edges of
some tensor cannot be averaged alone, and a join meets two words.  So of ``m`` merges and ``n`` such
words, those of the atoms to come included, come ``max(m, n/2)`` joins at least.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from diagrams.graphs.laws import Gaussian, Mean
from diagrams.wick.transfer.packing import Sector
from diagrams.wick.transfer.structure import UnsupportedStructure
from diagrams.wick.words.averages import WordAverages
from diagrams.wick.words.spelling import Spelling, Words


@dataclass(frozen=True)
class Scale:
    """A scaling as words see it, and what has to be reached.

    All exponents are in units of which half is an integer still.  ``sizes`` are those of all sizes;
    ``start`` and ``gain`` those of weights, variances and means of every observable and generator
    atom; ``needed[s]`` is the least exponent that is wanted of the coefficient of order ``s``.
    """

    sizes: Mapping[str, int]
    start: tuple[int, ...]
    gain: tuple[int, ...]
    needed: tuple[int, ...]


class Potential:
    """The potential of words, for one value of a ring.

    >>> from diagrams.graphs.diagram import Diagram
    >>> from diagrams.graphs.tensors import IndexFamily, Tensor
    >>> n, m = IndexFamily("n", "N"), IndexFamily("m", "M")
    >>> W = Tensor("W", (n, m))
    >>> spelling = Spelling([Diagram.of((W, "i j"), (W, "i j"))])
    >>> found = Potential(spelling, {"N": 2, "M": 2}, ring=2)
    >>> found.of("Aa"), found.of("AaAa"), found.join
    (4, 6, 4)
    """

    def __init__(self, spelling: Spelling, sizes: Mapping[str, int], ring: int) -> None:
        self.ring, self.drawn = ring, ""
        self.cost: dict[str, int] = {}
        for tensor in spelling.tensors:
            law, sign = tensor.law, spelling.sign_of(tensor)
            assert isinstance(law, Gaussian)
            ends = [sizes[family.size] for family in tensor.families]
            fixed = not law.variance and law.mean is not Mean.ZERO
            if fixed and tensor.rank and law.mean is not Mean.DELTA:
                raise UnsupportedStructure(f"{tensor.name} is constant")
            if not ends:
                cost = 0
            elif fixed:
                cost = max(0, max(ends) - ring)
            else:
                cost = max(*ends, ring, sum(ends) - ring if len(ends) == 2 else ring) // 2
            self.cost[sign] = self.cost[sign.upper()] = cost
            if tensor.rank and law.variance:
                self.drawn += sign
        self.cost.update((sign, sizes[f.size]) for f, sign in spelling.loose.items())
        self.cost.update((sign, 0) for sign in spelling.ones.values())
        chains = any(tensor.rank == 1 for tensor in spelling.tensors)
        joins = []
        for tensor in spelling.tensors:
            pair = 2 * self.cost[spelling.sign_of(tensor)]
            joins.append(pair + (0 if chains or not tensor.rank else ring))
            if tensor.rank == 2 and tensor.families[0] == tensor.families[1]:
                joins.append(pair + 2 * ring - sizes[tensor.families[0].size])
        self.join = min(joins, default=0)
        self.known: dict[str, tuple[int, int]] = {}

    def of(self, word: str) -> int:
        """The potential of a word."""
        return self.both(word)[0]

    def both(self, word: str) -> tuple[int, int]:
        """The potential of a word, and 1 where it can not be averaged alone, else 0."""
        found = self.known.get(word)
        if found is None:
            total = sum(map(self.cost.__getitem__, word))
            low = word.lower()
            odd = any(low.count(sign) & 1 for sign in self.drawn)
            found = self.known[word] = total + (self.ring if word[0].isalpha() else 0), int(odd)
        return found

    def total(self, words: Words) -> tuple[int, int]:
        """The sum of potentials, and the number of words that can not be averaged alone."""
        both = [self.both(word) for word in words]
        return sum([one for one, _ in both]), sum([odd for _, odd in both])

    def bound(self, words: Words) -> int:
        """No average of the words has a higher exponent."""
        total, odd = self.total(words)
        return total - self.join * ((odd + 1) // 2)


class Pruning:
    """What can be dropped on the way to leading terms."""

    def __init__(
        self,
        spelling: Spelling,
        observable: Sequence[Words],
        generators: Sequence[Words],
        scale: Scale,
    ) -> None:
        if any(exponent < 0 for exponent in scale.sizes.values()):
            raise UnsupportedStructure("a size that shrinks")
        self.scale, self.generators = scale, generators
        found = (Potential(spelling, scale.sizes, r) for r in {0, *scale.sizes.values()})
        self.potential = min(found, key=lambda one: _growth(one, observable, generators, scale))
        self.weight, self.least = cache(self._weight), cache(self._least)

    @cached_property
    def best(self) -> list[dict[int, int]]:
        """For every number of merges to come: the odd words that they bring, and the most gain."""
        atoms = []
        for gain, words in zip(self.scale.gain, self.generators, strict=True):
            total, odd = self.potential.total(words)
            atoms.append((odd, gain + total))
        found = [{0: 0}]
        for _ in self.scale.needed[1:]:
            following: dict[int, int] = {}
            for odd, gain in found[-1].items():
                for more, added in atoms:
                    key = odd + more
                    following[key] = max(gain + added, following.get(key, gain + added))
            found.append(following)
        return found

    def _weight(self, sector: Sector) -> int:
        """The exponent of the weight of a sector."""
        number, counts = sector
        gains = (gain * count for gain, count in zip(self.scale.gain, counts, strict=True))
        return self.scale.start[number] + sum(gains)

    def kept(self, words: Words, sectors: dict[Sector, int], order: int) -> dict[Sector, int]:
        """The sectors of words after ``order`` merges from which a wanted exponent can come."""
        total, odd = self.potential.total(words)
        least = self.least(odd, order) - total
        return {sector: ways for sector, ways in sectors.items() if self.weight(sector) >= least}

    def _least(self, odd: int, order: int) -> int:
        """The least exponent of weight and potential that is enough."""
        join = self.potential.join
        return min(
            need - gain + join * max(merges, (odd + more + 1) // 2)
            for merges, need in enumerate(self.scale.needed[order:])
            for more, gain in self.best[merges].items()
        )


def _growth(
    one: Potential, observable: Sequence[Words], generators: Sequence[Words], scale: Scale
) -> tuple[int, int]:
    """How fast a bound grows with the order, and where it starts."""
    growth = [
        2 * (gain + total) - one.join * max(2, odd)
        for gain, (total, odd) in zip(scale.gain, map(one.total, generators), strict=True)
    ]
    start = [s + one.bound(words) for s, words in zip(scale.start, observable, strict=True)]
    return max(growth, default=0), max(start, default=0)


class LeadingAverages(WordAverages):
    """Averages of which terms that are not needed may be left out.

    ``need`` is the exponent from which on terms are complete.
    """

    potential: Potential
    sizes: Mapping[str, int]
    need = 0

    def prepared(self, pruning: Pruning) -> LeadingAverages:
        """The same with the potential of a pruning."""
        self.potential, self.sizes = pruning.potential, pruning.scale.sizes
        self.tops: dict[tuple[Words, int], int] = {}
        self.exponents: dict[int, int] = {}
        return self

    def _closed(self, words: Words, shift: int) -> int:
        return self._top(words, self.need - self._exponent(shift))

    def _exponent(self, shift: int) -> int:
        """The exponent of a product of sizes, given as a shift."""
        found = self.exponents.get(shift)
        if found is None:
            found, left = 0, shift // (8 * self.bytes)
            for size, _, width in self.counts:
                left, power = divmod(left, width)
                found += self.sizes[size] * power
            self.exponents[shift] = found
        return found

    def _top(self, words: Words, need: int) -> int:
        key = words, need
        value = self.tops.get(key)
        if value is None:
            value = 0
            total, odd = self.potential.total(words)
            slack = total - need
            if not words:
                value = int(need <= 0)
            elif slack < 0 or slack < self.potential.join * ((odd + 1) // 2):
                value = 0
            elif len(words) > 1 and slack < self.potential.join:
                value = 1  # no pair may join two words, so that their averages are multiplied
                for word in words:
                    value *= self._alone(word, slack)
                    if not value:
                        break
            else:
                for (after, shift), ways in self._contracted(words).items():
                    found = self._top(after, need - self._exponent(shift))
                    value += (found * ways) << shift
            self.tops[key] = value
        return value

    def _alone(self, word: str, slack: int) -> int:
        image = self.symmetries.least((word,))
        return self._top(image, self.potential.of(word) - slack)
