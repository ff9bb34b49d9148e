"""Group laws by frequencies: modular addition as an identity target with directions.

Let every index node of the group (the integers modulo p) meet two random edges, or one random
edge and one slot, of coefficient 1 or -1, of a group law with ``n`` slots.  In the basis of
frequencies, ``a[w] = p^(-1/2) sum_i u[i] exp(2 pi i w i / p)``, a node with two edges is
``sum_w a[w] b[-w]``, and the law is ``p^(n/2 - 1) sum_w`` of the product of the ``a[+-w]`` in its
slots: one *cell* with directed ends, as the identity target has one without directions, and
scale ``p^(n/2 - 1)``.  Entries pair at opposite frequencies.  A cell whose ends are paired among
themselves against their directions says ``w = -w``: it is *self-dual* and a factor ``gcd(2, p)``
in place of p.  So the average of a diagram is that of the identity problem, but for its
self-dual cells; at ``gcd(2, p) = p``, that is p = 1 or 2, the two problems are one.

The recursion is that of :mod:`diagrams.wick.transfer`: rows are averaged at their last touch.
After every merge each touched row is either closed or kept for a later merge; closed rows are
different from all others, so that their number counts in the falling-factorial basis.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from diagrams.campaign.effort import spend
from diagrams.graphs.merging import Atom
from diagrams.polynomials.counting import bell_number, double_factorial
from diagrams.polynomials.polynomial import Polynomial
from diagrams.wick.frequencies.atoms import Attachment, FrequencyProblem, frequency_problem
from diagrams.wick.frequencies.names import Cell, Names
from diagrams.wick.frequencies.rows import Block, Counts, row_average, turned
from diagrams.wick.group_law import divisor_symbol
from diagrams.wick.packing import fields_of
from diagrams.wick.transfer.placing import placements

State = tuple[tuple[int, ...], tuple[Cell, ...]]
Stage = dict[State, dict[int, int]]
Moments = dict[tuple[int, tuple[int, ...]], Polynomial]

FIELD = 12
"""Bits of one exponent or count in a code."""


def frequency_moments(
    observable: Sequence[Atom], generators: Sequence[Atom], terms: int
) -> Iterator[Moments]:
    """Yield for every order the averages by observable atom and numbers of generator atoms.

    Weights and variances are left out; the symbol ``gcd_2_p`` stands for the self-dual cells.

    Raises :class:`~diagrams.wick.transfer.UnsupportedStructure` at once where a node or a
    tensor is not as described above.
    """
    return _Recursion(frequency_problem(observable, generators), terms).run()


@dataclass(frozen=True)
class _Recursion:
    problem: FrequencyProblem
    terms: int

    # -- coefficients: code -> integer; p is packed in the integers ------------------------

    @cached_property
    def bits(self) -> int:
        """Bits that hold any coefficient: pairings after all merges, rows split in all ways."""
        problem = self.problem
        edges = max(sum(map(len, atom.cells)) for atom in problem.observable)
        rows = max(len(atom.families) for atom in problem.observable)
        added = [sum(map(len, atom.cells)) for atom in problem.generators] or [2]
        total = len(problem.observable)
        for _ in range(self.terms):
            total *= edges * sum(added)
            edges += max(added) - 2
            rows += max((len(atom.families) for atom in problem.generators), default=1)
        return int((total * double_factorial(edges) * bell_number(rows)).bit_length()) + 1

    def step(self, field: int) -> int:
        """What one more of a field adds to a code: self-dual cells, row families, atoms."""
        return 1 << (FIELD * field)

    @cached_property
    def names(self) -> Names:
        return Names(self.problem.kinds, self.problem.interchangeable)

    @cached_property
    def atom_step(self) -> list[int]:
        first = 1 + len(self.problem.row_families)
        return [self.step(first + number) for number in range(len(self.problem.generators))]

    def run(self) -> Iterator[Moments]:
        """The averages of every order."""
        stage = self.start()
        for order in range(self.terms + 1):
            left = self.terms - order
            if order:
                stage = self.merged(stage, left)
            by_marks: list[Stage] = []
            for state, coefficients in stage.items():
                marks = sum(code & 1 for code in state[0])
                while len(by_marks) <= marks:
                    by_marks.append({})
                by_marks[marks][state] = coefficients
            for marks in range(len(by_marks) - 1, 0, -1):
                for state, coefficients in by_marks[marks].items():
                    for image, weights in self.decided(state, left):
                        spend(1 + len(image[1]) + len(coefficients) * len(weights))
                        _add(by_marks[marks - 1], image, coefficients, weights)
                by_marks[marks] = {}
            stage = by_marks[0] if by_marks else {}
            yield self.finished(stage.pop(((), ()), {}))

    def start(self) -> Stage:
        """The observable atoms with all rows marked, rows put together in all ways."""
        stage: Stage = {}
        first = 1 + len(self.problem.row_families) + len(self.problem.generators)
        for number, atom in enumerate(self.problem.observable):
            for places, families in _splits(atom.families):
                cells = self.placed(atom.cells, places)
                code = number * self.step(first) + sum(self.step(1 + f) for f in families)
                state = self.names.name([2 * f + 1 for f in families], cells)
                _add(stage, state, {0: 1}, {code: 1})
        return stage

    def finished(self, coefficients: dict[int, int]) -> Moments:
        """Polynomials from codes: falling factorials of row sizes written out."""
        problem = self.problem
        parts: dict[tuple[int, tuple[int, ...]], list[Polynomial]] = {}
        field = (1 << FIELD) - 1
        for code, packed in coefficients.items():
            powers = {divisor_symbol(2, problem.size): code & field}
            rest = code >> FIELD
            factor = Polynomial.constant(1)
            for family in problem.row_families:
                rows = family.count
                for taken in range(rest & field):
                    factor = factor * (rows - taken)
                rest >>= FIELD
            counts = []
            for atom in problem.generators:
                counts.append(rest & field)
                factor = factor * atom.factor ** (rest & field)
                rest >>= FIELD
            factor = factor * problem.observable[rest].factor
            terms = [
                Polynomial.monomial(count, {**powers, problem.size: place})
                for place, count in fields_of(packed, self.bits)
            ]
            total = Polynomial.from_terms(term for part in terms for term in part.terms)
            parts.setdefault((rest, tuple(counts)), []).append(total * factor)
        return {
            key: Polynomial.from_terms(term for part in found for term in part.terms)
            for key, found in parts.items()
        }

    def placed(self, cells: Iterable[Cell], places: Sequence[int]) -> list[Cell]:
        """The cells of an atom with its rows renamed."""
        step = 2 * self.problem.kinds
        return [tuple([end % step + step * places[end // step] for end in c]) for c in cells]

    # -- merging ---------------------------------------------------------------------------

    def merged(self, stage: Stage, left: int) -> Stage:
        """Merge every state with every generator atom, along every edge."""
        step = 2 * self.problem.kinds
        result: Stage = {}
        while stage:
            (rows, cells), coefficients = stage.popitem()
            odd = self.odd((rows, cells))
            images: dict[State, dict[int, int]] = {}
            choices: dict[tuple[int, int, int], list[tuple[list[int], list[int], int]]] = {}
            for cell in dict.fromkeys(cells):
                others = list(cells)
                others.remove(cell)
                same = cells.count(cell)
                dual = cell[0] < 0
                for end in dict.fromkeys(cell[1:] if dual else cell):
                    row, kind = end // step, (end % step) // 2
                    copies = same * cell.count(end)
                    remaining = list(cell)
                    remaining.remove(end)
                    for number, entry in enumerate(self.problem.attachments[kind]):
                        key = (row, kind, number)
                        if key not in choices:
                            choices[key] = list(self.choices(rows, odd, row, entry, left))
                        for places, codes, closed in choices[key]:
                            own = self.placed((entry.own,), places)[0]
                            if not end & 1:
                                own = tuple([e ^ 1 for e in own])
                            new = others + self.placed(entry.cells, places)
                            shift = 0
                            if len(own) + len(remaining) > dual:
                                new.append((*remaining, *own))
                            elif dual:
                                closed += 1
                            else:
                                shift = self.bits
                            state = self.names.name(codes, new)
                            weights = images.setdefault(state, {})
                            code = self.atom_step[entry.atom] + closed
                            weight = (copies * entry.copies) << shift
                            weights[code] = weights.get(code, 0) + weight
            for state, weights in images.items():
                spend(1 + len(state[1]) + len(coefficients) * len(weights))
                _add(result, state, coefficients, weights)
        return result

    def choices(
        self, rows: tuple[int, ...], odd: list[int], row: int, entry: Attachment, left: int
    ) -> Iterator[tuple[list[int], list[int], int]]:
        """Places for the rows of an atom: (places, codes of all rows, step of the code)."""
        for places, codes, parities, fresh in placements(rows, odd, row, entry.families, entry.odd):
            if self.possible(codes, parities, left):
                # A touched row that is odd can not be closed now: it carries no mark.
                marked = [c & ~1 if p else c for c, p in zip(codes, parities, strict=True)]
                yield places, marked, sum(self.step(1 + family) for family in fresh)

    def possible(self, codes: Sequence[int], odd: Sequence[int], left: int) -> bool:
        """Whether the merges to come touch all rows often enough that they can close."""
        touches = 0
        for code, parity in zip(codes, odd, strict=True):
            if parity or not code & 1:
                need = self.problem.touches.get(parity)
                if need is None:
                    return False
                touches += need
        return touches <= left * self.problem.touched_at_once

    def odd(self, state: State) -> list[int]:
        """For every row, the kinds (as bits) that it has an odd number of."""
        odd = [0] * len(state[0])
        step = 2 * self.problem.kinds
        for cell in state[1]:
            for end in cell:
                if end >= 0:
                    odd[end // step] ^= 1 << ((end % step) // 2)
        return odd

    # -- closing ---------------------------------------------------------------------------

    def decided(self, state: State, left: int) -> Iterator[tuple[State, dict[int, int]]]:
        """Take one marked row of least degree: keep it for a later merge, or close it."""
        rows, cells = state
        odd = self.odd(state)
        step = 2 * self.problem.kinds
        degrees = [0] * len(rows)
        for cell in cells:
            for end in cell:
                if end >= 0:
                    degrees[end // step] += 1
        marked = [place for place, code in enumerate(rows) if code & 1]
        row = min(marked, key=lambda place: (not odd[place], degrees[place]))
        kept = (*rows[:row], rows[row] - 1, *rows[row + 1 :])
        if self.possible(kept, odd, left):
            yield (kept, cells), {0: 1}
        if not odd[row]:
            others = [*rows[:row], *rows[row + 1 :]]
            if self.possible(others, [*odd[:row], *odd[row + 1 :]], left):
                yield from self.closed(others, cells, row).items()

    def closed(
        self, rows: list[int], cells: tuple[Cell, ...], row: int
    ) -> dict[State, dict[int, int]]:
        """Average over one row; ``rows`` are the codes of the others."""
        kinds = self.problem.kinds
        low, high = 2 * kinds * row, 2 * kinds * (row + 1)
        untouched: list[Cell] = []
        seen: dict[Cell, dict[tuple[Counts, bool], int]] = {}
        degrees = [0] * kinds
        loops = [0] * kinds
        for cell in cells:
            counts = [0] * (2 * kinds)
            ends = []
            dual = cell[0] < 0
            for end in cell:
                if low <= end < high:
                    kind, sign = divmod(end - low, 2)
                    counts[kind + kinds * sign] += 1
                    degrees[kind] += 1
                elif end >= 0:
                    ends.append(end if end < low else end - 2 * kinds)
            if not any(counts):
                untouched.append((-1, *ends) if dual else tuple(ends))
                continue
            entries, remainder = tuple(counts), tuple(ends)
            if not dual:
                back = tuple(sorted([end ^ 1 for end in ends]))
                if back < remainder or (back == remainder and turned(entries) < entries):
                    entries, remainder = turned(entries), back
                if not remainder and sum(entries) == 2 and entries == turned(entries):
                    loops[entries.index(1)] += 1
                    continue
            own = seen.setdefault(remainder, {})
            own[entries, dual] = own.get((entries, dual), 0) + 1
        factor = 1
        for kind, count in enumerate(loops):
            # sum_w a[w] a[-w] is the squared length of the row: it only scales the others.
            for place in range(count):
                factor *= (1 << self.bits) + degrees[kind] - 2 * count + 2 * place
        # Remainders are numbered by what the row has there, so that few patterns are met.
        alone = seen.pop((), {})
        ordered = sorted((sorted(own.items()), remainder) for remainder, own in seen.items())
        tokens = [((entries, -1, dual), copies) for (entries, dual), copies in alone.items()]
        for number, (own_items, _) in enumerate(ordered):
            tokens += [((entries, number, dual), n) for (entries, dual), n in own_items]
        remainders = [remainder for _, remainder in ordered]
        found: dict[State, dict[int, int]] = {}
        for blocks, weights in row_average(tuple(sorted(tokens))).items():
            new = untouched + [_joined(block, remainders) for block in blocks]
            state = self.names.name(rows, new)
            total = found.setdefault(state, {})
            for (free, dual_count), value in weights.items():
                value = (value * factor) << (free * self.bits)
                total[dual_count] = total.get(dual_count, 0) + value
        return found


def _joined(block: Block, remainders: Sequence[Cell]) -> Cell:
    """The cell that a block becomes."""
    dual, parts = block
    if dual:
        return (-1, *[end & ~1 for number, _ in parts for end in remainders[number]])
    return tuple([end ^ sign for number, sign in parts for end in remainders[number]])


def _add(stage: Stage, state: State, coefficients: dict[int, int], weights: dict[int, int]) -> None:
    """Add a product of coefficients and weights to those of a state."""
    target = stage.setdefault(state, {})
    for step, weight in weights.items():
        for code, value in coefficients.items():
            place = code + step
            target[place] = target.get(place, 0) + value * weight


def _splits(families: Sequence[int]) -> list[tuple[list[int], list[int]]]:
    """All ways to let rows of one family coincide: a place for every row, families of places."""
    splits: list[tuple[list[int], list[int]]] = [([], [])]
    for family in families:
        splits = [
            ([*places, place], found if place < len(found) else [*found, family])
            for places, found in splits
            for place in range(len(found) + 1)
            if place == len(found) or found[place] == family
        ]
    return splits
