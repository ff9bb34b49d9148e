"""Group laws counted: solutions of integer linear equations modulo a size.

Once all Gaussian tensors are averaged, group laws between index nodes are left, equations
``M x = 0`` modulo the size p over the nodes.  With the elementary divisors ``d_1, .., d_r`` of
the integer matrix M (its Smith normal form) the number of solutions is::

    p^(n - r) gcd(d_1, p) .. gcd(d_r, p),        n unknowns, rank r,

a monomial in p for all p coprime to the divisors.  A divisor ``d > 1`` is kept as the symbol
``gcd_d_p``, so that nothing is lost: :func:`coprime_part` puts all of them to one,
:func:`at_size` to their values at a given p.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from math import gcd

from flint import fmpz_mat

from diagrams.errors import BadInput
from diagrams.graphs.diagram import Diagram
from diagrams.graphs.laws import GroupLaw
from diagrams.polynomials.polynomial import Polynomial

_DIVISOR = re.compile(r"gcd_([0-9]+)_([A-Za-z][A-Za-z0-9_]*)\Z")


def elementary_divisors(matrix: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """The non-zero elementary divisors of an integer matrix, each dividing the next.

    >>> elementary_divisors([[1, 1], [1, -1]]), elementary_divisors([[2, 0], [0, 3]])
    ((1, 2), (1, 6))
    """
    if not any(map(any, matrix)):
        return ()
    normal = fmpz_mat([list(row) for row in matrix]).snf()
    diagonal = (abs(int(normal[k, k])) for k in range(min(normal.nrows(), normal.ncols())))
    return tuple(divisor for divisor in diagonal if divisor)


def divisor_symbol(divisor: int, size: str) -> str:
    """The symbol that stands for ``gcd(divisor, size)``."""
    return f"gcd_{divisor}_{size}"


def solutions(diagram: Diagram) -> Polynomial:
    """The value of a closed diagram whose edges are all group laws, exactly, for every size.

    Raises :class:`~diagrams.errors.BadInput` for legs and for other tensors.

    >>> from diagrams.graphs.tensors import IndexFamily, group_law
    >>> law = group_law(IndexFamily("feature", "p"), (1, 1, 1))
    >>> print(solutions(Diagram.of((law, "i i j"), (law, "l l j"))))
    p*gcd_2_p
    """
    if diagram.legs or not all(isinstance(e.tensor.law, GroupLaw) for e in diagram.edges):
        raise BadInput("diagram", str(diagram), "group laws between summed indices only")
    powers: dict[str, int] = {}
    for size in {family.size for family in diagram.nodes}:
        nodes = [n for n, family in enumerate(diagram.nodes) if family.size == size]
        column = {node: place for place, node in enumerate(nodes)}
        matrix = []
        for edge in diagram.edges:
            assert isinstance(edge.tensor.law, GroupLaw)
            row = [0] * len(nodes)
            for node, coefficient in edge.tensor.law.relation(edge.nodes):
                if node in column:
                    row[column[node]] = coefficient
            matrix.append(row)
        divisors = elementary_divisors(matrix)
        powers[size] = len(nodes) - len(divisors)
        for divisor in divisors:
            if divisor > 1:
                name = divisor_symbol(divisor, size)
                powers[name] = powers.get(name, 0) + 1
    return Polynomial.monomial(1, powers)


def without_closed_laws(diagram: Diagram) -> tuple[Diagram, Polynomial]:
    """Split off what no leg and no other tensor meets: the rest, and the number of solutions."""
    if not any(isinstance(edge.tensor.law, GroupLaw) for edge in diagram.edges):
        return diagram, Polynomial.constant(1)
    legs = tuple(dict.fromkeys(diagram.legs))
    bound = {node for edge in diagram.edges if edge.tensor.is_random for node in edge.nodes}
    bound.update(legs)
    grown = True
    while grown:
        reached = {n for e in diagram.edges if bound.intersection(e.nodes) for n in e.nodes}
        grown = not reached <= bound
        bound |= reached
    free = [node for node in range(len(diagram.nodes)) if node not in bound]
    kept = [node for node in range(len(diagram.nodes)) if node in bound]

    def part(nodes: list[int], legs: tuple[int, ...]) -> Diagram:
        number = {node: place for place, node in enumerate(nodes)}
        edges = (e for e in diagram.edges if set(e.nodes) <= set(nodes) and (e.nodes or legs))
        return Diagram(
            tuple(diagram.nodes[node] for node in nodes),
            tuple(type(e)(e.tensor, tuple(number[n] for n in e.nodes)) for e in edges),
            tuple(number[n] for n in legs),
        )

    return part(kept, diagram.legs), solutions(part(free, ()))


# -- divisors in polynomials -----------------------------------------------------------------


def divisors_in(polynomials: Iterable[Polynomial]) -> dict[str, tuple[int, ...]]:
    """The divisors that occur, as symbols, in polynomials: for every size, in order."""
    found: dict[str, set[int]] = {}
    for polynomial in polynomials:
        for name in polynomial.symbols:
            if match := _DIVISOR.match(name):
                found.setdefault(match[2], set()).add(int(match[1]))
    return {size: tuple(sorted(divisors)) for size, divisors in sorted(found.items())}


def coprime_part(polynomial: Polynomial) -> Polynomial:
    """The polynomial for sizes coprime to all divisors in it.

    >>> print(coprime_part(Polynomial.symbol("p") + Polynomial.symbol("gcd_2_p")))
    p + 1
    """
    names = [name for name in polynomial.symbols if _DIVISOR.match(name)]
    return polynomial.substitute(dict.fromkeys(names, 1)) if names else polynomial


def at_size(polynomial: Polynomial, size: str, value: int) -> Polynomial:
    """The polynomial with a size, and all divisors of it, at a positive integer.

    Raises :class:`~diagrams.errors.BadInput`.

    >>> polynomial = Polynomial.symbol("p") * Polynomial.symbol("gcd_2_p")
    >>> [str(at_size(polynomial, "p", p)) for p in (3, 4)]
    ['3', '8']
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise BadInput(size, value, "a positive integer")
    values = {size: value}
    for name in polynomial.symbols:
        match = _DIVISOR.match(name)
        if match and match[2] == size:
            values[name] = gcd(int(match[1]), value)
    return polynomial.substitute(values)
