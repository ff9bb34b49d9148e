"""Which terms account for a difference that is known in numbers, at one or several sizes.

Tried in this order, simplest first: whole levels that are missing, single terms, all terms of one
power of the scales, pairs of terms; then, with more sets of sizes than unknowns, a term with
another coefficient, one further monomial.  All that agree within the uncertainties at all sizes
count; where they are several, all are named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import Any

import mpmath

from diagrams.checking.corrections import corrections
from diagrams.checking.numbers import Values, common_law, simple_fraction
from diagrams.checking.wording import terms_text
from diagrams.polynomials.evaluation import number_at
from diagrams.polynomials.polynomial import Polynomial

PAIRS_LIMIT = 60
"""Terms up to which pairs of them are tried."""

CHANCE = 0.02
"""Terms are named only if fewer than this many would fit by accident."""

NAMED = 4
_EPS = mpmath.mpf(10) ** -25


@dataclass(frozen=True)
class Explanation:
    """A difference (prediction minus exact) as a polynomial, if found, and how it was found."""

    difference: Polynomial | None
    note: str


def explain(
    exact: Polynomial,
    sizes: Sequence[str],
    places: Sequence[Values],
    differences: Sequence[tuple[Any, Any]],
) -> Explanation:
    """Return the terms that account for differences with uncertainties at some sizes.

    >>> p, H = Polynomial.symbol("p"), Polynomial.symbol("H")
    >>> at = [{"p": Fraction(k), "H": Fraction(k + 1)} for k in (4, 6, 9)]
    >>> lacking = [(mpmath.mpf(-3 * k * (k + 1)), mpmath.mpf("1e-6")) for k in (4, 6, 9)]
    >>> print(explain(p**2 * H + 3 * p * H + 5 * H, ("p", "H"), at, lacking).difference)
    -3*p*H
    """
    uncertain = False
    for attempt in (_whole(exact, sizes), _single(exact), _sectors(exact, sizes), _pairs(exact)):
        tried = list(attempt)
        if len(tried) * _accident(differences) > CHANCE:
            uncertain = True
            break
        fitting = [d for d in tried if _fits(d, places, differences)]
        distinct = list(dict.fromkeys(fitting))
        if distinct:
            return _named(distinct, places)
    if uncertain and _accident(differences) * len(exact) > CHANCE:
        return Explanation(None, f"{_trend(exact, places, differences)} at this uncertainty")
    found = _altered(exact, places, differences) or _further(places, differences)
    return found or Explanation(None, _trend(exact, places, differences))


def _accident(differences: Sequence[tuple[Any, Any]]) -> float:
    """About how often a term of the right size agrees with all differences by chance."""
    chance = 1.0
    for d, u in differences:
        chance *= float(min(mpmath.mpf(1), u / abs(d))) if d else 1.0
    return chance


def _fits(
    candidate: Polynomial, places: Sequence[Values], differences: Sequence[tuple[Any, Any]]
) -> bool:
    return all(
        abs(number_at(candidate, place) - d) <= u + abs(d) * _EPS
        for place, (d, u) in zip(places, differences, strict=True)
    )


def _whole(exact: Polynomial, sizes: Sequence[str]) -> Iterator[Polynomial]:
    """All levels below one are missing."""
    found = corrections(exact, sizes)
    for kept in range(1, len(found)):
        yield -Polynomial.from_terms(t for level in found[kept:] for t in level.terms.terms)


def _single(exact: Polynomial) -> Iterator[Polynomial]:
    for powers, coefficient in exact.terms:
        yield Polynomial(((powers, -coefficient),))


def _sectors(exact: Polynomial, sizes: Sequence[str]) -> Iterator[Polynomial]:
    sectors: dict[object, list[Any]] = {}
    for powers, coefficient in exact.terms:
        scales = tuple(item for item in powers if item[0] not in sizes)
        sectors.setdefault(scales, []).append((powers, -coefficient))
    for terms in sectors.values():
        yield Polynomial.from_terms(terms)


def _pairs(exact: Polynomial) -> Iterator[Polynomial]:
    if len(exact) <= PAIRS_LIMIT:
        for pair in combinations(exact.terms, 2):
            yield Polynomial.from_terms((powers, -c) for powers, c in pair)


def _named(found: Sequence[Polynomial], places: Sequence[Values]) -> Explanation:
    where = "one set of sizes" if len(places) == 1 else f"{len(places)} sets of sizes"
    if len(found) == 1:
        return Explanation(found[0], f"the only such terms that fit the numbers at {where}")
    others = " or ".join(terms_text(-d) for d in found[:NAMED])
    more = "" if len(found) <= NAMED else f" or {len(found) - NAMED} others"
    note = f"missing terms that would fit the numbers at {where}: {others}{more}"
    return Explanation(None, f"{note}; other sizes, or more digits, would decide")


def _altered(
    exact: Polynomial, places: Sequence[Values], differences: Sequence[tuple[Any, Any]]
) -> Explanation | None:
    """One term of the exact coefficient with another number."""
    if len(places) < 2:
        return None
    fitting = []
    for powers, _ in exact.terms:
        monomial = Polynomial(((powers, Fraction(1)),))
        sizes = [number_at(monomial, place) for place in places]
        scaled = [(d / m, u / abs(m)) for (d, u), m in zip(differences, sizes, strict=True)]
        best = min(scaled, key=lambda entry: entry[1])
        if all(abs(x - best[0]) <= u + best[1] + abs(x) * _EPS for x, u in scaled):
            fitting.append((monomial, best))
    if len(fitting) > 1:
        listed = " or ".join(str(monomial) for monomial, _ in fitting[:NAMED])
        note = f"one coefficient differs, that of {listed}: sizes that do not vary decide"
        return Explanation(None, note)
    if not fitting:
        return None
    monomial, (value, uncertainty) = fitting[0]
    if len({number_at(monomial, place) for place in places}) == 1:
        return None  # the sizes do not vary where the term does: nothing was tested
    coefficient = simple_fraction(value, uncertainty)
    if not coefficient:
        shown, error = mpmath.nstr(value, 6), mpmath.nstr(uncertainty, 2)
        return Explanation(
            None, f"differs by ({shown} ± {error}) {monomial}, no simple fraction of it"
        )
    return Explanation(
        coefficient * monomial, f"one coefficient, fitted to {len(places)} sets of sizes"
    )


def _further(
    places: Sequence[Values], differences: Sequence[tuple[Any, Any]]
) -> Explanation | None:
    """A monomial in the sizes that the exact coefficient need not have."""
    law, how = common_law(differences, places)
    if law is None or len(places) < 2:
        return None
    fixed = [n for n in places[0] if n != "T" and len({place[n] for place in places}) == 1]
    if fixed:
        at = ", ".join(f"{name}={places[0][name]}" for name in fixed)
        return Explanation(None, f"by {law} at {at}, {how}")
    return Explanation(law, how)


def _trend(
    exact: Polynomial, places: Sequence[Values], differences: Sequence[tuple[Any, Any]]
) -> str:
    """How the relative difference changes along a size, where no terms account for it."""
    relative = []
    for place, (d, _) in zip(places, differences, strict=True):
        whole = number_at(exact, place)
        relative.append(abs(d / whole) if whole else None)
    known = [r for r in relative if r]
    if not known:
        return "terms that the exact coefficient does not have"
    largest = mpmath.nstr(max(known), 3)
    text_ = f"by up to {largest} of the exact coefficient, in no terms that could be named"
    names = [n for n in places[0] if len({place[n] for place in places}) > 1]
    if len(names) == 1 and len(known) == len(places) > 1:
        name = names[0]
        first, last = places[0][name], places[-1][name]
        slope = mpmath.log(known[-1] / known[0]) / mpmath.log(
            mpmath.mpf(last.numerator) / last.denominator * first.denominator / first.numerator
        )
        text_ += f"; between {name} = {first} and {last} it goes like {name}^{float(slope):.2f}"
    return text_
