"""Leading terms by closing rows early: the recursion of full coefficients, pruned.

The recursion of :mod:`diagrams.wick.transfer` averages every row at its last touch.  A state of it
is a diagram at distinct live rows together with powers of the absorbed size that earlier closings
have set free, ``p**q``.  For bounds, such a factor is ``q`` cells without ends: they have zero
parity, no merge ever meets them, and each is one block of its own.  So the bounds of
:mod:`diagrams.scaling.leading.gains`, proved for every diagram at distinct rows, hold for the state
with these cells added; closing a row only ever replaces a diagram by diagrams that fuse its
cells, which are among what the bound already covers.  For every state, sector and number of
rows there is hence a least ``q`` from which a threshold can still be reached, and all lower
powers are dropped.
"""

from __future__ import annotations

from collections.abc import Mapping

from diagrams.graphs.merging import Sector
from diagrams.problems.problem import Problem
from diagrams.scaling.leading.rows import parity_of
from diagrams.scaling.leading.rules import MergeRules, Place, transfer_problem
from diagrams.scaling.leading.search import Thresholds
from diagrams.scaling.leading.tally import Sums, Tally
from diagrams.series.ways import atoms_of
from diagrams.wick.packing import PowerCounts
from diagrams.wick.transfer.stages import Stage, Stages, no_collector, sorted_by_marks


class PrunedStages:
    """The recursion to order ``terms``, keeping what can reach thresholds.

    ``needed`` maps a sector and a number of rows to the least exponent that is wanted.
    """

    def __init__(
        self, problem: Problem, rules: MergeRules, terms: int, needed: Mapping[Place, int]
    ) -> None:
        observable, generators = atoms_of(problem)
        alphabet = rules.alphabet
        self.stages = Stages(transfer_problem(problem, rules), terms)
        letters = list(zip(rules.weights, rules.edges, strict=True))
        self.first = [letters.index((a.weight, len(a.diagram.edges))) for a in observable]
        self.merged = [letters.index((a.weight, len(a.diagram.edges))) for a in generators]
        self.rules, self.terms, self.needed = rules, terms, needed
        self.promise = Thresholds(rules, terms, needed).promise
        self.field = self.stages.packing.shift[next(iter(alphabet.absorbed))]
        self._least: dict[tuple[Sector, int, Sums, int], int | None] = {}
        self._place: dict[int, Place] = {}

    def orders(self) -> list[dict[Sector, PowerCounts]]:
        """For every order, ``{(power of the absorbed size, rows): count}`` by sector.

        Rows count in the falling-factorial basis; what lies below a threshold is left out.
        """
        stages, found = self.stages, []
        stage = stages.start()
        for order in range(self.terms + 1):
            merges = self.terms - order
            with no_collector():
                if order:
                    merged: Stage = {}
                    stages.merge(self.pruned(stage).items(), merges, merged)
                    stage = merged
                by_marks = sorted_by_marks(stage)
                for marks in range(len(by_marks) - 1, 0, -1):
                    states = self.pruned(by_marks[marks]).items()
                    stages.resolve(states, merges, by_marks[marks - 1])
                    by_marks[marks] = {}
                stage = by_marks[0]
            found.append(self._terms(stage.pop(((), ()), {})))
        return found

    def pruned(self, stage: Stage) -> Stage:
        """The states that can still reach a threshold, with the powers that can."""
        kept: Stage = {}
        kinds = self.rules.kinds
        for (codes, cells), coefficients in stage.items():
            tally = Tally(kinds).plus(map(parity_of, cells))
            sums, odd = tally.sums, tally.odd_rows
            left = {}
            for code, value in coefficients.items():
                sector, rows = self.place(code)
                least = self.least(sector, rows, sums, odd)
                if least is not None:
                    high = value >> (self.field * least)
                    if high:
                        left[code] = high << (self.field * least)
            if left:
                kept[codes, cells] = left
        return kept

    def place(self, code: int) -> Place:
        """Sector and number of rows, live and closed, of a coefficient."""
        known = self._place.get(code)
        if known is None:
            packing = self.stages.packing
            rest, rows = divmod(code, packing.radix)
            sector = [0] * len(self.rules.weights)
            for letter in self.merged:
                rest, count = divmod(rest, packing.radix)
                sector[letter] += count
            sector[self.first[rest]] += 1
            known = self._place[code] = (tuple(sector), rows)
        return known

    def least(self, sector: Sector, rows: int, sums: Sums, odd: int) -> int | None:
        """The least power that has to be there already; ``None`` where none is enough."""
        key = (sector, rows, sums, odd)
        if key not in self._least:
            blocks, halves, quarters = sums
            self._least[key] = None
            for q in range(self.stages.packing.width):
                raised = (blocks + q, halves + 2 * q, quarters + 4 * q)
                if self.promise(sector, rows, raised, odd):
                    self._least[key] = q
                    break
        return self._least[key]

    def _terms(self, coefficients: Mapping[int, int]) -> dict[Sector, PowerCounts]:
        mask = (1 << self.field) - 1
        found: dict[Sector, PowerCounts] = {}
        for code, value in coefficients.items():
            sector, rows = self.place(code)
            power = 0
            while value:
                if value & mask and power >= self.needed.get((sector, rows), 1):
                    counts = found.setdefault(sector, {})
                    counts[power, rows] = counts.get((power, rows), 0) + (value & mask)
                value >>= self.field
                power += 1
        return found
