"""The series in time of coordinates that only shrink under the target, cut with a proved bound.

At times at which the target pulls all coordinates inwards the series of ``E[L]`` in ``tau``
diverges but is asymptotic, and Taylor's theorem bounds what is left out: the N-th coefficient of
the solution, begun at any time on the way, is a polynomial in the petals of that time.  Coordinates
there are at most ``b_c`` times what they were at first, where ``b_c`` is the growth by the linear
terms of their equation; so the same recurrence, with absolute values and larger petals, bounds it.
The terms fall until their number is about the inverse of the time; at late times other ways are
needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from fractions import Fraction
from math import inf, log

from flint import arb

from diagrams.dynamics.petals.closure import Closure
from diagrams.dynamics.petals.petals import Exponent, PetalPolynomial
from diagrams.dynamics.roads.bernoulli.structure import rational_value
from diagrams.errors import NotSolved
from diagrams.polynomials.counting import double_factorial
from pde.numbers.balls import ball, hull, precision
from pde.numbers.evaluation import Value, narrow_value

ORDERS = (8, 16, 32, 60, 90)
"""Orders that are tried."""

PETALS_LIMIT = 20_000
WORK = 45_000
"""Products of petals and squared order that are worth trying, per squared number of digits."""

Terms = list[tuple[arb, tuple[tuple[Exponent, int], ...]]]


@dataclass(frozen=True)
class _Drift:
    """One term ``P(z) v^n`` of the rate of a coordinate: its petal shift ``n - e_c`` and P."""

    colour: int
    shift: Exponent
    terms: Terms


def by_series(
    closure: Closure,
    values: Mapping[str, Fraction],
    constant: Fraction,
    clocks: Sequence[Fraction],
    digits: int,
) -> tuple[Value, ...]:
    """Return ``E[L]`` at times ``tau`` of one sign.

    Raises :class:`~diagrams.errors.NotSolved` where coordinates are driven outwards, or where the
    terms do not become small enough.
    """
    latest = max(clocks, key=abs)
    sign = -1 if latest < 0 else 1
    with precision(digits + 20):
        drifts = _drifts(closure, values)
        initial = _Initial(closure, values)
        start = {m: initial(m) for m in _first(closure)}
        growth = _growth(closure, values, drifts, start, ball(abs(latest)), sign)
        for order in ORDERS:
            petals = len(_reachable(closure, drifts, sorted(start), order))
            if petals * order**2 > WORK * digits**2:
                break
            plain, larger = initial, initial.times(growth)
            series = _coefficients(closure, values, drifts, order, plain, False)
            bounds = _coefficients(closure, values, drifts, order + 1, larger, True)
            found = []
            for tau in clocks:
                time = ball(tau)
                total = arb(0)
                for c in reversed(series):
                    total = total * time + c
                total += ball(constant) + hull(bounds[order + 1] * abs(time) ** (order + 1))
                found_size = total.mid()
                found.append(narrow_value(total, digits))
            kept = [value for value in found if value is not None]
            if len(kept) == len(clocks):
                return tuple(kept)
            smallest = _smallest(bounds, float(abs(latest)), order)
            if smallest > log(max(abs(float(found_size)), 1e-300)) - digits * log(10):
                break
    raise NotSolved("the series in time: its terms do not become small enough")


def _smallest(bounds: Sequence[arb], time: float, order: int) -> float:
    """The logarithm of the smallest term, if their ratios go on growing as they do."""
    half = order // 2
    if not (bounds[half] > 0 and bounds[order] > 0 and time):
        return -inf
    earlier, ratio = (float(bounds[n + 1] / bounds[n]) * time for n in (half, order))
    last = float(bounds[order + 1].log()) + (order + 1) * log(time)
    slope = (ratio - earlier) / (order - half)
    if ratio >= 1:
        return last
    return last - (1 - ratio + ratio * log(ratio)) / slope if slope > 0 else -inf


class _Initial:
    """The petals at time zero, ``p prod_c E[v_c^(m_c)]``, of coordinates that may be scaled."""

    def __init__(self, closure: Closure, values: Mapping[str, Fraction]) -> None:
        rows = closure.rows
        self.features = ball(values[rows.features])
        self.variances = [ball(rational_value(v, values)) for v in rows.variances]
        self.known: dict[tuple[int, int], arb] = {}

    def times(self, factors: Sequence[arb]) -> _Initial:
        """The same for coordinates of which each colour is multiplied by its factor."""
        found = copy(self)
        found.variances = [v * f**2 for v, f in zip(self.variances, factors, strict=True)]
        found.known = {}
        return found

    def __call__(self, m: Exponent) -> arb:
        total = self.features
        for colour, entry in enumerate(m):
            if entry % 2:
                return arb(0)
            if (colour, entry) not in self.known:
                moment = self.variances[colour] ** (entry // 2) * double_factorial(entry - 1)
                self.known[colour, entry] = moment
            total *= self.known[colour, entry]
        return total


def _first(closure: Closure) -> set[Exponent]:
    """The petals of the observable and of the coefficients of the coordinates' equations."""
    polynomials = [closure.observable]
    for colour in sorted(set(closure.classes)):
        polynomials += [value for _, value in closure.drift(colour)]
    return {closure.canonical(m) for value in polynomials for m in value.variables}


def _drifts(closure: Closure, values: Mapping[str, Fraction]) -> list[_Drift]:
    found = []
    for colour in range(len(closure.rows.colours)):
        for n, value in closure.drift(colour):
            shift = tuple(e - (c == colour) for c, e in enumerate(n))
            found.append(_Drift(colour, shift, _terms(value, values)))
    return found


def _terms(value: PetalPolynomial, values: Mapping[str, Fraction]) -> Terms:
    return [(ball(rational_value(c, values)), petals) for petals, c in value]


def _growth(
    closure: Closure,
    values: Mapping[str, Fraction],
    drifts: Sequence[_Drift],
    start: Mapping[Exponent, arb],
    time: arb,
    sign: int,
) -> list[arb]:
    """Bounds ``b_c`` on how much coordinates grow; raises ``NotSolved`` where that is unknown."""
    for drift in drifts:
        outwards = any(c * sign > 0 for c, _ in drift.terms)
        uneven = any(entry % 2 or entry < 0 for entry in drift.shift)
        if any(drift.shift) and (outwards or uneven):
            raise NotSolved("the series in time: coordinates are driven outwards")
    colours = len(closure.rows.colours)
    bounds = [arb(1)] * colours
    for _ in range(40):
        exponents = [arb(0)] * colours
        for drift in drifts:
            if any(drift.shift):
                continue
            for c, petals in drift.terms:
                if c * sign > 0:
                    part = abs(c)
                    for m, count in petals:
                        larger = start[closure.canonical(m)]
                        for bound, entry in zip(bounds, m, strict=True):
                            larger *= bound**entry
                        part *= larger**count
                    exponents[drift.colour] += part * time
        if any(not e < 3 for e in exponents):
            break
        needed = [e.exp().upper() for e in exponents]
        if all(n <= b for n, b in zip(needed, bounds, strict=True)):
            return bounds
        bounds = [
            (max(n, b) + (max(n, b) - 1) / 50).upper() for n, b in zip(needed, bounds, strict=True)
        ]
    raise NotSolved("the series in time: the coordinates may grow without bound")


def _coefficients(
    closure: Closure,
    values: Mapping[str, Fraction],
    drifts: Sequence[_Drift],
    order: int,
    initial: _Initial,
    absolute: bool,
) -> list[arb]:
    """Taylor coefficients of the observable, or bounds on them, to an order."""
    if absolute:
        drifts = [
            _Drift(d.colour, d.shift, [(abs(c), petals) for c, petals in d.terms]) for d in drifts
        ]
    known = sorted(_first(closure))
    depths = _reachable(closure, drifts, known, order)
    series = {m: [initial(m)] for m in depths}
    rates: list[list[arb]] = [[] for _ in drifts]
    moves = {
        m: [
            (k, m[d.colour], closure.canonical(_sum(m, d.shift)))
            for k, d in enumerate(drifts)
            if m[d.colour]
        ]
        for m in depths
    }
    for n in range(order):
        for k, drift in enumerate(drifts):
            rates[k].append(_product_term(drift.terms, series, n))
        new = {}
        for m, depth in depths.items():
            if depth > order - 1 - n:
                continue
            total = arb(0)
            for k, factor, other in moves[m]:
                rate, petal = rates[k], series[other]
                if not any(petals for _, petals in drifts[k].terms):
                    total += factor * rate[0] * petal[n]
                else:
                    part = sum((rate[i] * petal[n - i] for i in range(n + 1)), arb(0))
                    total += factor * part
            new[m] = total / (n + 1)
        for m, value in new.items():
            series[m].append(value)
    observable = _terms(closure.observable, values)
    if absolute:
        observable = [(abs(c), petals) for c, petals in observable]
    return [_product_term(observable, series, n) for n in range(order + 1)]


def _reachable(
    closure: Closure, drifts: Sequence[_Drift], known: Sequence[Exponent], order: int
) -> dict[Exponent, int]:
    """Petals that occur, with the least number of steps after which they do."""
    depths = dict.fromkeys(known, 0)
    new = list(known)
    for depth in range(1, order + 1):
        found = []
        for m in new:
            for drift in drifts:
                if m[drift.colour]:
                    other = closure.canonical(_sum(m, drift.shift))
                    if other not in depths:
                        depths[other] = depth
                        found.append(other)
        new = found
        if len(depths) > PETALS_LIMIT:
            raise NotSolved("the series in time: too many petals")
    return depths


def _sum(m: Exponent, shift: Exponent) -> Exponent:
    return tuple(a + b for a, b in zip(m, shift, strict=True))


def _product_term(terms: Terms, series: Mapping[Exponent, list[arb]], n: int) -> arb:
    """The n-th coefficient of a polynomial in petals."""
    total = arb(0)
    for c, petals in terms:
        factors = [series[m] for m, count in petals for _ in range(count)]
        if not factors:
            total += c if n == 0 else 0
            continue
        current = factors[0][: n + 1]
        for factor in factors[1:-1]:
            current = [
                sum((current[i] * factor[k - i] for i in range(k + 1)), arb(0))
                for k in range(n + 1)
            ]
        if len(factors) == 1:
            total += c * current[n]
        else:
            last = factors[-1]
            total += c * sum((current[i] * last[n - i] for i in range(n + 1)), arb(0))
    return total
