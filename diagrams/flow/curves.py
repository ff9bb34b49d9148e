"""Values of all seeds over time, and what they say together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from diagrams.errors import BadInput
from diagrams.flow.statistics import mean, quantile, standard_error

LEVELS = (Fraction(1, 10), Fraction(1, 4), Fraction(3, 4), Fraction(9, 10))


@dataclass(frozen=True)
class Curves:
    """``rows[k][j]`` is the value of seed ``k`` at the ``j``-th time.

    >>> curves = Curves(((1.0, 4.0), (3.0, 4.0)))
    >>> curves.mean, curves.standard_error
    ((2.0, 4.0), (1.0, 0.0))
    """

    rows: tuple[tuple[float, ...], ...]

    @cached_property
    def mean(self) -> tuple[float, ...]:
        """The mean at every time; infinite where a seed has blown up."""
        return self._over_seeds(mean)

    @cached_property
    def standard_error(self) -> tuple[float | None, ...]:
        """The standard error of the mean; ``None`` for a single seed or infinite values."""
        return tuple(standard_error(values) for values in self._columns())

    @cached_property
    def median(self) -> tuple[float, ...]:
        """The median at every time: the typical seed."""
        return self.quantile(Fraction(1, 2))

    @cached_property
    def quantiles(self) -> tuple[tuple[Fraction, tuple[float, ...]], ...]:
        """The quantiles of levels 10, 25, 75 and 90 %, as pairs of level and curve."""
        return tuple((level, self.quantile(level)) for level in LEVELS)

    def quantile(self, level: Fraction | float) -> tuple[float, ...]:
        """The quantile of a level between 0 and 1 at every time.

        Raises :class:`~diagrams.errors.BadInput` for any other level.
        """
        if isinstance(level, bool) or not isinstance(level, int | float | Fraction):
            raise BadInput("level", level, "a number from 0 to 1")
        if not 0 <= level <= 1:
            raise BadInput("level", level, "a number from 0 to 1")
        exact = Fraction(level)
        return self._over_seeds(lambda values: quantile(values, exact))

    def _columns(self) -> list[tuple[float, ...]]:
        return list(zip(*self.rows, strict=True))

    def _over_seeds(self, summary: Callable[[Sequence[float]], float]) -> tuple[float, ...]:
        return tuple(summary(values) for values in self._columns())
