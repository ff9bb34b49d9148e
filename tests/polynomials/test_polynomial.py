"""Polynomials: the ring, fractional powers, substitution and print, against SymPy."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from diagrams.errors import BadInput
from diagrams.polynomials.polynomial import (
    Polynomial,
    as_polynomial,
    check_symbol,
    printing_order,
    sympy_symbol,
    text,
)

NAMES = ("p", "H", "sigma", "N")
p, H, sigma, N = map(Polynomial.symbol, NAMES)
LOCALS = {name: sympy_symbol(name) for name in NAMES}

rationals = st.fractions(min_value=-5, max_value=5, max_denominator=6)
exponents = st.sampled_from([Fraction(e) for e in (-2, -1, 0, 1, 2, 3, "1/2", "-1/2", "2/3")])
whole = st.integers(0, 4).map(Fraction)


def polynomials(
    powers: st.SearchStrategy[Fraction] = exponents, terms: int = 4
) -> st.SearchStrategy[Polynomial]:
    """Sums of up to ``terms`` monomials, like terms and zero coefficients among them."""
    monomial = st.tuples(st.dictionaries(st.sampled_from(NAMES), powers, max_size=3), rationals)
    return st.lists(monomial, max_size=terms).map(
        lambda drawn: sum((Polynomial.monomial(c, e) for e, c in drawn), Polynomial())
    )


def same(polynomial: Polynomial, expression: sympy.Expr) -> bool:
    return sympy.expand(polynomial.to_sympy() - expression) == 0


@given(polynomials(), polynomials(), polynomials())
def test_ring_laws(a: Polynomial, b: Polynomial, c: Polynomial) -> None:
    assert a + b == b + a
    assert (a + b) + c == a + (b + c)
    assert a * b == b * a
    assert (a * b) * c == a * (b * c)
    assert a * (b + c) == a * b + a * c
    assert a - b == a + (-1) * b == -(b - a)
    assert a - a == Polynomial() == 0 * a
    assert hash(a + b) == hash(b + a)


@given(polynomials(), polynomials(), rationals)
def test_arithmetic_is_that_of_sympy(a: Polynomial, b: Polynomial, c: Fraction) -> None:
    x, y, z = a.to_sympy(), b.to_sympy(), sympy.Rational(c.numerator, c.denominator)
    assert same(a + b, x + y)
    assert same(a * b, x * y)
    assert same(c - a, z - x)
    assert same(a + c, x + z)
    assert same(c * a, z * x)
    assert same(a - c, x - z)


@given(polynomials(), polynomials(terms=1))
def test_normal_form(a: Polynomial, one: Polynomial) -> None:
    """Sorted, no zero coefficient, no zero exponent, each monomial once; H reverses an order."""
    for found in (a, a * one, one * a, a + one, (p + p * H) * H):
        monomials = [powers for powers, _ in found.terms]
        assert monomials == sorted(set(monomials))
        assert all(value for _, value in found.terms)
        assert all(isinstance(value, Fraction) for _, value in found.terms)
        assert all(e for powers in monomials for _, e in powers)
    assert all(list(powers) == sorted(powers) for powers in monomials)
    assert Polynomial.from_terms(reversed(a.terms)) == a
    assert Polynomial.from_terms((*a.terms, *a.terms)) == 2 * a
    assert bool(a) == (a != Polynomial())
    assert len(a) == len(list(a))
    assert sum((Polynomial.monomial(c, e) for e, c in a), Polynomial()) == a


@given(polynomials())
def test_text_reads_back(a: Polynomial) -> None:
    assert str(a) == text(a)
    assert same(a, sympy.sympify(text(a), locals=LOCALS, rational=True))


@given(polynomials(terms=3), st.integers(0, 3))
def test_whole_powers(a: Polynomial, n: int) -> None:
    product = Polynomial.constant(1)
    for _ in range(n):
        product = product * a
    assert a**n == product


@given(st.dictionaries(st.sampled_from(NAMES), exponents, max_size=3), rationals, exponents)
def test_powers_of_monomials(
    powers: dict[str, Fraction], coefficient: Fraction, power: Fraction
) -> None:
    monomial = Polynomial.monomial(coefficient**6, powers)
    if not coefficient:
        if power.denominator == 1 and power >= 0:
            assert monomial**power == as_polynomial(0 if power else 1)
        else:
            with pytest.raises(ValueError, match="only a monomial"):
                monomial**power
        return
    root = monomial**power
    assert root == Polynomial.monomial(
        abs(coefficient) ** int(6 * power), {name: e * power for name, e in powers.items()}
    )
    assert root == as_polynomial(1) if not power else root ** (1 / power) in (monomial, -monomial)


def test_powers_that_are_not_rational() -> None:
    half = Fraction(1, 2)
    assert (4 * p) ** half == 2 * p**half
    assert (Fraction(8, 27) * p) ** Fraction(-2, 3) == Fraction(9, 4) * p ** Fraction(-2, 3)
    large = 3 * 10**400 + 7
    assert as_polynomial(large**3) ** Fraction(1, 3) == as_polynomial(large)
    for base, power in [(2 * p, half), (-4 * p, half), (-8 * p, Fraction(1, 3))]:
        with pytest.raises(ValueError, match="rational root"):
            base**power
    for power in (half, -1, Fraction(-1, 2)):
        with pytest.raises(ValueError, match="only a monomial"):
            (p + H) ** power


@given(polynomials(whole, 3), polynomials(whole, 2), rationals)
def test_substitution(a: Polynomial, b: Polynomial, value: Fraction) -> None:
    """At once, not one after the other; symbols that do not occur are allowed."""
    number = sympy.Rational(value.numerator, value.denominator)
    replaced = a.substitute({"p": H, "H": b, "N": value, "unknown": 3})
    expected = a.to_sympy().subs(
        {LOCALS["p"]: LOCALS["H"], LOCALS["H"]: b.to_sympy(), LOCALS["N"]: number},
        simultaneous=True,
    )
    assert same(replaced, expected)
    assert a.substitute({}) == a


def test_substitution_under_fractional_powers() -> None:
    square_root = Polynomial.monomial(3, {"N": Fraction(-1, 2), "p": 1})
    assert square_root.substitute({"N": 4 * H * H}) == Polynomial.monomial(
        Fraction(3, 2), {"H": -1, "p": 1}
    )
    with pytest.raises(ValueError, match="only a monomial"):
        square_root.substitute({"N": p + H})
    with pytest.raises(ValueError, match="rational root"):
        square_root.substitute({"N": 2})


@given(polynomials())
def test_symbols_and_degrees(a: Polynomial) -> None:
    assert a.symbols == tuple(sorted(str(s) for s in sympy.expand(a.to_sympy()).free_symbols))
    for name in NAMES:
        found = [powers.get(name, Fraction(0)) for powers, _ in a]
        assert a.degree(name) == (max(found) if found else 0)
    assert a.is_monomial == (len(a.terms) == 1)


def test_division_and_numbers() -> None:
    assert p / 3 == Polynomial.monomial(Fraction(1, 3), {"p": 1})
    assert (p / Fraction(2, 3)) * 2 == 3 * p
    assert as_polynomial(p) is p
    assert Polynomial.constant(0) == Polynomial() == Polynomial.monomial(0, {"p": 1})
    assert not Polynomial()
    assert Polynomial.monomial(2, {"p": 0, "H": 1}) == 2 * H


def test_print() -> None:
    assert str(Polynomial()) == "0"
    assert str(as_polynomial(Fraction(-1, 2))) == "-1/2"
    assert str(-p + H) == "-p + H"
    assert str(1 - p * p * H / 2 + sigma**4 * p) == "p*sigma**4 - 1/2*p**2*H + 1"
    assert str(p ** Fraction(1, 2) * N**-1) == "p**(1/2)*N**(-1)"
    for order in permutations([p**3, p * p * H, p * H * H, p * H, H * sigma, as_polynomial(5)]):
        assert str(sum(order, Polynomial())) == "H*sigma + p**3 + p**2*H + p*H**2 + p*H + 5"
    assert [value for _, value in printing_order(2 * p * p + 3 * p + 4)] == [2, 3, 4]


@pytest.mark.parametrize("name", ["p", "sigma", "a_1", "N0", "x" * 32])
def test_symbols(name: str) -> None:
    assert check_symbol(name) == name
    assert str(sympy_symbol(name)) == name
    assert sympy_symbol(name) == sympy.Symbol(name)
    assert Polynomial.symbol(name).symbols == (name,)


@pytest.mark.parametrize(
    "name", ["", "1p", "_p", "p q", "p\n", "p**2", "x" * 65, "\u03c3", "a.b", 3, None, b"p"]
)
def test_no_symbols(name: object) -> None:
    with pytest.raises(BadInput) as caught:
        check_symbol(name, "size")
    assert caught.value.field == "size"
    assert caught.value.exit_code == 2
