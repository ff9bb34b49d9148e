"""Series as plain text: complete on one line, or wrapped and shortened for a screen."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from fractions import Fraction
from textwrap import wrap
from typing import TYPE_CHECKING

from diagrams.export.content.sectors import Sector, sectors
from diagrams.polynomials.polynomial import Polynomial, Powers
from diagrams.series.descent import Descent
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
    lines = [series.problem.title, f"Y_{s} = T^{s} d^{s} {name}/dt^{s} at t = 0{series.told}:"]
    for order, polynomial in enumerate(series.coefficients):
        lines += _row(f"Y_{order} =", polynomial, sizes, width, most)
    evidence = f"evidence: {series.evidence}"
    return "\n".join([*lines, *(wrap(evidence, width) if width else [evidence])])


def descent_text(found: Descent, width: int | None = None, most: int | None = SCREEN_TERMS) -> str:
    """Return means after steps as text, as :func:`series_text` does coefficients."""
    problem, rate, k, s = found.problem, found.rate, found.count, found.problem.order_letter
    head = f"{problem.expected} after {k} steps of gradient descent at the rate {rate}{found.told}"
    lines = [problem.title]

    def rows(left: str, polynomials: Iterable[Polynomial], first: int = 0) -> None:
        for number, polynomial in enumerate(polynomials, first):
            lines.extend(_row(left.format(number), polynomial, problem.sizes, width, most))

    if found.terms is None:
        lines.append(f"{head}:")
        rows(f"{k} = {{}}:", found.losses)
    else:
        orders = range(found.terms + 1)
        lines.append(f"{head}, by powers of {rate} to {rate}**{found.terms}:")
        rows(f"{rate}**{{}}:", map(found.power, orders))
        rows(f"{k} = {{}}:", found.losses[1:], 1)
        lines.append(f"in the time t = {k}*{rate}*T, the sum of Y_{s} (t/T)^{s}/{s}!:")
        rows("Y_{} =", map(found.derivative, orders))
    evidence = f"evidence: {found.evidence}"
    return "\n".join([*lines, *(wrap(evidence, width) if width else [evidence])])


def _row(
    left: str, polynomial: Polynomial, sizes: Collection[str], width: int | None, most: int | None
) -> Iterator[str]:
    """A polynomial on one line, or broken to a width."""
    if width is None:
        yield f"{left} {sector_text(polynomial, sizes)}"
    else:
        yield from wrapped_sectors(left, polynomial, sizes, width, most)


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

    A number in decimals keeps those that it has.

    >>> import sympy
    >>> exact_text(sympy.Rational(-3, 2)), exact_text(sympy.sqrt(2), 5)
    ('-3/2', '1.4142')
    """
    import sympy

    return str(value if value.is_Rational or value.is_Float else sympy.N(value, digits))


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
