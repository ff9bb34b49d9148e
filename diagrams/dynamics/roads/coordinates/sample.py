"""The closure for a finite sample of coordinates, where the Gaussian family has no numbers.

Where the target drives coordinates outwards the largest ones blow up, the sooner the more of them
there are, and averages over the whole Gaussian family have no value.  A finite number of rows of
coordinates, drawn with a seed, has one: its order parameters are sample averages, its equations are
those of the closure, and it lives until its own largest coordinate takes off, a *spike*: it becomes
infinite, or so large that the others follow it too stiffly to be integrated.  Another seed or
another number of rows gives another value; none is the expectation of the loss.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import numpy
from sympy import Rational

from diagrams.dynamics.beyond import AHEAD, SampledLoss
from diagrams.dynamics.explicit.exact_input import fractions_of
from diagrams.dynamics.petals.closure import Closure
from diagrams.dynamics.petals.petals import Exponent, PetalPolynomial
from diagrams.dynamics.roads.bernoulli.structure import rational_value
from diagrams.errors import BadInput, OutsideDomain
from diagrams.flow.integration import FlowStopped, integrate
from diagrams.flow.targets import Array
from diagrams.polynomials.polynomial import Polynomial

LARGEST = 10**6
SEEDS = 2**32
TOLERANCES = (1e-11, 1e-9)
STEPS = 2000

Terms = list[tuple[float, tuple[tuple[Exponent, int], ...]]]


def sampled_loss(
    closure: Closure, constant: Polynomial, values: Mapping[str, Rational], count: int, seed: int
) -> SampledLoss:
    """Return the loss of a closure for a sample of coordinates, at the time ``t`` of ``values``.

    Raises :class:`~diagrams.errors.BadInput` for a sample that is too large or a wrong seed, and
    :class:`~diagrams.errors.OutsideDomain` beyond the first spike of the sample, with its time.
    """
    _checked("sample", count, 1, LARGEST)
    _checked("seed", seed, 0, SEEDS)
    exact = fractions_of(values)
    clock, unit = float(exact["t"] / exact["T"]), float(exact["T"])
    features, side = float(exact[closure.rows.features]), -1.0 if clock < 0 else 1.0
    colours = range(len(closure.rows.colours))
    drifts = [[(n, _terms(v, exact)) for n, v in closure.drift(c)] for c in colours]
    observable = _terms(closure.observable, exact)
    spread = numpy.sqrt([float(rational_value(v, exact)) for v in closure.rows.variances])
    drawn = numpy.random.default_rng(seed).standard_normal((count, len(spread))) * spread
    shift = float(rational_value(constant, exact))

    def total(terms: Terms, v: Array) -> float:
        result = 0.0
        for c, petals in terms:
            for m, power in petals:
                c *= (features * float(numpy.prod(v**m, axis=1).mean())) ** power
            result += c
        return result

    def velocity(rows: Array) -> Array:
        v = rows[0]
        rates = [
            sum((total(t, v) * numpy.prod(v**n, axis=1) for n, t in drifts[c]), numpy.zeros(count))
            for c in colours
        ]
        found: Array = side * numpy.stack(rates, axis=1)[None]
        return found

    def loss(rows: Array) -> Array:
        return numpy.array([total(observable, rows[0]) + shift])

    if not clock:
        return SampledLoss(float(loss(drawn[None])[0]), 0.0, count, seed, None)
    order = max(2, (max(sum(n) for drift in drifts for n, _ in drift) + 1) // 2)

    def run(last: float, tolerance: float) -> tuple[float | None, float]:
        """The loss at a time, or ``None`` and the time at which a coordinate takes off."""
        reached = [0.0]
        try:
            found = integrate(
                velocity,
                loss,
                drawn[None],
                numpy.array([last]),
                tolerance=tolerance,
                steps=STEPS,
                order=order,
                seen=lambda passage: reached.append(passage.reached),
            )
        except FlowStopped:
            return None, reached[-1]
        burst = found.blow_ups[0]
        return (float(found.values[0, 0]), last) if burst is None else (None, burst.time)

    one, end = run(abs(clock), TOLERANCES[0])
    two, _ = run(abs(clock), TOLERANCES[1])
    if one is None or two is None:
        raise OutsideDomain(
            f"t = {clock * unit:.6g}: the first coordinate of this sample (seed {seed}) takes off"
            f" at t = {side * end * unit:.6g} (spike time)",
            "t",
            f"{side * end * unit:.6g}",
        )
    later, end = run(AHEAD * abs(clock), TOLERANCES[1])
    spike = side * end * unit if later is None else None
    return SampledLoss(one, abs(one - two) + 1e-12 * abs(one), count, seed, spike)


def _terms(polynomial: PetalPolynomial, exact: Mapping[str, Fraction]) -> Terms:
    return [(float(rational_value(c, exact)), petals) for petals, c in polynomial]


def _checked(name: str, number: int, least: int, most: int) -> None:
    if not isinstance(number, int) or isinstance(number, bool) or not least <= number <= most:
        raise BadInput(name, number, f"an integer from {least} to {most}")
