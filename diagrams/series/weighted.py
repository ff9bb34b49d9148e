"""Sums of polynomials with products of powers as weights, multiplied out at the end.

Different sectors have many weights in common; weights of several terms are multiplied in one power
at a time, so that no power of them is ever written out for itself.  Meanwhile a monomial is one
integer, its exponents as digits, so that a product of monomials is a sum of integers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import lcm

from flint import fmpq

from diagrams.campaign.effort import TERM, spend
from diagrams.polynomials.polynomial import Polynomial

Powers = frozenset[tuple[Polynomial, int]]
_Terms = dict[int, fmpq]

_DIGIT = 40
"""Bits of an exponent, sign included."""


class Weighted:
    """A sum of products of powers times polynomials.

    >>> N = Polynomial.symbol("N")
    >>> total = Weighted()
    >>> for power in (0, 2):
    ...     total.add(frozenset({(N + 1, power)}), Polynomial.constant(power + 1))
    >>> print(total.value())
    3*N**2 + 6*N + 4
    """

    def __init__(self) -> None:
        self.parts: dict[Powers, list[Polynomial]] = {}

    def add(self, powers: Powers, polynomial: Polynomial) -> None:
        """Add a polynomial times powers of others."""
        self.parts.setdefault(powers, []).append(polynomial)

    def value(self) -> Polynomial:
        """The sum, multiplied out."""
        factors = {factor for powers in self.parts for factor, _ in powers}
        known = [*factors, *(p for own in self.parts.values() for p in own)]
        digits = _Digits(known)
        factor_terms = {factor: digits.terms(factor) for factor in factors}
        found: dict[Powers, _Terms] = {}
        for powers, own in self.parts.items():
            code, number, several = 0, fmpq(1), []
            for factor, power in powers:
                terms = factor_terms[factor]
                if len(terms) == 1:
                    [(one, value)] = terms.items()
                    code += one * power
                    number *= value**power
                else:
                    several.append((factor, power))
            target = found.setdefault(frozenset(several), {})
            for polynomial in own:
                _add(digits.terms(polynomial), code, number, target)
        return digits.polynomial(_multiplied(found, factor_terms))


def _add(terms: _Terms, code: int, number: fmpq, target: _Terms) -> None:
    for place, value in terms.items():
        place += code
        value = value * number
        target[place] = target[place] + value if place in target else value


def _multiplied(
    parts: Mapping[Powers, _Terms], factor_terms: Mapping[Polynomial, _Terms]
) -> _Terms:
    """The sum of all parts times their powers, by Horner's rule in one factor after another."""
    found = {factor for powers in parts for factor, _ in powers}
    if not found:
        return parts.get(frozenset(), {})
    chosen = min(found, key=str)
    by_power: dict[int, dict[Powers, _Terms]] = {}
    for powers, terms in parts.items():
        power = dict(powers).get(chosen, 0)
        by_power.setdefault(power, {})[powers - {(chosen, power)}] = terms
    result: _Terms = {}
    for power in range(max(by_power), -1, -1):
        following: _Terms = {}
        for code, number in factor_terms[chosen].items():
            _add(result, code, number, following)
        result = following
        if power in by_power:
            _add(_multiplied(by_power[power], factor_terms), 0, fmpq(1), result)
    return result


class _Digits:
    """Exponents of the symbols of some polynomials as digits of one integer."""

    def __init__(self, polynomials: Iterable[Polynomial]) -> None:
        powers = {
            power
            for polynomial in polynomials
            for powers, _ in polynomial.terms
            for power in powers
        }
        self.symbols = sorted({name for name, _ in powers})
        self.scale = lcm(*{exponent.denominator for _, exponent in powers})
        self.place = {name: 1 << (_DIGIT * n) for n, name in enumerate(self.symbols)}

    def terms(self, polynomial: Polynomial) -> _Terms:
        """A polynomial by codes of its monomials."""
        spend(TERM * len(polynomial))
        return {
            sum(
                exponent.numerator * (self.scale // exponent.denominator) * self.place[name]
                for name, exponent in powers
            ): fmpq(value.numerator, value.denominator)
            for powers, value in polynomial.terms
        }

    def polynomial(self, terms: _Terms) -> Polynomial:
        """The polynomial of some codes."""
        spend(TERM * len(terms))
        half = 1 << (_DIGIT - 1)
        shift = half * sum(self.place.values())
        found = []
        for code, value in terms.items():
            code += shift
            powers = []
            for name in self.symbols:
                code, digit = code >> _DIGIT, (code & (2 * half - 1)) - half
                if digit:
                    powers.append((name, Fraction(digit, self.scale)))
            found.append((tuple(powers), Fraction(int(value.p), int(value.q))))
        return Polynomial.from_terms(found)
