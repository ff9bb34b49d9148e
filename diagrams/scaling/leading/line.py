"""Terms on a line: where a potential is attained at every merge, blocks evolve independently.

Let M be the number of blocks modulo U and T that of the blocks that a merge touches
(:mod:`diagrams.scaling.leading.quotient`).

**Line.** For a slope b > 0 let c_l be the largest (gain + b * new rows) of letter l, and c_0
that of M + b * rows over the observable.  Then q + b n <= c_0 + sum of c_l.  Terms on this line
come only from paths on which every step attains its bound.

**Blocks evolve independently.** Suppose that for manners on the line T - 1 cannot exceed the
bound of the gain.  On a path on the line, a pairing that leaves M cells at the end splits the
cells into M blocks; joining touched blocks, merge by merge, it then splits the cells of every
earlier diagram into its largest number of blocks.  A merge splits one block B into T blocks and
leaves the others.  At the end the pairs of a block lie inside it.  So the sum of leading
averages over all ways to merge is that of a product: every block has a *value*, the sum over
merges inside it of the products of the values of the blocks made; merges of different blocks
can be shuffled in all ways.  As M is largest, a block is a *circuit*: no smaller part of it
sums to zero. Conversely every pairing of the ends of a circuit, if all its parities are even,
links all its cells.

**Rows outside.** A merge inside B may meet old rows that B does not meet.  Leave out all ends
at them: the T blocks remain T sets of zero sum.  So such a merge is not on the line if S' has
fewer than T blocks without these ends; this is checked for every circuit and manner, and the
line is given up if it fails (:class:`~diagrams.scaling.leading.values.NotIndependent`).

**Cut cells.** If the rows that a circuit meets fall apart without the cell c, its cells fall
into sides.  The rows of a side are met by no others, so each side with the share of c at its
rows sums to zero, and it is a circuit: a part of zero sum without the share of c is one of the
whole, and if a part with it is one, then so is the rest.  No block can hold some of a side's
cells without its share of c, as long as merges elsewhere do not meet its rows; that they do not
was checked as for rows outside.  So sides evolve independently too.

**Closing.** A row of a circuit is averaged at its last touch, in each block by itself, as in
:mod:`diagrams.wick.transfer.stages`.  A row that is to be touched again and then comes to lie
in several blocks has to be touched in one of them at least: that is all cases, less that it is
closed in all of them.

**Fusing.** If in no manner on the line old rows but the one at which it merges are met, and
delta and all w vanish modulo U once new rows are put in its place, the cells of a circuit are
never parted: send new rows back to the row at which they were made; what is left of a block of
zero sum is a part of the circuit of zero sum, thus all of it or nothing.  They can be made one
cell, and cut cells then leave nothing but *entries*, the ends of one cell at one row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from diagrams.graphs.merging import Sector
from diagrams.scaling.leading.quotient import changes, quotient_gain, reduced
from diagrams.scaling.leading.rows import Merge, compositions, parity_of
from diagrams.scaling.leading.rules import MergeRules, initial_level
from diagrams.scaling.leading.zero_sums import zero_sum_blocks


@dataclass(frozen=True)
class Line:
    """The line ``q + slope * n = constant`` of a sector, by observable and merged letters.

    ``basis`` spans U; ``fusing`` says whether circuits may be made one cell.
    """

    slope: Fraction
    start: Mapping[int, Fraction]
    merges: Mapping[int, Fraction]
    basis: tuple[int, ...]
    fusing: bool

    def height(self, sector: Sector) -> Fraction:
        """The constant of a sector; the same for all observable letters in it."""
        return max(
            start + sum(c * (sector[j] - (j == first)) for j, c in self.merges.items())
            for first, start in self.start.items()
            if sector[first]
        )

    def exponent(self, sector: Sector, rows: int) -> int:
        """The exponent of the absorbed size on the line, where that is an integer."""
        return int(self.height(sector) - self.slope * rows)


def lines(rules: MergeRules) -> Iterator[Line]:
    """All lines on which blocks evolve independently, by rising slope."""
    kinds = rules.kinds
    merges = [merge for found in rules.merges.values() for merge in found]
    basis = changes(merges, kinds)
    manners = [
        (merge, place, new, *quotient_gain(merge, kinds, basis, place, new))
        for merge in merges
        for place, new in merge.manners()
    ]
    options: dict[int, set[tuple[int, int]]] = {}
    for merge, _, new, gain, _ in manners:
        options.setdefault(merge.letter, set()).add((gain, len(new)))
    slopes = {
        Fraction(more - less, new - old)
        for found in options.values()
        for more, old in found
        for less, new in found
        if new > old and more > less
    }
    for slope in sorted(slopes):
        bounds = {
            letter: max(gain + slope * new for gain, new in found)
            for letter, found in options.items()
        }
        tied = [
            {new for gain, new in options[j] if gain + slope * new == bounds[j]} for j in bounds
        ]
        if not any(len(found) > 1 for found in tied):
            continue
        best = [m for m in manners if m[3] + slope * len(m[2]) == bounds[m[0].letter]]
        if any(touched != gain for *_, gain, touched in best):
            continue
        start: dict[int, Fraction] = {}
        for sector, states in initial_level(rules).items():
            start[sector.index(1)] = max(
                zero_sum_blocks(reduced(parity_of(cell), kinds, basis) for cell in cells)
                + slope * rows
                for rows, cells in states
            )
        if len({start[j] - bound for j, bound in bounds.items() if j in start}) < 2:
            fusing = all(
                set(place) - new == {0} and _vanishes(merge, kinds, basis)
                for merge, place, new, _, _ in best
            )
            yield Line(slope, start, bounds, basis, fusing)


def _vanishes(merge: Merge, kinds: int, basis: Sequence[int]) -> bool:
    """Whether delta and all w are zero modulo U when all rows are one."""
    return not any(
        reduced(parity_of(kind for kind, _ in ends), kinds, basis)
        for ends in (((merge.kind, 0), *merge.partner), *merge.rest)
    )


def is_complete(
    rules: MergeRules, line: Line, s: int, order: Mapping[Sector, Mapping[int, int]]
) -> bool:
    """Whether all Pareto-optimal terms of order s are on the line, ``order`` being those that are.

    They are if every number of rows at which the line leaves an exponent above one is
    attained.  Sectors with an odd number of edges of some kind vanish, and need not be; what has
    no edges has no merges.
    """
    parities = _letter_parities(rules)
    for first, rows, cells in rules.start:
        if s and not any(cells):
            continue
        here = parity_of(end % rules.kinds for cell in cells for end in cell)
        for counts in compositions(s, len(line.merges)):
            sector = [int(j == first) for j in range(len(rules.weights))]
            odd = {here}
            most = rows
            for letter, used in zip(sorted(line.merges), counts, strict=True):
                sector[letter] += used
                most += used * max(gain.new_rows for gain in rules.options[letter])
                for _ in range(used % 2 if len(parities[letter]) == 1 else used):
                    odd = {one ^ other for one in odd for other in parities[letter]}
            if 0 not in odd:
                continue
            attained = order.get(tuple(sector), {})
            height = line.height(tuple(sector))
            if any(height - line.slope * n > 1 and n not in attained for n in range(1, most + 1)):
                return False
    return True


def _letter_parities(rules: MergeRules) -> dict[int, set[int]]:
    """The kinds whose numbers of edges merges of a letter change by odd numbers."""
    parities: dict[int, set[int]] = {}
    for found in rules.merges.values():
        for merge in found:
            ends = ((merge.kind, 0), *merge.partner, *(e for cell in merge.rest for e in cell))
            parities.setdefault(merge.letter, set()).add(parity_of(kind for kind, _ in ends))
    return parities
