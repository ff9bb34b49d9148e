r"""The naive enumerator: merged powers edge by edge, averages pairing by pairing.

A diagram is a list of edges (colour, k, i) together with the number of its k-nodes and of its
i-nodes; it stands for the sum over all values of the nodes of the product of u^(colour)[k, i].
Nothing is recognised as equal to anything else and nothing is collected.  With D and R as in
L = D/2 - R + p/2,

    Y_s = (-1)^s E[(D/2 - R)^{*(s+1)}] (+ p/2 at s = 0),

where A*B = sum over pairs (edge of A, edge of B) of one colour, both deleted, ends identified,
and E sums p^q H^n sigma^(number of edges) over all perfect matchings of equal-coloured edges, q
and n being the numbers of i-nodes and k-nodes left when the ends of matched edges are
identified.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Edge = tuple[int, int, int]


@dataclass(frozen=True)
class EdgeList:
    """A product of entries u^(colour)[k, i], summed over `k_nodes` values k and `i_nodes` of i."""

    edges: list[Edge]
    k_nodes: int
    i_nodes: int


Terms = list[tuple[Fraction, EdgeList]]


def quadratic_term(ties: Sequence[int]) -> EdgeList:
    """D = sum of f^2: each i-node is joined to both k-nodes.

    >>> quadratic_term([1]).edges
    [(0, 0, 0), (0, 1, 0)]
    """
    slots = [c for c, multiplicity in enumerate(ties) for _ in range(multiplicity)]
    edges = [(c, k, i) for i, c in enumerate(slots) for k in (0, 1)]
    return EdgeList(edges, 2, len(slots))


def target_term(ties: Sequence[int]) -> EdgeList:
    """R = sum of f F for the identity target: all edges between one k-node and one i-node."""
    return EdgeList([(c, 0, 0) for c, m in enumerate(ties) for _ in range(m)], 1, 1)


def merge(a: EdgeList, b: EdgeList) -> Iterator[EdgeList]:
    """A*B, one diagram for each pair of edges of one colour."""
    for x, (colour_x, k_x, i_x) in enumerate(a.edges):
        for y, (colour_y, k_y, i_y) in enumerate(b.edges):
            if colour_x != colour_y:
                continue
            k_names = _names_after_merge(a.k_nodes, b.k_nodes, k_x, k_y)
            i_names = _names_after_merge(a.i_nodes, b.i_nodes, i_x, i_y)
            edges = a.edges[:x] + a.edges[x + 1 :]
            edges += [(c, k_names[k], i_names[i]) for c, k, i in b.edges[:y] + b.edges[y + 1 :]]
            yield EdgeList(edges, a.k_nodes + b.k_nodes - 1, a.i_nodes + b.i_nodes - 1)


def _names_after_merge(size_a: int, size_b: int, kept: int, identified: int) -> list[int]:
    """New names of B's nodes: `identified` becomes A's `kept`, the others are fresh."""
    names = list(range(size_a, size_a + size_b - 1))
    names.insert(identified, kept)
    return names


def pairings(items: Sequence[int]) -> Iterator[list[tuple[int, int]]]:
    """All perfect matchings of the items.

    >>> [len(list(pairings(range(n)))) for n in (0, 1, 2, 4, 6, 8)]
    [1, 0, 1, 3, 15, 105]
    """
    if not items:
        yield []
        return
    first, rest = items[0], items[1:]
    for j, partner in enumerate(rest):
        for others in pairings([*rest[:j], *rest[j + 1 :]]):
            yield [(first, partner), *others]


def average(diagram: EdgeList) -> dict[tuple[int, int, int], int]:
    """E of a diagram as {(q, n, number of edges): number of pairings}.

    >>> average(quadratic_term([2])) == {(2, 1, 4): 1, (1, 2, 4): 1, (1, 1, 4): 1}
    True
    """
    by_colour: defaultdict[int, list[int]] = defaultdict(list)
    for x, edge in enumerate(diagram.edges):
        by_colour[edge[0]].append(x)
    total: defaultdict[tuple[int, int, int], int] = defaultdict(int)
    for pairing in _coloured_pairings(list(by_colour.values())):
        k_pairs = [(diagram.edges[x][1], diagram.edges[y][1]) for x, y in pairing]
        i_pairs = [(diagram.edges[x][2], diagram.edges[y][2]) for x, y in pairing]
        q = _count_components(diagram.i_nodes, i_pairs)
        n = _count_components(diagram.k_nodes, k_pairs)
        total[q, n, len(diagram.edges)] += 1
    return dict(total)


def _coloured_pairings(groups: list[list[int]]) -> Iterator[list[tuple[int, int]]]:
    if not groups:
        yield []
        return
    for first in pairings(groups[0]):
        for others in _coloured_pairings(groups[1:]):
            yield first + others


def _count_components(size: int, pairs: list[tuple[int, int]]) -> int:
    """The number of classes of 0..size-1 when the pairs are identified (union-find)."""
    parent = list(range(size))

    def root(x: int) -> int:
        while parent[x] != x:
            parent[x] = parent[parent[x]]
            x = parent[x]
        return x

    components = size
    for x, y in pairs:
        x, y = root(x), root(y)
        if x != y:
            parent[x] = y
            components -= 1
    return components


def merged_power(
    ties: Sequence[int], s: int, target: Literal["identity", "zero"] = "identity"
) -> Terms:
    """(D/2 - R)^{*(s+1)}, left-nested, as a list with one entry for each way to merge."""
    loss: Terms = [(Fraction(1, 2), quadratic_term(ties))]
    if target == "identity":
        loss.append((Fraction(-1), target_term(ties)))
    power = loss
    for _ in range(s):
        power = [(x * y, c) for x, a in power for y, b in loss for c in merge(a, b)]
    return power


def naive_derivative(
    order: int, ties: Sequence[int], s: int, target: Literal["identity", "zero"] = "identity"
) -> dict[tuple[int, int, int], Fraction]:
    """Y_s as {(power of p, power of H, power of sigma): coefficient}, zeros left out.

    >>> naive_derivative(2, [2], 0) == {
    ...     (1, 0, 0): Fraction(1, 2), (1, 1, 2): -1,
    ...     (2, 1, 4): Fraction(1, 2), (1, 2, 4): Fraction(1, 2), (1, 1, 4): Fraction(1, 2)}
    True
    """
    if order < 2 or sum(ties) != order or min(ties) < 1:
        raise ValueError(f"ties {tuple(ties)} are no composition of the order {order}")
    total: defaultdict[tuple[int, int, int], Fraction] = defaultdict(Fraction)
    if s == 0 and target == "identity":
        total[1, 0, 0] = Fraction(1, 2)
    for coefficient, diagram in merged_power(ties, s, target):
        for key, count in average(diagram).items():
            total[key] += (-1) ** s * coefficient * count
    return {key: value for key, value in sorted(total.items()) if value}


def evaluate(
    series: dict[tuple[int, int, int], Fraction], p: int, H: int
) -> dict[tuple[int, int, int], Fraction]:
    """The polynomial at numbers p and H, keyed as in `brute_force_derivative`.

    >>> evaluate({(2, 1, 4): Fraction(1, 2), (1, 1, 4): Fraction(1, 3)}, 3, 2)
    {(4, 0, 0): Fraction(11, 1)}
    """
    total: defaultdict[tuple[int, int, int], Fraction] = defaultdict(Fraction)
    for (q, n, two_l), value in series.items():
        total[two_l, 0, 0] += value * p**q * H**n
    return {key: value for key, value in sorted(total.items()) if value}
