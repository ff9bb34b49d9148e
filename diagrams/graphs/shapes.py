"""Shapes of single entries: a law up to its mean and its scale, known by its moments.

An entry is ``mean + sqrt(variance) x``; the *shape* is the law of ``x``, which has mean zero.  An
average of products of independent entries needs the cumulants of ``x`` alone:

    E[product] = sum over partitions of the factors into blocks, of the product over blocks
                 of c_k, k the size of the block; the entries of a block have all indices equal.

(V. P. Leonov and A. N. Shiryaev, "On a method of calculation of semi-invariants", Theory of
Probability and its Applications 4, 1959.)  Gaussians have ``c_2`` alone: pairings.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from math import comb

from diagrams.errors import BadInput
from diagrams.polynomials.polynomial import ONE, Polynomial, as_polynomial

MOMENTS_LIMIT = 64


class Kind(StrEnum):
    """What a shape is called in a problem file."""

    RADEMACHER = "rademacher"
    UNIFORM = "uniform"
    MOMENTS = "moments"


@dataclass(frozen=True, slots=True)
class Shape:
    """The law of ``x``: two values ``+-1``, uniform of variance one, or what moments say.

    ``kind`` is ``"rademacher"``, ``"uniform"`` or ``"moments"``.  ``moments`` are ``E x, E x^2,
    ..``, numbers or polynomials in scales, as far as they are known; those of the first two kinds
    are all known, and none are listed.

    Raises :class:`~diagrams.errors.BadInput`.

    >>> [str(Shape("rademacher").cumulant(k)) for k in (2, 3, 4, 6)]
    ['1', '0', '-2', '16']
    >>> [str(Shape("uniform").cumulant(k)) for k in (2, 3, 4)]
    ['1', '0', '-6/5']
    >>> print(Shape("moments", (0, 1, 0, Polynomial.symbol("kappa"))).cumulant(4))
    kappa - 3
    """

    kind: Kind
    moments: tuple[Polynomial, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in tuple(Kind):
            raise BadInput("kind of a shape", self.kind, " or ".join(map(repr, map(str, Kind))))
        object.__setattr__(self, "kind", Kind(self.kind))
        object.__setattr__(self, "moments", tuple(map(as_polynomial, self.moments)))
        given = self.kind is Kind.MOMENTS
        if given != bool(self.moments) or len(self.moments) > MOMENTS_LIMIT:
            allowed = f"2 to {MOMENTS_LIMIT} of them for the kind moments, none for others"
            raise BadInput("moments", f"{len(self.moments)} moments", allowed)
        if given and (self.moments[0] or len(self.moments) < 2 or not self.moments[1]):
            raise BadInput(
                "moments", ", ".join(map(str, self.moments)), "0, then the second, not zero"
            )

    def __hash__(self) -> int:
        """Quick: tensors are hashed all the time, and moments may be many."""
        return hash((self.kind, len(self.moments)))

    @property
    def known(self) -> int | None:
        """The highest order whose moment is known; none where all are."""
        return len(self.moments) or None

    @property
    def even(self) -> bool:
        """Whether all odd moments that are known vanish."""
        return not any(self.moments[::2])

    @property
    def symbols(self) -> frozenset[str]:
        """The scales that the moments are made of."""
        return frozenset(name for moment in self.moments for name in moment.symbols)

    def moment(self, order: int) -> Polynomial:
        """``E x^order``.

        Raises :class:`~diagrams.errors.BadInput`, which says which moment is missing.
        """
        if not order:
            return ONE
        if self.kind is Kind.MOMENTS:
            if order > len(self.moments):
                raise BadInput(
                    "moments",
                    f"{len(self.moments)} of them",
                    f"{order} or more: what is asked for holds the moment of order {order}",
                )
            return self.moments[order - 1]
        if order % 2:
            return Polynomial()
        if self.kind is Kind.RADEMACHER:
            return ONE
        return Polynomial.constant(Fraction(3 ** (order // 2), order + 1))

    def cumulant(self, order: int) -> Polynomial:
        """The cumulant ``c_order`` of x, zero for order 1.

        Raises :class:`~diagrams.errors.BadInput` as :meth:`moment` does.
        """
        return _cumulant(self, order)


@lru_cache(maxsize=4096)
def _cumulant(shape: Shape, order: int) -> Polynomial:
    value = shape.moment(order)
    for lower in range(2, order - 1):
        product = shape.cumulant(lower) * shape.moment(order - lower)
        value = value - comb(order - 1, lower - 1) * product
    return value
