"""Exponents of every sector by brute force: merges and pairings of lists of edges, no counting.

Shares no code with the package.  A diagram is a sorted tuple of edges ``(kind, row, cell)`` with
numbered ends, with the numbers of rows and of cells that have no edge left.
"""

from __future__ import annotations

from collections.abc import Iterator

Edges = tuple[tuple[int, int, int], ...]
State = tuple[Edges, int, int]


def square(pattern: tuple[int, ...]) -> Edges:
    kinds = [c for c, d in enumerate(pattern) for _ in range(d)]
    return tuple((c, row, cell) for cell, c in enumerate(kinds) for row in (0, 1))


def target(pattern: tuple[int, ...]) -> Edges:
    return tuple((c, 0, 0) for c, d in enumerate(pattern) for _ in range(d))


def tidy(edges: list[tuple[int, int, int]]) -> Edges:
    """Numbers of rows and cells by first use, a few times over: most equal diagrams meet."""
    for _ in range(3):
        rows: dict[int, int] = {}
        cells: dict[int, int] = {}
        edges = sorted(
            (c, rows.setdefault(h, len(rows)), cells.setdefault(i, len(cells)))
            for c, h, i in sorted(edges)
        )
    return tuple(edges)


def identified(edges: list[tuple[int, int, int]], one: tuple[int, int], other: tuple[int, int]):
    """The edges after identifying two rows and two cells."""
    return [
        (c, one[0] if h == other[0] else h, one[1] if i == other[1] else i) for c, h, i in edges
    ]


def merges(diagram: Edges, atom: Edges) -> Iterator[Edges]:
    far = [(c, h + 1000, i + 1000) for c, h, i in atom]
    for e in set(diagram):
        for f in set(far):
            if e[0] == f[0]:
                rest = [*diagram, *far]
                rest.remove(e)
                rest.remove(f)
                yield tidy(identified(rest, e[1:], f[1:]))


def paired(state: State) -> Iterator[State]:
    """The first edge paired with every other edge of its kind."""
    edges, rows, cells = state
    first, *others = edges
    for place, e in enumerate(others):
        if e[0] != first[0]:
            continue
        rest = identified(others[:place] + others[place + 1 :], first[1:], e[1:])
        closed = first[1] not in {h for _, h, _ in rest}
        alone = first[2] not in {i for _, _, i in rest}
        yield tidy(rest), rows + closed, cells + alone


def exponents(diagrams: set[Edges]) -> set[tuple[int, int]]:
    """All ``(q, n)`` that pairings of these diagrams leave."""
    level: set[State] = {(d, 0, 0) for d in diagrams}
    while level and next(iter(level))[0]:
        level = {after for state in level for after in paired(state)}
    return {(cells, rows) for _, rows, cells in level}


def sectors(pattern: tuple[int, ...], s: int, most: int) -> dict[tuple[int, int], set[Edges]]:
    """The diagrams of order ``s`` by ``(s_D, s_R)``; sectors of at most ``most`` edges."""
    atoms = {(1, 0): square(pattern), (0, 1): target(pattern)}
    found = {sector: {tidy(list(atom))} for sector, atom in atoms.items()}
    for _ in range(s):
        after: dict[tuple[int, int], set[Edges]] = {}
        for (d, r), diagrams in found.items():
            for (e, t), atom in atoms.items():
                grown = after.setdefault((d + e, r + t), set())
                grown.update(m for diagram in diagrams for m in merges(diagram, atom))
        found = after
    return {x: found[x] for x in found if len(next(iter(found[x]))) <= most}


def pareto(points: set[tuple[int, int]]) -> set[tuple[int, int]]:
    return {
        (q, n)
        for q, n in points
        if not any(a >= q and b >= n and (a, b) != (q, n) for a, b in points)
    }
