"""Directions inside a cone in which all sizes grow: one exact linear program.

A face of a front can lead only if its normal cone holds a direction with every size exponent
positive, in the cone's relative interior.  The simplex method with Bland's rule decides it in
rational arithmetic.  (R. G. Bland, Math. Oper. Res. 2, 103 (1977).)
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fractions import Fraction

from diagrams.scaling.polyhedra.polyhedra import ascend
from pde.linear_algebra import Integers, Number, Vector, primitive


def growing_direction(
    rays: Sequence[Sequence[Number]],
    lines: Sequence[Sequence[Number]],
    growing: Collection[int],
    space: int,
) -> Integers | None:
    """Return a direction in the relative interior of a cone whose ``growing`` entries are > 0.

    The cone is the set of non-negative combinations of ``rays`` plus any combinations of
    ``lines``, in ``space`` coordinates.  ``None`` if there is no such direction.

    >>> growing_direction([(1, -1), (0, 1)], [], (0, 1), 2)
    (1, 1)
    >>> growing_direction([(1, -1)], [], (0, 1), 2) is None
    True
    """
    columns = [*rays, *lines, *([-entry for entry in line] for line in lines)]
    inner = [sum((Fraction(ray[k]) for ray in rays), start=Fraction(0)) for k in range(space)]
    # unknowns: weights >= 0 beyond t for every column, then t; rows: t - direction[k] <= 0, t <= 1
    table = [[*(-Fraction(c[k]) for c in columns), 1 - inner[k]] for k in growing]
    table.append([*(Fraction(0) for _ in columns), Fraction(1)])
    right = [Fraction(0) for _ in growing] + [Fraction(1)]
    solution = _largest_last(table, right)
    level = solution[-1]
    if not level:
        return None
    weights = [
        weight + (level if place < len(rays) else 0) for place, weight in enumerate(solution[:-1])
    ]
    found: Vector = tuple(
        sum((w * c[k] for w, c in zip(weights, columns, strict=True)), start=Fraction(0))
        for k in range(space)
    )
    return primitive(found)


def has_growing_direction(
    rays: Sequence[Sequence[Number]],
    lines: Sequence[Sequence[Number]],
    growing: Collection[int],
    space: int,
) -> bool:
    """Whether :func:`growing_direction` finds one; no linear program where that is plain.

    >>> has_growing_direction([(1, -1), (0, 2)], [], (0, 1), 2)
    True
    """
    if all(sum(ray[k] for ray in rays) > 0 for k in growing):
        return True  # the sum of all rays is inside
    if any(all(ray[k] <= 0 for ray in rays) and not any(x[k] for x in lines) for k in growing):
        return False
    return growing_direction(rays, lines, growing, space) is not None


def _largest_last(table: list[list[Fraction]], right: list[Fraction]) -> list[Fraction]:
    """Maximise the last unknown subject to ``table . x <= right``, ``x >= 0``, ``right >= 0``."""
    unknowns = len(table[0])
    rows = [
        [*row, *(Fraction(int(i == j)) for j in range(len(table))), value]
        for i, (row, value) in enumerate(zip(table, right, strict=True))
    ]
    gain = [Fraction(int(j == unknowns - 1)) for j in range(unknowns + len(table))]
    gain.append(Fraction(0))
    basis = [unknowns + i for i in range(len(table))]
    bounded = ascend(rows, gain, basis)
    assert bounded
    solution = [Fraction(0)] * unknowns
    for place, column in enumerate(basis):
        if column < unknowns:
            solution[column] = rows[place][-1]
    return solution
