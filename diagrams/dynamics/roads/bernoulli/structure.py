"""Closures whose coordinates obey a Bernoulli equation: solved by quadratures.

Let the Liouville form of one colour be ``v' = alpha v^(d+1) - beta z_2^m v`` with even ``d`` and
constants ``alpha``, ``beta``.  With ``psi' = phi``, ``psi(0) = 0``, ``phi(0) = 1`` coordinates are

    v = phi^(1/d) v_0 (1 - d alpha psi v_0^d)^(-1/d),

so that ``z_j = p phi^(j/d) G_j(psi)`` with ``G_j = E[v_0^j (1 - d alpha psi v_0^d)^(-j/d)]``, and

    phi^(-(2m - d)/d) = 1 + (2m - d) beta p^m int_0^psi G_2^m,   tau = int_0^psi dx / phi(x)

is a first integral (ours).  ``G_j`` are divergent series in ``psi``, Borel-summable where
``alpha psi < 0``: there they are the integrals as they stand.  For the identity target,
``d = nu - 2`` and ``m = nu - 1``, this is ascent (t < 0), and descent towards the target -I.

Several colours.  Let the target be a product ``v^M`` with one even power for every colour, and all
colours damped alike: ``v_c' = alpha v^M/v_c - beta z_2^m v_c``.  Then ``(v_c^2)'`` has the same
first term for all, and with ``d = |M| - 2``

    v_c^2 = phi^(2/d) A_c(psi),   dA_c/dpsi = 2 alpha prod_j A_j^(M_j/2),   A_c(0) = v_c(0)^2,

with constant differences ``A_c - A_c'``.  Petals are ``p phi^(|m|/d) E[prod A_c^(m_c/2)]``, the
first integral is the same with ``G_2 = E[A_c]``, and ``E[prod A_j^(M_j/2)]`` is its derivative over
``2 alpha``.  One colour is the case in which ``A`` is an elementary function.

Weight decay adds ``-lambda v``.  Coordinates are then as above, but ``W = phi^(-(2m - d)/d)`` obeys

    dW/dpsi = (2m - d) (beta p^m G_2^m + lambda W^(2m/(2m - d))),

a single equation to be integrated; with ``beta = 0`` it holds with ``m = d``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from sympy import Function, Symbol

from diagrams.dynamics.averages.flow_coefficients import flow_coefficients
from diagrams.dynamics.petals.closure import Closure
from diagrams.dynamics.petals.petals import Exponent, PetalPolynomial
from diagrams.dynamics.sentences import sentence
from diagrams.errors import NotSolved
from diagrams.polynomials.polynomial import Polynomial
from pde.summation.power_series import composition, integral, power, product, reversion

PSI, PHI = Symbol("psi"), Function("phi")
NO_SUM = "the series has no Borel sum on this side, and there is no number"
"""Why nothing is said of a side of the times on which the target drives coordinates outwards."""
REASON = "the coordinates: no Bernoulli equation that all colours share"


@dataclass(frozen=True)
class Bernoulli:
    """The constants of the coordinates' equation, and the observable in petals.

    ``driving`` are the powers of the target, one for every colour, and ``d`` two less than their
    sum.  ``power`` is ``m``; with ``beta`` zero it is not used.  ``decay`` is ``lambda``, zero
    where there is a first integral.
    """

    closure: Closure
    d: int
    power: int
    alpha: Polynomial
    beta: Polynomial
    decay: Polynomial
    driving: Exponent

    @property
    def single(self) -> bool:
        """Whether there is one colour, so that coordinates are elementary functions."""
        return len(self.driving) == 1

    @property
    def square(self) -> Exponent:
        """The petal ``z_2`` of one colour, that stands for those of all."""
        return self.closure.canonical((2,) + (0,) * (len(self.driving) - 1))

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

        def average(m: Exponent) -> list[Fraction]:
            unit = self.d * alpha * variance ** (self.d // 2)
            found = flow_coefficients(self.driving, m, terms)
            return [c * unit**n * variance ** (sum(m) // 2) for n, c in enumerate(found)]

        first = [Fraction(1)] + [Fraction(0)] * terms
        gain = Fraction(2 * self.power - self.d)
        if beta:
            whole = integral(power(average(self.square), Fraction(self.power)))
            first = [a + gain * beta * p**self.power * b for a, b in zip(first, whole, strict=True)]
        phi = power(first, -self.d / gain) if beta else first
        time = integral(power(phi, Fraction(-1)))
        parameter = reversion(time)
        total = [Fraction(0)] * (terms + 1)
        for petals, coefficient in self.closure.observable:
            part = [rational_value(coefficient, values)] + [Fraction(0)] * terms
            for m, count in petals:
                petal = product(power(phi, Fraction(sum(m), self.d)), average(m))
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
        raise NotSolved(sentence("{}: the linear term has a constant {}", REASON, found.decay))
    return found


def bernoulli_with_decay(closure: Closure) -> Bernoulli:
    """Return the structure, weight decay allowed; raises ``NotSolved`` as :func:`bernoulli`."""
    colours = range(len(closure.rows.colours))
    damping, (driving, alpha) = _shared(closure, 0)
    if any(_shared(closure, colour) != (damping, (driving, alpha)) for colour in colours):
        raise NotSolved(f"{REASON}: the colours move differently")
    if any(entry % 2 for entry in driving) or sum(driving) < 3:
        raise NotSolved(
            "the coordinates: they blow up for both signs of t, so that only the formal series"
            " and finite samples have numbers"
        )
    if len(colours) > 1:
        _check_alike(closure, driving)
    d, terms = sum(driving) - 2, dict(damping.terms)
    decay = -1 * terms.pop((), Polynomial())
    if not terms:
        return Bernoulli(closure, d, 0, alpha, Polynomial(), decay, driving)
    petals, beta = next(iter(terms.items()))
    square = closure.canonical((2,) + (0,) * (len(colours) - 1))
    alone = len(terms) == 1 and len(petals) == 1 and petals[0][0] == square
    if not alone or 2 * petals[0][1] <= d:
        raise NotSolved(sentence("{}: the linear term is {}", REASON, damping))
    return Bernoulli(closure, d, petals[0][1], alpha, -beta, decay, driving)


def _shared(closure: Closure, colour: int) -> tuple[PetalPolynomial, tuple[Exponent, Polynomial]]:
    """The factor of ``v_c`` in its rate, and the one other term ``alpha v^M / v_c``: M, alpha."""
    own = tuple(int(c == colour) for c in range(len(closure.rows.colours)))
    drift = dict(closure.drift(colour))
    damping = drift.pop(own, PetalPolynomial())
    if len(drift) != 1:
        raise NotSolved(REASON)
    ((powers, value),) = drift.items()
    driving = tuple(a + b for a, b in zip(powers, own, strict=True))
    return damping, (driving, _constant(value, REASON))


def _check_alike(closure: Closure, driving: Exponent) -> None:
    """Several colours: one power, one variance, and no petal that is not a known average."""
    same = len(set(driving)) == len(set(closure.rows.variances)) == len(set(closure.classes)) == 1
    known = {closure.canonical((2,) + (0,) * (len(driving) - 1)), driving}
    if not same or not set(closure.observable.variables) <= known:
        raise NotSolved(f"{REASON}: their averages differ")


def _constant(value: PetalPolynomial, reason: str) -> Polynomial:
    if len(value) != 1 or value.terms[0][0]:
        raise NotSolved(reason)
    return value.terms[0][1]


def blow_up_exponent(found: Bernoulli) -> Fraction:
    """Return the power of ``|t - t_c|`` with which the loss diverges, where ``1/phi`` vanishes.

    Of every petal ``phi`` has the power ``j/d``; near its end ``phi`` is the distance in ``psi`` to
    the power ``-d/(2m - d)``, and ``tau`` the integral of ``1/phi``.
    """
    gain = 2 * found.power - found.d
    steepest = max(
        sum(Fraction(sum(m) * count, gain) for m, count in petals)
        for petals, _ in found.closure.observable
    )
    return -steepest / (1 + Fraction(found.d, gain))


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
