r"""A linear output under a frozen kernel: what it says of coefficients, and of the loss in time.

With the kernel ``K = s + X`` (s times the identity, X a sum of chains) and a decay that shrinks
the output at the rate l, the residual ``r = f - F`` obeys ``dr/dtau = -K r - l f``.  Where X has
the eigenvalue x, it goes like

    r = exp(-k tau) f(0) - h F,    h = (l + (s + x) exp(-k tau)) / k,    k = s + x + l,

so that the loss needs two measures: the averages of ``f(0) . f(0)`` (with ``-2 f(0) . F``) and of
``F . F`` over the eigenvectors of X.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from math import comb

import sympy
from sympy import Expr

from diagrams.dynamics.roads.spectra.chains import Chains
from diagrams.dynamics.roads.spectra.planar import Planar
from diagrams.polynomials.polynomial import Polynomial

EIGENVALUE = "@x"
"""The name of the eigenvalue in polynomials, which no symbol of a problem has."""


@dataclass(frozen=True)
class Response:
    """A frozen kernel with all that the loss needs.

    ``decay`` is l; ``moving`` and ``fixed`` are the averaged squares of the residual with trained
    entries and without, twice the loss; ``outside`` is the number of values of all free indices
    together.
    """

    kernel: Chains
    decay: Polynomial
    moving: Chains
    fixed: Chains
    outside: Polynomial

    @property
    def shift(self) -> Polynomial:
        """The part s of the kernel, a multiple of the identity."""
        return self.kernel.of(())

    @cached_property
    def parts(self) -> tuple[Planar, Planar]:
        """The planar equations of X in front of the two averaged squares."""
        chained = replace(self.kernel, terms=tuple(t for t in self.kernel.terms if t[0]))
        first, second = (
            Planar(chained, square, self.outside) for square in (self.moving, self.fixed)
        )
        return first, second

    @property
    def constant(self) -> Polynomial:
        """The average of ``F . F / 2``."""
        return self.parts[1].moments(0)[0] * Fraction(1, 2)

    def moments(self, count: int) -> tuple[tuple[Polynomial, ...], tuple[Polynomial, ...]]:
        """Return the moments of the two measures, orders ``0..count``."""
        first, second = self.parts
        return first.moments(count), second.moments(count)

    def coefficients(self, terms: int) -> tuple[Polynomial, ...]:
        """Return what this says of ``Y_0, .., Y_terms``, the pure-target constant left out."""
        moving, fixed = self.moments(terms)
        held = self._held(terms)
        rate = self.shift + self.decay + Polynomial.monomial(1, {EIGENVALUE: 1})
        found = []
        for s in range(terms + 1):
            total = averaged((-2 * rate) ** s, moving)
            if s:
                square = sum(
                    (comb(s, j) * held[j] * held[s - j] for j in range(s + 1)), Polynomial()
                )
                total = total + averaged(square, fixed)
            found.append(total * Fraction(1, 2))
        return tuple(found)

    def _held(self, terms: int) -> list[Polynomial]:
        """The derivatives of h at zero."""
        kernel = self.shift + Polynomial.monomial(1, {EIGENVALUE: 1})
        rate = kernel + self.decay
        return [Polynomial.constant(1)] + [
            kernel * rate ** (s - 1) * (-1) ** s for s in range(1, terms + 1)
        ]

    def amplitudes(self, eigenvalue: Expr, clock: Expr) -> tuple[Expr, Expr]:
        """Return the factors of the two measures in the loss at an eigenvalue of X."""
        shift, decay = self.shift.to_sympy(), self.decay.to_sympy()
        rate = shift + eigenvalue + decay
        falling = sympy.exp(-2 * rate * clock)
        if not self.decay:
            return falling, falling
        held = (decay + (shift + eigenvalue) * sympy.exp(-rate * clock)) / rate
        return falling, held**2

    def limits(self, eigenvalue: Expr) -> tuple[Expr, Expr]:
        """The factors at late times, for an eigenvalue (or a decay) above zero."""
        shift, decay = self.shift.to_sympy(), self.decay.to_sympy()
        return sympy.Integer(0), (decay / (shift + eigenvalue + decay)) ** 2


def averaged(polynomial: Polynomial, moments: Sequence[Polynomial]) -> Polynomial:
    """Return a polynomial in the eigenvalue, averaged."""
    total = Polynomial()
    for powers, c in polynomial:
        order = int(powers.pop(EIGENVALUE, Fraction(0)))
        total = total + Polynomial.monomial(c, powers) * moments[order]
    return total
