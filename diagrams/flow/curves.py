"""Values of all seeds over time, and what they say together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from diagrams.errors import BadInput
from diagrams.flow.statistics import mean, quantile, standard_error

Array = np.ndarray[tuple[int], np.dtype[np.float64]]

LEVELS = (Fraction(1, 10), Fraction(1, 4), Fraction(3, 4), Fraction(9, 10))


@dataclass(frozen=True)
class Curves:
    """``rows[k][j]`` is the value of seed ``k`` at the ``j``-th time; statistics are arrays.

    >>> curves = Curves(((1.0, 4.0), (3.0, 4.0)))
    >>> curves.mean, curves.standard_error
    (array([2., 4.]), array([1., 0.]))
    """

    rows: tuple[tuple[float, ...], ...]

    @cached_property
    def mean(self) -> Array:
        """The mean at every time; infinite where a seed has blown up."""
        return self._over_seeds(mean)

    @cached_property
    def standard_error(self) -> Array:
        """The standard error of the mean; NaN for a single seed or infinite values."""
        return self._over_seeds(standard_error)

    @cached_property
    def median(self) -> Array:
        """The median at every time: the typical seed."""
        return self.quantile(Fraction(1, 2))

    @cached_property
    def quantiles(self) -> tuple[tuple[Fraction, Array], ...]:
        """The quantiles of levels 10, 25, 75 and 90 %, as pairs of level and curve."""
        return tuple((level, self.quantile(level)) for level in LEVELS)

    def quantile(self, level: Fraction | float) -> Array:
        """The quantile of a level between 0 and 1 at every time.

        Raises :class:`~diagrams.errors.BadInput` for any other level.
        """
        if isinstance(level, bool) or not isinstance(level, int | float | Fraction):
            raise BadInput("level", level, "a number from 0 to 1")
        if not 0 <= level <= 1:
            raise BadInput("level", level, "a number from 0 to 1")
        exact = Fraction(level)
        return self._over_seeds(lambda values: quantile(values, exact))

    def _over_seeds(self, summary: Callable[[Sequence[float]], float | None]) -> Array:
        columns = zip(*self.rows, strict=True)
        return constant_array([summary(values) for values in columns])


def constant_array(values: object) -> Array:
    """Return numbers, ``None`` as NaN, as an array that cannot be written to."""
    found: Array = np.array(values, dtype=float)
    found.setflags(write=False)
    return found
