"""Test data: the fronts that arXiv 2602.04548, Theorem 4.1, proves, as series of their terms."""

from __future__ import annotations

from functools import lru_cache

from diagrams.evidence import Evidence, Kind
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.cp import cp_problem
from diagrams.series.expansion import Series


def theorem_terms(order: int, ties: str, s: int) -> set[tuple[int, int, int]]:
    """All ``(q, n, 2l)`` of order ``s``; ties are sym (even order) or asym."""
    found = set()
    for s_d in range(s + 2):
        for n in range(1, s_d + 2):
            if ties == "asym":
                if (s + 1 - s_d) % 2 or (n, s_d) == (s + 2, s + 1):
                    continue
                q = 1 + (order - 1) * (s_d + 1 - n)
            else:
                q = 1 + (order - 1) * s_d - order * (n - 1) // 2
            found.add((q, n, order * (s_d + 1) + (order - 2) * s))
    return found


def series_of(terms: list[set[tuple[int, int, int]]], order: int, ties: str) -> Series:
    """A series whose coefficients are sums of the given terms, coefficients 1."""
    coefficients = tuple(
        Polynomial.from_terms(
            Polynomial.monomial(1, {"p": q, "H": n, "sigma": e}).terms[0] for q, n, e in listed
        )
        for listed in terms
    )
    evidence = Evidence(Kind.EXACT, "made up for a test", len(terms) - 1)
    return Series(cp_problem(order=order, ties=ties), coefficients, evidence)


@lru_cache
def theorem_series(order: int, ties: str, terms: int = 6) -> Series:
    """The leading terms of orders ``0..terms``."""
    return series_of([theorem_terms(order, ties, s) for s in range(terms + 1)], order, ties)
