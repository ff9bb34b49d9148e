"""What leads in a coefficient at large size, and the corrections to it, one below the other.

Among terms with equal powers of all scales those that no other beats in every size are *leading*
(level 1).  A term that falls short of a leading one by k factors 1/size, and by no fewer of any
other, is of level 1 + k: the first correction has level 2.  The same levels as in
:mod:`diagrams.scaling.leading`; sizes are not put in proportion, as they are in
:mod:`diagrams.series.levels`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from fractions import Fraction

from diagrams.polynomials.pareto import pareto_terms
from diagrams.polynomials.polynomial import Polynomial, Powers, symbol_order, text

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


@dataclass(frozen=True, slots=True)
class Correction:
    """The terms of one level: its number, and by which factors they fall short of leading ones.

    >>> p, H = Polynomial.symbol("p"), Polynomial.symbol("H")
    >>> for level in corrections(p**2 * H + p * H**2 + p * H, ("p", "H")):
    ...     print(level)
    leading: p**2*H + p*H**2
    first correction (relative size 1/p or 1/H): p*H
    """

    number: Fraction
    relative: tuple[str, ...]
    terms: Polynomial

    @property
    def name(self) -> str:
        """The level in words."""
        return correction_name(self.number)

    def __str__(self) -> str:
        relative = f" (relative size {' or '.join(self.relative)})" if self.relative else ""
        return f"{self.name}{relative}: {self.terms}"


def correction_name(number: Fraction) -> str:
    """The level in words, such as ``first correction`` for 2.

    >>> correction_name(Fraction(2)), correction_name(Fraction(3, 2))
    ('first correction', 'level 3/2')
    """
    if number == 1:
        return "leading"
    if number.denominator == 1 and 2 <= number < 2 + len(_ORDINALS):
        return f"{_ORDINALS[int(number) - 2]} correction"
    return f"level {number}"


def corrections(polynomial: Polynomial, sizes: Collection[str]) -> tuple[Correction, ...]:
    """Return the terms of a polynomial by their level, leading terms first."""
    found: dict[Fraction, tuple[list[tuple[Powers, Fraction]], list[str]]] = {}
    leading = pareto_terms(polynomial, sizes)
    for powers, coefficient in polynomial.terms:
        number, relative = correction_of(powers, leading, sizes)
        terms, names = found.setdefault(number, ([], []))
        terms.append((powers, coefficient))
        names += [name for name in relative if name not in names]
    return tuple(
        Correction(number, reading_order(names), Polynomial.from_terms(terms))
        for number, (terms, names) in sorted(found.items())
    )


def correction_of(
    powers: Powers, leading: Polynomial, sizes: Collection[str]
) -> tuple[Fraction, tuple[str, ...]]:
    """The level of a monomial and its relative sizes, given the leading terms.

    A monomial that no leading term of its powers of the scales covers counts as leading.
    """
    own = dict(powers)
    scales = {name: e for name, e in powers if name not in sizes}
    best: Fraction | None = None
    names: list[str] = []
    for other, _ in leading.terms:
        top = dict(other)
        if {name: e for name, e in other if name not in sizes} != scales:
            continue
        missing = {n: top.get(n, Fraction(0)) - own.get(n, Fraction(0)) for n in sizes}
        if any(e < 0 for e in missing.values()):
            continue
        total = sum(missing.values(), Fraction(0))
        name = _inverse(missing)
        if best is None or total < best:
            best, names = total, [name]
        elif total == best and name not in names:
            names.append(name)
    if not best:
        return Fraction(1), ()
    return 1 + best, tuple(names)


def _inverse(missing: dict[str, Fraction]) -> str:
    """A product of inverse sizes as text."""
    present = {name: e for name, e in missing.items() if e}
    written = text(Polynomial.monomial(1, present)).replace("**", "^")
    return f"1/({written})" if len(present) > 1 else f"1/{written}"


def reading_order(names: Iterable[str]) -> tuple[str, ...]:
    """Relative sizes, each once, in reading order.

    >>> reading_order(["1/H", "1/(p*H)", "1/p", "1/H"])
    ('1/p', '1/H', '1/(p*H)')
    """
    return tuple(sorted(set(names), key=_reading))


def _reading(relative: str) -> tuple[int, tuple[int, str]]:
    bare = relative.removeprefix("1/").strip("()")
    base = bare.split("^")[0]
    return bare.count("*"), symbol_order(base)
