"""Recognise the loss of a CP model with a diagonal target, in any problem's own diagrams.

Nothing but the diagrams is looked at: a problem read from a file is recognised as well.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction

from diagrams.graphs.diagram import Diagram
from diagrams.graphs.laws import Gaussian, Mean
from diagrams.graphs.tensors import IndexFamily, Role, Tensor
from diagrams.polynomials.polynomial import ONE, Polynomial, Powers
from diagrams.problems.problem import Problem


@dataclass(frozen=True, slots=True)
class SquaredProduct:
    """A loss D/2 - R of the theorem, and the weight decay that is added for the flow.

    ``multiplicities`` of the kinds; the sizes of rows and of cells; the monomials of D, of R
    (``None`` without a target), of what a merge brings, of a decay (``None`` without);
    ``variance`` of all entries.
    """

    multiplicities: tuple[int, ...]
    rows: str
    cells: str
    square: Powers
    target: Powers | None
    rate: Powers
    variance: Powers
    decay: Powers | None = None

    @property
    def order(self) -> int:
        """nu, the number of factors."""
        return sum(self.multiplicities)

    @property
    def odd(self) -> int:
        """o, the number of odd multiplicities."""
        return sum(d % 2 for d in self.multiplicities)

    def scale(self, name: str) -> tuple[Fraction, Fraction, Fraction, Fraction]:
        """The power of a scale: a constant, and what a D, an R and a decay add.

        A term with s_D, s_R and j of them has s_D + s_R + j - 1 merges and
        nu s_D + nu s_R / 2 - (s_D + s_R - 1) pairs of edges.
        """
        square, target, rate, variance, decay = (
            dict(powers or ()).get(name, Fraction(0))
            for powers in (self.square, self.target, self.rate, self.variance, self.decay)
        )
        merge = rate - variance
        spread = variance * self.order
        return -merge, square + spread + merge, target + spread / 2 + merge, decay + rate

    @property
    def names(self) -> tuple[str, ...]:
        """The symbols of all monomials, sorted."""
        parts = (self.square, self.target, self.rate, self.variance, self.decay)
        return tuple(sorted({name for powers in parts for name, _ in powers or ()}))


def squared_product(problem: Problem, first: IndexFamily | None) -> SquaredProduct | None:
    """Recognise the structure in the diagrams of a problem; ``None`` elsewhere.

    ``first`` is the family that is tried first as that of the rows.  See
    :attr:`diagrams.problems.structure.Structure.product`.
    """
    observable = [(d, c) for d, c in problem.observable if d.edges]
    tensors = problem.tensors
    laws = {tensor.law for tensor in tensors}
    if (
        any(tensor.role is not Role.TRAINED or tensor.rank != 2 for tensor in tensors)
        or len(laws) != 1
        or len({tensor.rate for tensor in tensors}) != 1
        or len(problem.sizes) != len(problem.families)
        or len(problem.families) != 2
    ):
        return None
    law = next(iter(laws))
    rate = tensors[0].rate
    if not isinstance(law, Gaussian) or law.mean is not Mean.ZERO:
        return None
    if len(law.variance or ONE) != 1 or len(rate) != 1:
        return None
    penalty = [(d, c) for d, c in problem.potential - problem.observable if d.edges]
    for rows in sorted(problem.families, key=lambda family: family != first):
        found = _structure(observable, rows)
        decay = _decay(penalty, tensors)
        if found is not None and (decay is not None or not penalty):
            kinds, square, target = found
            cells = next(family for family in problem.families if family != rows)
            variance = (law.variance or ONE).terms[0][0]
            product = SquaredProduct(
                kinds, rows.size, cells.size, square, target, rate.terms[0][0], variance, decay
            )
            sizes_in_scales = {rows.size, cells.size} & set(product.names)
            return None if sizes_in_scales else product
    return None


def _decay(penalty: list[tuple[Diagram, Polynomial]], tensors: tuple[Tensor, ...]) -> Powers | None:
    """The monomial of a multiple of the sum of squares of all entries of all tensors."""
    coefficients = {coefficient for _, coefficient in penalty}
    squares = sorted(
        diagram.edges[0].tensor.name
        for diagram, _ in penalty
        if len(diagram.edges) == len(diagram.nodes) == 2
        and not diagram.legs
        and diagram.edges[0] == diagram.edges[1]
    )
    if len(coefficients) != 1 or squares != sorted(tensor.name for tensor in tensors):
        return None
    coefficient = next(iter(coefficients))
    same = len(penalty) == len(squares) and len(coefficient) == 1
    return coefficient.terms[0][0] if same else None


def _structure(
    atoms: list[tuple[Diagram, Polynomial]], rows: IndexFamily
) -> tuple[tuple[int, ...], Powers, Powers | None] | None:
    """Multiplicities, monomial of D and of R, if rows are the nodes of this family."""
    square: tuple[tuple[int, ...], Powers] | None = None
    target: tuple[tuple[int, ...], Powers] | None = None
    names: dict[str, Counter[str]] = {}
    for diagram, coefficient in atoms:
        held = sum(family == rows for family in diagram.nodes)
        if diagram.legs or len(coefficient) != 1 or held not in (1, 2):
            return None
        kinds = _square_kinds(diagram, rows) if held == 2 else _target_kinds(diagram, rows)
        which = "square" if held == 2 else "target"
        if kinds is None or which in names:
            return None
        names[which] = kinds
        found = (tuple(sorted(kinds.values())), coefficient.terms[0][0])
        square, target = (found, target) if held == 2 else (square, found)
    if square is None or (target is not None and names["square"] != names["target"]):
        return None
    return square[0], square[1], None if target is None else target[1]


def _square_kinds(diagram: Diagram, rows: IndexFamily) -> Counter[str] | None:
    """For D: every cell has one edge of one tensor to each of the two rows."""
    both = {node for node, family in enumerate(diagram.nodes) if family == rows}
    kinds: Counter[str] = Counter()
    for cell in set(range(len(diagram.nodes))) - both:
        edges = [edge for edge in diagram.edges if cell in edge.nodes]
        ends = {node for edge in edges for node in edge.nodes} - {cell}
        if len(edges) != 2 or ends != both or edges[0].tensor != edges[1].tensor:
            return None
        kinds[edges[0].tensor.name] += 1
    return kinds if 2 * sum(kinds.values()) == len(diagram.edges) else None


def _target_kinds(diagram: Diagram, rows: IndexFamily) -> Counter[str] | None:
    """For R: one row, one cell, and all edges between them."""
    if len(diagram.nodes) != 2:
        return None
    return Counter(edge.tensor.name for edge in diagram.edges)
