"""Numbers of coordinates of several colours: estimates from two grids of initial values.

The error of a value is its difference from a coarser grid with a larger tolerance, and what
rounding does to it, which is seen from a change of the rates.  Nothing is proved about what a grid
misses, so that two of them may err alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import log10
from typing import Any

import mpmath
import numpy

from diagrams.dynamics.averages.extended import ACCURACY, REAL, extended, multiprecision
from diagrams.dynamics.averages.flow import Followed, PointFlow
from diagrams.dynamics.averages.nodes import nodes
from diagrams.dynamics.roads.coordinates.averages import Averages
from diagrams.errors import NotSolved, OutsideDomain
from pde.errors import OutsideDomainError
from pde.numbers.evaluation import Value

STRIPS = (1.05, 0.85, 0.65, 0.5, 0.4, 0.3)
"""Half widths of strips that are tried, until grids agree."""

ROUNDING = 4 * float(numpy.finfo(float).eps)
LEAST = 6.0
"""Digits below which two grids tell too little of each other: both miss what both leave out."""

SAFETY = 8
"""By how much the difference of two runs is enlarged: now and then it is small by chance."""

MOST = 16.5
"""Digits of averages at most: rounding is not far from there."""

SHAKEN = 1e-4
"""By what part rates are changed, to see what their rounding does to a value."""

SEARCHED, FURTHER = 30, 16
"""How many times are tried for an end, each so many times the one before."""

NEAR = 1e-9
"""How near to an end steps become too short to go on, relative to the time."""

ANGLES, TURNED = (0.3, 0.25), 0.3
"""Angles by which initial values are turned for a lateral sum, and the strip that is left."""
FEW = 6
"""Digits of a lateral sum of three colours or more."""


def estimates(problem: Averages, marks: Sequence[Fraction], digits: int) -> list[Value]:
    """Return values at times above zero, growing, with an error from two grids.

    The error may be larger than digits ask for; it is as true as an estimate is.  Raises
    :class:`~diagrams.errors.NotSolved` if there are too many points, and OutsideDomainError where
    the solution ends.
    """
    time = float(marks[-1])
    _, followed = _run(problem, marks, time, 3, STRIPS[0])
    time = max(followed.stretched)
    calm, followed = _run(problem, marks, time, 3, STRIPS[0])
    shaken, _ = _run(problem, marks, time, 3, STRIPS[0], SHAKEN)
    sizes = [_size(problem, averages) for averages in followed.averages]
    spare = min(log10(max(abs(float(v)), 1e-300) / s) for v, s in zip(calm, sizes, strict=True))
    wanted = min(max(digits + 1.0 - spare, LEAST), MOST)
    rounding = [
        REAL(s + abs(float(a - b)) / SHAKEN) * ROUNDING
        for s, a, b in zip(sizes, shaken, calm, strict=True)
    ]
    # both strip and tolerance differ from one run to the next: else an error would be in both
    before, _ = _run(problem, marks, time, wanted - 1, STRIPS[0])
    found: list[Value] = []
    for k, strip in enumerate(STRIPS[1:]):
        try:
            values, _ = _run(problem, marks, time, wanted + k, strip)
        except (NotSolved, OutsideDomainError):
            # a finer run may have too many points, or steps too short to go on with
            if not found:
                raise
            break
        off = [SAFETY * abs(one - two) for one, two in zip(before, values, strict=True)]
        small = [
            abs(v) * REAL(10) ** -ACCURACY / 4 + r for v, r in zip(values, rounding, strict=True)
        ]
        found = [
            Value(multiprecision(v), multiprecision(o + s), "two tolerances")
            for v, o, s in zip(values, off, small, strict=True)
        ]
        enough = [abs(v) * REAL(10) ** -digits / 2 + s for v, s in zip(values, small, strict=True)]
        if all(o <= e for o, e in zip(off, enough, strict=True)):
            break
        before = values
    return found


def lateral_parts(problem: Averages, mark: Fraction, digits: int) -> tuple[Value, Value]:
    """Return real and imaginary part of the value at a time at which the target drives outwards.

    Averages are taken over initial values turned by an angle into the complex plane, where no
    coordinate blows up.  The error is the difference between two angles.
    """
    wanted = min(digits + 1, ACCURACY if len(problem.system.exponents) < 3 else FEW)
    one, two = (
        _run(problem, [mark], float(mark), wanted, TURNED, angle=angle)[0][0] for angle in ANGLES
    )
    off = multiprecision(abs(one - two) + abs(one) * REAL(10) ** -wanted)
    real, imaginary = (multiprecision(part) for part in (one.real, one.imag))
    return Value(real, off, "two tolerances"), Value(imaginary, off, "two tolerances")


def last_time(problem: Averages) -> Value | None:
    """Return the time above zero at which the solution ends, with an error from two grids.

    ``None`` where every term shrinks every coordinate.  Raises
    :class:`~diagrams.errors.OutsideDomain` where no end is met.
    """
    rates = [c for rate in problem.system.rates for c, _ in rate]
    if all(c <= 0 for c in rates):
        return None
    mark = 1 / sum(map(abs, (*rates, *problem.system.strengths)), Fraction(0))
    for _ in range(SEARCHED):
        rough = _ending(problem, mark, float(mark), 3, STRIPS[0])
        if rough is not None:
            break
        mark *= FURTHER
    else:
        raise OutsideDomain(f"existence_time: no end is met before tau = {float(mark):.3g}", "t")
    wanted = 8 if len(problem.system.exponents) < 3 else 5
    ends = [
        _ending(problem, Fraction(2 * rough), rough, wanted + k, strip)
        for k, strip in enumerate(STRIPS[:2])
    ]
    one, two = ends
    if one is None or two is None:
        raise OutsideDomain("existence_time: two grids do not agree on an end", "t")
    return Value(
        mpmath.mpf(two), mpmath.mpf(SAFETY * abs(one - two) + NEAR * two), "two tolerances"
    )


def _ending(
    problem: Averages, mark: Fraction, time: float, digits: float, strip: float
) -> float | None:
    """The time at which a run to a mark ends before it; ``None`` where it does not."""
    try:
        _run(problem, [mark], time, digits, strip)
    except OutsideDomainError as end:
        return float(end.bound)
    return None


def _run(
    problem: Averages,
    marks: Sequence[Fraction],
    time: float,
    digits: float,
    strip: float,
    shaken: float = 0.0,
    angle: float = 0.0,
) -> tuple[list[Any], Followed]:
    """Values from one grid, whose widths are those at a time, and what was followed."""
    made = nodes(problem.system, time, digits, strip)
    squares, weights = made.squares, made.weights
    if angle:
        turn = numpy.exp(2j * REAL(angle))
        total = sum(squares)
        weights = weights * numpy.exp(1j * REAL(angle) * len(squares) - total * (turn - 1) / 2)
        squares = [x * turn for x in squares]
    flow = PointFlow(problem.system, squares, weights, 10.0**-digits, 1 + shaken)
    followed = flow.follow(marks)
    values = []
    for averages in followed.averages:
        total = extended(problem.constant)
        for c, powers in problem.terms:
            term = extended(c)
            for q, power in zip(averages, powers, strict=True):
                term = term * q**power
            total = total + term
        values.append(total)
    return values, followed


def _size(problem: Averages, averages: Sequence[Any]) -> float:
    """What an error of averages means for the value: of each by itself, of ``Pi`` in its part."""
    total = 1e-300
    for c, powers in problem.terms:
        term = abs(float(c))
        for q, power in zip(averages, powers, strict=True):
            term *= float(abs(q)) ** power
        for q, power in zip(averages[:-1], powers, strict=False):
            total += power * term / max(float(abs(q)), 1e-100)
        total += powers[-1] * term
    return total
