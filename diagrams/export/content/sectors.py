"""Sectors: the terms of a polynomial that share their powers of all scales.

A coefficient of the expansion is a sum of sectors, ``sigma^14 ( 16 p^7 H + .. )``, each a
polynomial in the sizes alone; long coefficients are read sector by sector.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

from diagrams.polynomials.polynomial import Polynomial, Powers, printing_order


@dataclass(frozen=True, slots=True)
class Sector:
    """Terms with common powers ``scales``: ``sign * scales * (sum of terms)``.

    The common sign is taken out where all terms of a bracket are negative.  A sector that is
    not ``bracketed`` (a single term, or no scales at all) has its powers in the terms.
    """

    scales: Powers
    sign: int
    terms: tuple[tuple[Powers, Fraction], ...]

    @property
    def bracketed(self) -> bool:
        """Whether the sector is written as scales times a bracket."""
        return bool(self.scales)

    def whole(self, powers: Powers) -> Powers:
        """The powers of a term of the bracket, scales included."""
        return tuple(sorted(powers + self.scales))


def sectors(polynomial: Polynomial, sizes: Collection[str] | None) -> list[Sector]:
    """Return the sectors of a polynomial in printing order.

    Without ``sizes`` nothing is bracketed and there is one sector at most.

    >>> p, sigma = Polynomial.symbol("p"), Polynomial.symbol("sigma")
    >>> [(s.sign, len(s.terms)) for s in sectors(1 - (p * p + p) * sigma**4 + p * sigma, ("p",))]
    [(-1, 2), (1, 1), (1, 1)]
    """
    ordered = printing_order(polynomial, sizes)
    if sizes is None:
        return [Sector((), 1, tuple(ordered))] if ordered else []

    def scales_of(term: tuple[Powers, Fraction]) -> Powers:
        return tuple(item for item in term[0] if item[0] not in sizes)

    found = []
    for scales, group in groupby(ordered, scales_of):
        terms = tuple(group)
        if len(terms) == 1 or not scales:
            found.append(Sector((), 1, terms))
            continue
        sign = -1 if all(coefficient < 0 for _, coefficient in terms) else 1
        inner = [(tuple(i for i in powers if i[0] in sizes), sign * c) for powers, c in terms]
        found.append(Sector(scales, sign, tuple(inner)))
    return found
