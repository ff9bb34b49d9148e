"""The natural time scale of a face: what a term gains per order of the expansion.

If the terms of a face grow by the monomial ``m`` per order, ``E[L(t)] ~ sum_s Y_s (t/T)^s/s!``
has a limit as a function of ``m t / T``, so ``T = m`` is the unit of time.  On a face ``m`` is
fixed only up to the face's own equalities; the form printed has the fewest symbols, then
non-negative integer exponents, then the least total degree.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations

from pde.linear_algebra import Number, difference, in_span, solve

Exponents = tuple[Fraction, ...]


def natural_clock(
    slopes: Sequence[Sequence[Number]], equalities: Sequence[Sequence[Number]]
) -> Exponents | None:
    """Return the exponents of T, given the slopes of a face's vertices and its equalities.

    ``None`` if the vertices gain different factors even up to the equalities.

    >>> natural_clock([(3, 0, 6), (1, 1, 6)], [(4, -2, 0)])
    (Fraction(3, 1), Fraction(0, 1), Fraction(6, 1))
    """
    return next(iter(natural_clocks(slopes, equalities)), None)


def natural_clocks(
    slopes: Sequence[Sequence[Number]], equalities: Sequence[Sequence[Number]]
) -> tuple[Exponents, ...]:
    """Return all forms of T that are equally simple, those with earlier symbols first.

    >>> [clock_text("pH", form) for form in natural_clocks([(1, 0), (0, 1)], [(1, -1)])]
    ['p', 'H']
    """
    if not slopes:
        return ()
    first, *others = slopes
    if not all(in_span(difference(other, first), equalities) for other in others):
        return ()
    for size in range(len(first) + 1):
        found = [
            form
            for support in combinations(range(len(first)), size)
            if (form := _form(first, equalities, support)) is not None
        ]
        if found:
            best = min(map(_preference, found))
            tied = {form for form in found if _preference(form) == best}
            return tuple(sorted(tied, reverse=True))
    raise AssertionError("the slope itself is a form")


def clock_text(symbols: Sequence[str], clock: Exponents) -> str:
    """The monomial T as text.

    >>> clock_text(("p", "H", "sigma"), (Fraction(3), Fraction(0), Fraction(6)))
    'p^3 sigma^6'
    """
    factors = [
        name if e == 1 else f"{name}^{e}" if e.denominator == 1 and e > 0 else f"{name}^({e})"
        for name, e in zip(symbols, clock, strict=True)
        if e
    ]
    return " ".join(factors) or "1"


def _form(
    slope: Sequence[Number], equalities: Sequence[Sequence[Number]], support: Sequence[int]
) -> Exponents | None:
    """``slope`` plus a combination of equalities that uses the symbols of ``support`` only."""
    dropped = [k for k in range(len(slope)) if k not in support]
    rows = [[equality[k] for equality in equalities] for k in dropped]
    if not equalities or not dropped:
        return None if any(slope[k] for k in dropped) else tuple(map(Fraction, slope))
    weights = solve(rows, [-Fraction(slope[k]) for k in dropped])
    if weights is None:
        return None
    return tuple(
        Fraction(entry) + sum(w * e[k] for w, e in zip(weights, equalities, strict=True))
        for k, entry in enumerate(slope)
    )


def _preference(form: Exponents) -> tuple[object, ...]:
    whole = all(entry.denominator == 1 for entry in form)
    positive = all(entry >= 0 for entry in form)
    degree = sum(abs(entry) for entry in form)
    return (not (whole and positive), not positive, degree)
