"""Series as plain text: complete on one line, or wrapped and shortened for a screen."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from fractions import Fraction
from textwrap import wrap
from typing import TYPE_CHECKING

from diagrams.export.content.sectors import Sector, sectors
from diagrams.polynomials.polynomial import Polynomial, Powers
from diagrams.series.expansion import Series

if TYPE_CHECKING:
    import sympy

SCREEN_TERMS = 12
"""Terms of one sector that are shown on a screen."""


def series_text(series: Series, width: int | None = None, most: int | None = SCREEN_TERMS) -> str:
    """Return the coefficients as text, sectors together.

    Without ``width`` every coefficient is complete and on one line; with it, lines are broken
    to that many characters and each sector is shortened to ``most`` terms (``None`` for all).
    """
    sizes = series.problem.sizes
    name, s = series.problem.expected, series.problem.order_letter
    lines = [series.problem.title, f"Y_{s} = T^{s} d^{s} {name}/dt^{s} at t = 0:"]
    for order, polynomial in enumerate(series.coefficients):
        if width is None:
            lines.append(f"Y_{order} = {sector_text(polynomial, sizes)}")
        else:
            lines += wrapped_sectors(f"Y_{order} =", polynomial, sizes, width, most)
    evidence = f"evidence: {series.evidence}"
    return "\n".join([*lines, *(wrap(evidence, width) if width else [evidence])])


def sector_text(polynomial: Polynomial, sizes: Collection[str]) -> str:
    """Return a polynomial on one line, each sector of several terms as a bracket.

    >>> p, sigma = Polynomial.symbol("p"), Polynomial.symbol("sigma")
    >>> sector_text(p / 2 - (p * p + 3 * p) * sigma**4, ("p",))
    '-sigma**4*(p**2 + 3*p) + 1/2*p'
    """
    words = [word for sector in sectors(polynomial, sizes) for word in _words(sector, None)]
    return _without_plus(" ".join(words)) or "0"


def exact_text(value: sympy.Expr, digits: int = 30) -> str:
    """Return an exact number as text: a rational as such, any other in decimals.

    >>> import sympy
    >>> exact_text(sympy.Rational(-3, 2)), exact_text(sympy.sqrt(2), 5)
    ('-3/2', '1.4142')
    """
    import sympy

    return str(value if value.is_Rational else sympy.N(value, digits))


def wrapped_sectors(
    head: str, polynomial: Polynomial, sizes: Collection[str], width: int, most: int | None
) -> Iterator[str]:
    """Yield ``head`` and the polynomial in lines of ``width``; brackets have lines of their own."""
    margin = " " * (len(head) + 1)
    line, fresh, was_bracketed = head, True, False
    for number, sector in enumerate(sectors(polynomial, sizes)):
        if number and (sector.bracketed or was_bracketed):
            yield line
            line, fresh = margin[:-1], True
        was_bracketed = sector.bracketed
        for place, word in enumerate(_words(sector, most)):
            shown = _without_plus(word) if not number + place else word
            if not fresh and len(line) + 1 + len(shown) > width:
                yield line
                line = margin + "  " * sector.bracketed + shown
            else:
                line += " " + shown
            fresh = False
    yield line + " 0" if not polynomial else line


def _words(sector: Sector, most: int | None) -> list[str]:
    """The signed terms of a sector, the bracket attached to the first and the last."""
    shown = sector.terms if most is None else sector.terms[:most]
    words = [_signed(powers, coefficient) for powers, coefficient in shown]
    left = len(sector.terms) - len(shown)
    if left:
        words.append(f"+ ... ({left} more term{'s' * (left > 1)})")
    if sector.bracketed:
        sign = "-" if sector.sign < 0 else "+"
        words[0] = f"{sign} {_product(sector.scales)}*({_without_plus(words[0])}"
        words[-1] += ")"
    return words


def _signed(powers: Powers, coefficient: Fraction) -> str:
    body = str(Polynomial(((powers, abs(coefficient)),)))
    return f"{'-' if coefficient < 0 else '+'} {body}"


def _product(powers: Powers) -> str:
    return str(Polynomial(((powers, Fraction(1)),)))


def _without_plus(text: str) -> str:
    return "-" + text[2:] if text.startswith("- ") else text.removeprefix("+ ")
