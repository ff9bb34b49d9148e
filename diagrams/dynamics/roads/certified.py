"""What a road proposes, held against the exact leading coefficients of its face.

A decay that is a number does not lead beside larger atoms, and would not be compared at all.  So it
is taken for a symbol, and the terms with every power of it are compared apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from diagrams.dynamics.certificate import Certificate, certify
from diagrams.dynamics.face import Face
from diagrams.dynamics.petals.closure import Closure
from diagrams.dynamics.roads.decay_as_number import with_symbolic_decay
from diagrams.errors import NotSolved
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem
from diagrams.scaling.leading import leading_derivatives
from diagrams.scaling.regimes.regime import Regime
from diagrams.scaling.regimes.relations import Relation

DECAY_TERMS = 4
"""Orders at which a decay that is a number is certified as a symbol."""

Proposal = Callable[[Problem, Regime, int], Sequence[Polynomial]]
"""What a road says of ``Y_0, .., Y_n`` of a problem on a face."""


@dataclass(frozen=True)
class Certified:
    """A closure whose coefficients are those of a face: what is left is to solve its equation."""

    face: Face
    closure: Closure
    certificate: Certificate


def certified(
    proposed: Iterable[Polynomial], face: Face, subject: str, apart: tuple[str, ...] = ()
) -> Certificate:
    """Return the certificate of ``Y_0, Y_1, ..``, with a note on the pure-target constant."""
    found = certify(proposed, face.exact, face.regime, subject, apart)
    return replace(found, note=face.constant_note)


def with_decay_note(
    certificate: Certificate, face: Face, subject: str, proposed: Proposal
) -> Certificate:
    """Return a certificate that says how far the terms of a decay that is a number go with it."""
    found = with_symbolic_decay(face.problem)
    if found is None:
        return certificate
    general, name = found
    regime = face.regime
    symbols = (*regime.symbols, name)
    extended = replace(
        regime,
        symbols=symbols,
        direction=(*regime.direction, 0),
        equalities=tuple(_with_symbol(r, symbols) for r in regime.equalities),
        inequalities=tuple(_with_symbol(r, symbols) for r in regime.inequalities),
    )
    exact = leading_derivatives(general, min(face.exact.terms, DECAY_TERMS))
    try:
        said = proposed(general, extended, exact.terms)
        last = certify(said, exact, extended, subject, (name,)).orders[-1]
        note = f"; terms with each power of the decay, apart, equal the exact ones to order {last}"
    except NotSolved:
        note = "; terms with the decay are certified where they lead only"
    return replace(certificate, note=certificate.note + note)


def _with_symbol(relation: Relation, symbols: tuple[str, ...]) -> Relation:
    """A relation in one more symbol, on which it does not depend."""
    return replace(
        relation, symbols=symbols, fixed=(*relation.fixed, 0), moving=(*relation.moving, 0)
    )
