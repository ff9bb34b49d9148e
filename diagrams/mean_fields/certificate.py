"""The certificate: mean-field equations held, order by order, against exact coefficients.

Nothing of the exact coefficients goes into the equations, so that every order is held out.
Orders 0 to 2 alone prove little: planar problems, which have no such equations, agree so far.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from diagrams.display import Displayed
from diagrams.errors import NotSolved
from diagrams.polynomials.polynomial import Polynomial
from diagrams.series.levels import Levels

LEAST = 3
"""The order that has to be held out before a certificate says something."""


@dataclass(frozen=True)
class Difference:
    """The first order at which derived and exact coefficients part, both with their power."""

    s: int
    derived: str
    exact: str


@dataclass(frozen=True)
class Certificate(Displayed):
    """Orders 0, .., ``terms`` were compared; ``first_difference`` is where they part, if so."""

    terms: int
    first_difference: Difference | None = None

    @property
    def equal_through(self) -> int | None:
        """The highest order through which all agree; ``None`` where order 0 does not."""
        last = self.terms if self.first_difference is None else self.first_difference.s - 1
        return last if last >= 0 else None

    @property
    def held_out(self) -> tuple[int, ...]:
        """The orders that agree and went into nothing: all of them."""
        return tuple(range((-1 if self.equal_through is None else self.equal_through) + 1))

    @property
    def holds(self) -> bool:
        """Whether all orders agree, up to one that tells planar problems apart."""
        return self.first_difference is None and self.terms >= LEAST

    def __str__(self) -> str:
        part = self.first_difference
        if part is None:
            return f"equal to the exact leading coefficients through s = {self.terms}"
        return f"differs at s = {part.s}: derived {part.derived}, exact {part.exact}"


def compared(derived: Sequence[Polynomial], exponent: Fraction, exact: Levels) -> Certificate:
    """Hold the Taylor coefficients of equations against exact ones, at and above their order.

    Of ``exact`` what leads is enough, and there are as many rows as are to be compared.

    Raises :class:`~diagrams.errors.NotSolved` where agreement is empty: nothing is left at this
    order, or nothing moves.
    """
    symbol, terms = exact.symbol, len(exact.rows) - 1
    for s, (own, row) in enumerate(zip(derived, exact.rows, strict=False)):
        above = [(e, part) for e, part in row if e >= exponent]
        if above != ([(exponent, own)] if own else []):
            told = row[:1]
            exactly = " + ".join(f"{symbol}**({e})*({part})" for e, part in above or told) or "0"
            part = Difference(s, f"{symbol}**({exponent})*({own})", exactly)
            return Certificate(terms, part)
    if any(exact.rows[1:]) and not any(derived[1 : terms + 1]):
        raise NotSolved(
            f"on this time scale nothing moves: the coefficients of order {symbol}**({exponent})"
            f" vanish from s = 1 to {terms}, the exact ones do not; larger rates may have a limit"
        )
    return Certificate(terms)
