"""Pareto-optimal terms: those that no other term beats in every size at once.

Let sizes and scales grow as powers of one large number.  Two terms with the same powers of
all scales (sigma, c, ..) compare by their sizes alone; a term can lead for some scaling only if
no other term has every size exponent at least as large.  (arXiv 2602.04548, section 4.)
"""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction
from operator import ge

from diagrams.polynomials.polynomial import Polynomial, Powers

_Vector = tuple[Fraction, ...]


def pareto_terms(polynomial: Polynomial, sizes: Collection[str]) -> Polynomial:
    """Return the Pareto-optimal part of a polynomial with respect to the given sizes.

    >>> p, H = Polynomial.symbol("p"), Polynomial.symbol("H")
    >>> print(pareto_terms(p**3 + p * H + 5 * p**2 * H, ("p", "H")))
    p**3 + 5*p**2*H
    """
    zero = Fraction(0)
    groups: dict[Powers, dict[_Vector, tuple[Powers, Fraction]]] = {}
    for powers, coefficient in polynomial.terms:
        exponents = dict(powers)
        scales = tuple(item for item in powers if item[0] not in sizes)
        vector = tuple(exponents.get(name, zero) for name in sizes)
        groups.setdefault(scales, {})[vector] = (powers, coefficient)
    return Polynomial.from_terms(
        group[vector] for group in groups.values() for vector in _front(group)
    )


def _front(vectors: Collection[_Vector]) -> list[_Vector]:
    """The vectors that no other equals or exceeds in every entry."""
    front: list[_Vector] = []
    for vector in sorted(vectors, key=sum, reverse=True):
        if not any(all(map(ge, other, vector)) for other in front):
            front.append(vector)
    return front
