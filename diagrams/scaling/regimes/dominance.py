"""Where actual sizes stand: which terms are numerically large, and by how much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import log

import mpmath

from diagrams.display import Displayed
from diagrams.errors import BadInput, Missing
from diagrams.polynomials.polynomial import Polynomial, Powers
from diagrams.scaling.fronts.front import without_constant
from diagrams.scaling.polyhedra.hull import Polytope, convex_hull
from diagrams.scaling.regimes.finding import Regime, Regimes
from diagrams.series.expansion import Series
from pde.linear_algebra import Number, Vector

ENOUGH = 0.9
"""The share of a coefficient that a face must hold for its regime to be meant."""

NEAR = 0.01
"""Shares that differ by less count as equal when no regime holds enough."""

_DIGITS = 30
Exact = int | str | Fraction


@dataclass(frozen=True, slots=True)
class Share:
    """At one order: what part of the coefficient (in absolute values) a face's terms are.

    ``ratio`` compares the ``largest`` term of the face with the largest of all others, its
    ``rival`` (infinite if there is no other).
    """

    s: int
    share: float
    ratio: float
    largest: Polynomial | None
    rival: Polynomial | None


@dataclass(frozen=True)
class Standing(Displayed):
    """The regime that actual sizes are in.

    ``dominance`` lists for every regime the least share over the orders compared; the regime
    is the one of least dimension that holds at least 0.9 at every order, or, failing that, the
    one with the largest share, with a warning.
    """

    sizes: tuple[tuple[str, Fraction], ...]
    regime: Regime
    shares: tuple[Share, ...]
    dominance: tuple[tuple[str, float], ...]
    warning: str


def locate_at(found: Regimes, source: Series, sizes: Mapping[str, Exact]) -> Standing:
    """Return the regime of actual sizes and scales, judged by the exact coefficients.

    Raises :class:`~diagrams.errors.BadInput` for missing, unknown or non-positive values, and for
    coefficients that are not whole (leading terms alone cannot tell whether they dominate).

    >>> from diagrams.series.expansion import expand
    >>> from diagrams.problems.cp import cp_problem
    >>> from diagrams.scaling.regimes.finding import regimes
    >>> series = expand(cp_problem(order=2, ties="sym"), terms=3)
    >>> at = locate_at(regimes(series), series, {"p": 64, "H": 65536, "sigma": 1})
    >>> at.regime.name, str(at.shares[0].largest)
    ('B', '1/2*p*H**2*sigma**4')
    """
    if not isinstance(source, Series):
        raise BadInput("series", type(source).__name__, "a Series with all terms")
    exact = _values(found, sizes)
    given = without_constant(
        source.problem, [source.coefficient(s) for s in range(source.terms + 1)]
    )
    orders = compared_orders(found, len(given) - 1)
    magnitudes = {s: _magnitudes(given[s], exact) for s in orders}
    listed: list[tuple[Regime, list[Share]]] = []
    for regime in found:
        shares = [_share(regime, s, found, magnitudes[s]) for s in orders if magnitudes[s]]
        listed.append((regime, shares))
    least = {regime.name: min((x.share for x in shares), default=0.0) for regime, shares in listed}
    good = [pair for pair in listed if least[pair[0].name] >= ENOUGH]
    warning = ""
    if good:
        regime, shares = min(good, key=lambda pair: (pair[0].dimension, -least[pair[0].name]))
        alike = [r.name for r, _ in good if r.dimension == regime.dimension and r != regime]
        if alike:
            warning = (
                f"sizes too small to tell {regime.name} from {', '.join(alike)}:"
                f" each makes up {ENOUGH:.0%} of every coefficient"
            )
    else:
        best = max(least.values())
        near = [pair for pair in listed if least[pair[0].name] >= best - NEAR]
        regime, shares = min(near, key=lambda pair: (pair[0].dimension, -least[pair[0].name]))
        warning = (
            f"sizes too small: the terms of no regime make up {ENOUGH:.0%} of every coefficient;"
            f" {regime.name} comes nearest"
        )
    ranking = sorted(least.items(), key=lambda item: -item[1])
    return Standing(tuple(exact.items()), regime, tuple(shares), tuple(ranking), warning)


def compared_orders(found: Regimes, last: int) -> range:
    """The orders up to ``last`` at which sizes are judged: those from which the fronts settle.

    The fronts of odd orders settle late: every order but Y_0 is looked at then.
    """
    return range(found.families.first if found.families.first <= last else 1, last + 1)


def _values(found: Regimes, sizes: Mapping[str, Exact]) -> dict[str, Fraction]:
    for name in sizes:
        if name not in found.symbols:
            raise BadInput("at", name, "values of " + ", ".join(found.symbols))
    exact: dict[str, Fraction] = {}
    for name in found.symbols:
        if name not in sizes:
            raise Missing("at", f"no value of {name}", "values of " + ", ".join(found.symbols))
        try:
            exact[name] = Fraction(sizes[name])
        except (ValueError, TypeError, ZeroDivisionError):
            raise BadInput(f"at, {name}", sizes[name], "an exact decimal or a fraction") from None
        if exact[name] <= 0:
            raise BadInput(f"at, {name}", sizes[name], "a positive number")
    return exact


Magnitudes = list[tuple[Vector, Powers, Fraction, mpmath.mpf]]


def _magnitudes(polynomial: Polynomial, values: Mapping[str, Fraction]) -> Magnitudes:
    """Every term: exponents, the term itself, and its absolute value."""
    found: Magnitudes = []
    with mpmath.workdps(_DIGITS):
        for powers, coefficient in polynomial.terms:
            exponents = dict(powers)
            size = abs(_real(coefficient))
            for name, e in exponents.items():
                size *= mpmath.power(_real(values[name]), _real(e))
            vector = tuple(exponents.get(name, Fraction(0)) for name in values)
            found.append((vector, powers, coefficient, size))
    return found


def _real(value: Number) -> mpmath.mpf:
    exact = Fraction(value)
    return mpmath.mpf(exact.numerator) / exact.denominator


def face_at(found: Regimes, regime: Regime, s: int) -> Polytope | None:
    """The face of a regime at a known order, ``None`` where it has no terms."""
    corners = regime.corners_at(s)
    if not corners or not found.fronts[s].terms:
        return None
    if not set(corners) <= set(found.fronts[s].terms):  # a law that rounds: the face led to
        corners = found.fronts[s].polytope.face(regime.direction).vertices
    return convex_hull(corners)


def _share(regime: Regime, s: int, found: Regimes, terms: Magnitudes) -> Share:
    """The share of the terms that lie on the face of a regime."""
    face = face_at(found, regime, s)
    if face is None:
        return Share(s, 0.0, 0.0, None, None)
    inside = [term for term in terms if face.contains(term[0])]
    outside = [term for term in terms if not face.contains(term[0])]
    total = sum(size for *_, size in terms)
    largest = max(inside, key=lambda term: term[3], default=None)
    rival = max(outside, key=lambda term: term[3], default=None)
    ratio = float("inf")
    if rival is not None:
        ratio = float(largest[3] / rival[3]) if largest is not None else 0.0
    share = float(sum((size for *_, size in inside), mpmath.mpf(0)) / total)
    return Share(s, share, ratio, _alone(largest), _alone(rival))


def _alone(term: tuple[Vector, Powers, Fraction, mpmath.mpf] | None) -> Polynomial | None:
    return None if term is None else Polynomial(((term[1], term[2]),))


def effective_scaling(sizes: Mapping[str, Fraction], first: str) -> dict[str, float]:
    """The exponents of actual sizes relative to the first one: ``log value / log first``.

    >>> effective_scaling({"p": Fraction(10), "H": Fraction(100)}, "p")["H"]
    2.0
    """
    base = log(sizes[first])
    return {name: log(value) / base for name, value in sizes.items()}
