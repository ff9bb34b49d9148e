"""How the deviation of a simulation from the solution goes with the size.

The sizes follow a scaling of the regime through the sizes asked for: the monomials of its
equalities keep their values, so that only the distance from the limit changes.  The *deviation*
at a size is the largest difference between the simulated curve and the solution, as a part of
the range of the solution (its largest value less its smallest).  A power law through the
deviations says at which ``p`` one per cent is reached.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

GOAL = 0.01
"""The deviation whose size is asked for."""

CLEAR = 2.0
"""Deviations of so many standard errors are told from noise."""

Sizes = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class SizePoint:
    """The deviation at one size: a part of the range of the solution, with its standard error.

    ``time`` is where the difference is largest; ``error`` is ``None`` for a single seed.
    """

    sizes: Sizes
    seeds: int
    deviation: float
    error: float | None
    time: float

    @property
    def p(self) -> int:
        """The size that the others follow."""
        return int(dict(self.sizes)["p"])

    @property
    def clear(self) -> bool:
        """Whether the deviation is more than noise."""
        return self.error is not None and self.deviation > CLEAR * self.error


@dataclass(frozen=True)
class SizeScaling:
    """Deviations along a scaling of the regime, and the power law through them.

    ``scaling`` are exponents of ``p`` by symbol.  ``exponent`` is ``a`` in ``C p^(-a)``, with its
    standard error; both are ``None`` where fewer than two deviations are clear of noise.

    >>> points = [SizePoint((("p", p), ("H", 4.0)), 8, 1 / p, 1e-3, 1.0) for p in (8, 16, 32)]
    >>> found = SizeScaling((("p", Fraction(1)), ("H", Fraction(0))), tuple(points))
    >>> round(found.exponent, 6), round(found.needed)
    (1.0, 100)
    """

    scaling: tuple[tuple[str, Fraction], ...]
    points: tuple[SizePoint, ...]

    @property
    def law(self) -> tuple[float, float, float] | None:
        """Constant, exponent, and the exponent's standard error, from the clear deviations."""
        clear = [point for point in self.points if point.clear]
        if len({point.p for point in clear}) < 2:
            return None
        weights = [(point.deviation / (point.error or point.deviation)) ** 2 for point in clear]
        xs = [math.log(point.p) for point in clear]
        ys = [math.log(point.deviation) for point in clear]
        slope, level, error = _line(xs, ys, weights)
        return math.exp(level), -slope, error

    @property
    def exponent(self) -> float | None:
        """The power of ``1/p`` with which the deviation falls."""
        return None if self.law is None else self.law[1]

    @property
    def exponent_error(self) -> float | None:
        """The standard error of the exponent, from those of the deviations."""
        return None if self.law is None else self.law[2]

    @property
    def falls(self) -> bool:
        """Whether the deviation is known to fall: the exponent is clearly positive."""
        return self.law is not None and self.law[1] > CLEAR * self.law[2]

    @property
    def needed(self) -> float | None:
        """The ``p`` at which the law reaches one per cent; ``None`` where none is known."""
        if self.law is None or not self.falls:
            return None
        constant, exponent, _ = self.law
        power = math.log(constant / GOAL) / exponent
        return math.exp(power) if power < 700 else math.inf

    @property
    def verdict(self) -> str:
        """What the deviations say, in a clause."""
        last = self.points[-1]
        percent = f"{rounded(100 * last.deviation)} % at p = {last.p}"
        if self.law is None:
            shown = [100 * p.error for p in self.points if p.error is not None]
            error = f" of {max(shown):.2g} %" if shown else ""
            return f"deviations within the statistical error{error}: {percent}; more seeds tell"
        _, exponent, doubt = self.law
        fitted = f"1/p^({exponent:.2f} ± {doubt:.2f})"
        if not self.falls and not last.clear:
            return f"the deviation comes down to the statistical error: {percent}; more seeds tell"
        if not self.falls:
            return f"the deviation is not seen to fall ({fitted}): {percent}"
        assert self.needed is not None
        needed = rounded(self.needed)
        return f"the deviation falls like {fitted}: {percent}, 1 % at about p = {needed}"

    def sizes_at(self, p: float) -> dict[str, float]:
        """Sizes of the scaling at any ``p``, from the largest ones that were run."""
        last = dict(self.points[-1].sizes)
        factor = p / last["p"]
        powers = dict(self.scaling)
        return {n: x * factor ** float(powers.get(n, 0)) for n, x in last.items() if n in powers}


def rounded(value: float) -> str:
    """Return a number of two digits without an exponent, as far as it is readable.

    >>> rounded(1284.0), rounded(2.8e7), rounded(0.123)
    ('1300', '2.8e+07', '0.12')
    """
    if not 100 <= value < 1e6:
        return f"{value:.2g}"
    return f"{float(f'{value:.2g}'):.0f}"


def _line(
    xs: Sequence[float], ys: Sequence[float], weights: Sequence[float]
) -> tuple[float, float, float]:
    """Slope, level and the slope's standard error of a weighted straight line."""
    total = math.fsum(weights)
    x0 = math.fsum(w * x for w, x in zip(weights, xs, strict=True)) / total
    y0 = math.fsum(w * y for w, y in zip(weights, ys, strict=True)) / total
    spread = math.fsum(w * (x - x0) ** 2 for w, x in zip(weights, xs, strict=True))
    joint = math.fsum(w * (x - x0) * (y - y0) for w, x, y in zip(weights, xs, ys, strict=True))
    slope = joint / spread
    return slope, y0 - slope * x0, 1 / math.sqrt(spread)
