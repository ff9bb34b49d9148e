"""The merges and the blocks that attain the front, carried out edge by edge."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

Edge = tuple[int, int]
"""``(kind, row)``; rows are the ones that are different in the end."""

Cell = tuple[int, int]
"""``(atom, cell)``."""


@dataclass
class Merged:
    """Cells with the edges they have left; ``joined`` sends cells to the final ones."""

    pattern: tuple[int, ...]
    edges: dict[Cell, Counter[Edge]] = field(default_factory=dict)
    joined: dict[Cell, Cell] = field(default_factory=dict)
    squares: int = 0
    targets: int = 0

    @property
    def kinds(self) -> list[int]:
        return [c for c, d in enumerate(self.pattern) for _ in range(d)]

    def final(self, cell: Cell) -> Cell:
        while cell in self.joined:
            cell = self.joined[cell]
        return cell

    def square(self, one: int, other: int) -> int:
        atom = self.squares + self.targets
        self.squares += 1
        for place, kind in enumerate(self.kinds):
            self.edges[atom, place] = Counter([(kind, one), (kind, other)])
        return atom

    def target(self, row: int) -> int:
        atom = self.squares + self.targets
        self.targets += 1
        self.edges[atom, 0] = Counter((kind, row) for kind in self.kinds)
        return atom

    def merge(self, one: Cell, other: Cell, edge: Edge) -> None:
        one, other = self.final(one), self.final(other)
        assert one != other
        for cell in (one, other):
            assert self.edges[cell][edge] > 0
            self.edges[cell][edge] -= 1
        self.edges[one] += self.edges.pop(other)
        self.joined[other] = one

    def add_target(self, cell: Cell, edge: Edge) -> Cell:
        atom = self.target(edge[1])
        self.merge(cell, (atom, 0), edge)
        return atom, 0

    def some_edge(self, cell: Cell) -> Edge:
        return min(edge for edge, count in self.edges[self.final(cell)].items() if count > 0)


def attained(pattern: tuple[int, ...], couplings: int, n: int, targets: int) -> int:
    """The number of blocks of the merges in the text; checks each step and that blocks close."""
    odd = [c for c, d in enumerate(pattern) if d % 2]
    chain_kind = odd[0] if odd else 0
    made = Merged(pattern)
    kinds = made.kinds
    lead = kinds.index(chain_kind)
    ring = bool(odd) and targets == 0 and n > 1
    rows = [(i, (i + 1) % n) for i in range(n if ring else n - 1)]
    squares = [made.square(*ends) for ends in rows]
    for before, (here, ends) in zip(
        squares, list(zip(squares, rows, strict=True))[1:], strict=False
    ):
        made.merge((before, lead), (here, lead), (chain_kind, ends[0]))
    if squares:
        chain: Cell = (squares[0], lead)
    elif targets:
        chain = (made.target(0), 0)
    else:
        chain = (made.square(0, 0), lead)
    if odd and targets:
        if squares:
            made.add_target(chain, (chain_kind, 0))
        made.add_target(chain, (chain_kind, n - 1))
    blocks: dict[Cell, int] = {}
    last = 1
    pairs = []
    for atom in squares:
        for c, d in enumerate(pattern):
            places = [k for k, kind in enumerate(kinds) if kind == c]
            if c == chain_kind:
                places.remove(lead)
            for one, other in zip(places[: d // 2 * 2 : 2], places[1::2], strict=False):
                blocks[atom, one] = blocks[atom, other] = (last := last + 1)
                pairs.append((atom, one, other, c))
            if len(places) % 2:
                blocks[atom, places[-1]] = -c - 1 if ring else 0
    if len(odd) == 1:
        for atom, one, other, c in pairs:
            if c == chain_kind and targets - made.targets >= 4:
                for place in (one, other):
                    for row in rows[atom - squares[0]]:
                        made.add_target((atom, place), (c, row))
                blocks[atom, other] = (last := last + 1)
    while made.targets < targets:
        edge = made.some_edge(chain)
        added = made.add_target(chain, edge)
        if odd:
            inner = next(c for c in kinds if made.edges[made.final(added)][c, edge[1]] > 0)
            made.add_target(chain, (inner, edge[1]))
    while made.squares < couplings:
        edge = made.some_edge(chain)
        loop = made.square(edge[1], edge[1])
        made.merge(chain, (loop, kinds.index(edge[0])), edge)
    assert (made.squares, made.targets) == (couplings, targets)
    sums: dict[int, Counter[Edge]] = {}
    for cell, edges in made.edges.items():
        number = blocks.get(cell, 0)
        if cell not in blocks and cell != made.final(chain):
            number = last = last + 1
        sums.setdefault(number, Counter()).update(edges)
    assert all(count % 2 == 0 for edges in sums.values() for count in edges.values())
    used = {row for edges in made.edges.values() for _, row in edges}
    assert used == set(range(n))
    return len(sums)
