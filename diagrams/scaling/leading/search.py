"""What can lead: exponents that diagrams attain, and whether one can still reach them.

Everything is kept that can still reach a *threshold*: an exponent of the absorbed size for every
sector and number of rows.  The bound on what remaining merges add is that of
:mod:`diagrams.scaling.leading.gains`; all merges on the way to a diagram that reaches the
threshold are kept with it, so its count of ways is complete.

Thresholds are exponents that some diagram attains.  A *scout* finds them: merges at distinct rows,
keeping only the most promising few.  A scout that misses the best makes what follows slower, never
wrong: what is then found is the maximum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from diagrams.campaign.effort import spend
from diagrams.graphs.merging import Sector
from diagrams.scaling.leading.rows import Ends, Rows, assignments, compositions, parity_of
from diagrams.scaling.leading.rules import Level, MergeRules, Place, initial_level
from diagrams.scaling.leading.tally import Sums, Tally

SCOUTS = 4
"""How many states a scout keeps for each sector, number of rows and number of odd rows."""

PATIENCE = 4
"""How many times as many equally promising merges a scout looks at."""


Keep = Callable[[Sector, int, Tally], bool]
"""Whether to keep a diagram: sector, number of rows, tally of its cells."""


def next_level(rules: MergeRules, level: Level, keep: Keep) -> Level:
    """All merges of all states that ``keep`` accepts, with their numbers of ways."""
    following: Level = {}
    for sector, states in level.items():
        larger = [
            (*sector[:place], sector[place] + 1, *sector[place + 1 :])
            for place in range(len(sector))
        ]
        for (rows, cells), weight in states.items():
            for place, ways, merged_rows, new, tally, others in _merged(rules, rows, cells):
                spend(3)
                if keep(larger[place], merged_rows, tally):
                    state = rules.forms.form(merged_rows, [*others, *new])
                    target = following.setdefault(larger[place], {})
                    target[state] = target.get(state, 0) + weight * ways
    return following


def _merged(
    rules: MergeRules, rows: int, cells: tuple[Ends, ...]
) -> Iterator[tuple[int, int, int, list[list[int]], Tally, list[Ends]]]:
    """Every merge: letter, ways, rows, changed and new cells, tally of all, untouched cells."""
    kinds = rules.kinds
    parities = [parity_of(cell) for cell in cells]
    for position, cell in enumerate(cells):
        if position and cells[position - 1] == cell:
            continue
        equal = cells.count(cell)
        others = [*cells[:position], *cells[position + 1 :]]
        known = Tally(kinds).plus(parities[:position]).plus(parities[position + 1 :])
        for end in sorted(set(cell)):
            left = list(cell)
            left.remove(end)
            row, kind = divmod(end, kinds)
            ways = equal * cell.count(end)
            for merge in rules.merges.get(kind, ()):
                for places in assignments(rows, merge.rows):
                    at = (row, *places)
                    new = [[k + kinds * at[r] for k, r in ends] for ends in merge.rest]
                    new.append(left + [k + kinds * at[r] for k, r in merge.partner])
                    tally = known.plus([parity_of(ends) for ends in new])
                    merged_rows = max(rows, max(at) + 1)
                    yield merge.letter, ways * merge.copies, merged_rows, new, tally, others


def scout(rules: MergeRules, terms: int) -> dict[Place, int]:
    """Exponents that diagrams of up to ``terms`` merges attain, by sector and rows."""
    attained: dict[Place, int] = {}
    best: dict[tuple[Sector, int, int], int] = {}
    seen: dict[tuple[Sector, int, int], int] = {}

    def promising(sector: Sector, rows: int, tally: Tally) -> bool:
        odd = tally.odd_rows
        if not odd:
            attained[sector, rows] = max(tally.blocks(True), attained.get((sector, rows), 0))
        score = sum(tally.sums)
        key = (sector, rows, odd)
        if score > best.get(key, -1):
            best[key], seen[key] = score, 0
        seen[key] += 1
        return score == best[key] and seen[key] <= PATIENCE * SCOUTS

    level: Level = {}
    for sector, states in initial_level(rules).items():
        for rows, cells in states:
            promising(sector, rows, Tally(rules.kinds).plus(map(parity_of, cells)))
            level.setdefault(sector, {})[rows, cells] = 1
    for _ in range(terms):
        best.clear()
        level = {
            sector: dict.fromkeys(_thinned(rules, states, SCOUTS), 1)
            for sector, states in next_level(rules, level, promising).items()
        }
    return attained


def _thinned(rules: MergeRules, states: Iterable[Rows], width: int) -> Iterator[Rows]:
    """The ``width`` most promising states for every number of rows and of odd rows."""
    ranked: dict[tuple[int, int], list[tuple[int, Rows]]] = {}
    for state in states:
        tally = Tally(rules.kinds).plus(map(parity_of, state[1]))
        ranked.setdefault((state[0], tally.odd_rows), []).append((-sum(tally.sums), state))
    for found in ranked.values():
        yield from (state for _, state in sorted(found)[:width])


class Thresholds:
    """What is kept: everything that can reach a given exponent at some order.

    ``needed`` maps a sector and a number of rows to an exponent; where nothing is given the
    threshold is 1, the least exponent that an average can have.
    """

    def __init__(self, rules: MergeRules, terms: int, needed: Mapping[Place, int]) -> None:
        self.rules = rules
        self.terms = terms
        self.needed = needed
        self._known: dict[tuple[Sector, int, Sums, int], bool] = {}

    def promise(self, sector: Sector, rows: int, sums: Sums, odd: int) -> bool:
        """Whether diagrams with at most these sums, and so many odd rows, can reach one."""
        key = (sector, rows, sums, odd)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._can_reach(*key)
        return found

    def _can_reach(self, sector: Sector, rows: int, held: Sums, odd: int) -> bool:
        prospects = self.rules.prospects
        for more in range(self.terms + 2 - sum(sector)):
            for counts in compositions(more, len(prospects.letters)):
                final = list(sector)
                for letter, count in zip(prospects.letters, counts, strict=True):
                    final[letter] += count
                if sum(e * c for e, c in zip(self.rules.edges, final, strict=True)) % 2:
                    continue
                for new in range(more * prospects.new_rows + 1):
                    need = self.needed.get((tuple(final), rows + new), 1)
                    if prospects.reach(held, odd, counts, new) >= need:
                        return True
        return False
