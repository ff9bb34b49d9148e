"""Phase boundaries: where one regime passes into its neighbour.

Two vertices that an edge joins rule neighbouring regions of scalings; on the boundary the two
leading terms are of the same order, which is the equality of the edge's own regime.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from diagrams.display import Displayed
from diagrams.evidence import Evidence
from diagrams.scaling.regimes.finding import Regimes
from diagrams.scaling.regimes.relations import Relation

if TYPE_CHECKING:
    import sympy


@dataclass(frozen=True, slots=True)
class Boundary(Displayed):
    """The boundary ``relation`` between two regions, ruled by the regime ``edge``."""

    between: tuple[str, str]
    edge: str
    relation: Relation
    evidence: Evidence

    def to_sympy(self) -> sympy.Basic:
        """The boundary as a SymPy equation, constants left out."""
        return self.relation.to_sympy()

    def __str__(self) -> str:
        return f"{self.between[0]} | {self.between[1]}: {self.relation}"


def boundaries(found: Regimes) -> tuple[Boundary, ...]:
    """Return the boundary of every pair of neighbouring regions.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.regimes.finding import regimes
    >>> for boundary in boundaries(regimes(cp_problem(order=2, ties="sym"), terms=3)):
    ...     print(boundary, boundary.to_sympy())
    A | B: H ~ p Eq(H, p)
    B | E: H sigma^2 ~ 1 Eq(H*sigma**2, 1)
    A | E: p sigma^2 ~ 1 Eq(p*sigma**2, 1)
    """
    return tuple(
        Boundary(
            (regime.corners[0], regime.corners[-1]),
            regime.name,
            regime.equalities[0],
            regime.evidence,
        )
        for regime in found
        if regime.dimension == 1
    )
