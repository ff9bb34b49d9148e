"""Friction of a flow with momentum, ``u'' + (c + r/t) u' = -rate dV/du``.

The *heavy ball* has a constant ``c`` (B. T. Polyak, USSR Comp. Math. Math. Phys. 4, 1964);
``3/t`` is the limit of Nesterov's method for small steps (W. Su, S. Boyd and E. Candes, Journal of
Machine Learning Research 17, 2016).  The prime is ``T d/dt``, and velocities are zero at first.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction

from diagrams.errors import BadInput
from diagrams.polynomials.polynomial import Polynomial, check_symbol
from diagrams.polynomials.rationals import rational

PARTS_LIMIT = 1000


@dataclass(frozen=True)
class Friction:
    """``constant + over_time / (t/T)``, the first a symbol or a number, the second a number."""

    constant: str | Fraction
    over_time: Fraction = Fraction(0)

    @property
    def strength(self) -> Polynomial:
        """The constant."""
        if isinstance(self.constant, str):
            return Polynomial.symbol(self.constant)
        return Polynomial.constant(self.constant)

    def __str__(self) -> str:
        return f"{self.over_time}/t" if self.over_time else str(self.constant)


def read_friction(text: object, taken: Collection[str] = ()) -> Friction:
    """Return the friction that is meant: a name that is not ``taken``, a number, or ``"3/t"``.

    Raises :class:`~diagrams.errors.BadInput`.

    >>> print(read_friction("gamma"), read_friction("1/2"), read_friction("3/t"))
    gamma 1/2 3/t
    """
    allowed = "a name that is no other symbol, a number from 0 to 1000, or one over t such as 3/t"
    if isinstance(text, str) and text[:1].isalpha():
        check_symbol(text, "friction")
        if text in {*taken, "T", "t"}:
            raise BadInput("friction", text, allowed)
        return Friction(text)
    head, over, _ = text.rpartition("/t") if isinstance(text, str) else ("", "", "")
    value = rational("friction", head if over else text)
    if not 0 <= value <= PARTS_LIMIT or value.denominator > PARTS_LIMIT or (over and not value):
        raise BadInput("friction", text, allowed)
    return Friction(Fraction(0), value) if over else Friction(value)
