"""The linear equation of an output whose kernel shrinks, and what it says of coefficients.

In the notation of :mod:`diagrams.dynamics.roads.kernels.shrinking`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from diagrams.graphs.diagram import Diagram
from diagrams.polynomials.polynomial import Polynomial

Balance = Literal["kernel", "both", "decay"]


@dataclass(frozen=True)
class ShrinkingKernel:
    """The output with the rates of the linear equation, and the two parts of its loss.

    ``balance`` says which of kernel and decay leads; ``variance`` and ``target`` are the averages
    of ``f . f / 2`` and ``F . F / 2``, zero where they lead at no order.
    """

    output: Diagram
    kappa: Polynomial
    mu: Polynomial
    rho: Polynomial
    balance: Balance
    variance: Polynomial
    target: Polynomial

    def parts(self, terms: int) -> tuple[tuple[Polynomial, ...], tuple[Polynomial, ...]]:
        """Return the derivatives at zero, orders ``0..terms``, of ``Var a^2`` and ``|F|^2 h^2/2``.

        The constant ``|F|^2/2`` itself is left out.
        """
        one, none = Polynomial.constant(1), Polynomial()
        kernel, decay = self.kappa, self.mu
        if self.balance == "kernel":
            decay = none
        falling = self.rho if decay else none
        rate = [kernel]
        for n in range(terms):
            rate.append(rate[-1] * falling * Fraction(-1, n + 1))
        if self.balance == "decay":
            amplitude = [one]
            lost = [none]
            for n in range(terms):
                amplitude.append(amplitude[-1] * decay * Fraction(-1, n + 1))
                lost.append((rate[n] + -1 * decay * lost[n]) * Fraction(1, n + 1))
            output, rest = _squared(amplitude), [-2 * e for e in lost]
        else:
            output = _squared(_relaxed(rate, decay, none, terms))
            rest = _squared(_relaxed(rate, decay, decay, terms))
            rest[0] = none
        factorial = 1
        found: tuple[list[Polynomial], list[Polynomial]] = ([], [])
        for s in range(terms + 1):
            factorial *= max(s, 1)
            found[0].append(self.variance * output[s] * factorial)
            found[1].append(self.target * rest[s] * factorial)
        return tuple(found[0]), tuple(found[1])

    def coefficients(self, terms: int) -> tuple[Polynomial, ...]:
        """Return what the linear equation says of ``Y_0, .., Y_terms``, without the constant."""
        return tuple(a + b for a, b in zip(*self.parts(terms), strict=True))


def _relaxed(
    rate: Sequence[Polynomial], decay: Polynomial, source: Polynomial, terms: int
) -> list[Polynomial]:
    """The power series of ``y' = -(K + decay) y + source``, ``y(0) = 1``."""
    found = [Polynomial.constant(1)]
    for n in range(terms):
        total = decay * found[n]
        for j in range(n + 1):
            total = total + rate[j] * found[n - j]
        if n == 0:
            total = total + -1 * source
        found.append(total * Fraction(-1, n + 1))
    return found


def _squared(series: Sequence[Polynomial]) -> list[Polynomial]:
    """The square of a power series."""
    found = []
    for n in range(len(series)):
        total = Polynomial()
        for j in range(n + 1):
            total = total + series[j] * series[n - j]
        found.append(total)
    return found
