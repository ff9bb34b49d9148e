"""Petals: what a row of the trained matrices looks like from outside, and their bracket.

The *petal* ``z_m``, ``m`` a vector of non-negative integers with one entry for every trained
matrix (*colour*), is ``sum_i prod_c u^(c)[k, i]^(m_c)`` of a row ``k``: a feature node joined to
a row by ``m_c`` edges of colour ``c``.  ``z_0`` is the number ``p`` of features.  For independent
Gaussian entries of variance ``v_c`` its average is ``p prod_c (m_c - 1)!! v_c^(m_c/2)``, and
zero if an ``m_c`` is odd.  Merging two petals of one row gives

    {z_m, z_m'} = sum_c m_c m'_c z_(m + m' - 2 e_c),

extended to polynomials as a derivation of both sides.  (This is ours; for one colour it is the
operator of the partial differential equation in arXiv 2602.04548, section 6.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from diagrams.polynomials.counting import double_factorial
from diagrams.polynomials.polynomial import Polynomial, Scalar, as_polynomial

Exponent = tuple[int, ...]
"""The exponents of a petal, one for every colour."""

Petals = tuple[tuple[Exponent, int], ...]
"""A product of petals: sorted pairs of an exponent and its power."""


@dataclass(frozen=True, slots=True)
class PetalPolynomial:
    """A polynomial in petals, its coefficients polynomials in sizes and scales.

    ``terms`` is sorted and holds no zero coefficient; build values with :meth:`of`.

    >>> square = PetalPolynomial.of({(((2,), 2),): 1})
    >>> print(square * square + square)
    (1) z_2^2 + (1) z_2^4
    """

    terms: tuple[tuple[Petals, Polynomial], ...] = ()

    @staticmethod
    def of(terms: Mapping[Petals, Scalar] | Iterable[tuple[Petals, Scalar]]) -> PetalPolynomial:
        """Return the sum of ``coefficient * product of petals``, collected."""
        pairs = terms.items() if isinstance(terms, Mapping) else terms
        collected: dict[Petals, Polynomial] = {}
        for petals, coefficient in pairs:
            known = collected.get(petals)
            value = as_polynomial(coefficient)
            collected[petals] = value if known is None else known + value
        return PetalPolynomial(tuple(sorted((k, v) for k, v in collected.items() if v)))

    def __iter__(self) -> Iterator[tuple[Petals, Polynomial]]:
        return iter(self.terms)

    def __bool__(self) -> bool:
        return bool(self.terms)

    def __len__(self) -> int:
        return len(self.terms)

    def __add__(self, other: PetalPolynomial) -> PetalPolynomial:
        return PetalPolynomial.of((*self.terms, *other.terms))

    def __mul__(self, other: PetalPolynomial) -> PetalPolynomial:
        return PetalPolynomial.of(
            (product(a, b), x * y) for a, x in self.terms for b, y in other.terms
        )

    def __rmul__(self, scalar: Scalar) -> PetalPolynomial:
        factor = as_polynomial(scalar)
        return PetalPolynomial.of((petals, c * factor) for petals, c in self.terms)

    @property
    def variables(self) -> tuple[Exponent, ...]:
        """The petals that occur, sorted."""
        return tuple(sorted({m for petals, _ in self.terms for m, _ in petals}))

    def derivative(self, variable: Exponent) -> PetalPolynomial:
        """Return the derivative with respect to one petal."""
        found = []
        for petals, coefficient in self.terms:
            power = dict(petals).get(variable, 0)
            if power:
                found.append((product(petals, ((variable, -1),)), coefficient * power))
        return PetalPolynomial.of(found)

    def mapped(self, rule: Callable[[Exponent], Exponent | None]) -> PetalPolynomial:
        """Return the polynomial with petals renamed; a petal mapped to ``None`` is zero."""
        found = []
        for petals, coefficient in self.terms:
            names = [(rule(m), power) for m, power in petals]
            if all(name is not None for name, _ in names):
                renamed = [((name, power),) for name, power in names if name is not None]
                found.append((product(*renamed), coefficient))
        return PetalPolynomial.of(found)

    def value(self, petal: Callable[[Exponent], Polynomial]) -> Polynomial:
        """Return the polynomial in sizes and scales that results from values of the petals."""
        known = {m: petal(m) for m in self.variables}
        total: list[Polynomial] = []
        for petals, coefficient in self.terms:
            for m, power in petals:
                coefficient = coefficient * known[m] ** power if known[m] else Polynomial()
            total.append(coefficient)
        return Polynomial.from_terms(term for part in total for term in part.terms)

    def __str__(self) -> str:
        return " + ".join(f"({c}) {petals_text(petals)}" for petals, c in self.terms) or "0"


def product(*factors: Petals) -> Petals:
    """Return the product of products of petals (a power -1 divides).

    >>> product((((2,), 3),), (((2,), -1), ((4,), 1)))
    (((2,), 2), ((4,), 1))
    """
    powers: dict[Exponent, int] = {}
    for factor in factors:
        for m, power in factor:
            powers[m] = powers.get(m, 0) + power
    return tuple(sorted((m, power) for m, power in powers.items() if power))


def monomial_height(monomial: Polynomial, scaling: Mapping[str, Fraction | int]) -> Fraction:
    """Return the largest exponent with which the terms of a polynomial grow."""
    return max(
        sum((e * Fraction(scaling.get(name, 0)) for name, e in powers), Fraction(0))
        for powers, _ in monomial.terms
    )


def petal_name(m: Exponent) -> str:
    """Return the name of a petal, such as ``z_4`` or ``z_2_0``."""
    return "z_" + "_".join(map(str, m))


def petals_text(petals: Petals) -> str:
    """Return a product of petals as text."""
    named = (petal_name(m) + (f"^{power}" if power > 1 else "") for m, power in petals)
    return " ".join(named) or "1"


@dataclass(frozen=True)
class Rows:
    """The rows of a problem: sizes, colours with their variances and learning rates.

    >>> sigma = Polynomial.symbol("sigma")
    >>> rows = Rows("H", "p", ("u",), (sigma**2,), (Polynomial.constant(1),))
    >>> print(rows.initial((4,)), rows.bracket((2,), (4,)))
    3*p*sigma**4 (8) z_4
    """

    number: str
    features: str
    colours: tuple[str, ...]
    variances: tuple[Polynomial, ...]
    rates: tuple[Polynomial, ...]

    def initial(self, m: Exponent) -> Polynomial:
        """Return the average of the petal ``z_m`` at time zero."""
        if any(entry % 2 for entry in m):
            return Polynomial()
        result = Polynomial.symbol(self.features)
        for entry, variance in zip(m, self.variances, strict=True):
            result = result * variance ** (entry // 2) * double_factorial(entry - 1)
        return result

    def height(self, m: Exponent, scaling: Mapping[str, Fraction | int]) -> Fraction:
        """Return the exponent with which ``p prod_c v_c^(m_c/2)``, the size of a petal, grows."""
        total = Fraction(scaling.get(self.features, 0))
        for entry, variance in zip(m, self.variances, strict=True):
            total += Fraction(entry, 2) * monomial_height(variance, scaling)
        return total

    def bracket(self, left: Exponent, right: Exponent) -> PetalPolynomial:
        """Return ``{z_left, z_right}``, with the learning rate of every colour."""
        found = []
        for colour, (a, b) in enumerate(zip(left, right, strict=True)):
            if a and b:
                merged = tuple(
                    x + y - 2 * (c == colour)
                    for c, (x, y) in enumerate(zip(left, right, strict=True))
                )
                found.append(self._petal(merged, self.rates[colour] * (a * b)))
        return PetalPolynomial.of(found)

    def _petal(self, m: Exponent, coefficient: Polynomial) -> tuple[Petals, Polynomial]:
        if any(m):
            return ((m, 1),), coefficient
        return (), coefficient * Polynomial.symbol(self.features)

    def rate(self, variable: Exponent, generator: PetalPolynomial) -> PetalPolynomial:
        """Return ``{z_m, generator} / H``: minus the rate of change of a petal."""
        total = PetalPolynomial()
        for other in generator.variables:
            total = total + generator.derivative(other) * self.bracket(variable, other)
        return Polynomial.monomial(1, {self.number: -1}) * total
