"""How the deviation of a simulation from the solution goes with the size.

The sizes follow a scaling of the regime through the sizes asked for: the monomials of its
equalities keep their values and those of its inequalities go the way they say, so that only the
distance from the limit changes.  The *deviation* at a size is the largest difference between the
simulated curve and the solution, as a part of the range of the solution (its largest value less its
smallest).

A power law through the deviations says at which lead (the size that the others follow) one per cent
is reached. It is an extrapolation, and is drawn only inside its hypothesis: from sizes that lie in
the regime (:attr:`SizePoint.inside`) and are clear of noise, at least four of them, whose exponents
from one to the next agree, and which predict the deviation at a further, the largest one. Otherwise
the deviations are what was measured, and no more. A second method needs no simulation: the exact
coefficients ``Y_0, Y_1, ..`` against their leading parts (:class:`ExactDeviation`). A law is not
followed to where it passes one per cent before the exact ``Y_0`` does.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise

GOAL = 0.01
"""The deviation whose size is asked for."""

CLEAR = 2.0
"""Deviations of so many standard errors are told from noise."""

INSIDE = 0.8
"""The part of the exact coefficients that the terms of a regime make up at sizes that lie in it."""

FITTED = 4
"""Sizes that a law is fitted to, at least; one more is predicted."""

SETTLED = 0.25
"""Exponents from one size to the next differ from that of the law by this part of it at most .."""

SHARP = 0.25
""".. whose standard error is this part of it at most, like that of the prediction."""

OFF = 0.1
"""The held-out deviation is off its prediction by this part of it, at most, beyond the errors."""

NOISE = 1e-6
"""Relative errors below this weigh alike."""

REACH = 10.0
"""A law is followed to so many times the largest size."""

Sizes = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class SizePoint:
    """The deviation at one size: a part of the range of the solution, with its standard error.

    ``size`` is that of the lead, which the others in ``sizes`` follow. ``time`` is where the
    difference is largest; ``error`` is ``None`` for a single seed. ``share`` is what the terms of
    the regime make up of the exact leading coefficients at these sizes (``None`` where that is not
    known).
    """

    size: int
    sizes: Sizes
    seeds: int
    deviation: float
    error: float | None
    time: float
    share: float | None = None

    @property
    def clear(self) -> bool:
        """Whether the deviation is more than noise."""
        return self.error is not None and self.deviation > CLEAR * self.error

    @property
    def inside(self) -> bool:
        """Whether these sizes lie in the regime."""
        return self.share is not None and self.share >= INSIDE


@dataclass(frozen=True)
class ExactDeviation:
    """How far the exact ``Y_s`` is from its leading part, a part of the latter, by the lead.

    ``lead`` is its symbol. ``needed`` is its value from which on that is one per cent at most,
    ``None`` for never.
    """

    order: int
    parts: tuple[tuple[int, float], ...]
    needed: float | None
    lead: str

    def __str__(self) -> str:
        listed = ", ".join(
            f"{rounded(100 * part)} % at {self.lead} = {size}" for size, part in self.parts
        )
        if self.needed is None:
            end = ""
        else:
            end = f"; 1 % from {self.lead} = {rounded(math.ceil(self.needed))} on"
        return f"Y_{self.order} is off its leading terms by {listed}{end}"


Law = tuple[float, float, float]
"""The constant C and the exponent a of ``C N^(-a)``, N the lead, and the standard error of a."""


@dataclass(frozen=True)
class SizeScaling:
    """Deviations along a scaling of the regime, and the power law through them.

    ``lead`` is the symbol of the size that the others follow, ``scaling`` their exponents of it by
    symbol. ``exact`` are the deviations of exact coefficients, and ``least`` the lead from which on
    that of ``Y_0`` is within one per cent of the range of the solution (``None`` where unknown).

    >>> sizes = (8, 16, 32, 64, 128)
    >>> points = [SizePoint(N, (("N", N),), 8, 1 / N, 1e-4, 1.0, 1.0) for N in sizes]
    >>> found = SizeScaling("N", (("N", Fraction(1)),), tuple(points))
    >>> round(found.exponent, 6), round(found.needed)
    (1.0, 100)
    >>> print(SizeScaling("N", found.scaling, found.points[1:]).verdict)
    0.78 % at N = 128; no law: of 4 sizes 4 lie in the regime, clear of noise; 5 are needed
    """

    lead: str
    scaling: tuple[tuple[str, Fraction], ...]
    points: tuple[SizePoint, ...]
    exact: tuple[ExactDeviation, ...] = ()
    least: float | None = None

    @property
    def usable(self) -> tuple[SizePoint, ...]:
        """The deviations that a law may be fitted to."""
        return tuple(point for point in self.points if point.inside and point.clear)

    @cached_property
    def _judged(self) -> tuple[Law | None, str]:
        """The law, or why there is none."""
        points = self.usable
        if len(points) <= FITTED:
            return None, self._too_few(len(points))
        *fitted, held = points
        why = _unsettled(fitted, self.lead) or _missed(fitted, held, self.lead)
        if why:
            return None, why
        line = _Line.through(points)
        return (math.exp(line.level), -line.slope, line.slope_error), ""

    def _too_few(self, count: int) -> str:
        outside = [point.size for point in self.points if not point.inside]
        listed = f" ({self.lead} = {', '.join(map(str, outside))} do not)" * bool(outside)
        return (
            f"of {len(self.points)} sizes {count} lie in the regime{listed}, clear of noise;"
            f" {FITTED + 1} are needed"
        )

    @property
    def law(self) -> Law | None:
        """Constant, exponent, and its standard error, where a law holds."""
        return self._judged[0]

    @property
    def exponent(self) -> float | None:
        """The power of the inverse lead with which the deviation falls."""
        return None if self.law is None else self.law[1]

    @property
    def exponent_error(self) -> float | None:
        """The standard error of the exponent, from those of the deviations."""
        return None if self.law is None else self.law[2]

    @property
    def needed(self) -> float | None:
        """The lead at which the law reaches one per cent; ``None`` where none is known."""
        return None if self._beyond else self._goal

    @property
    def _goal(self) -> float | None:
        """Where the law itself reaches one per cent."""
        if self.law is None:
            return None
        constant, exponent, _ = self.law
        power = math.log(constant / GOAL) / exponent
        return math.exp(power) if power < 700 else math.inf

    @property
    def _beyond(self) -> str:
        """Why the law is not followed to one per cent, if it is not."""
        goal = self._goal
        if goal is None:
            return ""
        if goal > REACH * self.points[-1].size:
            return f"1 % lies beyond {REACH:.0f} times the largest size and is not extrapolated to"
        if self.least is not None and goal * (1 + SETTLED) < self.least:
            return (
                f"it would pass 1 % before the exact Y_0 does, at {self.lead} ="
                f" {rounded(self.least)}, and is not followed"
            )
        return ""

    @property
    def verdict(self) -> str:
        """What the deviations say, in a clause."""
        last = self.points[-1]
        percent = f"{rounded(100 * last.deviation)} % at {self.lead} = {last.size}"
        if self.law is None:
            if not any(point.clear for point in self.points):
                shown = [100 * p.error for p in self.points if p.error is not None]
                error = f" of {max(shown):.2g} %" if shown else ""
                return f"deviations within the statistical error{error}: {percent}; more seeds tell"
            return f"{percent}; no law: {self._judged[1]}"
        _, exponent, doubt = self.law
        falls = f"the deviation falls like 1/{self.lead}^({exponent:.2f} ± {doubt:.2f}): {percent}"
        if self.needed is None:
            return f"{falls}; {self._beyond}"
        return f"{falls}, 1 % at about {self.lead} = {rounded(self.needed)}"

    def sizes_at(self, size: float) -> dict[str, float]:
        """Sizes of the scaling at any value of the lead, from the largest ones that were run."""
        powers = dict(self.scaling)
        scaled = scaled_sizes(dict(self.points[-1].sizes), powers, self.lead, size)
        return {name: value for name, value in scaled.items() if name in powers}


def scaled_sizes(
    base: Mapping[str, float], powers: Mapping[str, Fraction], lead: str, size: float
) -> dict[str, float]:
    """Return all values of a scaling at another size of its lead, none rounded.

    >>> scaled_sizes({"N": 8.0, "d": 4.0}, {"N": Fraction(1), "d": Fraction(2)}, "N", 16)
    {'N': 16.0, 'd': 16.0}
    """
    factor = size / base[lead]
    return {name: x * factor ** float(powers.get(name, 0)) for name, x in base.items()}


def rounded(value: float) -> str:
    """Return a number of two digits without an exponent, as far as it is readable.

    >>> rounded(1284.0), rounded(2.8e7), rounded(0.123)
    ('1300', '2.8e+07', '0.12')
    """
    if not 100 <= value < 1e6:
        return f"{value:.2g}"
    return f"{float(f'{value:.2g}'):.0f}"


def _unsettled(fitted: Sequence[SizePoint], lead: str) -> str:
    """Why the deviations follow no power law that falls, if they do not."""
    line = _Line.through(fitted)
    exponent, doubt = -line.slope, line.slope_error
    shown = f"1/{lead}^({exponent:.2f} ± {doubt:.2f})"
    if exponent <= CLEAR * doubt:
        return f"the deviation is not seen to fall ({shown})"
    if doubt > SHARP * exponent:
        return f"the exponent is too uncertain ({shown}); more seeds tell"
    for one, two in pairwise(fitted):
        local, error = _local(one, two)
        if abs(local - exponent) > CLEAR * error + SETTLED * exponent:
            return (
                f"the exponents from size to size do not settle ({local:.2f} from {lead} ="
                f" {one.size} to {two.size}, {exponent:.2f} in all)"
            )
    return ""


def _missed(fitted: Sequence[SizePoint], held: SizePoint, lead: str) -> str:
    """Why the smaller sizes do not predict the largest one, if they do not."""
    logarithm, spread = _Line.through(fitted).at(math.log(held.size))
    predicted = math.exp(logarithm)
    error = math.hypot(spread * predicted, held.error or 0.0)
    if error > SHARP * predicted:
        return f"the errors are too large to test it at {lead} = {held.size}; more seeds tell"
    if abs(held.deviation - predicted) > CLEAR * error + OFF * predicted:
        return (
            f"the smaller sizes predict {rounded(100 * predicted)} % at {lead} = {held.size},"
            f" measured is {rounded(100 * held.deviation)} %"
        )
    return ""


def _local(one: SizePoint, two: SizePoint) -> tuple[float, float]:
    """The exponent from one size to another, and its standard error."""
    step = math.log(two.size / one.size)
    error = math.hypot(_relative(one), _relative(two)) / step
    return math.log(one.deviation / two.deviation) / step, error


def _relative(point: SizePoint) -> float:
    return (point.error or 0.0) / point.deviation


@dataclass(frozen=True)
class _Line:
    """A weighted straight line through the logarithms of deviations."""

    slope: float
    level: float
    slope_error: float
    middle: float
    middle_error: float

    @staticmethod
    def through(points: Sequence[SizePoint]) -> _Line:
        weights = [max(_relative(point), NOISE) ** -2 for point in points]
        xs = [math.log(point.size) for point in points]
        ys = [math.log(point.deviation) for point in points]
        total = math.fsum(weights)
        x0 = math.fsum(w * x for w, x in zip(weights, xs, strict=True)) / total
        y0 = math.fsum(w * y for w, y in zip(weights, ys, strict=True)) / total
        spread = math.fsum(w * (x - x0) ** 2 for w, x in zip(weights, xs, strict=True))
        joint = math.fsum(w * (x - x0) * y for w, x, y in zip(weights, xs, ys, strict=True))
        slope = joint / spread
        return _Line(slope, y0 - slope * x0, spread**-0.5, x0, total**-0.5)

    def at(self, x: float) -> tuple[float, float]:
        """The value at a place, and its standard error."""
        error = math.hypot(self.middle_error, (x - self.middle) * self.slope_error)
        return self.level + self.slope * x, error
