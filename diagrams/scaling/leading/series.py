"""Leading terms as values: sector by sector, and the levels that terms belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from diagrams.errors import BadInput
from diagrams.evidence import Evidence
from diagrams.graphs.merging import Sector
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem

Exponents = tuple[int, int]
"""The powers of the absorbed size and of the labelled size."""


@dataclass(frozen=True)
class LeadingSector:
    """The terms of one sector of Y_s down to the wanted level.

    ``atoms``: how often each weight of :attr:`LeadingSeries.weights` was used.
    ``prefactor``: sign, weights and variances; the term of exponents (q, n) is
    ``prefactor * count * p**q * H**n``.  ``counts`` is sorted by exponents.
    """

    atoms: Sector
    prefactor: Polynomial
    counts: tuple[tuple[Exponents, int], ...]

    @property
    def front(self) -> tuple[Exponents, ...]:
        """The exponents of the Pareto-optimal terms, by rising power of the labelled size."""
        return pareto_exponents(dict(self.counts))


@dataclass(frozen=True)
class LeadingSeries:
    """The leading terms of ``Y_0, .., Y_terms``, sector by sector.

    ``weights`` and ``edges`` are those of the atoms that sectors count (of the loss and of the
    potential); ``sizes`` names the absorbed and the labelled size.

    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.leading import leading_derivatives
    >>> leading = leading_derivatives(cp_problem(order=3, target="zero"), terms=1)
    >>> print(leading.coefficient(0))
    1/2*p**3*H*sigma**6
    >>> leading.orders[1][0].front
    ((5, 1), (3, 2))
    """

    problem: Problem
    levels: int
    weights: tuple[Polynomial, ...]
    edges: tuple[int, ...]
    sizes: tuple[str, str]
    orders: tuple[tuple[LeadingSector, ...], ...]
    evidence: Evidence

    @property
    def terms(self) -> int:
        """The highest order that is known."""
        return len(self.orders) - 1

    def coefficient(self, s: int) -> Polynomial:
        """The sum of the leading terms of all sectors of ``Y_s``.

        Where two sectors have the same powers of all scales (a decay that is a number, say)
        their fronts stand side by side: one may beat terms of the other.
        """
        if not isinstance(s, int) or not 0 <= s < len(self.orders):
            raise BadInput("s", s, f"an integer from 0 to {self.terms}")
        products = (
            sector.prefactor
            * Polynomial.monomial(count, dict(zip(self.sizes, exponents, strict=True)))
            for sector in self.orders[s]
            for exponents, count in sector.counts
        )
        return Polynomial.from_terms(term for product in products for term in product.terms)

    def __str__(self) -> str:
        lines = [f"{self.problem.title}, terms of the first {self.levels} levels"]
        lines += [f"Y_{s} ~ {self.coefficient(s)}" for s in range(len(self.orders))]
        return "\n".join([*lines, f"evidence: {self.evidence}"])


def pareto_exponents(counts: Mapping[tuple[int, ...], int]) -> tuple[Exponents, ...]:
    """The exponents that no others beat in both sizes, by rising second exponent."""
    front: list[Exponents] = []
    for absorbed, labelled in sorted(counts, reverse=True):
        if not front or labelled > front[-1][1]:
            front.append((absorbed, labelled))
    return tuple(front)


def steps_below(exponents: tuple[int, ...], front: tuple[Exponents, ...]) -> int:
    """The least number of steps from a term of the front down to the given exponents.

    >>> steps_below((2, 1), ((5, 1), (3, 2)))
    2
    """
    absorbed, labelled = exponents
    return min(q - absorbed + n - labelled for q, n in front if q >= absorbed and n >= labelled)
