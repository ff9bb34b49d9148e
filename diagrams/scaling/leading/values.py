"""The terms on a line, from the values of circuits (:mod:`diagrams.scaling.leading.line`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from math import comb
from operator import add

from diagrams.campaign.effort import spend
from diagrams.graphs.merging import Sector
from diagrams.scaling.leading.circuits import sides, splits
from diagrams.scaling.leading.line import Line
from diagrams.scaling.leading.quotient import quotient_gain, reduced
from diagrams.scaling.leading.rows import Ends, Merge, assignments, parity_of
from diagrams.scaling.leading.rules import MergeRules, initial_level
from diagrams.wick.transfer.closing import Closing
from diagrams.wick.transfer.naming import Name, Naming, odd_kinds
from diagrams.wick.transfer.structure import Problem
from diagrams.wick.transfer.touching import Lookahead, attachments

Parts = tuple[Name, ...]
"""Circuits that evolve independently, sorted."""

CENTRED = Closing()
"""How rows of centred Gaussians close."""


class NotIndependent(Exception):
    """Blocks of this problem may evolve together."""


@dataclass(frozen=True)
class _Choice:
    """Where the rows of a merge along an edge of one row and kind go."""

    merge: Merge
    at: tuple[int, ...]
    codes: tuple[int, ...]
    blocks: int
    shift: int


class LineTerms:
    """The terms on a line up to an order, by values of circuits.

    A circuit is a state as in :mod:`diagrams.wick.transfer.stages`: codes of its rows, odd where
    the row is marked (touched just now: it is closed, or touched again later), and cells.
    The value for r merges is a polynomial in the letters and the number of rows, a Python
    integer by Kronecker substitution.  Fields hold the sum of all coefficients, known from a
    first run with fields of no width.

    Raises :class:`NotIndependent` when a merge with a row outside of a circuit could attain its
    bound: when it parts the circuit into as many blocks as it has to, were all other rows ignored.
    """

    def __init__(self, rules: MergeRules, line: Line, problem: Problem, terms: int) -> None:
        self.rules, self.line, self.kinds = rules, line, rules.kinds
        self.name = Naming(problem.kinds, problem.interchangeable).name
        self.possible = Lookahead(problem, attachments(problem)).possible
        self.row = 2 * problem.row_family[0]
        self.terms = terms
        self.letters = tuple(sorted(line.merges))
        most = max((m.rows for found in rules.merges.values() for m in found), default=0)
        self.radix = most * self.terms + 1
        *counted, last = self.letters
        self.steps = {j: self.radix * (self.terms + 1) ** k for k, j in enumerate(counted)}
        self.steps[last] = 0
        self.bits = 0
        self.least = cache(self._least)
        self.reduce = cache(lambda parity: reduced(parity, rules.kinds, line.basis))
        self.minimum = cache(self._minimum)
        self.choices = cache(self._choices)
        self.wanted = cache(self._wanted)
        self.may_attain = cache(self._may_attain)
        self.outcomes = cache(self._outcomes)
        self.decided = cache(self._decided)
        self.forget()

    def forget(self) -> None:
        """Drop all values; what merges and closings lead to stays known."""
        self.value = cache(self._value)
        self.product = cache(self._product)

    def orders(self, tell: Callable[[int], object]) -> list[dict[Sector, dict[int, int]]]:
        """For every order the counts ``{rows: count}`` of the terms on the line, by sector."""
        start = self._start()
        most = 1
        for s in range(self.terms + 1):
            most = max([most, *(weight * self.product(parts, s) for *_, parts, weight in start)])
            tell(s)
        self.bits = most.bit_length() + 7 & ~7
        self.forget()
        found = []
        for s in range(self.terms + 1):
            order: dict[Sector, dict[int, int]] = {}
            for first, rows, parts, weight in start:
                for used, new, count in self._fields(weight * self.product(parts, s), s):
                    sector = tuple(map(add, first, used))
                    counts = order.setdefault(sector, {})
                    counts[rows + new] = counts.get(rows + new, 0) + count
            found.append(order)
        return found

    def _fields(self, value: int, merges: int) -> Iterator[tuple[list[int], int, int]]:
        """The coefficients of a value: how often letters are used, new rows, and count."""
        width = self.bits // 8
        payload = value.to_bytes((value.bit_length() + 7) // 8, "little")
        *counted, last = self.letters
        for code, place in enumerate(range(0, len(payload), width)):
            count = int.from_bytes(payload[place : place + width], "little")
            if count:
                used = [0] * len(self.rules.weights)
                rest, new = divmod(code, self.radix)
                for letter in counted:
                    rest, used[letter] = divmod(rest, self.terms + 1)
                used[last] = merges - sum(used)
                yield used, new, count

    def _start(self) -> list[tuple[Sector, int, Parts, int]]:
        found = []
        for sector, states in initial_level(self.rules).items():
            for (rows, cells), weight in states.items():
                vectors = tuple(map(self.reduce, map(parity_of, cells)))
                most, partitions = splits(vectors, tuple(map(cells.index, cells)))
                if most + self.line.slope * rows == self.line.start[sector.index(1)]:
                    for blocks, ways in partitions:
                        made = [[cells[j] for j in block] for block in blocks]
                        parts = self._parts(made, [self.row | 1] * rows)
                        found.append((sector, rows, parts, weight * ways))
        return found

    # -- values ----------------------------------------------------------------------------

    def _least(self, rows: tuple[tuple[int, int], ...]) -> int:
        """The least number of merges after which such rows, codes and odd kinds, can be closed."""
        codes, odd = [code for code, _ in rows], [kinds for _, kinds in rows]
        for merges in range(self.terms + 1):
            if self.possible(codes, odd, merges):
                return merges
        return self.terms + 1

    def _needed(self, codes: Sequence[int], odd: Sequence[int]) -> int:
        return self.least(tuple(sorted(zip(codes, odd, strict=True))))

    def _value(self, state: Name, merges: int) -> int:
        if any(code & 1 for code in state[0]):
            found = self.decided(state)
            return sum(weight * self.product(parts, merges) for parts, weight in found)
        total = 0
        if merges:
            for needed in range(merges):
                for (shift, parts), weight in self.outcomes(state, needed):
                    value = self.product(parts, merges - 1)
                    if value:
                        total += (weight * value) << (shift * self.bits)
        return total

    def _product(self, parts: Parts, merges: int) -> int:
        """The sum over all ways to deal merges out to parts, and to shuffle them."""
        if not parts:
            return int(not merges)
        first, rest = parts[0], parts[1:]
        most = merges - sum(map(self.minimum, rest))
        if not rest:
            return self.value(first, merges) if self.minimum(first) <= merges else 0
        total = 0
        for dealt in range(self.minimum(first), most + 1):
            value = self.value(first, dealt)
            if value:
                total += comb(merges, dealt) * value * self.product(rest, merges - dealt)
        return total

    def _minimum(self, state: Name) -> int:
        """The least number of merges after which a circuit can end."""
        return self._needed(state[0], odd_kinds(state, self.kinds))

    # -- merging -----------------------------------------------------------------------------

    def _choices(self, state: Name) -> dict[tuple[int, int], dict[int, list[_Choice]]]:
        """Merges along an edge of every row and kind, by the least number of merges then left."""
        codes = state[0]
        odd = odd_kinds(state, self.kinds)
        found: dict[tuple[int, int], dict[int, list[_Choice]]] = {}
        for row, kind in {divmod(end, self.kinds) for cell in state[1] for end in cell}:
            by_need = found.setdefault((row, kind), {})
            for merge in self.rules.merges.get(kind, ()):
                for places in assignments(len(codes), merge.rows):
                    at = (row, *places)
                    rows = max(len(codes), max(at) + 1)
                    new = rows - len(codes)
                    blocks = self.wanted(merge, new)
                    if not self.may_attain(merge, at, len(codes)):
                        continue
                    marked = [*codes, *([self.row] * new)]
                    parities = [*odd, *([0] * new)]
                    ends = [(merge.kind, 0), *merge.partner, *(e for c in merge.rest for e in c)]
                    for k, r in ends:
                        parities[at[r]] ^= 1 << k
                    for r in at:
                        marked[r] |= 1
                    needed = self._needed(marked, parities)
                    letter = self.steps[merge.letter]
                    choice = _Choice(merge, at, tuple(marked), blocks, letter + new)
                    by_need.setdefault(needed, []).append(choice)
        return found

    def _wanted(self, merge: Merge, new: int) -> int:
        """How many blocks a circuit has to fall into; -1 where no number will do."""
        blocks = self.line.merges[merge.letter] - self.line.slope * new + 1
        return int(blocks) if blocks.denominator == 1 else -1

    def _may_attain(self, merge: Merge, at: tuple[int, ...], rows: int) -> bool:
        order = {r: j for j, r in enumerate(dict.fromkeys(at))}
        new = frozenset(j for r, j in order.items() if r >= rows)
        place = tuple(order[r] for r in at)
        gain, _ = quotient_gain(merge, self.kinds, self.line.basis, place, new)
        return gain + 1 >= self._wanted(merge, len(new)) >= 0

    def _outcomes(self, state: Name, needed: int) -> list[tuple[tuple[int, Parts], int]]:
        """The parts that merges lead to which can end after ``needed`` more, not before."""
        kinds, cells = self.kinds, state[1]
        choices = self.choices(state)
        found: dict[tuple[int, Parts], int] = {}
        for place, cell in enumerate(cells):
            if place and cells[place - 1] == cell:
                continue
            others = [*cells[:place], *cells[place + 1 :]]
            vectors = [self.reduce(parity_of(other)) for other in others]
            for end in dict.fromkeys(cell):
                listed = choices[divmod(end, kinds)].get(needed, ())
                if not listed:
                    continue
                left = list(cell)
                left.remove(end)
                ways = cells.count(cell) * cell.count(end)
                spend(len(listed))
                for choice in listed:
                    merge, at = choice.merge, choice.at
                    new = [tuple(k + kinds * at[r] for k, r in ends) for ends in merge.rest]
                    new.append((*left, *(k + kinds * at[r] for k, r in merge.partner)))
                    added = [self.reduce(parity_of(ends)) for ends in new]
                    self._check_outside(choice, len(state[0]), [*added, *vectors])
                    made = [*new, *others]
                    most, partitions = splits((*added, *vectors), tuple(map(made.index, made)))
                    if most != choice.blocks:
                        if most > choice.blocks:
                            raise AssertionError("a proved bound on blocks is exceeded")
                        continue
                    for blocks, same in partitions:
                        grouped = [[made[j] for j in block] for block in blocks]
                        for parts, sign in self._apart(grouped, choice.codes):
                            key = (choice.shift, parts)
                            count = sign * same * ways * merge.copies
                            found[key] = found.get(key, 0) + count
        return [(key, weight) for key, weight in found.items() if weight]

    def _check_outside(self, choice: _Choice, rows: int, vectors: list[int]) -> None:
        """Refuse where new rows, were they rows outside, would part the circuit as well."""
        new = [r for r in dict.fromkeys(choice.at) if r >= rows]
        for chosen in range(1, 1 << len(new)):
            outside = [r for j, r in enumerate(new) if chosen >> j & 1]
            wanted = self.wanted(choice.merge, len(new) - len(outside))
            ignored = sum(((1 << self.kinds) - 1) << (self.kinds * r) for r in outside)
            seen = tuple(v & ~ignored for v in vectors)
            if wanted >= 0 and splits(seen, seen)[0] >= wanted:
                raise NotIndependent

    def _apart(
        self, blocks: list[list[Ends]], codes: tuple[int, ...]
    ) -> Iterator[tuple[Parts, int]]:
        """Parts of blocks; what a row in several blocks owes is owed by one of them at least."""
        met = Counter(
            row for block in blocks for row in {end // self.kinds for c in block for end in c}
        )
        shared = [row for row, count in met.items() if count > 1 and not codes[row] & 1]
        free = list(codes)
        for row in shared:
            free[row] |= 1
        yield self._parts(blocks, free), 1
        for chosen in range(1, 1 << len(shared)):
            rows = {row for j, row in enumerate(shared) if chosen >> j & 1}
            products: list[tuple[Parts, int]] = [((), (-1) ** len(rows))]
            for block in blocks:
                ends = self._closings(block, free, rows)
                products = [(p + q, v * w) for p, v in products for q, w in ends]
            for parts, weight in products:
                yield tuple(sorted(parts)), weight

    # -- closing ---------------------------------------------------------------------------

    def _closings(
        self, block: Sequence[Ends], codes: Sequence[int], rows: set[int]
    ) -> list[tuple[Parts, int]]:
        """Average a block over all of the given rows."""
        frontier: list[tuple[list[Ends], int]] = [(list(block), 1)]
        for row in rows:
            frontier = [
                (left, weight * more)
                for cells, weight in frontier
                for left, more in self._closed(cells, row)
            ]
        return [(self._parts([cells], codes), weight) for cells, weight in frontier]

    def _closed(self, cells: Sequence[Ends], row: int) -> Iterator[tuple[list[Ends], int]]:
        """Average a circuit over one row; the others keep their numbers."""
        kinds = self.kinds
        tokens: dict[tuple[tuple[int, ...], Ends], int] = {}
        untouched = []
        for cell in cells:
            counts = [0] * kinds
            left = []
            for end in cell:
                if end // kinds == row:
                    counts[end % kinds] += 1
                else:
                    left.append(end)
            if any(counts):
                key = (tuple(counts), tuple(left))
                tokens[key] = tokens.get(key, 0) + 1
            else:
                untouched.append(cell)
        if not tokens:
            yield list(cells), 1
            return
        remainders = sorted({left for _, left in tokens if left})
        number = {left: j for j, left in enumerate(remainders)} | {(): -1}
        listed = sorted(((counts, number[left]), n) for (counts, left), n in tokens.items())
        last = not remainders and not untouched
        for blocks, weights in CENTRED.patterns(tuple(listed)).items():
            weight = weights.get(int(last), 0)
            if weight:
                joined = [tuple(e for j in block for e in remainders[j]) for block in blocks]
                yield [*untouched, *joined], weight

    def _decided(self, state: Name) -> list[tuple[Parts, int]]:
        """One marked row is touched again, or closed."""
        codes, cells = state
        odd = odd_kinds(state, self.kinds)
        degrees = Counter(end // self.kinds for cell in cells for end in cell)
        marked = [row for row, code in enumerate(codes) if code & 1]
        row = min(marked, key=lambda r: (not odd[r], degrees[r]))
        kept = [*codes[:row], codes[row] & ~1, *codes[row + 1 :]]
        found: dict[Parts, int] = {}
        if self._needed(kept, odd) <= self.terms:
            found[((tuple(kept), cells),)] = 1
        if not odd[row]:
            for left, weight in self._closed(cells, row):
                parts = self._parts([left], codes)
                found[parts] = found.get(parts, 0) + weight
        return list(found.items())

    def _parts(self, blocks: Iterable[Sequence[Ends]], codes: Sequence[int]) -> Parts:
        """The named sides of blocks."""
        kinds = self.kinds
        named = []
        for block in blocks:
            if self.line.fusing:
                block = [tuple(end for cell in block for end in cell)]
            for side in sides(block, kinds):
                rows = sorted({end // kinds for cell in side for end in cell})
                if rows:
                    at = {row: place for place, row in enumerate(rows)}
                    cells = [
                        tuple(sorted(e % kinds + kinds * at[e // kinds] for e in c)) for c in side
                    ]
                    named.append(self.name([codes[row] for row in rows], cells))
        return tuple(sorted(named))
