"""Linear combinations of diagrams, and the merge.

The *merge* of two diagrams is ``A * B = sum_u (dA/du)(dB/du)`` over all entries of all
trained tensors: over all pairs of an edge of A and an edge of B with one tensor, delete
both and identify their nodes slot by slot (function nodes:
:mod:`diagrams.graphs.derivatives`).  Gradient flow ``du/dt = -dL/du`` then moves
any diagram by ``dG/dt = -G * L``.  (arXiv 2602.04548, section 3.)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from diagrams.display import Displayed
from diagrams.graphs.derivatives import derivative, mover
from diagrams.graphs.diagram import Diagram, family_letters
from diagrams.graphs.tensors import IndexFamily
from diagrams.polynomials.polynomial import Polynomial, Scalar, as_polynomial


@dataclass(frozen=True, slots=True)
class Combination(Displayed):
    """A linear combination of diagrams with polynomial coefficients, in normal form.

    Terms hold canonical diagrams, each once, no zero coefficient, in a fixed order; two
    combinations are equal exactly when they are the same element of the vector space.

    >>> from diagrams.graphs.tensors import IndexFamily, Tensor
    >>> u = Tensor("u", (IndexFamily("hidden", "N"), IndexFamily("feature", "d")))
    >>> square = Combination.of({Diagram.of((u, "k i"), (u, "k i")): 1})
    >>> print(merge(square, square))
    (4) sum[k1;i1] u[k1,i1]^2
    """

    terms: tuple[tuple[Diagram, Polynomial], ...] = ()

    @staticmethod
    def of(terms: Mapping[Diagram, Scalar] | Iterable[tuple[Diagram, Scalar]]) -> Combination:
        """Return the sum of ``coefficient * diagram`` over the given terms."""
        pairs = terms.items() if isinstance(terms, Mapping) else terms
        collected: dict[Diagram, Polynomial] = {}
        for diagram, coefficient in pairs:
            canonical = diagram.canonical
            collected[canonical] = collected.get(canonical, Polynomial()) + as_polynomial(
                coefficient
            )
        kept = [(d, c) for d, c in collected.items() if c]
        return Combination(tuple(sorted(kept, key=lambda term: _reading_order(term[0]))))

    def __iter__(self) -> Iterator[tuple[Diagram, Polynomial]]:
        return iter(self.terms)

    def __len__(self) -> int:
        return len(self.terms)

    def coefficient(self, diagram: Diagram) -> Polynomial:
        """The coefficient of the isomorphism class of ``diagram``."""
        return dict(self.terms).get(diagram.canonical, Polynomial())

    def __add__(self, other: Combination) -> Combination:
        return Combination.of((*self.terms, *other.terms))

    def __sub__(self, other: Combination) -> Combination:
        return self + (-1) * other

    def __rmul__(self, scalar: Scalar) -> Combination:
        factor = as_polynomial(scalar)
        return Combination(tuple((d, c * factor) for d, c in self.terms if factor))

    def __matmul__(self, other: Combination) -> Combination:
        """Product of values: disjoint unions of diagrams."""
        return Combination.of((a @ b, x * y) for a, x in self for b, y in other)

    @property
    def families(self) -> tuple[IndexFamily, ...]:
        """All index families, in the order in which the largest diagram meets them."""
        return tuple(dict.fromkeys(f for d, _ in reversed(self.terms) for f in d.nodes))

    @property
    def lines(self) -> tuple[str, ...]:
        """Every diagram with its coefficient, in plain letters."""
        letters = family_letters(self.families)
        return tuple(f"({c}) {d.spelled(letters)}" for d, c in self.terms)

    def __str__(self) -> str:
        return "\n".join(self.lines) or "0"


def _reading_order(diagram: Diagram) -> tuple[object, ...]:
    """Small diagrams first, then by their edges: a fixed order for print."""
    return (
        len(diagram.edges),
        len(diagram.nodes),
        diagram.legs,
        tuple(family.name for family in diagram.nodes),
        tuple(edge.sort_key for edge in diagram.edges),
    )


def merge(left: Combination, right: Combination) -> Combination:
    """Return the merge ``left * right``, weighted with the learning rate of every tensor.

    Bilinear; symmetric; zero where no trained tensor is shared.  Legs of the left diagram
    come first, then those of the right.
    """
    return Combination.of(
        (merged, count * a * b)
        for one, a in left
        for other, b in right
        for merged, count in merge_diagrams(one, other)
    )


def merge_diagrams(left: Diagram, right: Diagram) -> Iterator[tuple[Diagram, Polynomial]]:
    """Yield the diagrams of ``left * right`` with coefficients, not yet collected."""
    for one, copies in left.multiplicities().items():
        tensor = mover(one.tensor)
        for other, others in right.multiplicities().items() if tensor is not None else ():
            if tensor is None or mover(other.tensor) != tensor:
                continue
            (first, open_nodes), (second, partners) = (
                derivative(left, one),
                derivative(right, other),
            )
            pairs = zip(open_nodes, (node + len(first.nodes) for node in partners), strict=True)
            yield (first @ second).identify(pairs), tensor.rate * Fraction(copies * others)
