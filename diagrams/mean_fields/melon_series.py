"""Taylor coefficients of melon equations: polynomials in two times, degree by degree, exact."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import lru_cache
from math import factorial

from flint import fmpq, fmpq_mpoly

from diagrams.mean_fields.algebra import Parameters
from diagrams.mean_fields.melons import MelonEquations
from diagrams.polynomials.polynomial import Polynomial

Part = dict[tuple[int, int], fmpq_mpoly]
"""Terms ``t^a s^b`` of one degree a + b."""


class Kernel:
    """A function of two times as its parts by degree; of a causal kernel, for t >= s."""

    def __init__(self) -> None:
        self.parts: list[Part] = []

    def at(self, degree: int) -> Part:
        """The part of a degree; none is known to be missing."""
        return self.parts[degree] if degree < len(self.parts) else {}


@lru_cache(maxsize=64)
def melon_taylor(equations: MelonEquations, terms: int) -> tuple[Polynomial, ...]:
    """The derivatives ``Y_0, .., Y_terms`` of the observable at its order."""
    if equations.coupling:
        from diagrams.mean_fields.melon_sites import SiteRecursion

        return SiteRecursion(equations, terms).run(terms)
    return Recursion(equations).run(terms)


class Recursion:
    """Correlations, responses and self-energies, one degree after the other."""

    def __init__(self, equations: MelonEquations) -> None:
        self.equations = equations
        self.parameters = Parameters(equations.polynomials)
        self.one = self.parameters.constant(Polynomial.constant(1))
        kinds = range(len(equations.factors))
        self.C, self.R = [Kernel() for _ in kinds], [Kernel() for _ in kinds]
        self.r, self.F = Kernel(), Kernel()
        self.G, self.K, self.rG = Kernel(), Kernel(), Kernel()
        self.sigma, self.noise = [Kernel() for _ in kinds], [Kernel() for _ in kinds]
        self.stiff = [Kernel() for _ in kinds]  # what acts at once, a function of t alone

    def run(self, terms: int) -> tuple[Polynomial, ...]:
        """The derivatives of the observable."""
        for degree in range(terms + 1):
            self._step(degree)
        weight = self.parameters.constant(self.equations.observable)
        found = []
        for s in range(terms + 1):
            total = sum(self.F.at(s).values(), 0 * self.one) * weight * factorial(s)
            found.append(self.parameters.polynomial(total))
        if not self.equations.coupling:  # the mean output stays at zero
            found[0] = found[0] + self.equations.diagonal
        return tuple(found)

    def _step(self, n: int) -> None:
        factors = self.equations.factors
        constant = self.parameters.constant
        self._begin(n)
        for c in range(len(factors)):
            self.C[c].parts.append(self._correlation(c, n) if n else {(0, 0): self.one})
            self.R[c].parts.append(self._response(c, n) if n else {(0, 0): self.one})
        self.products: dict[tuple[int, ...], Kernel] = {}
        count = [f.count for f in factors]
        everything = self._power(tuple(count), n)
        start = [(everything, constant(self.equations.start))]
        if n == 0:
            start.append(({(0, 0): self.one}, constant(self.equations.target)))
        self.G.parts.append(_sum(start))
        without = [tuple(m - (c == j) for j, m in enumerate(count)) for c in range(len(factors))]
        self.K.parts.append(
            _sum(
                (self._times(self.R[c], without[c], n), -f.count * constant(f.kappa))
                for c, f in enumerate(factors)
            )
        )
        self.r.parts.append(
            _sum([(self.K.at(n), self.one), (_composed(self.K, self.r, n), self.one)])
        )
        self.rG.parts.append(_sum([(self.G.at(n), self.one), (_full(self.r, self.G, n), self.one)]))
        self.F.parts.append(
            _sum([(self.rG.at(n), self.one), (_turned(self.rG, self.r, n), self.one)])
        )
        for c, f in enumerate(factors):
            product = Kernel()
            product.parts = [self._power(without[c], m) for m in range(n + 1)]
            terms = [(_multiplied(self.r, product, n), constant(f.stiff))]
            for j, weight in enumerate(f.back):
                left = tuple(m - (j == i) for i, m in enumerate(without[c]))
                twins = count[j] - (j == c)
                if twins and weight:
                    inner = Kernel()
                    inner.parts = [self._times(self.R[j], left, m) for m in range(n + 1)]
                    terms.append((_multiplied(self.F, inner, n), -twins * constant(weight)))
            self.sigma[c].parts.append(_sum(terms))
            self.noise[c].parts.append(_sum([(_multiplied(self.F, product, n), constant(f.noise))]))
            at_once = sum(product.at(n).values(), 0 * self.one) * constant(f.stiff)
            if n == 0:
                at_once += constant(f.decay)
            self.stiff[c].parts.append({(n, 0): at_once} if at_once else {})

    def _begin(self, n: int) -> None:
        """What has to be known before a degree."""

    def _response(self, c: int, n: int) -> Part:
        rate = _sum(
            [
                (_multiplied(self.stiff[c], self.R[c], n - 1), -self.one),
                (_composed(self.sigma[c], self.R[c], n - 1), -self.one),
            ]
        )
        found: Part = {}
        for (a, b), value in rate.items():
            _add(found, (a + 1, b), value / (a + 1))
            _add(found, (0, n), -value / (a + 1))
        return _clean(found)

    def _correlation(self, c: int, n: int) -> Part:
        rate = _sum(
            [
                (_multiplied(self.stiff[c], self.C[c], n - 1), -self.one),
                (_full(self.sigma[c], self.C[c], n - 1), -self.one),
                (_turned(self.noise[c], self.R[c], n - 1), self.one),
            ]
        )
        found: Part = {}
        for (a, b), value in rate.items():
            _add(found, (a + 1, b), value / (a + 1))
        if start := found.get((n, 0)):  # C(0, s) = C(s, 0)
            _add(found, (0, n), start)
        return _clean(found)

    def _power(self, powers: tuple[int, ...], n: int) -> Part:
        """A product of correlations, at a degree."""
        if not any(powers):
            return {(0, 0): self.one} if n == 0 else {}
        kernel = self.products.setdefault(powers, Kernel())
        if len(kernel.parts) <= n:
            last = max(j for j, m in enumerate(powers) if m)
            rest = Kernel()
            rest_powers = tuple(m - (j == last) for j, m in enumerate(powers))
            rest.parts = [self._power(rest_powers, m) for m in range(n + 1)]
            done = len(kernel.parts)
            kernel.parts += [_multiplied(self.C[last], rest, m) for m in range(done, n + 1)]
        return kernel.at(n)

    def _times(self, kernel: Kernel, powers: tuple[int, ...], n: int) -> Part:
        rest = Kernel()
        rest.parts = [self._power(powers, m) for m in range(n + 1)]
        return _multiplied(kernel, rest, n)


# -- parts ------------------------------------------------------------------------------------


def _add(part: Part, place: tuple[int, int], value: fmpq_mpoly) -> None:
    part[place] = part[place] + value if place in part else value


def _clean(part: Part) -> Part:
    return {place: value for place, value in part.items() if value}


def _sum(terms: Iterable[tuple[Part, fmpq_mpoly]]) -> Part:
    found: Part = {}
    for part, weight in terms:
        if weight:
            for place, value in part.items():
                _add(found, place, value * weight)
    return _clean(found)


def _combined(
    left: Kernel,
    right: Kernel,
    degree: int,
    joined: Callable[[int, int, int, int], Iterable[tuple[tuple[int, int], Fraction]]],
) -> Part:
    """The sum over pairs of terms whose degrees add up, each pair giving some terms."""
    found: Part = {}
    for m in range(degree + 1):
        for (a, b), x in left.at(m).items():
            for (c, d), y in right.at(degree - m).items():
                product = x * y
                for place, factor in joined(a, b, c, d):
                    _add(found, place, product * fmpq(factor.numerator, factor.denominator))
    return _clean(found)


def _multiplied(left: Kernel, right: Kernel, degree: int) -> Part:
    """The product of two functions."""
    return _combined(left, right, degree, lambda a, b, c, d: [((a + c, b + d), Fraction(1))])


def _composed(left: Kernel, right: Kernel, degree: int) -> Part:
    """``int_s^t left(t, u) right(u, s) du``."""

    def joined(a: int, b: int, c: int, d: int) -> list[tuple[tuple[int, int], Fraction]]:
        m = b + c + 1
        return [((a + m, d), Fraction(1, m)), ((a, m + d), Fraction(-1, m))]

    return _combined(left, right, degree - 1, joined)


def _full(left: Kernel, right: Kernel, degree: int) -> Part:
    """``int_0^t left(t, u) right(u, s) du``."""

    def joined(a: int, b: int, c: int, d: int) -> list[tuple[tuple[int, int], Fraction]]:
        return [((a + b + c + 1, d), Fraction(1, b + c + 1))]

    return _combined(left, right, degree - 1, joined)


def _turned(left: Kernel, right: Kernel, degree: int) -> Part:
    """``int_0^s left(t, u) right(s, u) du``."""

    def joined(a: int, b: int, c: int, d: int) -> list[tuple[tuple[int, int], Fraction]]:
        return [((a, b + c + d + 1), Fraction(1, b + d + 1))]

    return _combined(left, right, degree - 1, joined)
