"""Tables of a moving average ``k_2(-r)`` and of the integrals that a first integral needs.

``k_2`` is interpolated by Chebyshev series: in ``r`` next to zero, where its divergent series
still gives all digits, and in ``log r`` beyond, where it is analytic in a strip about the real
axis.  Tables depend on ``d``, on the power and on the precision only, so one serves all sizes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import mpmath

from diagrams.dynamics.moments import MovingAverages
from pde.chebyshev import ChebyshevSeries, chebyshev_nodes, series_from_values
from pde.errors import OutsideDomainError

LENGTH = 4
"""Length of a panel in ``log r``."""

PANELS_LIMIT = 200


@dataclass
class MomentTable:
    """``k_2(-r)``, its derivative, and ``I(r) = int_0^r k_2^power``, built up as needed.

    >>> table = moment_table(2, 3, 20)
    >>> with mpmath.workdps(table.working):
    ...     r = mpmath.mpf(3)
    ...     bool(abs(table.average(r) - table.averages(2, -r)) < 1e-22)
    True
    """

    d: int
    power: int
    digits: int
    averages: MovingAverages = field(init=False)
    count: int = field(init=False)
    start: Any = field(init=False)
    panels: list[tuple[ChebyshevSeries, ChebyshevSeries, ChebyshevSeries, Any]] = field(
        init=False, default_factory=list
    )
    """Series of k_2, of its derivative in the panel's variable, of I less its start; the start."""

    def __post_init__(self) -> None:
        self.averages = MovingAverages(self.d, self.working)
        self.count = int(1.85 * self.working) + 6
        terms = self.averages.coefficients(2, self.count)
        with mpmath.workdps(self.working):
            last = mpmath.mpf(terms[-1].numerator) / terms[-1].denominator
            accuracy = mpmath.mpf(10) ** (-self.working)
            self.start = (accuracy / last) ** (mpmath.mpf(1) / self.count)

    @property
    def working(self) -> int:
        """The decimal digits of all computations."""
        return self.digits + 8

    def average(self, r: Any) -> Any:
        """Return ``k_2(-r)``."""
        series, _, _, _ = self._panel(r)
        return series(self._variable(r))

    def slope(self, r: Any) -> Any:
        """Return ``d k_2(-r) / dr``."""
        _, derivative, _, _ = self._panel(r)
        value = derivative(self._variable(r))
        return value if r <= self.start else value / r

    def integral(self, r: Any) -> Any:
        """Return ``I(r)``."""
        _, _, whole, before = self._panel(r)
        return before + whole(self._variable(r))

    def total(self) -> Any:
        """Return ``I(infinity)``, panel by panel until less than ``10^(-digits)`` is added."""
        number = 1
        while True:
            self._extend(number)
            _, _, whole, before = self.panels[number]
            gain = whole(whole.right)
            if gain < (before + gain) * mpmath.mpf(10) ** (-self.digits):
                return before + gain
            number += 1

    def _variable(self, r: Any) -> Any:
        return r if r <= self.start else mpmath.log(r)

    def _panel(self, r: Any) -> tuple[ChebyshevSeries, ChebyshevSeries, ChebyshevSeries, Any]:
        number = 0
        if r > self.start:
            number = 1 + int(mpmath.log(r / self.start) / LENGTH)
        self._extend(number)
        return self.panels[number]

    def _extend(self, number: int) -> None:
        if number > PANELS_LIMIT:
            raise OutsideDomainError("the parameter of the solution exceeds all bounds")
        while len(self.panels) <= number:
            place = len(self.panels)
            if place == 0:
                left, right = mpmath.mpf(0), self.start
                nodes = chebyshev_nodes(left, right, self.count)
                weights = [mpmath.mpf(1)] * self.count
                points = nodes
            else:
                left = mpmath.log(self.start) + LENGTH * (place - 1)
                right = left + LENGTH
                nodes = chebyshev_nodes(left, right, self.count)
                points = weights = [mpmath.exp(w) for w in nodes]
            values = [self.averages(2, -r) for r in points]
            series = series_from_values(left, right, values)
            rates = [v**self.power * w for v, w in zip(values, weights, strict=True)]
            whole = series_from_values(left, right, rates).antiderivative()
            before = mpmath.mpf(0)
            if place:
                _, _, previous, earlier = self.panels[-1]
                before = earlier + previous(previous.right)
            self.panels.append((series, series.derivative(), whole, before))


@lru_cache(maxsize=32)
def moment_table(d: int, power: int, digits: int) -> MomentTable:
    """Return the table for one ``d``, power and precision; it grows as it is used."""
    table = MomentTable(d, power, digits)
    return table
