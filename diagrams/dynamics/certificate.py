"""The certificate: a closure's coefficients against the exact leading ones of its face.

A closure is a rule that drops terms.  It is believed on a face only where its Taylor
coefficients, as polynomials in sizes and scales, equal the leading parts of the exact
``Y_0, Y_1, ..`` there, at ``s = 1`` and at orders beyond; the first order at which they differ is
named otherwise.  Nothing of these orders goes into the closure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from diagrams.dynamics.sentences import sentence
from diagrams.errors import NotSolved
from diagrams.evidence import Evidence, Kind
from diagrams.polynomials.polynomial import Polynomial, Powers
from diagrams.scaling.fronts.front import Coefficients, without_constant
from diagrams.scaling.regimes.regime import Regime

LEAST = 2
"""Orders that must agree, ``s = 1`` and at least one more."""


@dataclass(frozen=True)
class Certificate:
    """The orders at which a formula's coefficients agree with the exact leading ones."""

    orders: tuple[int, ...]
    subject: str
    note: str = ""

    @property
    def evidence(self) -> Evidence:
        """The agreement as evidence."""
        listed = f"order{'s' * (len(self.orders) > 1)} {', '.join(map(str, self.orders))}"
        if len(self.orders) > 2 and self.orders[-1] - self.orders[0] == len(self.orders) - 1:
            listed = f"orders {self.orders[0]} to {self.orders[-1]}"
        return Evidence(
            Kind.DERIVED,
            self.subject
            + "; its coefficients equal the exact leading coefficients of the face"
            + f" at {listed}"
            + ("; " + self.note if self.note else ""),
            self.orders[-1],
        )


def leading_part(polynomial: Polynomial, scaling: Mapping[str, Fraction | int]) -> Polynomial:
    """Return the terms that are largest for a scaling.

    >>> p, H = Polynomial.symbol("p"), Polynomial.symbol("H")
    >>> print(leading_part(p**2 + 3 * H + p, {"p": 1, "H": 2}))
    p**2 + 3*H
    """
    top = height(polynomial, scaling)
    kept = (t for t in polynomial.terms if height(Polynomial((t,)), scaling) == top)
    return Polynomial.from_terms(kept)


def height(polynomial: Polynomial, scaling: Mapping[str, Fraction | int]) -> Fraction | None:
    """The exponent of the terms that are largest for a scaling; ``None`` for zero."""
    heights = (
        sum((e * Fraction(scaling.get(name, 0)) for name, e in powers), Fraction(0))
        for powers, _ in polynomial.terms
    )
    return max(heights, default=None)


def certify(
    proposed: Iterable[Polynomial],
    exact: Coefficients,
    regime: Regime,
    subject: str,
    apart: tuple[str, ...] = (),
) -> Certificate:
    """Return the certificate of proposed coefficients ``Y_0, Y_1, ..`` (constant left out).

    Powers of the symbols in ``apart`` are compared apart, each with its own leading terms.
    What is proposed to vanish at time zero may be of lower order than the constant instead.

    Orders before ``regime.first``, where the face does not lead yet, are not compared.

    Raises :class:`~diagrams.errors.NotSolved` at the first order that differs, or if too few
    orders are known.
    """
    for s in range(max(1, regime.first), exact.terms + 1):
        if not regime.holds(regime.direction, s):
            raise NotSolved(
                f"the certificate: the boundary of {regime.name} moves with the order, and no"
                " scaling lies in it at all orders"
            )
    scaling = regime.scaling
    known_coefficients = [exact.coefficient(s) for s in range(exact.terms + 1)]
    expected = without_constant(exact.problem, known_coefficients)
    orders = []
    for s, (said, known) in enumerate(zip(proposed, expected, strict=False)):
        if s < regime.first:
            continue
        leading = _leading_apart(known, scaling, apart)
        if not (s or said):
            whole, rest = height(exact.coefficient(0), scaling), height(known, scaling)
            below = whole is not None and rest is not None and rest < whole
            leading = said if below else leading
        if _leading_apart(said, scaling, apart) != leading:
            off = difference(said, leading)
            raise NotSolved(
                sentence("{} {} on {}, first at order {}", subject, off, regime.name, s)
            )
        orders.append(s)
    if len([s for s in orders if s]) < LEAST:
        raise NotSolved(
            f"the certificate of {subject}: only orders {orders} known on {regime.name}"
        )
    return Certificate(tuple(orders), subject)


def _leading_apart(
    polynomial: Polynomial, scaling: Mapping[str, Fraction | int], apart: tuple[str, ...]
) -> Polynomial:
    """The leading terms of every power of the symbols apart."""
    groups: dict[tuple[Fraction, ...], list[tuple[Powers, Fraction]]] = {}
    for powers, c in polynomial.terms:
        key = tuple(dict(powers).get(name, Fraction(0)) for name in apart)
        groups.setdefault(key, []).append((powers, c))
    parts = (leading_part(Polynomial.from_terms(terms), scaling) for terms in groups.values())
    return Polynomial.from_terms(term for part in parts for term in part.terms)


def shortened(polynomial: Polynomial, limit: int = 3) -> str:
    """Return a polynomial as text, of many terms the first few."""
    first = sentence("{}", Polynomial(polynomial.terms[:limit]))
    more = len(polynomial) - limit
    return first + f" and {more} more" if more > 0 else first


def difference(said: Polynomial, leading: Polynomial) -> str:
    """Return in words how a coefficient differs from the terms that lead: a verb and its object.

    Only terms that lead can be missed: what is there beside them is too much.

    >>> p, H = Polynomial.symbol("p"), Polynomial.symbol("H")
    >>> difference(p, 3 * p + H), difference(p + H, p)
    ('misses 2*p + H', 'has H too much')
    """
    known = dict(leading.terms)
    missed = Polynomial.from_terms(term for term in (leading - said).terms if term[0] in known)
    if missed:
        return sentence("misses {}", shortened(missed))
    return sentence("has {} too much", shortened(said - leading))
