"""Melons with a target on the diagonal: coordinates of a row are no Gaussians, and are followed.

At a site, row and cell, the factors x_a of all slots move together:

    x_a' = coupling (1 - m) prod_{b != a} x_b - Sigma * x_a + eta_a,  m = overlap E[prod x],

with noise and memory of the melons (:mod:`diagrams.mean_fields.melons`), whose correlation and
response are averages over sites.  Taylor coefficients are polynomials in Gaussian variables.
"""

from __future__ import annotations

from math import factorial

from flint import fmpq_mpoly

from diagrams.mean_fields.algebra import Ring
from diagrams.mean_fields.melon_series import Part, Recursion
from diagrams.mean_fields.melons import MelonEquations
from diagrams.polynomials.polynomial import Polynomial

Jet = list[fmpq_mpoly]


class SiteRecursion(Recursion):
    """The recursion with correlation and response from coordinates at a site."""

    def __init__(self, equations: MelonEquations, terms: int) -> None:
        super().__init__(equations)
        self.slots = equations.factors[0].count
        own = terms + 2
        blocks = [(a, k < 0) for a in range(self.slots) for k in range(-1, own - 1)]

        def covariance(one: int, other: int) -> fmpq_mpoly:
            j, k = one % own - 1, other % own - 1
            if j < 0:
                return self.one
            return self.noise[0].at(j + k).get((j, k), 0 * self.one)

        self.ring = Ring(self.parameters, blocks, covariance)
        self.start = [self.ring.variable(a * own) for a in range(self.slots)]
        self.eta = [
            [self.ring.variable(a * own + 1 + k) for k in range(own - 1)] for a in range(self.slots)
        ]
        self.x: list[Jet] = [[] for _ in range(self.slots)]
        self.overlap: list[fmpq_mpoly] = []
        self.answers: list[list[Part]] = [[] for _ in range(self.slots)]
        """How the coordinates answer to a kick of the first, by degree."""

    def run(self, terms: int) -> tuple[Polynomial, ...]:
        """The derivatives of the observable: of the output, and of what its diagonal lacks."""
        spread = super().run(terms)
        weight = self.parameters.constant(self.equations.diagonal)
        lacking = [(self.one if s == 0 else 0 * self.one) - m for s, m in enumerate(self.overlap)]
        found = []
        for s, value in enumerate(spread):
            square = sum((lacking[j] * lacking[s - j] for j in range(s + 1)), 0 * self.one)
            found.append(value + self.parameters.polynomial(weight * square * factorial(s)))
        return tuple(found)

    def _begin(self, n: int) -> None:
        for a in range(self.slots):
            self.x[a].append(self._coordinate(a, n) if n else self.start[a])
        self.overlap.append(
            self.parameters.constant(self.equations.overlap)
            * self.ring.mean(self._product(range(self.slots), n))
        )
        parts = [self._kicked(a, n) if n else self._kick(a) for a in range(self.slots)]
        for a, part in enumerate(parts):
            self.answers[a].append(part)

    def _correlation(self, c: int, n: int) -> Part:
        x = self.x[0]
        found = {(j, n - j): self.ring.mean(x[j] * x[n - j]) for j in range(n + 1)}
        return {place: value for place, value in found.items() if value}

    def _response(self, c: int, n: int) -> Part:
        found = {place: self.ring.mean(v) for place, v in self.answers[0][n].items()}
        return {place: value for place, value in found.items() if value}

    # -- one site -----------------------------------------------------------------------

    def _product(self, slots: range | list[int], n: int) -> fmpq_mpoly:
        """The n-th Taylor coefficient of a product of coordinates."""
        jet = [self.ring.context.constant(1), *[self.ring.zero] * n]
        for a in slots:
            jet = [
                sum((jet[j] * self.x[a][m - j] for j in range(m + 1)), self.ring.zero)
                for m in range(n + 1)
            ]
        return jet[n]

    def _pull(self, n: int) -> list[fmpq_mpoly]:
        """The coefficients of ``coupling (1 - m)`` through an order."""
        weight = self.parameters.constant(self.equations.coupling)
        lacking = [(self.one if s == 0 else 0 * self.one) - m for s, m in enumerate(self.overlap)]
        return [self.ring.lifted(weight * v) for v in lacking[: n + 1]]

    def _coordinate(self, a: int, n: int) -> fmpq_mpoly:
        m = n - 1
        others = [b for b in range(self.slots) if b != a]
        pull = self._pull(m)
        total = self.eta[a][m]
        for j in range(m + 1):
            total += pull[j] * self._product(others, m - j)
            for (power, _), value in self.stiff[0].at(j).items():
                total -= self.ring.lifted(value) * self.x[a][m - power]
        for degree in range(m):
            for (_, low), value in self.sigma[0].at(degree).items():
                k = m - degree - 1
                total -= self.ring.lifted(value) * self.x[a][k] / (low + k + 1)
        return total / n

    def _kick(self, a: int) -> Part:
        return {(0, 0): self.ring.context.constant(1)} if a == 0 else {}

    def _kicked(self, a: int, n: int) -> Part:
        """The answer of a coordinate at a degree, from its rate at the degree before."""
        m = n - 1
        rate: Part = {}
        pull = self._pull(m)

        def add(place: tuple[int, int], value: fmpq_mpoly) -> None:
            rate[place] = rate[place] + value if place in rate else value

        for b in (b for b in range(self.slots) if b != a):
            rest = [c for c in range(self.slots) if c not in (a, b)]
            for j in range(m + 1):
                slope = sum(
                    (pull[i] * self._product(rest, j - i) for i in range(j + 1)), self.ring.zero
                )
                for (p, q), value in self.answers[b][m - j].items():
                    add((p + j, q), slope * value)
        for j in range(m + 1):
            for (power, _), weight in self.stiff[0].at(j).items():
                for (p, q), value in self.answers[a][m - j].items():
                    add((p + power, q), -self.ring.lifted(weight) * value)
        for degree in range(m):
            for (high, low), weight in self.sigma[0].at(degree).items():
                for (p, q), value in self.answers[a][m - 1 - degree].items():
                    share = self.ring.lifted(weight) * value / (low + p + 1)
                    add((high + low + p + 1, q), -share)
                    add((high, low + p + 1 + q), share)
        found: Part = {}
        for (p, q), value in rate.items():
            moved = value / (p + 1)
            for place, part in (((p + 1, q), moved), ((0, n), -moved)):
                found[place] = found[place] + part if place in found else part
        return found
