"""The ends of a loss over a spectrum: what no data show stays, all else relaxes."""

from __future__ import annotations

from dataclasses import dataclass

import sympy
from sympy import Expr, Rational

from diagrams.dynamics.ends.ending import Ending, derived, unknown
from diagrams.dynamics.roads.spectra.algebraic import Bulk, X
from diagrams.dynamics.roads.spectra.response import Response
from diagrams.dynamics.sentences import sentence
from diagrams.dynamics.solution import Solution
from diagrams.polynomials.polynomial import sympy_symbol


@dataclass(frozen=True)
class Shares:
    """A response over a density with one band; the two squares as pairs ``alpha + beta X``."""

    response: Response
    bulk: Bulk
    shares: tuple[tuple[Expr, Expr], ...]


def endings_of_band(solution: Solution, held: Shares) -> tuple[Ending, ...]:
    """Return the ends of a loss over one band: the rate of its edge, a power where that is zero."""
    response, bulk = held.response, held.bulk
    shift, decay = response.shift.to_sympy(), response.decay.to_sympy()
    weight = response.outside.to_sympy() / 2
    early = Ending(-sympy.oo, sympy.oo, evidence=derived("no rate is below zero"))
    time = sympy_symbol("T")
    if decay:
        limit = weight * sympy.factor(_under_decay(held, shift, decay))
        return Ending(sympy.oo, limit, evidence=derived("the transform of the density")), early
    if shift:
        return Ending(sympy.oo, sympy.Integer(0), rate=-2 * shift / time), early
    alone = sympy.Add(*(a for a, _ in held.shares))
    share, below = sympy.fraction(sympy.together(bulk.atom))
    limit = sympy.cancel(weight * alone / below) * sympy.Max(0, share)
    edge = bulk.centre - bulk.width
    power = Rational(-1, 2) if alone and bulk.q.has(X) else Rational(-3, 2)
    said = derived("the edge of the density")
    if not sympy.simplify(edge):
        return Ending(sympy.oo, limit, exponent=power, evidence=said), early
    if edge.is_positive or not _may_touch(bulk, solution):
        return Ending(sympy.oo, limit, rate=-2 * edge / time, evidence=said), early
    above, at = (sentence("{} {} 0", edge, sign) for sign in (">", "="))
    return (
        Ending(sympy.oo, limit, rate=-2 * edge / time, condition=above, evidence=said),
        Ending(sympy.oo, limit, exponent=power, condition=at, evidence=said),
        early,
    )


def _may_touch(bulk: Bulk, solution: Solution) -> bool:
    """Whether the band can begin at zero on a face: one term alone that leads does not vanish."""
    scaling = {} if solution.face is None else solution.face.scaling
    gap = sympy.expand(bulk.centre**2 - bulk.width**2)
    heights = [
        sum((scaling.get(s.name, 0) * e for s, e in term.as_powers_dict().items() if s.is_Symbol))
        for term in sympy.Add.make_args(gap)
    ]
    return heights.count(max(heights)) > 1


def _under_decay(held: Shares, shift: Expr, decay: Expr) -> Expr:
    """The average of ``(alpha + beta x) (decay/(x + shift + decay))^2``, the atom included."""
    alpha, beta = held.shares[1]
    s = -held.bulk.transform.subs(X, -X)  # the average of 1/(x + X)
    slope = sympy.diff(s, X)
    found = decay**2 * (-alpha * slope + beta * (s + X * slope))
    return found.subs(X, shift + decay)


def endings_of_density(_: Solution, __: None = None) -> tuple[Ending, ...]:
    """Return that nothing is known of the ends of a loss over a density without a formula."""
    reason = "the density of eigenvalues has no formula"
    return unknown(reason, 1), unknown(reason, -1)
