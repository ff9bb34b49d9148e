"""Pareto-optimal terms, against the definition."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from diagrams.polynomials.pareto import pareto_terms
from diagrams.polynomials.polynomial import Polynomial

SIZES = ("p", "H")
powers = st.fixed_dictionaries(
    {"p": st.integers(-2, 3), "H": st.sampled_from([0, Fraction(1, 2), 1, 2])},
    optional={"sigma": st.integers(0, 2), "c": st.integers(0, 1)},
)
polynomials = st.lists(st.tuples(st.integers(-3, 3), powers), max_size=12).map(
    lambda listed: sum((Polynomial.monomial(c, e) for c, e in listed), Polynomial())
)


def beats(one: dict[str, Fraction], other: dict[str, Fraction]) -> bool:
    names = {*one, *other}
    if any(one.get(n, 0) != other.get(n, 0) for n in names - {*SIZES}):
        return False
    return one != other and all(one.get(n, 0) >= other.get(n, 0) for n in SIZES)


@given(polynomials)
def test_exactly_the_unbeaten_terms_stay(polynomial: Polynomial) -> None:
    kept = pareto_terms(polynomial, SIZES)
    terms = dict(polynomial.terms)
    unbeaten = {
        key: value
        for key, value in terms.items()
        if not any(beats(dict(other), dict(key)) for other in terms)
    }
    assert dict(kept.terms) == unbeaten
    assert pareto_terms(kept, SIZES) == kept
    assert bool(kept) == bool(polynomial)
