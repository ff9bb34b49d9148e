"""The diagrams that frequencies serve: every node of the group meets two ends, or one and a law.

An *end* is ``2 * (kind + kinds * row) + sign``, a *cell* the sorted ends at one frequency, the
sign telling whether an entry stands at the frequency or at its negative.  See
:mod:`diagrams.wick.frequencies.frequencies`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import permutations

from diagrams.graphs.diagram import Diagram
from diagrams.graphs.laws import Gaussian, GroupLaw, Mean
from diagrams.graphs.merging import Atom
from diagrams.graphs.tensors import IndexFamily, Tensor
from diagrams.polynomials.polynomial import Polynomial
from diagrams.wick.frequencies.names import Cell
from diagrams.wick.group_law import solutions
from diagrams.wick.transfer import UnsupportedStructure


@dataclass(frozen=True)
class FrequencyAtom:
    """A diagram by rows and cells, times ``factor``; ``families[j]`` is the family of row ``j``."""

    families: tuple[int, ...]
    cells: tuple[Cell, ...]
    factor: Polynomial


@dataclass(frozen=True)
class Attachment:
    """An atom without one edge: what a merge along the edge adds.

    Row 0 is the one that is identified; ``own`` are the other ends of the edge's cell, seen
    from where the edge has sign 0; ``odd`` are the kinds (as bits) that every row of the whole
    atom has an odd number of; ``copies`` edges of the atom lead to the same.
    """

    atom: int
    families: tuple[int, ...]
    own: Cell
    cells: tuple[Cell, ...]
    odd: tuple[int, ...]
    copies: int


@dataclass(frozen=True)
class FrequencyProblem:
    """What the recursion needs to know, on integers.

    ``size`` is the symbol of the group's size; ``attachments[kind]`` lists what a merge along
    an edge of that kind may add; ``touches`` maps the kinds that a row has an odd number of to
    the least number of touches, one at least, after which it can close.
    """

    size: str
    row_families: tuple[IndexFamily, ...]
    kinds: int
    observable: tuple[FrequencyAtom, ...]
    generators: tuple[FrequencyAtom, ...]
    attachments: tuple[tuple[Attachment, ...], ...]
    interchangeable: tuple[tuple[int, ...], ...]
    touches: dict[int, int]
    touched_at_once: int


def frequency_problem(observable: Sequence[Atom], generators: Sequence[Atom]) -> FrequencyProblem:
    """Translate atoms; raise :class:`UnsupportedStructure` unless frequencies serve them."""
    diagrams = [atom.diagram for atom in (*observable, *generators)]
    tensors = sorted({t for d in diagrams for t in d.tensors}, key=lambda tensor: tensor.name)
    groups = {t.families[0] for t in tensors if isinstance(t.law, GroupLaw)}
    if len(groups) != 1 or any(diagram.legs for diagram in diagrams):
        raise UnsupportedStructure("closed diagrams with group laws of one family are needed")
    (group,) = groups
    if any(not t.is_random and not isinstance(t.law, GroupLaw) for t in tensors):
        raise UnsupportedStructure("structures other than group laws")
    random = [tensor for tensor in tensors if tensor.is_random]
    kind = {tensor: place for place, tensor in enumerate(random)}
    rows = tuple(sorted({family for t in random for family in t.families} - {group}))
    for tensor in random:
        law = tensor.law
        if not isinstance(law, Gaussian) or law.mean is not Mean.ZERO:
            raise UnsupportedStructure(f"the entries of {tensor.name} are not centred Gaussians")
        if tensor.rank != 2 or tensor.families.count(group) != 1:
            raise UnsupportedStructure(f"{tensor.name} does not join the group and one row")
    translate = _Translation(group, rows, kind)
    before = [translate.atom(atom.diagram) for atom in observable]
    after = [translate.atom(atom.diagram) for atom in generators]
    turns = _gauge(len(random), [*before, *after])
    before, after = (
        [_turned(atom, turns, len(random)) for atom in atoms] for atoms in (before, after)
    )
    merged = [frozenset(kind[tensor] for tensor in atom.tensors) for atom in generators]
    return FrequencyProblem(
        size=group.size,
        row_families=rows,
        kinds=len(random),
        observable=tuple(before),
        generators=tuple(after),
        attachments=_attachments(len(random), after, merged),
        interchangeable=_interchangeable(random, before, after, merged),
        touches=_touches(len(random), after),
        touched_at_once=max((len(atom.families) for atom in after), default=0),
    )


@dataclass(frozen=True)
class _Translation:
    group: IndexFamily
    rows: tuple[IndexFamily, ...]
    kind: dict[Tensor, int]

    def atom(self, diagram: Diagram) -> FrequencyAtom:
        """The cells of a diagram: one for every node with two ends, and one for every law."""
        random = [edge for edge in diagram.edges if edge.tensor.is_random]
        if not random:
            return FrequencyAtom((), (), solutions(diagram))
        row = [n for n, family in enumerate(diagram.nodes) if family != self.group]
        place = {node: number for number, node in enumerate(row)}
        ends: dict[int, list[int]] = {
            n: [] for n, family in enumerate(diagram.nodes) if family == self.group
        }
        for edge in random:
            own, other = sorted(edge.nodes, key=place.__contains__)
            ends[own].append(2 * (self.kind[edge.tensor] + len(self.kind) * place[other]))
        cells: list[Cell] = []
        factor = Polynomial.constant(1)
        for edge in diagram.edges:
            law = edge.tensor.law
            if not isinstance(law, GroupLaw):
                continue
            cell: list[int] = []
            for node, coefficient in zip(edge.nodes, law.coefficients, strict=True):
                if abs(coefficient) != 1 or len(ends.get(node, ())) != 1:
                    raise UnsupportedStructure("a slot of a group law beside one random edge")
                cell.append(ends.pop(node)[0] + (coefficient < 0))
            cells.append(tuple(sorted(cell)))
            exponent = Fraction(len(cell) - 2, 2)
            factor = factor * Polynomial.monomial(1, {self.group.size: exponent})
        for found in ends.values():
            if len(found) != 2:
                raise UnsupportedStructure("an index of the group in two random edges")
            cells.append(tuple(sorted((found[0], found[1] + 1))))
        met = {end // (2 * len(self.kind)) for cell in cells for end in cell}
        if len(met) < len(row):
            raise UnsupportedStructure("a row without edges")
        families = tuple(self.rows.index(diagram.nodes[node]) for node in row)
        return FrequencyAtom(families, tuple(sorted(cells)), factor)


def _gauge(kinds: int, atoms: Sequence[FrequencyAtom]) -> list[int]:
    """Signs to change in all entries of a kind, so that its slots in laws are positive.

    Frequencies of one kind may all be taken negative: nodes with two ends of that kind do not
    change.
    """
    turns = [0] * kinds
    for atom in atoms:
        for cell in atom.cells:
            signs: dict[int, set[int]] = {}
            for end in cell:
                signs.setdefault((end // 2) % kinds, set()).add(end & 1)
            if all(len(found) == 1 for found in signs.values()) and len(signs) == len(cell) > 2:
                return [min(signs.get(kind, {0})) for kind in range(kinds)]
    return turns


def _normal(cell: Cell) -> Cell:
    """The lesser of a cell and the same cell turned around."""
    return min(tuple(sorted(cell)), tuple(sorted(end ^ 1 for end in cell)))


def _turned(atom: FrequencyAtom, turns: Sequence[int], kinds: int) -> FrequencyAtom:
    cells = [_normal(tuple(e ^ turns[(e // 2) % kinds] for e in cell)) for cell in atom.cells]
    return FrequencyAtom(atom.families, tuple(sorted(cells)), atom.factor)


def _renamed(
    cells: Sequence[Cell], kinds: int, rows: Sequence[int], kind: Sequence[int]
) -> tuple[Cell, ...]:
    def end(old: int) -> int:
        half, sign = divmod(old, 2)
        return 2 * (kind[half % kinds] + kinds * rows[half // kinds]) + sign

    return tuple(sorted(_normal(tuple(map(end, cell))) for cell in cells))


def _row_orders(families: Sequence[int], first: int = 0) -> Iterator[tuple[int, ...]]:
    """The renamings of rows that keep families, and rows before ``first``."""
    for order in permutations(range(first, len(families))):
        rows = (*range(first), *order)
        if all(families[new] == families[old] for old, new in enumerate(rows)):
            yield rows


def _odd(atom: FrequencyAtom, kinds: int) -> list[int]:
    odd = [0] * len(atom.families)
    for cell in atom.cells:
        for end in cell:
            odd[end // (2 * kinds)] ^= 1 << ((end // 2) % kinds)
    return odd


_Key = tuple[int, tuple[int, ...], Cell, tuple[Cell, ...], tuple[int, ...]]


def _attachments(
    kinds: int, generators: Sequence[FrequencyAtom], merged: Sequence[frozenset[int]]
) -> tuple[tuple[Attachment, ...], ...]:
    """What merges add, equal results counted."""
    same = list(range(kinds))
    result = []
    for kind in range(kinds):
        found: dict[_Key, Attachment] = {}
        for number, atom in enumerate(generators):
            odd = _odd(atom, kinds)
            for place, cell in enumerate(atom.cells):
                for at, end in enumerate(cell):
                    if (end // 2) % kinds != kind or kind not in merged[number]:
                        continue
                    touched = end // (2 * kinds)
                    order = [touched, *(r for r in range(len(odd)) if r != touched)]
                    new = [order.index(row) for row in range(len(odd))]
                    own = tuple(e ^ (end & 1) for e in (*cell[:at], *cell[at + 1 :]))
                    rest = (*atom.cells[:place], *atom.cells[place + 1 :])
                    families = tuple(atom.families[row] for row in order)
                    options = []
                    for rows in _row_orders(families, 1):
                        table = [rows[row] for row in new]
                        moved = tuple(
                            sorted(
                                2 * ((e // 2) % kinds + kinds * table[e // (2 * kinds)]) + (e & 1)
                                for e in own
                            )
                        )
                        parities = [0] * len(odd)
                        for row, parity in enumerate(odd):
                            parities[table[row]] = parity
                        cells = _renamed(rest, kinds, table, same)
                        options.append((moved, cells, tuple(parities)))
                    key = (number, families, *min(options))
                    copies = found[key].copies + 1 if key in found else 1
                    found[key] = Attachment(*key, copies)
        result.append(tuple(found.values()))
    return tuple(result)


def _interchangeable(
    tensors: Sequence[Tensor],
    observable: Sequence[FrequencyAtom],
    generators: Sequence[FrequencyAtom],
    merged: Sequence[frozenset[int]],
) -> tuple[tuple[int, ...], ...]:
    """Groups of kinds of which any two can be swapped in every atom and its merges."""
    kinds = len(tensors)
    same = list(range(kinds))

    def form(atom: FrequencyAtom, kind: Sequence[int]) -> tuple[Cell, ...]:
        orders = _row_orders(atom.families)
        return min(_renamed(atom.cells, kinds, rows, kind) for rows in orders)

    groups: list[list[int]] = []
    for kind in range(kinds):
        for group in groups:
            swapped = list(same)
            swapped[group[0]], swapped[kind] = kind, group[0]
            if (
                tensors[kind].role == tensors[group[0]].role
                and all((kind in own) == (group[0] in own) for own in merged)
                and all(form(a, swapped) == form(a, same) for a in (*observable, *generators))
            ):
                group.append(kind)
                break
        else:
            groups.append([kind])
    return tuple(tuple(group) for group in groups if len(group) > 1)


def _touches(kinds: int, generators: Sequence[FrequencyAtom]) -> dict[int, int]:
    changes = {odd for atom in generators for odd in _odd(atom, kinds)}
    found: dict[int, int] = {}
    frontier = {0}
    for count in range(1, 2 ** min(kinds, 10) + 2):
        frontier = {parity ^ change for parity in frontier for change in changes}
        for parity in frontier:
            found.setdefault(parity, count)
    return found
