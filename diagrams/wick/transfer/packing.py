"""Coefficients: integers that hold polynomials in the sizes of the families.

A coefficient of a state is a table ``{code: value}``.  The code is an integer in mixed
radix: the number of rows so far of every labelled family, how often every generator atom was
merged, and the observable atom.  The value holds a polynomial in the sizes of the absorbed
families, and in the means of entries that also fluctuate: non-negative coefficients in
consecutive fields of ``bits`` bits (Kronecker substitution).  Rows of one value, and those that
stand for one entry, are not counted.

Bound on a field: every coefficient counts ways to merge, to let rows coincide, and to pair
the edges of closed rows.  With at most ``e_s`` edges and ``n_s`` rows after ``s`` merges and
generator atoms of at most ``g`` edges and ``m`` rows there are at most
``e_s g (n_s + m)^(m - 1)`` ways for merge ``s + 1`` with any one atom, and at most
``(e - 1)!!`` pairings at the end.
"""

from __future__ import annotations

from diagrams.campaign.effort import spend
from diagrams.polynomials.counting import double_factorial, falling_factorial
from diagrams.wick.packing import fields_of
from diagrams.wick.transfer.structure import Problem

Powers = tuple[int, ...]
Sector = tuple[int, tuple[int, ...]]
Coefficients = dict[int, int]

BITS_OF_A_STEP = 13
"""The power of two of the bits of a number that are taken apart in a step of work."""


class Packing:
    """How coefficients of one problem, up to a number of merges, are packed."""

    def __init__(self, problem: Problem, terms: int) -> None:
        self.families = problem.families
        everything = (*problem.observable, *problem.generator)
        edges = max((atom.edges for atom in problem.observable), default=0)
        rows = max((len(atom.families) for atom in problem.observable), default=0)
        added = max((atom.edges for atom in problem.generator), default=0)
        joined = max((len(atom.families) for atom in problem.generator), default=1)
        ways = max(1, len(problem.generator)) ** terms * (rows + 1) ** rows
        for _ in range(terms):
            ways *= max(1, edges) * max(1, added) * (rows + joined) ** max(0, joined - 1)
            edges += max(0, added - 2)
            rows += max(0, joined - 1)
        means = [mean for mean in problem.means if mean is not None]
        self.bits = (ways * double_factorial(edges + 1) << (edges if means else 0)).bit_length() + 1
        nodes = max((len(atom.cells) + len(atom.isolated) for atom in everything), default=0)
        self.width = nodes * (terms + 1) + 2
        self.absorbed = problem.absorbed
        self.shift = [0] * problem.families
        field = self.bits
        self.widths: list[tuple[int, int]] = []
        for family, first in problem.alike(self.absorbed).items():
            if family == first:
                self.shift[family] = field
                field *= self.width
                self.widths.append((family, self.width))
            self.shift[family] = self.shift[first]
        self.means = 1 + max(means, default=-1)
        self.mean_shift = []
        for mean in range(self.means):
            self.mean_shift.append(field)
            field *= edges + 1
            self.widths.append((problem.families + mean, edges + 1))
        uncounted = problem.single | problem.pairs | set(self.absorbed)
        self.labelled = [f for f in range(problem.families) if f not in uncounted]
        self.radix = rows + terms + 2
        self.row_step = [0] * problem.families
        step = 1
        for family in self.labelled:
            self.row_step[family] = step
            step *= self.radix
        self.atom_step = []
        for _ in problem.generator:
            self.atom_step.append(step)
            step *= self.radix
        self.observable_step = step

    def unpack(self, coefficients: Coefficients) -> dict[Sector, dict[Powers, int]]:
        """Sort by sectors, and write falling factorials of row numbers in plain powers."""
        sectors: dict[Sector, dict[Powers, int]] = {}
        for code, value in coefficients.items():
            rows = [0] * self.families
            for family in self.labelled:
                code, rows[family] = divmod(code, self.radix)
            counts = []
            for _ in self.atom_step:
                code, count = divmod(code, self.radix)
                counts.append(count)
            terms = sectors.setdefault((code, tuple(counts)), {})
            spend(value.bit_length() >> BITS_OF_A_STEP)
            for place, field in fields_of(value, self.bits):
                self._add(terms, rows, place, field)
        kept = {
            sector: {powers: c for powers, c in sorted(terms.items()) if c}
            for sector, terms in sorted(sectors.items())
        }
        return {sector: terms for sector, terms in kept.items() if terms}

    def _add(self, terms: dict[Powers, int], rows: list[int], place: int, value: int) -> None:
        powers = [0] * (self.families + self.means)
        for variable, width in self.widths:
            place, powers[variable] = divmod(place, width)
        expanded = {tuple(powers): value}
        for family in self.labelled:
            expanded = {
                (*key[:family], power, *key[family + 1 :]): c * factor
                for key, c in expanded.items()
                for power, factor in enumerate(falling_factorial(rows[family]))
                if factor
            }
        for key, c in expanded.items():
            terms[key] = terms.get(key, 0) + c
