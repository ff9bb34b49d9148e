"""Two amplitudes whose difference of squares is constant, as one that obeys a Riccati equation.

Where ``a^2 - r^2 b^2 = P`` does not move, as between two layers, the sum ``w = a + r b`` determines
both, ``a = (w + P/w)/2`` and ``r b = (w - P/w)/2``.  If its equation holds the powers
``w^(1-g), w, w^(1+g)`` only, ``z = w^g`` obeys an equation of Riccati.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from diagrams.dynamics.roads.means.amplitudes import Amplitudes
from diagrams.polynomials.polynomial import Polynomial

HALF = Fraction(1, 2)


@dataclass(frozen=True)
class ByOne:
    """Two amplitudes by one: ``values``, in ``name`` and the ``constant`` (as a symbol or itself).

    ``velocity`` and ``start`` are those of the one; ``invariant`` is what the symbol stands for.
    """

    name: str
    constant: str
    values: tuple[Polynomial, Polynomial]
    velocity: Polynomial
    start: Polynomial
    invariant: Polynomial


def by_invariant(held: Amplitudes, name: str, constant: str) -> ByOne | None:
    """Return two amplitudes by the power of their sum, or ``None`` without such an invariant.

    >>> a, b, c, d = map(Polynomial.symbol, "abcd")
    >>> pair = Amplitudes(("a", "b"), (c * b - a * b**2, c * a - b * a**2), (c, d), a * b, ((), ()))
    >>> found = by_invariant(pair, "z", "P")
    >>> print(found.values[0], "|", found.velocity, "|", found.start, "|", found.invariant)
    1/2*z**(1/2) + 1/2*z**(-1/2)*P | 2*c*z - 1/2*z**2 + 1/2*P**2 | c**2 + 2*c*d + d**2 | c**2 - d**2
    """
    if len(held.names) != 2:
        return None
    a, b = held.starts
    forces = zip(held.names, held.velocities, strict=True)
    own, other = (Polynomial.monomial(1, {name: 1}) * velocity for name, velocity in forces)
    root = _root_of_ratio(own, other)
    if root is None or not set(held.names).isdisjoint(root.symbols) or not a + root * b:
        return None
    invariant = a * a - root * root * b * b
    known = invariant if len(invariant) < 2 else Polynomial.symbol(constant)
    if not _is_whole(held):
        return None
    total = Polynomial.symbol(name)

    def values(power: Fraction) -> tuple[Polynomial, Polynomial]:
        """Both amplitudes, the sum being this power of the one."""
        grown, left = total**power, known * total**-power
        return (grown + left) * HALF, (grown - left) * HALF * root**-1

    def velocity(power: Fraction) -> Polynomial:
        inner = dict(zip(held.names, values(power), strict=True))
        moved = (held.velocities[0] + root * held.velocities[1]).substitute(inner)
        return moved * total ** (1 - power) / power

    powers = {abs(dict(p).get(name, Fraction(0)) - 1) for p, _ in velocity(Fraction(1)).terms} - {0}
    if len(powers) != 1:
        return None
    power = 1 / powers.pop()
    if len(a + root * b) > 1 and power.numerator != 1:
        return None
    start = (a + root * b) ** (1 / power)
    return ByOne(name, constant, values(power), velocity(power), start, invariant)


def _is_whole(held: Amplitudes) -> bool:
    """Whether velocities are polynomials of the amplitudes: sums have no roots."""
    powers = (p for velocity in held.velocities for term, _ in velocity.terms for p in term)
    return all(e.denominator == 1 and e > 0 for name, e in powers if name in held.names)


def _root_of_ratio(own: Polynomial, other: Polynomial) -> Polynomial | None:
    """The monomial whose square is the ratio of two polynomials, if there is one."""
    for term in other.terms if own else ():
        ratio = Polynomial(own.terms[:1]) * Polynomial((term,)) ** -1
        if ratio * other == own and ratio.terms[0][1] > 0:
            try:
                return ratio**HALF
            except ValueError:
                return None
    return None
