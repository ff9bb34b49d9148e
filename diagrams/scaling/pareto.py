"""Pareto-optimal terms: those that no other term beats in every size at once.

Let sizes and scales grow as powers of one large number.  Two terms with the same powers of
all scales (sigma, c, ..) compare by their sizes alone; a term can lead for some scaling only if
no other term has every size exponent at least as large.  (arXiv 2602.04548, section 4.)
"""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction

from diagrams.polynomial import Polynomial, Powers


def pareto_terms(polynomial: Polynomial, sizes: Collection[str]) -> Polynomial:
    """Return the Pareto-optimal part of a polynomial with respect to the given sizes.

    >>> p, H = Polynomial.symbol("p"), Polynomial.symbol("H")
    >>> print(pareto_terms(p**3 + p * H + 5 * p**2 * H, ("p", "H")))
    p**3 + 5*p**2*H
    """
    groups: dict[Powers, list[tuple[Powers, Fraction]]] = {}
    for powers, coefficient in polynomial.terms:
        scales = tuple(item for item in powers if item[0] not in sizes)
        groups.setdefault(scales, []).append((powers, coefficient))
    return Polynomial.from_terms(
        (powers, coefficient)
        for group in groups.values()
        for powers, coefficient in group
        if not any(_beats(other, powers, sizes) for other, _ in group)
    )


def _beats(one: Powers, other: Powers, sizes: Collection[str]) -> bool:
    """Whether ``one`` is at least as large as ``other`` in every size, and not equal."""
    left, right = dict(one), dict(other)
    zero = Fraction(0)
    return one != other and all(left.get(n, zero) >= right.get(n, zero) for n in sizes)
