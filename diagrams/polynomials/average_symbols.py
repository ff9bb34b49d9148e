"""Symbols of Gaussian averages of functions, which carry what they stand for.

A coefficient holds the average ``E prod_j f_j^(n_j)(u[v_j])`` as one symbol.  That symbol is a name
in print, and beside it the functions and the covariance of the arguments: nothing is ever read back
from the name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from diagrams.errors import BadInput
from diagrams.polynomials.plain_data import (
    array_at,
    object_at,
    plain_value,
    polynomial_data,
    polynomial_from_data,
)
from diagrams.polynomials.polynomial import Polynomial, check_symbol

FunctionOf = tuple[str, int, int]
"""A function by its name, the order of its derivative, and the number of its argument, from 0."""

FACTORS_LIMIT = 32
"""Functions in one average."""


class AverageSymbol(str):
    """The symbol of an average: ``factors`` at centred Gaussian arguments, and ``covariance``.

    As a text it is a symbol like others; equal definitions have equal texts.

    >>> K = Polynomial.symbol("K")
    >>> kernel = AverageSymbol("E_phi_00_atW", (("phi", 0, 0), ("phi", 0, 0)), ((K,),))
    >>> (found,) = averages_in([Polynomial.monomial(2, {kernel: 1}) * K])
    >>> print(found, found.factors, found.covariance[0][0])
    E_phi_00_atW (('phi', 0, 0), ('phi', 0, 0)) K
    """

    factors: tuple[FunctionOf, ...]
    covariance: tuple[tuple[Polynomial, ...], ...]

    def __new__(
        cls,
        text: str,
        factors: tuple[FunctionOf, ...],
        covariance: tuple[tuple[Polynomial, ...], ...],
    ) -> AverageSymbol:
        """Return the symbol."""
        found = super().__new__(cls, text)
        found.factors, found.covariance = factors, covariance
        return found

    def __getnewargs__(self) -> tuple[Any, ...]:
        return str(self), self.factors, self.covariance

    @property
    def functions(self) -> tuple[str, ...]:
        """The names of the functions, each once."""
        return tuple(dict.fromkeys(name for name, _, _ in self.factors))

    def to_dict(self) -> dict[str, object]:
        """The symbol and its definition as plain data."""
        return {
            "symbol": str(self),
            "functions": [
                {"name": name, "derivative": order, "argument": argument}
                for name, order, argument in self.factors
            ],
            "covariance": [[polynomial_data(entry) for entry in row] for row in self.covariance],
        }


def averages_in(polynomials: Iterable[Polynomial]) -> tuple[AverageSymbol, ...]:
    """The symbols of averages in some polynomials, sorted."""
    names = {name for polynomial in polynomials for name in polynomial.symbols}
    return tuple(sorted(name for name in names if isinstance(name, AverageSymbol)))


def averages_data(polynomials: Iterable[Polynomial]) -> dict[str, object]:
    """What the symbols of averages in some polynomials stand for, where there are any."""
    listed = [average.to_dict() for average in averages_in(polynomials)]
    return {"averages": listed} if listed else {}


def average_from_data(
    data: object, field: str, symbols: Collection[str] | None = None
) -> AverageSymbol:
    """Read back :meth:`AverageSymbol.to_dict`; covariances may have no other than some symbols.

    Raises :class:`~diagrams.errors.BadInput`.
    """
    given = object_at(data, field)
    name = given.get("symbol")
    if not isinstance(name, str):
        raise BadInput(f"{field}.symbol", plain_value(name), "a text")
    rows = array_at(given.get("covariance"), f"{field}.covariance")
    listed = array_at(given.get("functions"), f"{field}.functions")
    if not 1 <= len(listed) <= FACTORS_LIMIT:
        raise BadInput(f"{field}.functions", len(listed), f"1 to {FACTORS_LIMIT} functions")
    factors = []
    for place, item in enumerate(listed):
        where = f"{field}.functions[{place}]"
        one = object_at(item, where)
        numbers = [one.get("derivative"), one.get("argument")]
        for key, number, least in zip(
            ("derivative", "argument"), numbers, (64, len(rows) - 1), strict=True
        ):
            if type(number) is not int or not 0 <= number <= least:
                raise BadInput(
                    f"{where}.{key}", plain_value(number), f"an integer from 0 to {least}"
                )
        factors.append((check_symbol(one.get("name"), f"{where}.name"), *numbers))
    covariance = tuple(
        tuple(
            polynomial_from_data(entry, f"{field}.covariance[{a}][{b}]", symbols)
            for b, entry in enumerate(array_at(row, f"{field}.covariance[{a}]"))
        )
        for a, row in enumerate(rows)
    )
    if any(len(row) != len(rows) for row in covariance):
        raise BadInput(f"{field}.covariance", f"{len(rows)} rows", "a square matrix")
    return AverageSymbol(name, tuple(factors), covariance)  # type: ignore[arg-type]


def kept_data(polynomial: Polynomial) -> dict[str, object]:
    """A polynomial with what its symbols stand for, as plain data."""
    return {"terms": polynomial_data(polynomial), **averages_data([polynomial])}


def kept_from_data(data: object, field: str) -> Polynomial:
    """Read back what :func:`kept_data` wrote.

    >>> known = Polynomial.symbol("K") + 1
    >>> kept_from_data(kept_data(known), "Y_0") == known
    True
    """
    given = object_at(data, field)
    listed = enumerate(array_at(given.get("averages", []), f"{field}.averages"))
    known = (average_from_data(d, f"{field}.averages[{k}]") for k, d in listed)
    table = {str(average): average for average in known}
    return polynomial_from_data(given.get("terms"), field, averages=table)


AverageTable = Mapping[str, AverageSymbol]
"""Symbols of averages by their texts."""
