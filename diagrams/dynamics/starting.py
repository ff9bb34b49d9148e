"""What a solution says at ``t = 0``, its constant included, held against the exact ``Y_0``.

The certificate of a road compares coefficients before they become a formula, and without the
constant.  Here the numbers of the finished solution are compared, where its face leads by many
powers of ten: at scalings in the middle of the face and near its borders.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import cycle

import mpmath
from sympy import Rational

from diagrams.dynamics.constants import start_of
from diagrams.dynamics.face import Face
from diagrams.dynamics.sentences import sentence
from diagrams.dynamics.solution import Solution
from diagrams.errors import NotSolved, OutsideDomain
from diagrams.polynomials.evaluation import terms_at
from diagrams.polynomials.polynomial import sympy_symbol
from pde.expressions.statement import joined

LARGE = 10**8
"""The number whose powers the sizes are."""
PREFACTORS = (Rational(3, 2), Rational(5, 3), Rational(7, 5), Rational(2, 3), Rational(11, 7))
"""Factors beside the powers, so that monomials of order one are not one and nothing cancels."""
NEAR = mpmath.mpf("1e-3")
"""The largest distance, over the sizes of all terms: what does not lead is smaller than that."""
DIGITS = 15


def check_start(solution: Solution, face: Face) -> None:
    """Compare a solution at ``t = 0`` with all that leads of the exact ``Y_0`` on its face.

    Raises :class:`~diagrams.errors.NotSolved` where they differ.
    """
    start = start_of(face.exact)
    for values in _points(solution, face):
        try:
            said = solution.numbers.value({**values, "t": Rational(0)}, DIGITS)
        except OutsideDomain:
            continue
        with mpmath.workdps(2 * DIGITS):
            terms = terms_at(start, values)
        right, size = mpmath.fsum(terms), mpmath.fsum(terms, absolute=True)
        if abs(said.value - right) > NEAR * size + said.error:
            raise NotSolved(
                f"the certificate at t = 0 on {face.regime.name}: the formula is off the exact"
                f" leading Y_0, its constant included, by {mpmath.nstr(said.value - right, 4)} of"
                f" {mpmath.nstr(right, 4)} at "
                + joined(", ", (sentence("{} = {}", sympy_symbol(n), v) for n, v in values.items()))
            )


def _points(solution: Solution, face: Face) -> Iterator[Mapping[str, Rational]]:
    """Values of all symbols deep in the face, or in each of its parts."""
    one = Rational(1)
    for regime in face.parts or (face.regime,):
        for scaling in regime.cone.inside():
            grown = {
                name: factor * Rational(LARGE) ** power
                for name, power, factor in zip(
                    regime.symbols, scaling, cycle(PREFACTORS), strict=False
                )
            }
            known = {*solution.symbols, *start_of(face.exact).symbols} - {"t"}
            yield {name: grown.get(name, one) for name in sorted(known)}
