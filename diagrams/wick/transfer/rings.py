"""Single rings: closed form for diagrams whose rows and cells all have two edges of one kind.

A ring of ``n`` rows and ``n`` cells is ``tr W^n``, ``W`` a real Wishart matrix.  Merging rings
of ``a`` and ``b`` rows gives rings of ``a + b - 1`` rows, in ``4 a b`` ways.  Zonal
polynomials (Jack polynomials of parameter 2) diagonalise the average,

    E J_l(W) = prod over boxes (i, j) of l of (d + c)(N + c),    c = 2 (j - 1) - (i - 1),

and the coefficient of the power sum ``p_n`` in ``J_l``, the product of ``c`` over all boxes
but the first, vanishes when ``l`` has the box (3, 2): only the shapes ``(a, b, 1, .., 1)``
contribute to ``tr W^n``.  With upper and lower hook lengths, ``<J_l, J_l>`` is the product of
``(2 arm + leg + 1)(2 arm + leg + 2)``, and ``<p_n, p_n> = 2 n``.  (Macdonald, Symmetric
Functions and Hall Polynomials, VI.10 and VII; Muirhead, Aspects of Multivariate Statistical
Theory, 7.2.)
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache

from diagrams.campaign.effort import spend
from diagrams.wick.transfer.packing import Powers, Sector
from diagrams.wick.transfer.structure import CellAtom, Problem


def ring_length(atom: CellAtom) -> int:
    """Number of rows if the atom is one ring, else 0.

    >>> ring_length(CellAtom((1, 1), ((0, 1), (0, 1)))), ring_length(CellAtom((1,), ((0, 0),)))
    (2, 1)
    >>> ring_length(CellAtom((1, 1), ((0, 0), (1, 1))))
    0
    """
    size = len(atom.families)
    if atom.isolated or not size or len(atom.cells) != size or any(len(c) != 2 for c in atom.cells):
        return 0
    neighbours: list[list[int]] = [[] for _ in range(size)]
    for one, other in atom.cells:
        neighbours[one].append(other)
        neighbours[other].append(one)
    if any(len(met) != 2 for met in neighbours):
        return 0
    seen, frontier = {0}, [0]
    while frontier:
        for row in neighbours[frontier.pop()]:
            if row not in seen:
                seen.add(row)
                frontier.append(row)
    return size if len(seen) == size else 0


def is_rings(problem: Problem) -> bool:
    """Whether there is one trained kind, not bare, and every atom is one ring of it.

    Observable atoms without edges may be added; they only count at order zero.
    """
    return (
        problem.kinds == 1
        and all(problem.merges(number) == {0} for number in range(len(problem.generator)))
        and problem.cell_family[0] is not None
        and all(not atom.edges or ring_length(atom) for atom in problem.observable)
        and all(map(ring_length, problem.generator))
    )


def ring_moments(problem: Problem, terms: int) -> Iterator[dict[Sector, dict[Powers, int]]]:
    """The terms of every order of a problem made of rings.

    >>> D = CellAtom((1, 1), ((0, 1), (0, 1)))
    >>> next(ring_moments(Problem(2, (1,), (0,), (True,), (), (D,), (D,)), 0))
    {(0, (0,)): {(1, 1): 1, (1, 2): 1, (2, 1): 1}}
    """
    lengths = [ring_length(atom) for atom in problem.generator]
    row, cell = problem.row_family[0], problem.cell_family[0]
    stage: dict[Sector, tuple[int, int]] = {
        (number, (0,) * len(lengths)): (ring_length(atom), 1)
        for number, atom in enumerate(problem.observable)
        if atom.edges
    }
    for order in range(terms + 1):
        result: dict[Sector, dict[Powers, int]] = {}
        for sector, (length, ways) in sorted(stage.items()):
            poly: dict[Powers, int] = {}
            for (rows, cells), value in wishart_moment(length):
                powers = [0] * problem.families
                powers[row] = rows
                powers[cell or 0] = cells
                poly[tuple(powers)] = ways * value
            result[sector] = dict(sorted(poly.items()))
            spend(8 * len(poly))
        if not order:
            for number, atom in enumerate(problem.observable):
                if not atom.edges:
                    nodes = (*atom.families, *atom.isolated)
                    sizes = tuple(map(nodes.count, range(problem.families)))
                    result[number, (0,) * len(lengths)] = {sizes: 1}
        yield dict(sorted(result.items()))
        if order == terms:
            return
        following: dict[Sector, tuple[int, int]] = {}
        for (number, counts), (length, ways) in stage.items():
            for which, added in enumerate(lengths):
                merged = (*counts[:which], counts[which] + 1, *counts[which + 1 :])
                joined, before = following.get((number, merged), (length + added - 1, 0))
                following[number, merged] = joined, before + ways * 4 * length * added
        stage = following


@lru_cache(maxsize=512)
def wishart_moment(length: int) -> tuple[tuple[tuple[int, int], int], ...]:
    """``E tr W^n`` as terms ((power of rows, power of cells), coefficient), n the ring's length.

    >>> wishart_moment(1), wishart_moment(2)
    ((((1, 1), 1),), (((1, 1), 1), ((1, 2), 1), ((2, 1), 1)))
    """
    total: dict[tuple[int, int], Fraction] = {}
    by_denominator: dict[int, list[list[int]]] = {}
    for shape in _shapes(length):
        weight = 2 * length * Fraction(1)
        contents = []
        columns = [sum(1 for part in shape if part > j) for j in range(shape[0])]
        for i, part in enumerate(shape):
            for j in range(part):
                content = 2 * j - i
                contents.append(content)
                arm, leg = part - j - 1, columns[j] - i - 1
                weight /= (2 * arm + leg + 1) * (2 * arm + leg + 2)
                if i or j:
                    weight *= content
        factor = _product(contents)
        table = by_denominator.setdefault(
            weight.denominator, [[0] * (length + 1) for _ in range(length + 1)]
        )
        for a, x in enumerate(factor):
            if x:
                scaled = x * weight.numerator
                line = table[a]
                for b, y in enumerate(factor):
                    line[b] += scaled * y
    for denominator, table in by_denominator.items():
        for a, line in enumerate(table):
            for b, value in enumerate(line):
                if value:
                    total[a, b] = total.get((a, b), Fraction(0)) + Fraction(value, denominator)
    return tuple((powers, int(value)) for powers, value in sorted(total.items()) if value)


def _shapes(size: int) -> Iterator[tuple[int, ...]]:
    """Partitions of the form (a, b, 1, .., 1)."""
    for first in range(1, size + 1):
        rest = size - first
        if not rest:
            yield (first,)
        for second in range(1, min(first, rest) + 1):
            yield (first, second) + (1,) * (rest - second)


def _product(contents: list[int]) -> list[int]:
    """Coefficients of the product of ``x + c``."""
    powers = [1]
    for content in contents:
        powers = [a + content * b for a, b in zip([0, *powers], [*powers, 0], strict=True)]
    return powers
