"""Squares of coordinates on a grid, followed by Taylor series in extended double precision.

With ``a_c = v_c^2`` a term ``P(z) v^n`` of the rate of a coordinate of colour c gives
``a_c' = 2 P(z) a^((n - e_c)/2) a_c``; the petals ``z_m = p E[a^(m/2)]`` are sums over the grid.
All are power series in time, whose coefficients follow one from another by products.  Petals
between the ends of a step come from the same series.  The step is where the last coefficients
are below the tolerance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import permutations
from typing import Any

import mpmath
import numpy

from diagrams.dynamics.petals.petals import Exponent
from pde.errors import OutsideDomainError

Array = numpy.ndarray
Factors = tuple[tuple[Exponent, int], ...]
Terms = Sequence[tuple[Any, Factors]]

ORDER = 24
STEPS_LIMIT = 4000
REAL: Any = numpy.longdouble
"""The type of all numbers: 64 binary digits of mantissa on most machines."""

ACCURACY = 15 if numpy.finfo(REAL).eps < 1e-18 else 12
"""Decimal digits that can be asked for."""


@dataclass(frozen=True)
class Drift:
    """One term of a rate: ``a_c' = 2 sum_terms a^shift a_c``, shift ``(n - e_c)/2``."""

    colour: int
    shift: Exponent
    terms: Terms


@dataclass(frozen=True, eq=False)
class GridFlow:
    """The equations on a grid with weights; ``alike[c]`` is the colour that stands for c.

    ``wanted`` are the petals asked for, by exponents of ``v``; ``features`` is p.
    """

    drifts: Sequence[Drift]
    weights: Array
    features: Any
    alike: Sequence[int]
    wanted: Sequence[Exponent]

    def follow(
        self, squares: Sequence[Array], marks: Sequence[float], tolerance: float
    ) -> list[dict[Exponent, Any]]:
        """Return the petals at times ``marks``, of one sign and growing in size.

        Raises OutsideDomainError, with the time reached, where the solution ends.
        """
        found: list[dict[Exponent, Any]] = []
        sign = -1 if marks[-1] < 0 else 1
        length, time = abs(REAL(marks[-1])), REAL(0)
        state = list(squares)
        with numpy.errstate(all="ignore"):
            for _ in range(STEPS_LIMIT):
                series, petals = self._series(state)
                step = min(self._step(series, tolerance), length - time)
                if not step > 1e-12 * length and step < length - time:
                    break
                while len(found) < len(marks):
                    ahead = abs(REAL(marks[len(found)])) - time
                    if ahead > step:
                        break
                    found.append({m: _sum(petals[m], sign * ahead) for m in self.wanted})
                if len(found) == len(marks):
                    return found
                state = [_sum(s, sign * step) for s in series]
                time += step
        end = float(sign * time)
        raise OutsideDomainError(
            f"the solution cannot be followed beyond time = {end:.6g}", "time", f"{end:.12g}"
        )

    def _step(self, series: Sequence[Array], tolerance: float) -> Any:
        """The length at which the last two coefficients fall below the tolerance."""
        size = max(float(abs(s[0]).max()) for s in series)
        lengths = []
        for n in (ORDER - 1, ORDER):
            top = max(float(abs(s[n]).max()) for s in series)
            if not numpy.isfinite(top):
                return REAL(0)
            if top > 0 and size > 0:
                lengths.append((tolerance * size / top) ** (1 / n))
        return REAL(0.9 * min(lengths)) if lengths else REAL(numpy.inf)

    def _series(self, state: Sequence[Array]) -> tuple[list[Array], dict[Exponent, list[Any]]]:
        """Taylor coefficients of all squares, and of all petals."""
        series = [_begun(a) for a in state]
        monomials: dict[Exponent, _Power] = {}
        petals: dict[Exponent, list[Any]] = {m: [] for m in self._needed}
        scalars: list[list[Any]] = [[] for _ in self.drifts]
        common = [REAL(1)]
        for n in range(ORDER + 1):
            for m in self._needed:
                petals[m].append(self._average(m, series, monomials, n))
            if n == ORDER:
                break
            new: list[Any] = [REAL(0)] * len(series)
            scale = REAL(0)
            for k, drift in enumerate(self.drifts):
                if self._leaders[drift.colour] != drift.colour:
                    continue
                scalars[k].append(_coefficient(drift.terms, petals, n))
                power = _power(drift)
                value = _monomial(power, series, monomials, n)
                if any(factors for _, factors in drift.terms):
                    reverse = numpy.array(scalars[k][::-1])
                    part = numpy.einsum("i,ij->j", reverse, monomials[power].table[: n + 1])
                else:
                    part = scalars[k][0] * value
                new[drift.colour] = new[drift.colour] + 2 * part
                if not any(drift.shift):
                    scale += 2 * sum(scalars[k][i] * common[n - i] for i in range(n + 1))
            common.append(scale / REAL(n + 1))
            for c, (s, leader) in enumerate(zip(series, self._leaders, strict=True)):
                if leader == c:
                    s[n + 1] = new[c] / REAL(n + 1)
                else:
                    s[n + 1] = series[leader][n + 1] + common[-1] * (s[0] - series[leader][0])
        return series, petals

    @cached_property
    def _leaders(self) -> tuple[int, ...]:
        """For every colour the one from which it differs by a multiple of its own difference.

        If all colours have one linear term, and one other product with one strength, the rates
        of their differences are linear: these keep their ratios.  That is so for ties 2+2+...+2.
        """
        parts: dict[int, list[Any]] = {c: [] for c in range(len(self.alike))}
        for drift in self.drifts:
            product = _power(drift) if any(drift.shift) else None
            parts[drift.colour].append((product, drift.terms))
        alone = tuple(range(len(parts)))
        same = all(part == parts[0] for part in parts.values())
        return (0,) * len(parts) if same and len(set(self.alike)) == 1 else alone

    @cached_property
    def _needed(self) -> tuple[Exponent, ...]:
        inside = {m for d in self.drifts for _, factors in d.terms for m, _ in factors}
        return tuple(sorted(inside | set(self.wanted)))

    def _average(
        self,
        m: Exponent,
        series: Sequence[Array],
        monomials: dict[Exponent, _Power],
        n: int,
    ) -> Any:
        """``p E[a^(m/2)]``, averaged over colours that are alike: the grid is sorted in them."""
        images = {
            tuple(m[c] for c in order)
            for order in permutations(range(len(m)))
            if all(self.alike[c] == self.alike[k] for k, c in enumerate(order))
        }
        total = REAL(0)
        for image in images:
            power = tuple(e // 2 for e in image)
            total = total + self.weights @ _monomial(power, series, monomials, n)
        return self.features * total / len(images)


def _power(drift: Drift) -> Exponent:
    return tuple(e + (c == drift.colour) for c, e in enumerate(drift.shift))


@dataclass
class _Power:
    """The coefficients of a monomial, one a row, and how many are known."""

    table: Array
    count: int


def _begun(first: Array) -> Array:
    """A table of coefficients, one a row, with the first."""
    table = numpy.zeros((ORDER + 1, len(first)), dtype=first.dtype)
    table[0] = first
    return table


def _monomial(
    power: Exponent, series: Sequence[Array], known: dict[Exponent, _Power], n: int
) -> Array:
    """The n-th coefficient of ``a^power``; coefficients are asked for in turn."""
    degree = sum(power)
    last = max((c for c, e in enumerate(power) if e), default=0)
    if power not in known:
        table = series[last] if degree == 1 else _begun(numpy.ones_like(series[0][0]))
        known[power] = _Power(table, 0 if degree else ORDER + 1)
    found = known[power]
    if degree > 1 and n >= found.count:
        rest = tuple(e - (c == last) for c, e in enumerate(power))
        _monomial(rest, series, known, n)
        other = known[rest].table[n::-1]
        numpy.einsum("ij,ij->j", series[last][: n + 1], other, out=found.table[n])
        found.count = n + 1
    row: Array = found.table[n]
    return row


def _coefficient(terms: Terms, petals: Mapping[Exponent, Sequence[Any]], n: int) -> Any:
    """The n-th coefficient of a polynomial in petals."""
    total = REAL(0)
    for c, factors in terms:
        product: list[Any] = [REAL(1)] + [REAL(0)] * n
        for m, count in factors:
            for _ in range(count):
                z = petals[m]
                product = [
                    sum((product[i] * z[k - i] for i in range(k + 1)), REAL(0))
                    for k in range(n + 1)
                ]
        total = total + c * product[n]
    return total


def _sum(series: Any, time: Any) -> Any:
    total = series[-1]
    for c in reversed(series[:-1]):
        total = total * time + c
    return total


def polynomial_value(terms: Terms, petals: Mapping[Exponent, Any]) -> Any:
    """Return a polynomial in petals at their values."""
    return _coefficient(terms, {m: [z] for m, z in petals.items()}, 0)


def extended(value: Fraction) -> Any:
    """Return a rational in extended double precision."""
    with mpmath.workdps(30):
        return REAL(mpmath.nstr(mpmath.mpf(value.numerator) / value.denominator, 28))


def multiprecision(value: Any) -> mpmath.mpf:
    """Return a number of extended double precision."""
    with mpmath.workdps(25):
        return mpmath.mpf(numpy.format_float_scientific(REAL(value), precision=22, unique=False))
