"""Exact polynomials in sizes and scales, fractional powers allowed.

A *monomial* is a rational number times a product of powers of named symbols, such as
``3/2 * p**2 * sigma**4`` or ``N**(-1/2)``; a *polynomial* is a sum of monomials with
different powers.  Exponents are rational numbers, so that prefactors such as
``1/sqrt(N)`` stay exact.  Values are immutable, hashable and equal exactly when they
are the same polynomial.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Union

from diagrams.display import Displayed
from diagrams.errors import BadInput

if TYPE_CHECKING:
    import sympy

Powers = tuple[tuple[str, Fraction], ...]
Scalar = Union[int, Fraction, "Polynomial"]

_SYMBOL = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}\Z")


def check_symbol(name: object, field: str = "symbol") -> str:
    """Return ``name`` if it is a plain symbol (a letter, then letters, digits, ``_``).

    Raises :class:`~diagrams.errors.BadInput` otherwise.
    """
    if not isinstance(name, str) or not _SYMBOL.match(name):
        raise BadInput(field, name, "a plain symbol: a letter, then letters, digits or _")
    return name


def _normal_powers(powers: Mapping[str, Fraction | int]) -> Powers:
    return tuple(sorted((name, Fraction(power)) for name, power in powers.items() if power))


def _product(left: Powers, right: Powers) -> Powers:
    if not left:
        return right
    if not right:
        return left
    powers = dict(left)
    for name, power in right:
        powers[name] = powers[name] + power if name in powers else power
    return tuple(sorted((name, power) for name, power in powers.items() if power))


def _in_order(terms: Iterable[tuple[Powers, Fraction]]) -> tuple[tuple[Powers, Fraction], ...]:
    """Terms of different monomials, sorted by their powers; integers compare faster."""

    def place(term: tuple[Powers, Fraction]) -> list[tuple[str, int | Fraction]]:
        return [(name, e.numerator if e.denominator == 1 else e) for name, e in term[0]]

    return tuple(sorted(terms, key=place))


@dataclass(frozen=True, slots=True, eq=True)
class Polynomial(Displayed):
    """A sum of rational multiples of monomials, in normal form.

    ``terms`` is sorted and holds no zero coefficient and no repeated monomial; build
    values with :meth:`constant`, :meth:`symbol`, :meth:`monomial` and arithmetic rather
    than directly.

    >>> p, H = Polynomial.symbol("p"), Polynomial.symbol("H")
    >>> print((p + H) ** 2 - p * p)
    2*p*H + H**2
    >>> print(Polynomial.symbol("N") ** Fraction(-1, 2))
    N**(-1/2)
    """

    terms: tuple[tuple[Powers, Fraction], ...] = ()

    @staticmethod
    def from_terms(terms: Iterable[tuple[Powers, Fraction | int]]) -> Polynomial:
        """Return the sum of the given terms, collected and sorted."""
        collected: dict[Powers, int | Fraction] = {}
        for powers, coefficient in terms:
            known = collected.get(powers)
            collected[powers] = coefficient if known is None else known + coefficient
        kept = ((k, v) for k, v in collected.items() if v)
        return Polynomial(
            _in_order((k, v if isinstance(v, Fraction) else Fraction(v)) for k, v in kept)
        )

    @staticmethod
    def constant(value: int | Fraction) -> Polynomial:
        """Return the polynomial without symbols that equals ``value``."""
        return Polynomial((((), Fraction(value)),)) if value else Polynomial()

    @staticmethod
    def symbol(name: str) -> Polynomial:
        """Return the symbol ``name`` as a polynomial."""
        return Polynomial.monomial(1, {check_symbol(name): 1})

    @staticmethod
    def monomial(coefficient: int | Fraction, powers: Mapping[str, Fraction | int]) -> Polynomial:
        """Return one term: ``coefficient`` times the product of ``symbol**power``."""
        if not coefficient:
            return Polynomial()
        return Polynomial(((_normal_powers(powers), Fraction(coefficient)),))

    @property
    def is_monomial(self) -> bool:
        """Whether there is exactly one term."""
        return len(self.terms) == 1

    @property
    def symbols(self) -> tuple[str, ...]:
        """The names that occur, sorted."""
        return tuple(sorted({name for powers, _ in self.terms for name, _ in powers}))

    def __bool__(self) -> bool:
        return bool(self.terms)

    def __iter__(self) -> Iterator[tuple[dict[str, Fraction], Fraction]]:
        """Yield ``(powers, coefficient)`` for every term."""
        for powers, coefficient in self.terms:
            yield dict(powers), coefficient

    def __len__(self) -> int:
        return len(self.terms)

    def __add__(self, other: Scalar) -> Polynomial:
        if not isinstance(other, int | Fraction | Polynomial):
            return NotImplemented
        other = as_polynomial(other)
        return Polynomial.from_terms((*self.terms, *other.terms))

    __radd__ = __add__

    def __neg__(self) -> Polynomial:
        return Polynomial(tuple((powers, -value) for powers, value in self.terms))

    def __sub__(self, other: Scalar) -> Polynomial:
        return self + (-as_polynomial(other))

    def __rsub__(self, other: Scalar) -> Polynomial:
        return as_polynomial(other) + (-self)

    def __mul__(self, other: Scalar) -> Polynomial:
        if not isinstance(other, int | Fraction | Polynomial):
            return NotImplemented
        other = as_polynomial(other)
        products = [
            (_product(left, right), a * b) for left, a in self.terms for right, b in other.terms
        ]
        if len(self.terms) > 1 and len(other.terms) > 1:
            return Polynomial.from_terms(products)
        return Polynomial(_in_order(products))  # no two of them are alike

    __rmul__ = __mul__

    def __truediv__(self, other: int | Fraction) -> Polynomial:
        return self * (1 / Fraction(other))

    def __pow__(self, power: int | Fraction) -> Polynomial:
        power = Fraction(power)
        if power.denominator == 1 and power >= 0:
            result = Polynomial.constant(1)
            for _ in range(int(power)):
                result = result * self
            return result
        if not self.is_monomial:
            raise ValueError(f"only a monomial has the power {power}, not {self}")
        powers, coefficient = self.terms[0]
        return Polynomial.monomial(
            _rational_power(coefficient, power), {name: e * power for name, e in powers}
        )

    def substitute(self, values: Mapping[str, Scalar]) -> Polynomial:
        """Replace symbols by rationals or polynomials (monomials under fractional powers)."""
        replaced = {name: as_polynomial(value) for name, value in values.items()}
        known: dict[tuple[str, Fraction], Polynomial] = {}
        found: list[tuple[Powers, Fraction]] = []
        for powers, coefficient in self.terms:
            kept = tuple((name, e) for name, e in powers if name not in replaced)
            term = Polynomial(((kept, coefficient),))
            for name, e in powers:
                if name in replaced:
                    if (name, e) not in known:
                        known[name, e] = replaced[name] ** e
                    term = term * known[name, e]
            found += term.terms
        return Polynomial.from_terms(found)

    def degree(self, name: str) -> Fraction:
        """The largest exponent of ``name`` over all terms (0 for the zero polynomial)."""
        return max(
            (dict(powers).get(name, Fraction(0)) for powers, _ in self.terms), default=Fraction(0)
        )

    def to_sympy(self) -> sympy.Expr:
        """Return the same polynomial as a SymPy expression in plain positive symbols."""
        import sympy

        return sympy.Add(
            *(
                sympy.Mul(
                    sympy.Rational(c.numerator, c.denominator),
                    *(
                        sympy.Pow(sympy_symbol(name), sympy.Rational(e.numerator, e.denominator))
                        for name, e in powers
                    ),
                )
                for powers, c in self.terms
            )
        )

    def __str__(self) -> str:
        return text(self)


def sympy_symbol(name: str) -> sympy.Symbol:
    """The SymPy symbol that stands for ``name``: plain, without assumptions."""
    import sympy

    return sympy.Symbol(name)


def as_polynomial(value: Scalar) -> Polynomial:
    """Return ``value`` itself, or the constant polynomial of a number."""
    if isinstance(value, Polynomial):
        return value
    return Polynomial.constant(value)


def _rational_power(value: Fraction, power: Fraction) -> Fraction:
    """``value**power`` where that is rational; ``ValueError`` where it is not."""
    if power.denominator == 1:
        return value ** int(power)
    root = Fraction(
        _integer_root(value.numerator, power.denominator),
        _integer_root(value.denominator, power.denominator),
    )
    return root**power.numerator


def _integer_root(value: int, degree: int) -> int:
    low, high = 0, 1 << (value.bit_length() // degree + 1)
    while low < high:
        middle = (low + high) // 2
        if middle**degree < value:
            low = middle + 1
        else:
            high = middle
    if low**degree != value:
        raise ValueError(f"{value} has no rational root of degree {degree}")
    return low


def symbol_order(name: str) -> tuple[int, str]:
    """Reading order of symbols in print: ``p`` before ``H``; scales such as ``sigma`` last."""
    return (2 if len(name) > 1 else (0 if name.islower() else 1), name)


def text(polynomial: Polynomial) -> str:
    """Return the polynomial as plain text, terms in printing order.

    >>> text(Polynomial.monomial(Fraction(-3, 2), {"sigma": 4, "p": 1}) + 1)
    '-3/2*p*sigma**4 + 1'
    """
    if not polynomial:
        return "0"
    pieces = []
    for powers, coefficient in printing_order(polynomial):
        factors = [
            name if e == 1 else f"{name}**{e if e.denominator == 1 and e > 0 else f'({e})'}"
            for name, e in sorted(powers, key=lambda item: symbol_order(item[0]))
        ]
        size = abs(coefficient)
        if size != 1 or not factors:
            factors.insert(0, str(size))
        pieces.append(("- " if coefficient < 0 else "+ ") + "*".join(factors))
    joined = " ".join(pieces)
    return "-" + joined[2:] if joined.startswith("- ") else joined[2:]


def printing_order(
    polynomial: Polynomial, sizes: Collection[str] | None = None
) -> list[tuple[Powers, Fraction]]:
    """The terms in reading order, those with equal powers of all scales together.

    They come by falling powers of the scales (``sigma`` before ``lambda``), then by falling total
    degree, then by falling powers in reading order.  Scales are all symbols but ``sizes``; where
    the sizes are not known, those of several letters.
    """
    names = sorted(polynomial.symbols, key=symbol_order)
    scales = [n for n in names if (len(n) > 1 if sizes is None else n not in sizes)][::-1]

    def key(term: tuple[Powers, Fraction]) -> tuple[Fraction, ...]:
        powers = dict(term[0])
        falling = [-powers.get(name, Fraction(0)) for name in (*scales, *names)]
        degree = sum(falling[len(scales) :], Fraction(0))
        return (*falling[: len(scales)], degree, *falling[len(scales) :])

    return sorted(polynomial.terms, key=key)


ONE, ZERO = Polynomial.constant(1), Polynomial()
