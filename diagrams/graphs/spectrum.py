r"""Vectors of fixed entries that are known as a set: a spectrum, by sums of powers.

A vector ``l[i]`` that is neither drawn nor moved enters an average only by

    s_k = sum over i of l_i^k ,

one such sum for every index node with k factors of it (and the size for a node with none).
So a spectrum is a list of numbers, or sums as numbers or monomials in scales, or a power law
``l_i = i^(-a)``, whose sums are symbols with the values ``s_k = zeta(k a) - zeta(k a, d + 1)``
(Hurwitz's zeta function, at the size d).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from diagrams.errors import BadInput, Missing
from diagrams.polynomials.polynomial import Polynomial

VALUES_LIMIT = 1000
SUMS_LIMIT = 64
NAMED = 512
"""Sums of a power law that have symbols."""


@dataclass(frozen=True, slots=True)
class Spectrum:
    """The structural law of a vector of fixed entries; just one of the three ways is given.

    ``values`` are the entries; ``sums`` are ``s_1, s_2, ..`` as far as they are known; ``power`` is
    the a of ``l_i = i^(-a)``, a number or a multiple of a scale, and ``name`` the name of the
    vector, after which its sums are called.

    >>> halves = Spectrum(values=(Fraction(1), Fraction(1, 2)))
    >>> print(halves.sum(2), Spectrum(power=Polynomial.symbol("alpha"), name="l").sum(2))
    5/4 l_2
    """

    values: tuple[Fraction, ...] = ()
    sums: tuple[Polynomial, ...] = ()
    power: Polynomial | None = None
    name: str = ""

    def __hash__(self) -> int:
        """Quick: tensors are hashed all the time, and values may be many."""
        return hash((len(self.values), len(self.sums), self.name))

    @property
    def symbols(self) -> tuple[str, ...]:
        """The scales that it is declared with, sorted."""
        given = (*self.sums, *([] if self.power is None else [self.power]))
        return tuple(sorted({name for polynomial in given for name in polynomial.symbols}))

    def sum(self, order: int) -> Polynomial:
        """``s_order``; raises :class:`~diagrams.errors.Missing` for one that is not known."""
        if self.values:
            return Polynomial.constant(sum(value**order for value in self.values))
        if self.power is not None:
            return Polynomial.symbol(sum_symbol(self.name, order))
        if order > len(self.sums):
            allowed = f"{order} sums or more; {len(self.sums)} are given, and fewer orders may do"
            field = f"tensors.{self.name}.sums"
            raise Missing(field, f"the sum of powers of order {order}", allowed)
        return self.sums[order - 1]

    @property
    def named_sums(self) -> tuple[str, ...]:
        """The symbols that its sums are, where it is a power law."""
        if self.power is None:
            return ()
        return tuple(sum_symbol(self.name, order) for order in range(1, NAMED + 1))


def sum_symbol(name: str, order: int) -> str:
    """The symbol of ``sum_i l_i^order``, for a vector called l."""
    return f"{name}_{order}"


def joint_sum(vectors: Sequence[tuple[Spectrum, int]]) -> Polynomial:
    """``sum_i l_i^j m_i^k ..`` for vectors with their powers at one index.

    Raises :class:`~diagrams.errors.BadInput` for several vectors whose values are not all listed.

    >>> one, two = Spectrum(values=(Fraction(1), Fraction(2))), Spectrum(values=(Fraction(3),) * 2)
    >>> print(joint_sum([(one, 2), (two, 1)]))
    15
    """
    if len(vectors) == 1:
        return vectors[0][0].sum(vectors[0][1])
    names = ", ".join(law.name for law, _ in vectors)
    if not all(law.values for law, _ in vectors):
        allowed = "lists of values, where several spectra meet at one index; or one spectrum alone"
        raise BadInput("tensors", names, allowed)
    total = Fraction(0)
    for place in range(len(vectors[0][0].values)):
        product = Fraction(1)
        for law, power in vectors:
            product *= law.values[place] ** power
        total += product
    return Polynomial.constant(total)
