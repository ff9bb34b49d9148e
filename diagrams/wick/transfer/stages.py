"""Merging and averaging in one recursion over orders: every row is closed at its last touch.

Values of labelled indices are split into cases from the start: all rows of a state are
*distinct* values, so that sums over them are falling factorials of the family's size, and
averages over different rows are independent.  A sequence of merges touches a row for a last
time; from then on the row is a spectator, and its average can be taken at once, since it
commutes with derivatives in all other rows.  So a state keeps only *live* rows, those that a
later merge will touch again.

A stage holds the states after ``s`` merges.  Its rows touched by merge ``s`` are *marked*:
for each of them both cases are followed, that this was the last touch (the row is closed,
which needs an even number of edges of every kind) and that it was not (the mark is taken
away; a later merge has to touch the row again).  The terms of order ``s`` are what is left in
the state without rows.  With ``r`` merges to come and generator atoms of at most ``m`` rows,
a state that can still finish has at most ``r m`` live rows: stages swell to the middle and
thin out again, instead of growing to the last.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from diagrams.campaign.effort import spend
from diagrams.wick.transfer.closing import Closing
from diagrams.wick.transfer.laws import Law
from diagrams.wick.transfer.naming import Name, Naming
from diagrams.wick.transfer.packing import Coefficients, Packing, Powers, Sector
from diagrams.wick.transfer.placing import Placing, Placings, pairs_fit, placed
from diagrams.wick.transfer.shares import Share, Shares
from diagrams.wick.transfer.structure import Cell, CellAtom, Problem
from diagrams.wick.transfer.touching import Lookahead, attachments

Stage = dict[Name, Coefficients]
Item = tuple[Name, Coefficients]
Key = tuple[tuple[tuple[tuple[int, ...], int], ...], ...]
"""What a row meets: for every remainder, the empty one first, tokens and their copies."""


@contextmanager
def no_collector() -> Iterator[None]:
    """Switch the cyclic collector off: states are many, and never in cycles."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def sorted_by_marks(stage: Stage) -> list[Stage]:
    """Split a stage by the number of marked rows; the stage itself is emptied."""
    by_marks: list[Stage] = [{}]
    for state, coefficients in _consumed(stage):
        marks = sum(code & 1 for code in state[0])
        while len(by_marks) <= marks:
            by_marks.append({})
        by_marks[marks][state] = coefficients
    return by_marks


def _consumed(stage: Stage) -> Iterator[Item]:
    """The items of a stage, freed as they are used."""
    while stage:
        yield stage.popitem()


class Stages:
    """The recursion for one problem and a highest order.

    >>> D = CellAtom((1, 1), ((0, 1), (0, 1)))
    >>> stages = Stages(Problem(2, (1,), (0,), (True,), (), (D,), (D,)), 0)
    >>> next(stages.run())
    {(0, (0,)): {(1, 1): 1, (1, 2): 1, (2, 1): 1}}
    """

    def __init__(self, problem: Problem, terms: int) -> None:
        self.problem, self.terms, self.kinds = problem, terms, problem.kinds
        self.packing = Packing(problem, terms)
        self.attachments = attachments(problem)
        self.lookahead = Lookahead(problem, self.attachments)
        self.placings = Placings(problem, self.attachments, self.lookahead, self.packing)
        shift = self.packing.shift
        self.defects = problem.defects
        fields = [0 if m is None else self.packing.mean_shift[m] for m in problem.means]
        self.closing = Closing(problem.laws, fields)
        self.isolated = {
            entry.isolated: sum(shift[family] for family in entry.isolated)
            for entries in self.attachments
            for entry in entries
        }
        self.emptied = [0 if family is None else shift[family] for family in problem.cell_family]
        self.shares = Shares(problem.kinds, self.attachments)
        self.every = [tuple(range(len(entries))) for entries in self.attachments]
        self.merged_names = Naming(problem.kinds, problem.interchangeable)
        self.name = Naming(problem.kinds, problem.interchangeable).name
        self.known_patterns: dict[Key, list[tuple[tuple[tuple[int, ...], ...], int]]] = {}

    def run(self) -> Iterator[dict[Sector, dict[Powers, int]]]:
        """The terms of every order, one dictionary for each."""
        stage = self.start()
        for order in range(self.terms + 1):
            merges = self.terms - order
            stage = self.advanced(_consumed(stage), merges) if order else self.closed(stage, merges)
            yield self.finished(stage)

    def advanced(self, states: Iterable[Item], merges: int, share: Share | None = None) -> Stage:
        """Merge states once more, or a share of it, and decide for all rows that were touched."""
        merged: Stage = {}
        with no_collector():
            self.merge(states, merges, merged, share)
            self.merged_names.forget()
            return self.closed(merged, merges)

    def closed(self, stage: Stage, merges: int) -> Stage:
        """Decide for all marked rows whether they are closed; the stage itself is emptied."""
        with no_collector():
            by_marks = sorted_by_marks(stage)
            for marks in range(len(by_marks) - 1, 0, -1):
                self.resolve(_consumed(by_marks[marks]), merges, by_marks[marks - 1])
            return by_marks[0]

    def start(self) -> Stage:
        """The observable atoms with all rows marked, before any is closed."""
        stage: Stage = {}
        for number, atom in enumerate(self.problem.observable):
            self._start(number, atom, stage)
        return stage

    def finished(self, stage: Stage) -> dict[Sector, dict[Powers, int]]:
        """Take the terms of this order, the state without rows, out of a stage."""
        return self.packing.unpack(stage.pop(((), ()), {}))

    def _start(self, number: int, atom: CellAtom, stage: Stage) -> None:
        """The observable atom with all rows marked, split by which of them coincide."""
        splits: list[tuple[list[int], list[int]]] = [([], [])]
        for family in atom.families:
            splits = [
                ([*places, place], families if place < len(families) else [*families, family])
                for places, families in splits
                for place in range(len(families) + 1)
                if (
                    families[place] == family
                    if place < len(families)
                    else family not in self.problem.single or family not in families
                )
            ]
        packing = self.packing
        shift = sum(packing.shift[family] for family in atom.isolated)
        for places, families in splits:
            codes = [2 * family + 1 for family in families]
            if not pairs_fit(codes, places, 0, self.problem.pairs):
                continue
            cells = placed(atom.cells, places, self.kinds)
            state = self.name(codes, cells)
            code = number * packing.observable_step
            code += sum(packing.row_step[family] for family in families)
            coefficients = stage.setdefault(state, {})
            coefficients[code] = coefficients.get(code, 0) + (1 << shift)

    # -- merging -----------------------------------------------------------------------

    def merge(
        self, states: Iterable[Item], merges: int, result: Stage, share: Share | None = None
    ) -> None:
        """Add to ``result`` the merges of states with every generator atom.

        ``merges`` more are to come; what can not finish by then is dropped, and with a
        ``share`` of all merged states also what does not belong to it.
        """
        for state, coefficients in states:
            if not state[0]:
                continue
            items = list(coefficients.items())
            merged = self._merged(state, merges, share)
            spend(len(merged) * (1 + len(items)))
            for (image, step, shift), weight in merged.items():
                target = result.get(image)
                if target is None:
                    result[image] = {
                        code + step: (value * weight) << shift for code, value in items
                    }
                    continue
                for code, value in items:
                    value = (value * weight) << shift
                    code += step
                    target[code] = target[code] + value if code in target else value

    def _merged(
        self, state: Name, merges: int, share: Share | None
    ) -> dict[tuple[Name, int, int], int]:
        """The results of all merges of one state, as (state, step of code, shift): weight."""
        kinds, name = self.kinds, self.merged_names.name
        rows, cells = state
        odd = tuple(self.defects.of(state))
        found: dict[tuple[Name, int, int], int] = {}
        choices: dict[tuple[int, int, int], list[Placing]] = {}
        chosen = None if share is None else self.shares.chosen(share, state)
        for cell in dict.fromkeys(cells):
            same, base = cells.count(cell), list(cells)
            base.remove(cell)
            for end in dict.fromkeys(cell):
                row, kind = divmod(end, kinds)
                numbers = self.every[kind] if chosen is None else chosen.entries(len(cell), kind)
                if not numbers:
                    continue
                copies = same * cell.count(end)
                remaining = list(cell)
                remaining.remove(end)
                for number in numbers:
                    entry = self.attachments[kind][number]
                    which = (row, kind, number)
                    placings = choices.get(which)
                    if placings is None:
                        placings = self.placings.of(rows, odd, *which, merges)
                        if chosen is not None:
                            placings = chosen.of_part(placings, kind, number)
                        choices[which] = placings
                    shift = self.isolated[entry.isolated]
                    if not remaining and not entry.own:
                        shift += self.emptied[kind]
                    weight = copies * entry.copies
                    for placing in placings:
                        new = [*base, *placing.cells]
                        joined = [*remaining, *placing.own]
                        if joined:
                            joined.sort()
                            new.append(tuple(joined))
                        key = (name(placing.codes, new), placing.step, shift)
                        found[key] = found.get(key, 0) + weight
        return found

    # -- closing -----------------------------------------------------------------------

    def resolve(self, states: Iterable[Item], merges: int, result: Stage) -> None:
        """Decide for one marked row of every state whether it is closed, or touched again."""
        for state, coefficients in states:
            items = list(coefficients.items())
            for image, weight in self._decided(state, merges):
                spend(1 + len(items))
                target = result.get(image)
                if target is None:
                    result[image] = {code: value * weight for code, value in items}
                    continue
                for code, value in items:
                    value *= weight
                    target[code] = target[code] + value if code in target else value

    def _decided(self, state: Name, merges: int) -> Iterator[tuple[Name, int]]:
        """Take one marked row of least degree: keep it alive, or close it.

        A single row is closed when no other is left, a pair as soon as it is one.
        """
        rows, cells = state
        odd = self.defects.of(state)
        single, pairs = self.problem.single, self.problem.pairs
        degrees = [0] * len(rows)
        for cell in cells:
            for end in cell:
                degrees[end // self.kinds] += 1
        marked = [place for place, code in enumerate(rows) if code & 1]
        row = min(marked, key=lambda p: (rows[p] >> 1 in single, not odd[p], degrees[p]))
        alone = rows[row] >> 1 in single
        kept = [*rows[:row], rows[row] - 1, *rows[row + 1 :]]
        waits = (odd[row] or rows[row] >> 1 not in pairs) and (merges or not alone)
        if waits and self.lookahead.possible(kept, odd, merges):
            yield (tuple(kept), cells), 1
        if not odd[row] and not (alone and len(rows) > 1):
            others = [*rows[:row], *rows[row + 1 :]]
            if self.lookahead.possible(others, [*odd[:row], *odd[row + 1 :]], merges):
                yield from self._closed(others, cells, row)

    def _closed(
        self, rows: list[int], cells: tuple[Cell, ...], row: int
    ) -> Iterator[tuple[Name, int]]:
        """Average over one row; ``rows`` are the codes of the others."""
        kinds = self.kinds
        low, high = row * kinds, row * kinds + kinds
        untouched: list[Cell] = []
        remainders: dict[Cell, dict[tuple[int, ...], int]] = {}
        degree = [0] * kinds
        for cell in cells:
            if cell[-1] < low:
                untouched.append(cell)
                continue
            counts = [0] * kinds
            left = []
            touched = False
            for end in cell:
                if end < low:
                    left.append(end)
                elif end < high:
                    counts[end - low] += 1
                    degree[end - low] += 1
                    touched = True
                else:
                    left.append(end - kinds)
            if touched:
                tokens = remainders.setdefault(tuple(left), {})
                token = tuple(counts)
                tokens[token] = tokens.get(token, 0) + 1
            else:
                untouched.append(tuple(left))
        alone = remainders.pop((), {})
        factor = self._simple(alone, degree)
        signed = sorted((tuple(sorted(found.items())), left) for left, found in remainders.items())
        key: Key = (tuple(sorted(alone.items())), *[tokens for tokens, _ in signed])
        known = self.known_patterns.get(key)
        if known is None:
            known = self.known_patterns[key] = self._patterns(key)
        found: dict[Name, int] = {}
        for blocks, weight in known:
            new = untouched.copy()
            for block in blocks:
                if len(block) == 1:
                    new.append(signed[block[0]][1])
                else:
                    new.append(tuple(sorted([end for t in block for end in signed[t][1]])))
            image = self.name(rows, new)
            found[image] = found.get(image, 0) + weight * factor
        yield from found.items()

    def _simple(self, alone: dict[tuple[int, ...], int], degree: list[int]) -> int:
        """Take out bare edges and loops, cells that hold just two edges of one kind.

        ``m`` loops next to ``d`` further edges of their kind give the factors
        ``n + d + 2 i``, ``i < m``, where ``n`` is the size of the absorbed family.
        """
        factor = 1
        for kind, family in enumerate(self.problem.cell_family):
            unit = tuple(int(other == kind) for other in range(self.kinds))
            if family is None:
                factor *= self.closing.power(kind, alone.pop(unit, 0))
                continue
            if self.problem.laws[kind] is not Law.CENTRED:
                continue
            loops = alone.pop(tuple(2 * count for count in unit), 0)
            size = 1 << self.packing.shift[family]
            for place in range(loops):
                factor *= size + degree[kind] - 2 * loops + 2 * place
        return factor

    def _patterns(self, key: Key) -> list[tuple[tuple[tuple[int, ...], ...], int]]:
        """The patterns of all cells; cells of different absorbed families never join."""
        total: list[tuple[tuple[tuple[int, ...], ...], int]] = [((), 1)]
        everything = [
            ((counts, number), copies)
            for number, tokens in enumerate(key, -1)
            for counts, copies in tokens
        ]
        family_of = self.problem.cell_family
        for family in self.problem.absorbed:
            tokens = tuple(
                item
                for item in everything
                if any(n and family_of[kind] == family for kind, n in enumerate(item[0][0]))
            )
            shift = self.packing.shift[family]
            here = [
                (blocks, sum(weight << (shift * emptied) for emptied, weight in poly.items()))
                for blocks, poly in self.closing.patterns(tokens).items()
            ]
            total = [(a + b, x * y) for a, x in total for b, y in here]
        return total
