"""The leading terms of a regime, as what a theory of that regime is held against.

A theory of infinite size knows the terms that lead where its regime is, and no others.  It is
right if its coefficients are those terms; what it has or lacks of lower order is no fault of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from diagrams.dynamics.certificate import leading_part
from diagrams.dynamics.face import face_of
from diagrams.errors import BadInput
from diagrams.polynomials.polynomial import Polynomial, Powers
from diagrams.problems.structure import structure
from diagrams.scaling.fronts.front import without_constant
from diagrams.scaling.polyhedra.feasible import growing_direction
from diagrams.scaling.regimes.dominance import locate_at
from diagrams.scaling.regimes.finding import regimes
from diagrams.scaling.regimes.regime import Regime
from diagrams.scaling.regimes.relations import Limit
from diagrams.series.expansion import Series
from pde.linear_algebra import Number, dot, in_span, null_space

MOST = 0.5
"""The share of every coefficient above which a regime is said to rule at actual sizes."""


@dataclass(frozen=True)
class LeadingTerms:
    """The leading parts of ``Y_0, Y_1, ..`` on a face, with the constants that count there."""

    regime: Regime
    sizes: tuple[str, ...]
    coefficients: tuple[Polynomial, ...]

    def of_note(self, s: int, difference: Polynomial) -> Polynomial:
        """Return the terms of a difference at order ``s`` that are not of lower order.

        A term counts if there is a scaling on the face at which it is as large as the leading
        ones.  Where nothing leads at this order every term counts.
        """
        lead = self.coefficients[s]
        if not lead:
            return difference
        top = max(lead.terms, key=lambda term: self._height(term[0]))[0]
        kept = (term for term in difference.terms if self._reaches(term[0], top))
        return Polynomial.from_terms(kept)

    def _height(self, powers: Powers) -> Fraction:
        scaling = self.regime.scaling
        return sum((e * Fraction(scaling.get(name, 0)) for name, e in powers), Fraction(0))

    def _reaches(self, powers: Powers, top: Powers) -> bool:
        """Whether a monomial is as large as a leading one somewhere on the face."""
        symbols = self.regime.symbols
        one, other, zero = dict(powers), dict(top), Fraction(0)
        step = [one.get(name, zero) - other.get(name, zero) for name in symbols]
        equalities = [relation.exponents() for relation in self.regime.equalities]
        if in_span(step, equalities):
            return True
        signed = [
            [e if relation.limit is Limit.INFINITY else -e for e in relation.exponents()]
            for relation in self.regime.inequalities
        ]
        sizes = [k for k, name in enumerate(symbols) if name in self.sizes]
        rows: list[Sequence[Number]] = [
            *signed,
            *([int(k == place) for k in range(len(symbols))] for place in sizes),
            step,
        ]
        free = null_space(equalities, len(symbols))
        lines = [[dot(row, vector) for row in rows] for vector in free]
        return growing_direction([], lines, range(len(rows)), len(rows)) is not None


def leading_terms(series: Series, regime: str, last: int) -> LeadingTerms:
    """Return the leading terms of a regime, given by name, to order ``last``.

    Raises :class:`~diagrams.errors.BadInput` for an unknown regime, and
    :class:`~diagrams.errors.NotSolved` for a problem whose regimes are not known.

    >>> from diagrams.series.expansion import expand
    >>> from diagrams.problems.cp import cp_problem
    >>> found = leading_terms(expand(cp_problem(order=2, ties="sym"), 1), "E-A", 1)
    >>> print(found.coefficients[1])
    -4*p**3*H*sigma**6 + 8*p**2*H*sigma**4 - 4*p*H*sigma**2
    """
    face = face_of(series.problem, regime)
    return _of(series, face.regime, face.constant, last)


def leading_terms_anywhere(series: Series, last: int) -> tuple[LeadingTerms, ...]:
    """Return those of every regime, the largest faces first; nothing where none are known."""
    try:
        found = regimes(series)
    except BadInput:
        return ()
    constant = structure(series.problem).constant
    ordered = sorted(found, key=lambda regime: -regime.dimension)
    return tuple(_of(series, regime, constant, last) for regime in ordered)


def leading_terms_at(
    series: Series, places: Sequence[Mapping[str, Fraction]], last: int
) -> tuple[LeadingTerms, ...]:
    """Return those of every regime that rules at all given sizes, the smallest faces first.

    It rules where its terms make up more than half of every coefficient, in absolute values.
    Nothing is returned where the orders that are known tell no regimes.
    """
    try:
        found = regimes(series)
        standings = [
            dict(locate_at(found, series, {n: place[n] for n in found.symbols}).dominance)
            for place in places
        ]
    except (BadInput, KeyError):
        return ()
    ruling = [r for r in found if all(shares[r.name] > MOST for shares in standings)]
    ruling.sort(key=lambda regime: regime.dimension)
    constant = structure(series.problem).constant
    return tuple(_of(series, regime, constant, last) for regime in ruling)


def _of(series: Series, regime: Regime, constant: Polynomial, last: int) -> LeadingTerms:
    scaling = regime.scaling
    known = without_constant(series.problem, list(series.coefficients[: last + 1]))
    found = [leading_part(y, scaling) for y in known]
    terms = LeadingTerms(regime, series.problem.sizes, tuple(found))
    found[0] = found[0] + terms.of_note(0, constant)
    return LeadingTerms(regime, series.problem.sizes, tuple(found))
