"""Coordinates of several colours in dimensionless numbers: the equations of their squares.

With ``X_c = v_c^2 / sigma_c^2`` and ``Pi = prod_c X_c^(e_c)``, where the target pulls inwards,

    X_c' = -u_c Pi + r_c(Q) X_c,    Q_c = E[X_c],    u_c > 0,

for the absolute value of ``tau`` (where it drives outwards, for lateral sums, all ``u_c < 0``);
what is asked for is a polynomial in ``Q_c`` and ``E[Pi]``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from diagrams.dynamics.petals.closure import Closure
from diagrams.dynamics.roads.bernoulli.structure import rational_value
from diagrams.errors import NotSolved

Rate = Sequence[tuple[Fraction, tuple[int, ...]]]


@dataclass(frozen=True)
class MeanField:
    """The equations: exponents ``e_c``, strengths ``u_c``, and rates as polynomials in ``Q``."""

    exponents: tuple[int, ...]
    strengths: tuple[Fraction, ...]
    rates: tuple[Rate, ...]

    @property
    def inward(self) -> bool:
        """Whether the target pulls inwards; else it drives all colours outwards."""
        return all(u > 0 for u in self.strengths)


@dataclass(frozen=True)
class Averages:
    """The dimensionless problem on one side of time; the value is a polynomial in averages.

    ``terms`` are pairs of a coefficient and powers of ``Q_c`` and, last, of ``E[Pi]``.
    """

    system: MeanField
    terms: tuple[tuple[Fraction, tuple[int, ...]], ...]
    constant: Fraction


def averages_of(
    closure: Closure,
    exact: Mapping[str, Fraction],
    constant: Fraction,
    side: int,
    outward: bool = False,
) -> Averages:
    """Return the dimensionless problem, where the target pulls inwards, or ``outward`` is allowed.

    Raises NotSolved if it is not of this kind.
    """
    rows = closure.rows
    colours = range(len(rows.colours))
    count = len(colours)
    variances = [rational_value(v, exact) for v in rows.variances]
    features = exact[rows.features]
    doubled = {tuple(2 * (c == k) for c in colours): k for k in colours}
    target: tuple[int, ...] | None = None
    strengths, rates = [Fraction(0)] * count, [[] for _ in colours]  # type: ignore[var-annotated]

    def powers_of(petals: Sequence[tuple[tuple[int, ...], int]]) -> tuple[Fraction, list[int]]:
        size, powers = Fraction(1), [0] * (count + 1)
        for m, power in petals:
            if m in doubled:
                powers[doubled[m]] += power
                size *= (features * variances[doubled[m]]) ** power
            elif m == target:
                powers[count] += power
                size *= (features * _product(variances, m)) ** power
            else:
                raise NotSolved("the squares of coordinates: other averages occur")
        return size, powers

    for c in colours:
        for n, value in closure.drift(c):
            whole = tuple(e + (k == c) for k, e in enumerate(n))
            for petals, coefficient in value:
                number = 2 * side * rational_value(coefficient, exact)
                if whole[c] == 2 and sum(whole) == 2:
                    size, powers = powers_of(petals)
                    if powers[count]:
                        raise NotSolved("the squares of coordinates: other averages occur")
                    rates[c].append((number * size, tuple(powers[:count])))
                    continue
                if petals or any(e % 2 for e in whole) or target not in (None, whole):
                    raise NotSolved("the squares of coordinates: another product occurs")
                target = whole
                strengths[c] = -number * _product(variances, whole) / variances[c]
    pulls = {u > 0 for u in strengths} if all(strengths) else set()
    if target is None or not all(target) or not (pulls == {True} or (outward and pulls == {False})):
        raise NotSolved("the squares of coordinates: the target does not pull inwards")
    exponents = tuple(e // 2 for e in target)
    terms = []
    for petals, coefficient in closure.observable:
        size, powers = powers_of(petals)
        terms.append((rational_value(coefficient, exact) * size, tuple(powers)))
    order = sorted(colours, key=lambda c: -exponents[c])
    rates = [
        [(c, tuple(powers[k] for k in order)) for c, powers in rates[colour]] for colour in order
    ]
    terms = [(c, (*(powers[k] for k in order), powers[count])) for c, powers in terms]
    exponents = tuple(exponents[c] for c in order)
    strengths = [strengths[c] for c in order]
    system = MeanField(exponents, tuple(strengths), tuple(tuple(rate) for rate in rates))
    return Averages(system, tuple(terms), constant)


def _product(variances: Sequence[Fraction], m: Sequence[int]) -> Fraction:
    total = Fraction(1)
    for v, e in zip(variances, m, strict=True):
        total *= v ** (e // 2)
    return total
