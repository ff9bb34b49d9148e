"""Averages over Gaussian coordinates as sums over a grid: a proved bound on the difference.

The average over ``x`` and ``y``, two coordinates in units of their sizes, is replaced by a sum over
the points ``((k + 1/2) h, (l + 1/2) h)``. It goes wrong by ``T_x (T_y - I_y) + (T_x - I_x) I_y``
with sums T and integrals I: one of the two coordinates is complex at a time, the other real. By the
residue theorem ``T_x - I_x`` is at most the integral of ``|f| / (exp(2 pi eta / h) - 1)`` along any
curve ``Im x = +- eta`` below which the integrand is analytic. Here eta is a constant on every cell
of the plane of ``Re x`` and ``y``; the curve goes up and down at ends of cells, multiples of ``h``,
where the factor is ``1 / (exp(2 pi eta / h) + 1)``. With eta = 0 on a cell, where its weight is
small, both sum and integral are bounded.

*Lemma.* Where a solution with a complex initial value stays bounded, it is analytic in it. Divided
by their linear growth, which is real, the squares ``A = |A| exp(i alpha)`` and ``B`` obey ``A' = -K
A``, ``B' = -L B`` with ``K = u_1 g A^(i-1) B^j``, ``L = u_2 h A^i B^(j-1)`` and known real ``g``,
``h``. Let only one of the angles alpha and beta be different from zero at first, and m, n be their
absolute values. Then the angles never have the same sign, and

    m' = |K| sin(j n - (i-1) m),    n' = |L| sin(i m - (j-1) n),

as long as all these angles are below a right angle: for ``m = 0`` and for ``n = 0`` the rates are
not negative. Both rates grow with the other angle, so larger ``|K|``, ``|L|`` and initial angles
give larger angles where the sine is positive. The sizes obey ``|A|' = -|K| |A| cos(j n - (i-1)
m)``, ``|B|' = -|L| |B| cos(i m - (j-1) n)``: each falls the faster the larger the other one is, so
that an upper bound of one goes with a lower bound of the other. All four bounds and both angles are
followed at once, for whole cells, in steps in which what falls is taken at the favourable end.

If ``j = 1`` the angle n may exceed any bound: as long as ``i m`` is below a right angle B falls, m
grows at a rate of at most ``|K|``, and ``|A|`` at most as it would for real A of the other sign.
Without angles: as long as ``u_1 G c^(e-1) A^(i-1) B^j <= log c`` and ``u_2 H c^(e-1) A^i B^(j-1) <=
log c``, with G and H the integrals of g and h and ``e = i + j``, neither grows beyond c times
itself.

All is done in double precision, with initial values widened by ``WIDER``, far more than rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, pi, sqrt
from typing import Any

import numpy

from diagrams.dynamics.roads.coordinates.averages import MeanField

Array = Any

PARTS = (1.1, 0.95, 0.8, 0.65, 0.5, 0.4, 0.3, 0.2, 0.12, 0.06)
"""Heights that are tried, relative to the one that gives the accuracy wanted by itself."""

CELL = 0.1
WIDER = 1 + 1e-6
FACTOR = 1.5
RIGHT = pi / 2 - 1e-6
RISING = 1.3
"""From this value of ``i m`` on B is taken to rise as fast as it can."""


@dataclass(frozen=True)
class Interval:
    """A length of time with bounds on ``int r_c`` from the beginning to any time in it."""

    length: float
    lower: tuple[float, ...]
    upper: tuple[float, ...]


@dataclass(frozen=True)
class _Sizes:
    """Bounds on the sizes of both squares, at any time, without linear growth."""

    one: Array
    two: Array


def quadrature_errors(
    system: MeanField, spacing: float, wanted: float, history: Sequence[Interval]
) -> tuple[float, float, float]:
    """Return bounds for the averages of both squares and of ``Pi``, at all times of a history.

    ``wanted`` is the negative logarithm of the accuracy one hopes for.  The sums go over all points
    of the plane.
    """
    group = max(1, round(CELL / spacing))
    width = group * spacing
    extent = sqrt(2 * wanted + 12 * log(2 * wanted) + 20)
    count = int(extent / width) + 2
    left = width * numpy.arange(count)
    total = numpy.zeros(3)
    for complex_colour in (0, 1):
        total += _direction(system, spacing, width, left, wanted, history, complex_colour)
    total += beyond(system, width, float(left[-1] + width), history)
    return float(total[0]), float(total[1]), float(total[2])


def _direction(
    system: MeanField,
    spacing: float,
    width: float,
    left: Array,
    wanted: float,
    history: Sequence[Interval],
    colour: int,
) -> Array:
    """The error of the sum over one coordinate."""
    heights = (wanted + 14) * spacing / (2 * pi) * numpy.array(PARTS)
    cells: list[Array] = list(numpy.meshgrid(left, left, heights, indexing="ij"))
    shape = cells[0].shape
    real, place, height = (x.ravel() for x in cells)
    moving = (place**2, (place + width) ** 2 + height**2)
    with numpy.errstate(divide="ignore"):
        angle = 2 * numpy.arctan(height / place)
    other = (real**2, (real + width) ** 2)
    ranges = (moving, other) if colour == 0 else (other, moving)
    sizes = [_by_angles(system, history, ranges, angle, colour)]
    sizes.append(_by_sizes(system, history, (ranges[0][1], ranges[1][1])))
    growths = [exp(max(0.0, *(span.upper[c] for span in history))) for c in (0, 1)]
    i, j = system.exponents
    result = numpy.zeros(3)
    with numpy.errstate(over="ignore", invalid="ignore", divide="ignore"):
        gauss = numpy.exp((height**2 - place**2) / 2) / sqrt(2 * pi)
        damping = 1 / numpy.expm1(2 * pi * height / spacing)
        best = None
        for found in sizes:
            values = numpy.stack(
                [
                    growths[0] * found.one,
                    growths[1] * found.two,
                    (growths[0] * found.one) ** i * (growths[1] * found.two) ** j,
                ]
            )
            values = numpy.where(numpy.isnan(values), numpy.inf, values)
            best = values if best is None else numpy.minimum(best, values)
        plain = numpy.stack(
            [
                growths[0] * ranges[0][1],
                growths[1] * ranges[1][1],
                (growths[0] * ranges[0][1]) ** i * (growths[1] * ranges[1][1]) ** j,
            ]
        ).reshape(3, *shape)[..., -1]
    assert best is not None
    best = best.reshape(3, *shape)
    cost = (gauss * damping).reshape(shape) * best[2]
    chosen = numpy.argmin(cost, axis=2)
    rest = numpy.exp(-(left[None, :] ** 2) / 2) / sqrt(2 * pi) * numpy.ones(shape[:2])
    lowest = numpy.take_along_axis(cost, chosen[..., None], 2)[..., 0]
    flat = ~(lowest < rest * plain[2])
    high = numpy.where(flat, 0.0, heights[chosen])
    kernel = numpy.where(
        flat, 1.0, 1 / numpy.expm1(2 * pi * numpy.where(flat, 1.0, high) / spacing)
    )
    largest = [
        numpy.where(flat, plain[f], numpy.take_along_axis(best[f], chosen[..., None], 2)[..., 0])
        for f in range(3)
    ]
    shares = 2 * width * numpy.exp(-(left**2) / 2) / sqrt(2 * pi)
    # the ends of cells: from the height of one to that of the next, and to zero after the last
    after = numpy.concatenate([high[:, 1:], numpy.zeros((len(left), 1))], axis=1)
    low, top = numpy.minimum(high, after), numpy.maximum(high, after)
    edge = (top - low) / (1 + numpy.exp(2 * pi * low / spacing))
    edge *= numpy.exp((top**2 - (left + width)[None, :] ** 2) / 2) / sqrt(2 * pi)
    level = numpy.exp(high**2 / 2) * rest * kernel * width
    for f in range(3):
        later = numpy.concatenate([largest[f][:, 1:], largest[f][:, -1:]], axis=1)
        along = level * largest[f]
        upright = edge * numpy.where(high >= after, largest[f], later)
        result[f] = 4 * float((shares[:, None] * (along + upright)).sum())
    return result


def beyond(system: MeanField, width: float, extent: float, history: Sequence[Interval]) -> float:
    """What sums and integrals have beyond the square of cells."""
    i, j = system.exponents
    degree = 2 * (i + j)
    density = exp(-(extent**2) / 2) / sqrt(2 * pi)
    tail = 2 * (width + 1 / (extent - degree / extent)) * density * extent**degree
    moments = 2.0 * numpy.prod(numpy.arange(1.0, degree, 2.0))
    growth = exp(max(0.0, *(i * max(s.upper[0], 0) + j * max(s.upper[1], 0) for s in history)))
    return float(4 * tail * moments * growth)


def _by_sizes(system: MeanField, history: Sequence[Interval], tops: tuple[Array, Array]) -> _Sizes:
    """Bounds for any angles."""
    i, j = system.exponents
    u, v = (float(x) for x in system.strengths)
    first = sum(s.length * exp((i - 1) * s.upper[0] + j * s.upper[1]) for s in history)
    second = sum(s.length * exp(i * s.upper[0] + (j - 1) * s.upper[1]) for s in history)
    a, b = tops
    power = FACTOR ** (i + j - 1) * WIDER
    fine = (u * first * power * a ** (i - 1) * b**j <= log(FACTOR)) & (
        v * second * power * a**i * b ** (j - 1) <= log(FACTOR)
    )
    return _Sizes(
        numpy.where(fine, FACTOR * a, numpy.inf), numpy.where(fine, FACTOR * b, numpy.inf)
    )


def _by_angles(
    system: MeanField,
    history: Sequence[Interval],
    ranges: tuple[tuple[Array, Array], tuple[Array, Array]],
    angle: Array,
    colour: int,
) -> _Sizes:
    """Bounds from the angles; infinite where an angle becomes too large."""
    i, j = system.exponents
    u, v = (float(x) for x in system.strengths)
    found = [numpy.full(angle.shape, numpy.inf) for _ in range(2)]
    unbound = colour == 1 and j == 1
    kept = numpy.flatnonzero(unbound | (angle * max(system.exponents[colour] / 2, 1) < RIGHT))
    (a_low, a_top), (b_low, b_top) = ((low[kept] / WIDER, top[kept] * WIDER) for low, top in ranges)
    start = angle[kept] * WIDER
    m, n = (start, 0 * start) if colour == 0 else (0 * start, start)
    free = unbound & ~(j * start < RIGHT)
    a_most, b_most = a_top.copy(), b_top.copy()
    for span in history:
        g_low, g_top, h_low, h_top = (
            span.length * exp(one * r[0] + two * r[1])
            for one, two in ((i - 1, j), (i, j - 1))
            for r in (span.lower, span.upper)
        )
        with numpy.errstate(over="ignore", invalid="ignore", divide="ignore"):
            swollen = _fallen(a_top, i - 1, -u * g_top * b_top**j)
            a_step = numpy.where(free, swollen, a_top)
            rising = ~free & (i * m > RISING)
            b_step = numpy.where(rising, _fallen(b_top, j - 1, -v * h_top * a_top**i), b_top)
            k_top = u * g_top * a_step ** (i - 1) * b_step**j
            l_top = v * h_top * a_step**i * b_step ** (j - 1)
            # both angles on the way, from the linear equations with the largest rates
            omega = numpy.sqrt(k_top * j * l_top * i)
            slope = numpy.where(omega > 1e-8, numpy.sinh(omega) / omega, 1 + omega)
            m_most = m * numpy.cosh(omega) + n * k_top * j * slope
            n_most = n * numpy.cosh(omega) + m * l_top * i * slope
            if i > 1:
                m_most = numpy.minimum(m_most, numpy.maximum(m, j * n_most / (i - 1)))
            if j == 1:
                newly = ~free & ~rising & ~(j * n_most < RIGHT)
                free = free | newly
                a_step = numpy.where(newly, swollen, a_step)
                k_top = u * g_top * a_step ** (i - 1) * b_top**j
            m_most = numpy.where(free, m + k_top, m_most)
            fine = i * m_most < numpy.where(rising, 2 * RIGHT, RIGHT)
            fine &= free | ((i - 1) * m_most < RIGHT)
            fine &= free | ((j * n_most < RIGHT) & ((j - 1) * n_most < RIGHT))
            fine &= (a_step < numpy.inf) & (b_step < numpy.inf)
            turn_a = numpy.where(free, pi, numpy.maximum(j * n_most, (i - 1) * m_most))
            turn_b = numpy.maximum(i * m_most, 0 if j == 1 else (j - 1) * n_most)
            a_low_new = _fallen(a_low, i - 1, u * g_top * b_step**j)
            b_low_new = b_low * numpy.exp(-v * h_top * a_step**i * b_step ** (j - 1))
            a_new = _fallen(a_top, i - 1, u * g_low * numpy.cos(turn_a) * b_low_new**j)
            a_new = numpy.where(free, a_step, a_new)
            b_new = _fallen(b_top, j - 1, v * h_low * numpy.cos(turn_b) * a_low_new**i)
            b_new = numpy.where(rising, b_step, b_new)
            if i > 1:
                rest = j * n_most / (i - 1)
                k_low = u * g_low * a_low_new ** (i - 1) * b_low_new**j
                rate = numpy.where(m <= rest, k_top, k_low * 2 / pi) * (i - 1)
                m_new = numpy.minimum(rest + (m - rest) * numpy.exp(-rate), m_most)
            else:
                m_new = m_most
            m_new = numpy.where(free, m_most, m_new)
            n_new = numpy.minimum(n_most, n + l_top * numpy.sin(numpy.minimum(i * m_most, pi / 2)))
        a_most, b_most = numpy.maximum(a_most, a_step), numpy.maximum(b_most, b_step)
        if not fine.all():
            kept, free = kept[fine], free[fine]
            a_low_new, b_low_new, a_new, b_new, m_new, n_new, a_most, b_most = (
                x[fine] for x in (a_low_new, b_low_new, a_new, b_new, m_new, n_new, a_most, b_most)
            )
        a_low, b_low, a_top, b_top, m, n = a_low_new, b_low_new, a_new, b_new, m_new, n_new
    found[0][kept], found[1][kept] = a_most, b_most
    return _Sizes(found[0], found[1])


def _fallen(value: Array, power: int, lost: Array) -> Array:
    """``X`` after ``X' = -k X^(power + 1)``, ``lost`` the integral of k; infinite past its end."""
    if not power:
        return value * numpy.exp(-lost)
    base = 1 + power * lost * value**power
    return numpy.where(base > 0, value * numpy.abs(base) ** (-1 / power), numpy.inf)
