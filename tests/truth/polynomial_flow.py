r"""Gradient flow of an explicit polynomial, averaged over Gaussian initial values.

A polynomial is a mapping from exponent tuples to rational coefficients.  The variables come
first, in the order of a list of `Gaussian`; further entries of the exponent tuple belong to
*symbols*, which are neither differentiated nor averaged.

Along dv/dt = - rate_v dU/dv (U is the *generator*) an observable G changes as

.. math:: \frac{dG}{dt} = -\sum_v \mathrm{rate}_v \, \frac{\partial G}{\partial v}
          \frac{\partial U}{\partial v},

and `averaged_flow` applies this s times and then replaces every power v^n by its moment
E[v^n] = sum_j binom(n, 2j) (2j-1)!! variance^j mean^(n-2j).

Inside, the exponents are the bytes of one integer, so that multiplying monomials is adding
integers.  A byte never overflows: the total degree of the result is bounded beforehand.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import comb, lcm, prod
from typing import Protocol

Monomial = tuple[int, ...]
Polynomial = Mapping[Monomial, Fraction]
Packed = dict[int, int]


@dataclass(frozen=True)
class Gaussian:
    """A random initial value; rate 1 is a trained variable, rate 0 a frozen one."""

    name: str
    variance: Fraction = Fraction(1)
    mean: Fraction = Fraction(0)
    rate: Fraction = Fraction(1)

    @property
    def even(self) -> bool:
        """Whether all odd moments vanish."""
        return self.mean == 0

    def moment(self, power: int) -> Fraction:
        """E[v^power]."""
        return gaussian_moment(power, self.variance, self.mean)


class Variable(Protocol):
    """What averages ask of a random initial value."""

    @property
    def rate(self) -> Fraction: ...
    @property
    def even(self) -> bool: ...
    def moment(self, power: int) -> Fraction: ...


def add(*polynomials: Polynomial) -> dict[Monomial, Fraction]:
    """The sum.

    >>> add({(1,): Fraction(2)}, {(1,): Fraction(-2), (0,): Fraction(1)})
    {(0,): Fraction(1, 1)}
    """
    total: defaultdict[Monomial, Fraction] = defaultdict(Fraction)
    for polynomial in polynomials:
        for monomial, coefficient in polynomial.items():
            total[monomial] += coefficient
    return {monomial: value for monomial, value in total.items() if value}


def multiply(left: Polynomial, right: Polynomial) -> dict[Monomial, Fraction]:
    """The product.

    >>> multiply({(1, 0): Fraction(2)}, {(1, 3): Fraction(1, 2)})
    {(2, 3): Fraction(1, 1)}
    """
    total: defaultdict[Monomial, Fraction] = defaultdict(Fraction)
    for a, x in left.items():
        for b, y in right.items():
            total[tuple(i + j for i, j in zip(a, b, strict=True))] += x * y
    return {monomial: value for monomial, value in total.items() if value}


def gaussian_moment(power: int, variance: Fraction, mean: Fraction) -> Fraction:
    """E[v^power] for v ~ N(mean, variance).

    >>> gaussian_moment(4, Fraction(2), Fraction(0)), gaussian_moment(2, Fraction(3), Fraction(5))
    (Fraction(12, 1), Fraction(28, 1))
    """
    total = Fraction(0)
    for j in range(power // 2 + 1):
        pairings = prod(range(1, 2 * j, 2))
        total += comb(power, 2 * j) * pairings * variance**j * mean ** (power - 2 * j)
    return total


def averaged_flow(
    observable: Polynomial,
    generator: Polynomial,
    variables: Sequence[Variable],
    s: int,
    last_step: Iterable[tuple[int, int]] | None = None,
) -> dict[Monomial, Fraction]:
    """E[d^s observable / dt^s] at t = 0, collected by total Gaussian degree and symbol powers.

    A key of the result is (n, e_1, e_2, ..): the part of degree n in all the variables
    together, times symbol j to the power e_j.  When all means are zero and all variances equal
    sigma^2, n is the power of sigma.

    `last_step` may replace the sum over variables in the *last* application of the flow by a
    weighted sum over representatives (index, weight).  The caller vouches that the observable,
    the generator, the rates and the laws are invariant under a group of permutations of the
    variables with these orbits; the averages of the terms of one orbit are then equal.
    """
    sizes = {len(monomial) for monomial in (*observable, *generator)} or {len(variables)}
    (length,) = sizes
    degree = _degree(observable) + s * max(_degree(generator) - 2, 0)
    if degree > 255:
        raise ValueError(f"degree {degree} does not fit into a byte")
    trained = [v for v, law in enumerate(variables) if law.rate]
    gradients = {
        v: {m: x * variables[v].rate for m, x in _derivative(generator, v).items()} for v in trained
    }
    one_denominator = _denominator(observable)
    denominator = lcm(*(_denominator(gradient) for gradient in gradients.values()))
    current = _pack(observable, one_denominator)
    fields = {v: _pack(gradients[v], denominator) for v in trained}
    for _ in range(s - 1):
        current = _step(current, fields)
    if s:
        even = sum(1 << (8 * v) for v, law in enumerate(variables) if law.even)
        weights = [(v, 1) for v in trained] if last_step is None else list(last_step)
        current = _last_step(current, fields, weights, even)
    factor = Fraction((-1) ** s, one_denominator * denominator**s)
    averages = _average(current, variables, length, degree)
    return {key: value * factor for key, value in sorted(averages.items()) if value}


def _degree(polynomial: Polynomial) -> int:
    return max((sum(monomial) for monomial in polynomial), default=0)


def _denominator(polynomial: Polynomial) -> int:
    return lcm(*(Fraction(value).denominator for value in polynomial.values()))


def _derivative(polynomial: Polynomial, v: int) -> dict[Monomial, Fraction]:
    return {
        (*monomial[:v], monomial[v] - 1, *monomial[v + 1 :]): value * monomial[v]
        for monomial, value in polynomial.items()
        if monomial[v]
    }


def _pack(polynomial: Polynomial, denominator: int) -> Packed:
    return {
        int.from_bytes(bytes(monomial), "little"): int(value * denominator)
        for monomial, value in polynomial.items()
    }


def _packed_derivative(polynomial: Packed, v: int) -> list[tuple[int, int]]:
    shift, unit = 8 * v, 1 << (8 * v)
    return [
        (monomial - unit, value * exponent)
        for monomial, value in polynomial.items()
        if (exponent := (monomial >> shift) & 255)
    ]


def _step(current: Packed, fields: Mapping[int, Packed]) -> Packed:
    """The sum over v of (d current / dv) * fields[v]."""
    total: defaultdict[int, int] = defaultdict(int)
    for v, field in fields.items():
        terms = list(field.items())
        for a, x in _packed_derivative(current, v):
            for b, y in terms:
                total[a + b] += x * y
    return {monomial: value for monomial, value in total.items() if value}


def _last_step(
    current: Packed, fields: Mapping[int, Packed], weights: list[tuple[int, int]], even: int
) -> Packed:
    """As `_step`, leaving out products that are odd in a variable of mean zero.

    Two monomials have an even product exactly if their parities agree, so each factor only
    meets the terms of the field that have its own parity.
    """
    total: defaultdict[int, int] = defaultdict(int)
    for v, weight in weights:
        by_parity: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        for b, y in fields[v].items():
            by_parity[b & even].append((b, y * weight))
        for a, x in _packed_derivative(current, v):
            for b, y in by_parity.get(a & even, ()):
                total[a + b] += x * y
    return total


def _average(
    current: Packed, variables: Sequence[Variable], length: int, degree: int
) -> dict[Monomial, Fraction]:
    tables: list[list[int | Fraction]] = []
    for law in variables:
        moments = [law.moment(n) for n in range(degree + 1)]
        tables.append([int(m) if m.denominator == 1 else m for m in moments])
    count = len(variables)
    total: defaultdict[Monomial, Fraction] = defaultdict(Fraction)
    for monomial, value in current.items():
        exponents = monomial.to_bytes(length, "little")
        moment = prod(table[e] for table, e in zip(tables, exponents, strict=False) if e)
        if moment:
            total[(sum(exponents[:count]), *exponents[count:])] += value * moment
    return total
