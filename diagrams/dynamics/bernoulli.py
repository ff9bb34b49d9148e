"""Closures of one colour whose coordinates obey a Bernoulli equation: solved by quadratures.

Let the Liouville form be ``v' = alpha v^(d+1) - beta z_2^m v`` with even ``d`` and constants
``alpha``, ``beta``.  With ``psi' = phi``, ``psi(0) = 0``, ``phi(0) = 1`` every coordinate is

    v = phi^(1/d) v_0 (1 - d alpha psi v_0^d)^(-1/d),

so that ``z_j = p phi^(j/d) G_j(psi)`` with ``G_j = E[v_0^j (1 - d alpha psi v_0^d)^(-j/d)]``, and

    phi^(-(2m - d)/d) = 1 + (2m - d) beta p^m int_0^psi G_2^m,   tau = int_0^psi dx / phi(x)

is a first integral (ours).  ``G_j`` are divergent series in ``psi``, Borel-summable where
``alpha psi < 0``: there they are the integrals as they stand.  For the identity target,
``d = nu - 2`` and ``m = nu - 1``, this is ascent (t < 0), and descent towards the target -I.

Weight decay adds ``-lambda v``.  Coordinates are then as above, but ``W = phi^(-(2m - d)/d)`` obeys

    dW/dpsi = (2m - d) (beta p^m G_2^m + lambda W^(2m/(2m - d))),

a single equation to be integrated; with ``beta = 0`` it holds with ``m = d``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from sympy import Symbol

from diagrams.dynamics.closure import Closure
from diagrams.dynamics.moments import MovingAverages
from diagrams.dynamics.petals import PetalPolynomial
from diagrams.errors import NotSolved
from diagrams.polynomial import Polynomial
from pde.power_series import composition, integral, power, product, reversion

PSI = Symbol("psi")
COORDINATE = Symbol("xi")
REASON = "the coordinates: no Bernoulli equation in one colour"


@dataclass(frozen=True)
class Bernoulli:
    """The constants of the coordinates' equation, and the observable in petals.

    ``power`` is ``m``; with ``beta`` zero it is not used.  ``decay`` is ``lambda``, zero where
    there is a first integral.
    """

    closure: Closure
    d: int
    power: int
    alpha: Polynomial
    beta: Polynomial
    decay: Polynomial

    @property
    def variance(self) -> Polynomial:
        """The variance of a coordinate at time zero."""
        return self.closure.rows.variances[0]

    @property
    def features(self) -> Polynomial:
        """The number ``p`` of features."""
        return Polynomial.symbol(self.closure.rows.features)

    def series(self, values: Mapping[str, Fraction], terms: int) -> tuple[Fraction, ...]:
        """Return ``d^s E[L]/dtau^s`` (without constant) at rational sizes, as formal series.

        Everything is a power series in ``psi``: the averages, the first integral, the time;
        the time is inverted in the end.
        """
        alpha, beta = rational_value(self.alpha, values), rational_value(self.beta, values)
        p, variance = rational_value(self.features, values), rational_value(self.variance, values)
        averages = MovingAverages(self.d, 15)

        def average(j: int) -> list[Fraction]:
            unit = self.d * alpha * variance ** (self.d // 2)
            found = averages.coefficients(j, terms)
            return [c * unit**n * variance ** (j // 2) for n, c in enumerate(found)]

        first = [Fraction(1)] + [Fraction(0)] * terms
        gain = Fraction(2 * self.power - self.d)
        if beta:
            whole = integral(power(average(2), Fraction(self.power)))
            first = [a + gain * beta * p**self.power * b for a, b in zip(first, whole, strict=True)]
        phi = power(first, -self.d / gain) if beta else first
        time = integral(power(phi, Fraction(-1)))
        parameter = reversion(time)
        total = [Fraction(0)] * (terms + 1)
        for petals, coefficient in self.closure.observable:
            part = [rational_value(coefficient, values)] + [Fraction(0)] * terms
            for (j,), count in petals:
                petal = product(power(phi, Fraction(j, self.d)), average(j))
                for _ in range(count):
                    part = product(part, [p * c for c in petal])
            total = [a + b for a, b in zip(total, part, strict=True)]
        composed = composition(total, parameter)
        factorial, found = Fraction(1), []
        for s, c in enumerate(composed):
            factorial *= max(s, 1)
            found.append(c * factorial)
        return tuple(found)


def bernoulli(closure: Closure) -> Bernoulli:
    """Return the structure of a closure; raises ``NotSolved`` where it is not of this kind."""
    found = bernoulli_with_decay(closure)
    if found.decay:
        raise NotSolved(f"{REASON}: the linear term has a constant {found.decay}")
    return found


def bernoulli_with_decay(closure: Closure) -> Bernoulli:
    """Return the structure, weight decay allowed; raises ``NotSolved`` as :func:`bernoulli`."""
    reason = REASON
    if len(closure.rows.colours) != 1:
        raise NotSolved(reason)
    drift = {m: value for (m,), value in closure.drift(0)}
    linear = drift.pop(1, PetalPolynomial())
    if len(drift) != 1:
        raise NotSolved(reason)
    ((degree, value),) = drift.items()
    if degree % 2 == 0:
        raise NotSolved(
            "the coordinates: they blow up for both signs of t, so that only the formal series"
            " and finite samples have numbers"
        )
    alpha = _constant(value, reason)
    terms = dict(linear.terms)
    decay = -1 * terms.pop((), Polynomial())
    if not terms:
        return Bernoulli(closure, degree - 1, 0, alpha, Polynomial(), decay)
    petals, beta = next(iter(terms.items()))
    single = len(terms) == 1 and len(petals) == 1 and petals[0][0] == (2,)
    if not single or 2 * petals[0][1] <= degree - 1:
        raise NotSolved(f"{reason}: the linear term is {linear}")
    return Bernoulli(closure, degree - 1, petals[0][1], alpha, -beta, decay)


def _constant(value: PetalPolynomial, reason: str) -> Polynomial:
    if len(value) != 1 or value.terms[0][0]:
        raise NotSolved(reason)
    return value.terms[0][1]


def rational_value(polynomial: Polynomial, values: Mapping[str, Fraction]) -> Fraction:
    """Return the value of a polynomial at rational sizes and scales."""
    total = Fraction(0)
    for powers, coefficient in polynomial.terms:
        part = coefficient
        for name, exponent in powers:
            if exponent.denominator > 1:
                whole = polynomial.substitute(dict(values))
                return dict(whole.terms).get((), Fraction(0))
            part *= Fraction(values[name]) ** exponent.numerator
        total += part
    return total
