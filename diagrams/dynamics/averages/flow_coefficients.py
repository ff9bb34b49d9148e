"""Coordinates of several colours that all move at one speed: exact moments of the flow.

Where the target is a product of even powers ``d`` of ``k`` colours, every colour with the same
power and the same damping, the squares ``a_c`` of a coordinate all obey one equation.  With the
damping divided out, and in normalised time ``r``,

    dA_c/dr = -(1/(n - 1)) prod_j A_j^(d/2),    n = k d/2,    A_c(0) = x_c^2,

so that differences of the ``A_c`` are constant.  For one colour this is
``A = x^2 (1 + r x^(2n - 2))^(-1/(n - 1))``.  Averages ``E[prod A_c^(m_c/2)]`` over standard normal
``x_c`` are divergent series in ``s = -r``, with the exact coefficients of this module.
"""

from __future__ import annotations

from fractions import Fraction
from math import prod

from diagrams.dynamics.petals.petals import Exponent
from diagrams.polynomials.counting import double_factorial


def flow_coefficients(driving: Exponent, m: Exponent, terms: int) -> tuple[Fraction, ...]:
    """Return the Taylor coefficients of ``E[prod_c A_c^(m_c/2)]`` in ``s = -r``, exactly.

    ``driving`` are the powers of the target, ``m`` those of the petal; all are even.

    >>> [str(c) for c in flow_coefficients((2, 2), (2, 0), 3)]
    ['1', '1', '3', '11']
    >>> [str(c) for c in flow_coefficients((4,), (2,), 3)]
    ['1', '3', '15', '105']
    """
    half = [entry // 2 for entry in driving]
    # all colours are alike: monomials that are permutations have the same average for ever
    monomials = {tuple(sorted(entry // 2 for entry in m)): 1}
    found, unit = [], Fraction(1)
    for order in range(terms + 1):
        total = sum(
            c * prod(double_factorial(2 * e - 1) for e in powers) for powers, c in monomials.items()
        )
        found.append(total * unit)
        unit /= (sum(half) - 1) * (order + 1)
        following: dict[Exponent, int] = {}
        for powers, c in monomials.items():
            for colour, entry in enumerate(powers):
                if entry:
                    moved = tuple(
                        sorted(
                            e + h - (k == colour)
                            for k, (e, h) in enumerate(zip(powers, half, strict=True))
                        )
                    )
                    following[moved] = following.get(moved, 0) + c * entry
        monomials = following
    return tuple(found)
