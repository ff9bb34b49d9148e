"""Melon equations in numbers: the trapezoidal rule in both times, step by step, extrapolated.

Every row of the grid is implicit and found by iteration; errors fall with the square of the
step, so that Richardson's rule applies.  Steps may grow: a grid is the image of an even one under a
smooth map, which keeps that law.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from diagrams.mean_fields.melons import MelonEquations, MelonNumbers
from diagrams.mean_fields.sampled_noise import Array, Diverged

ROUNDS = 60
CONVERGED = 1e-12


class MelonGrid(MelonNumbers):
    """Correlations, responses and the output's correlation on a grid of times from 0."""

    def __init__(
        self, equations: MelonEquations, values: Mapping[str, float], grid: Sequence[float]
    ) -> None:
        super().__init__(equations, values)
        self.t = np.asarray(grid, dtype=float)
        count = len(self.t)
        shape = (len(self.factors), count, count)
        self.C, self.R = np.zeros(shape), np.zeros(shape)
        self.sigma, self.D = np.zeros(shape), np.zeros(shape)
        self.r, self.G, self.rG, self.F = (np.zeros((count, count)) for _ in range(4))
        steps = np.diff(self.t)
        self.half = np.append(steps, 0.0) / 2
        self.before = np.append(0.0, steps) / 2
        self.rates: dict[tuple[str, int], Array] = {}

    def run(self) -> Array:
        """The observable at all times of the grid."""
        for i in range(len(self.t)):
            self._row(i)
        values: Array = self.weight * np.diagonal(self.F)
        return values

    def _row(self, i: int) -> None:
        kinds = range(len(self.factors))
        for c in kinds:
            self.R[c][i, i] = 1.0
            if i:
                self.C[c][i, : i + 1] = np.append(self.C[c][i - 1, :i], self.C[c][i - 1, i - 1])
                self.R[c][i, :i] = self.R[c][i - 1, :i]
            else:
                self.C[c][0, 0] = 1.0
            self.C[c][: i + 1, i] = self.C[c][i, : i + 1]
        for _ in range(ROUNDS):
            self._kernels(i)
            if not i:
                break
            change = max(self._advance(c, i) for c in kinds)
            if not change < 1e6:
                raise Diverged
            if change < CONVERGED:
                break
        else:
            raise Diverged
        for c in kinds:
            self.rates["C", c], self.rates["R", c] = self._rate(c, i)

    def _powers(self, i: int, powers: Sequence[int]) -> Array:
        product = np.ones(i + 1)
        for c, m in enumerate(powers):
            product = product * self.C[c][i, : i + 1] ** m
        return product

    def _less(self, *left_out: int) -> list[int]:
        return [m - left_out.count(c) for c, m in enumerate(self.count)]

    def _weights(self, i: int) -> Array:
        """Of the rule on [0, t_i]."""
        found: Array = (self.half + self.before)[: i + 1].copy()
        found[i] = self.before[i]
        return found

    def _kernels(self, i: int) -> None:
        """The rows of the output's correlation, of self-energies and of noise."""
        upto = slice(0, i + 1)
        w = self._weights(i)
        K = np.zeros(i + 1)
        for c in range(len(self.factors)):
            K -= self.count[c] * self.kappa[c] * self.R[c][i, upto] * self._powers(i, self._less(c))
        row = K.copy()
        if i:
            earlier = self.r[:i, :i]
            row[:i] += (K[:i] * w[:i]) @ earlier - K[:i] * np.diagonal(earlier) * self.before[:i]
            row[:i] /= 1 - self.before[i] * K[i]
        self.r[i, upto] = row
        self.G[i, upto] = self.start * self._powers(i, self.count) + self.target
        self.G[upto, i] = self.G[i, upto]
        self.rG[i, upto] = self.G[i, upto] + (row * w) @ self.G[upto, upto]
        ends = self.rG[i, upto] * np.diagonal(self.r)[upto] * self.half[upto]
        ends[i] = 0.0  # the rule on [0, t_j] ends with half a step
        inner = self.r[upto, upto] @ (self.rG[i, upto] * w)
        self.F[i, upto] = self.rG[i, upto] + inner - ends
        self.F[upto, i] = self.F[i, upto]
        for c in range(len(self.factors)):
            rest = self._powers(i, self._less(c))
            self.sigma[c][i, upto] = self.stiff[c] * row * rest
            for j, weight in enumerate(self.back[c]):
                twins = self.count[j] - (j == c)
                if twins and weight:
                    more = self.F[i, upto] * self.R[j][i, upto] * self._powers(i, self._less(c, j))
                    self.sigma[c][i, upto] -= twins * weight * more
            self.D[c][i, upto] = self.noise[c] * self.F[i, upto] * rest

    def _rate(self, c: int, i: int) -> tuple[Array, Array]:
        """The time derivatives of a row of the correlation and of the response."""
        upto = slice(0, i + 1)
        w = self._weights(i)
        at_once = self.stiff[c] * self._powers(i, self._less(c))[i] + self.decay[c]
        sigma = self.sigma[c][i, upto]
        C, R = self.C[c][upto, upto], self.R[c][upto, upto]
        noise = self.D[c][i, upto]
        ends = noise * np.diagonal(R) * self.half[upto]
        ends[i] = 0.0
        correlation = -at_once * C[i] - (sigma * w) @ C + R @ (noise * w) - ends
        response = -at_once * R[i] - (sigma * w) @ R + sigma * np.diagonal(R) * self.before[upto]
        return correlation, response

    def _advance(self, c: int, i: int) -> float:
        """One round of the implicit rule for a row, its own part solved for; the change it made."""
        step = self.t[i] - self.t[i - 1]
        correlation, response = self._rate(c, i)
        own = self.stiff[c] * self._powers(i, self._less(c))[i] + self.decay[c]
        own += self.before[i] * self.sigma[c][i, i]
        damped = 1 + step / 2 * max(own, 0.0)
        old_c, old_r = self.rates["C", c], self.rates["R", c]
        wanted = np.empty(i + 1)
        wanted[:i] = self.C[c][i - 1, :i] + step / 2 * (old_c + correlation[:i])
        wanted[i] = self.C[c][i - 1, i - 1] + step * (old_c[i - 1] + correlation[i])
        shift = (wanted - self.C[c][i, : i + 1]) / np.append(np.full(i, damped), 2 * damped - 1)
        self.C[c][i, : i + 1] += shift
        self.C[c][: i + 1, i] = self.C[c][i, : i + 1]
        wished = self.R[c][i - 1, :i] + step / 2 * (old_r + response[:i])
        turn = (wished - self.R[c][i, :i]) / damped
        self.R[c][i, :i] += turn
        return float(max(np.max(np.abs(shift)), np.max(np.abs(turn), initial=0.0)))


def growth_of(until: float, first: float, count: int) -> float:
    """How much steps grow over all, as an exponent, if so many with this first one reach a time.

    >>> growth_of(1.0, 0.1, 20), round(growth_of(100.0, 0.1, 50), 2)
    (0.0, 4.51)
    """
    if until <= first * count:
        return 0.0
    low, high = 0.0, 60.0
    for _ in range(80):
        middle = (low + high) / 2
        longer = until * middle > first * count * float(np.expm1(middle))
        low, high = (middle, high) if longer else (low, middle)
    return low
