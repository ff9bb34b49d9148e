"""The conditions under which a face leads, and its natural time scale.

On a face some monomials are of order one, one for every independent edge of it; for every larger
face that it belongs to, another monomial tends to zero or infinity.  Of all that say the same, the
simplest are chosen.  (arXiv 2602.04548, section 4.)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from diagrams.scaling.fronts.families import Families
from diagrams.scaling.regimes.chambers import FAR, Chamber, Chambers, Corner, step
from diagrams.scaling.regimes.clock import Exponents, natural_clocks
from diagrams.scaling.regimes.relations import Limit, Relation, relation, simplicity
from pde.linear_algebra import difference, rank


def clocks(symbols: Sequence[str], cells: Chambers, families: Families) -> list[Exponents | None]:
    """The time scale of every face; of equally simple forms the one that most faces have."""
    forms = [_clock_forms(symbols, cells, cell, families) for cell in cells.leading]
    common = Counter(listed[0] for listed in forms if len(listed) == 1)
    return [max(listed, key=lambda form: common[form], default=None) for listed in forms]


def _clock_forms(
    symbols: Sequence[str], cells: Chambers, cell: Chamber, families: Families
) -> tuple[Exponents, ...]:
    """The simplest forms of T; where boundaries drift, up to what they tend to."""
    groups = [
        [line for corner in cell.corners if (line := corner[residue]) is not None]
        for residue in range(len(next(iter(cell.corners))))
    ]
    slopes = [gain for corner in cell.corners for gain in families.gains(corner)]
    alike = equalities(symbols, cells, cell)
    if not any(r.drifts for r in alike):
        return natural_clocks(slopes, [r.fixed for r in alike])
    steps = [difference(line.slope, group[0].slope) for group in groups for line in group]
    limits = [r.eventual for r in alike]
    return natural_clocks(slopes, [*limits, *(step for step in steps if any(step))])


def equalities(symbols: Sequence[str], cells: Chambers, cell: Chamber) -> tuple[Relation, ...]:
    """The simplest monomials that are of order one on a face."""
    inside = [edge for edge in cells.edges if set(edge) <= cell.corners]
    return _independent([_relation(symbols, edge, Limit.ONE) for edge in inside], cell.dimension)


def _relation(symbols: Sequence[str], edge: tuple[Corner, Corner], limit: Limit) -> Relation:
    fixed, moving = step(*edge)
    return relation(symbols, fixed, moving, limit)


def tending(found: Relation) -> Relation:
    """What a boundary that moves with the order tends to."""
    return relation(found.symbols, found.eventual, [0] * len(found.symbols), Limit.ONE)


def _independent(relations: Sequence[Relation], count: int) -> tuple[Relation, ...]:
    """The simplest independent relations."""
    chosen: list[Relation] = []
    for found in sorted(set(relations), key=simplicity):
        if rank(r.exponents(FAR) for r in (*chosen, found)) == len(chosen) + 1:
            chosen.append(found)
    assert len(chosen) == count
    return tuple(chosen)


def inequalities(
    symbols: Sequence[str], cells: Chambers, cell: Chamber, preferred: dict[str, None]
) -> tuple[Relation, ...]:
    """For every larger face, the simplest monomial that keeps it from leading."""
    chosen: list[Relation] = []
    for larger in cells.leading:
        if larger.dimension == cell.dimension + 1 and cell.corners < larger.corners:
            candidates = []
            for edge in cells.edges:
                for inner, outer in (edge, edge[::-1]):
                    if inner in cell.corners and outer in larger.corners - cell.corners:
                        candidates.append(_relation(symbols, (inner, outer), Limit.ZERO))
            chosen.append(min(candidates, key=lambda r: simplicity(r, preferred)))
    return tuple(sorted(set(chosen), key=simplicity))
