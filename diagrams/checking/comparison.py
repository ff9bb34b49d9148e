"""The result of a check: a verdict for every order, and what they say together."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

from diagrams.checking.corrections import (
    Correction,
    correction_of,
    corrections,
    reading_order,
)
from diagrams.display import Displayed
from diagrams.evidence import Evidence
from diagrams.polynomials.pareto import pareto_terms
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.problem import Problem

Sizes = tuple[tuple[str, Fraction], ...]


class Verdict(StrEnum):
    """What a comparison of one order came to."""

    AGREES = "agrees"
    DIFFERS = "differs"
    UNDETERMINED = "undetermined"


class Outcome(StrEnum):
    """What a comparison came to as a whole.

    ``LEADING``: at finite sizes the prediction is the leading terms of the regime where the sizes
    lie, and no more.  ``ORDER``: it is wrong in an order, its leading terms included.  ``LEVEL``:
    its leading terms are right, and smaller ones are wrong.  ``UNDECIDABLE``: nothing beyond
    ``Y_0`` could be judged.
    """

    AGREES = "agrees"
    LEADING = "agrees at leading order"
    ORDER = "wrong in an order"
    LEVEL = "wrong in a size level"
    UNDECIDABLE = "undecidable"

    @property
    def exit_code(self) -> int:
        """What the command leaves with: 0 agrees, 1 parts, 6 undecidable."""
        if self in (Outcome.AGREES, Outcome.LEADING):
            return 0
        return 6 if self is Outcome.UNDECIDABLE else 1


@dataclass(frozen=True)
class Measurement:
    """A coefficient of the prediction at some sizes, beside the exact one.

    ``amplification`` is the condition number of the coefficient: by how much relative errors
    of the data are larger in it (1 for a formula).
    """

    sizes: Sizes
    exact: float
    predicted: float
    difference: float
    uncertainty: float
    amplification: float

    @property
    def relative(self) -> float | None:
        """The difference relative to the exact coefficient, where that is not zero."""
        return self.difference / self.exact if self.exact else None


@dataclass(frozen=True)
class OrderComparison:
    """What is known of the prediction's coefficient of order ``s``.

    ``exact`` is ``Y_s``, or its leading part where a regime is asked for.  ``difference``,
    prediction minus that, is a polynomial where it is known as one: always zero for agreement,
    exact for a polynomial expression (terms of lower order in the regime left out), identified
    from numbers otherwise (then ``note`` says how), and ``None`` where that failed.  ``judged``
    counts the levels of ``Y_s``, leading first, that are larger than the uncertainty: further
    ones could be missing unseen.  ``lower_given`` tells that the orders below were taken as
    exact to judge this one.
    """

    s: int
    verdict: Verdict
    exact: Polynomial
    difference: Polynomial | None
    judged: int
    measured: tuple[Measurement, ...] = ()
    note: str = ""
    lower_given: bool = False

    @property
    def missing(self) -> Polynomial:
        """The terms of ``Y_s`` that the prediction lacks altogether."""
        own = dict(self.exact.terms)
        terms = () if self.difference is None else self.difference.terms
        return Polynomial.from_terms((k, own[k]) for k, c in terms if own.get(k) == -c)

    @property
    def altered(self) -> Polynomial:
        """What the prediction has too much on terms of ``Y_s`` that it does not lack."""
        own = dict(self.exact.terms)
        terms = () if self.difference is None else self.difference.terms
        return Polynomial.from_terms((k, c) for k, c in terms if k in own and own[k] != -c)

    @property
    def extra(self) -> Polynomial:
        """Terms of the prediction that ``Y_s`` does not have."""
        own = dict(self.exact.terms)
        terms = () if self.difference is None else self.difference.terms
        return Polynomial.from_terms((k, c) for k, c in terms if k not in own)

    def departures(self, sizes: tuple[str, ...]) -> tuple[Correction, ...]:
        """The terms of the difference by their level in ``Y_s``, leading first."""
        if not self.difference:
            return ()
        leading = pareto_terms(self.exact, sizes)
        found: dict[Fraction, list[Correction]] = {}
        for powers, coefficient in self.difference.terms:
            number, relative = correction_of(powers, leading, sizes)
            term = Polynomial(((powers, coefficient),))
            found.setdefault(number, []).append(Correction(number, relative, term))
        return tuple(
            Correction(
                number,
                reading_order(name for part in parts for name in part.relative),
                Polynomial.from_terms(t for part in parts for t in part.terms.terms),
            )
            for number, parts in sorted(found.items())
        )

    def leading_agrees(self, sizes: tuple[str, ...]) -> bool:
        """Whether all leading terms are known to be right, and no further ones lead."""
        if self.difference is None or self.verdict is Verdict.UNDETERMINED:
            return False
        found = self.departures(sizes)
        return not found or found[0].number > 1


@dataclass(frozen=True)
class Comparison(Displayed):
    """A prediction held against exact coefficients.

    ``source`` is ``expression``, ``function`` or ``table``; ``description`` is one line about
    it; ``hints`` name slips that would account for what differs.  ``regime`` names the face whose
    leading terms it was held against (empty: the exact coefficients).  Numbers that differ
    from the exact coefficients may be the leading terms of a face that rules at their sizes:
    ``leads`` names it, and ``leads_through`` the last order up to which they are.

    >>> import sympy
    >>> from diagrams.checking import check
    >>> from diagrams.problems.cp import cp_problem
    >>> p, H, sigma, t = sympy.symbols("p H sigma t")
    >>> found = check(cp_problem(order=2, ties="asym", target="zero"),
    ...     p**2 * H * sigma**4 / 2 * sympy.exp(-4 * sigma**2 * (p + H) * t), terms=1)
    >>> found.agrees_through, found.leading_through, found.departure.s
    (0, 1, 1)
    >>> print(found.departure.missing)
    -2*p**2*H*sigma**6
    """

    problem: Problem
    source: str
    description: str
    orders: tuple[OrderComparison, ...]
    hints: tuple[str, ...]
    evidence: Evidence
    regime: str = ""
    leads: str = ""
    leads_through: int = -1

    @property
    def departure(self) -> OrderComparison | None:
        """The first order that differs, if one does."""
        return next((o for o in self.orders if o.verdict is Verdict.DIFFERS), None)

    @property
    def agrees_through(self) -> int:
        """The last order up to which all agree; -1 where the zeroth does not."""
        return self._through(lambda order: order.verdict is Verdict.AGREES)

    @property
    def leading_through(self) -> int:
        """The last order up to which all leading terms are right; -1 where there is none."""
        sizes = self.problem.sizes
        return self._through(lambda order: order.leading_agrees(sizes))

    def _through(self, holds: Any) -> int:
        last = -1
        for order in self.orders:
            if not holds(order):
                break
            last = order.s
        return last

    @property
    def agrees(self) -> bool:
        """Whether every order that was compared agrees."""
        return all(order.verdict is Verdict.AGREES for order in self.orders)

    @property
    def outcome(self) -> Outcome:
        """The verdict on the whole."""
        departure = self.departure
        if departure is None:
            judged = self.agrees or self.agrees_through >= 1
            return Outcome.AGREES if judged else Outcome.UNDECIDABLE
        lacking = not any(o.altered or o.extra for o in self.orders)
        if self.leads_through == self.orders[-1].s and lacking:
            return Outcome.LEADING
        return Outcome.LEVEL if self.leading_through >= departure.s else Outcome.ORDER

    @property
    def headline(self) -> str:
        """The verdict on the whole, in one line."""
        from diagrams.checking.wording import headline

        return headline(self)

    def levels(self, s: int) -> tuple[Correction, ...]:
        """The levels of ``Y_s``."""
        return corrections(self.orders[s].exact, self.problem.sizes)

    @property
    def summary(self) -> tuple[str, ...]:
        """The result in a few sentences."""
        from diagrams.checking.wording import summary

        return summary(self)
