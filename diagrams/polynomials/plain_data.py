"""Polynomials as plain data, and back with every value checked."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from fractions import Fraction
from typing import Any

from diagrams.errors import BadInput
from diagrams.polynomials.polynomial import (
    Polynomial,
    Powers,
    check_symbol,
    printing_order,
    symbol_order,
)

EXPONENT_LIMIT = 10**6
"""Larger exponents, and larger denominators of them, have no term of any expansion."""

_RATIONAL = re.compile(r"-?[0-9]{1,4000}(/[1-9][0-9]{0,3999})?\Z")


def polynomial_data(
    polynomial: Polynomial, sizes: Collection[str] | None = None
) -> list[dict[str, object]]:
    """Return a polynomial as plain data: a list of coefficients and powers, in printing order.

    >>> polynomial_data(Polynomial.monomial(Fraction(1, 2), {"p": 2, "N": Fraction(-1, 2)}))
    [{'coefficient': '1/2', 'powers': {'p': 2, 'N': '-1/2'}}]
    """
    return [
        {
            "coefficient": str(coefficient),
            "powers": {
                name: int(e) if e.denominator == 1 else str(e)
                for name, e in sorted(powers, key=lambda item: symbol_order(item[0]))
            },
        }
        for powers, coefficient in printing_order(polynomial, sizes)
    ]


def polynomial_from_data(
    data: object,
    field: str,
    symbols: Collection[str] | None = None,
    averages: Mapping[str, str] | None = None,
) -> Polynomial:
    """Read back what :func:`polynomial_data` wrote; ``BadInput`` names what does not fit.

    Where ``symbols`` are given, the polynomial may have no others but those of ``averages``, which
    are put in the place of their texts.
    """
    table = averages or {}
    terms: list[tuple[Powers, Fraction]] = []
    for place, item in enumerate(array_at(data, field)):
        where = f"{field}[{place}]"
        term = object_at(item, where)
        powers = object_at(term.get("powers"), f"{where}.powers")
        exact = {
            table.get(name) or check_symbol(name, f"{where}.powers"): exponent_at(
                e, f"{where}.powers.{name}"
            )
            for name, e in powers.items()
        }
        for name in exact:
            if symbols is not None and name not in symbols and name not in table:
                allowed = f"the symbols of the problem: {', '.join(symbols)}"
                raise BadInput(f"{where}.powers", name, allowed)
        coefficient = rational_at(term.get("coefficient"), f"{where}.coefficient")
        terms += Polynomial.monomial(coefficient, exact).terms
    return Polynomial.from_terms(terms)


def rational_at(value: object, field: str) -> Fraction:
    """Return ``value`` as a rational; ``BadInput`` names the field if it is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return Fraction(value)
    if isinstance(value, str) and _RATIONAL.match(value):
        return Fraction(value)
    raise BadInput(field, plain_value(value), "an integer, or a text such as '3' or '-1/2'")


def exponent_at(value: object, field: str) -> Fraction:
    """Return ``value`` as an exponent: a rational of a size that occurs."""
    exponent = rational_at(value, field)
    if max(abs(exponent.numerator), exponent.denominator) > EXPONENT_LIMIT:
        raise BadInput(field, plain_value(value), f"an exponent up to {EXPONENT_LIMIT}")
    return exponent


def object_at(value: object, field: str) -> Mapping[str, Any]:
    """Return ``value`` if it is an object; ``BadInput`` names the field otherwise."""
    if not isinstance(value, dict):
        raise BadInput(field, plain_value(value), "an object")
    return value


def array_at(value: object, field: str) -> list[Any]:
    """Return ``value`` if it is an array; ``BadInput`` names the field otherwise."""
    if not isinstance(value, list):
        raise BadInput(field, plain_value(value), "an array")
    return value


def plain_value(value: object) -> object:
    """A value of a document as something short for messages."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "an array"
    return value
