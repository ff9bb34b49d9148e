"""Spectra as problem files write them: a list, sums of powers, or a power law."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

from diagrams.errors import BadInput, Missing
from diagrams.graphs.spectrum import SUMS_LIMIT, VALUES_LIMIT, Spectrum
from diagrams.graphs.tensors import IndexFamily
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems import grammar
from diagrams.problems.toml_tables import TomlTable

KEYS = ("values", "sums")
_POWER = re.compile(r"\s*(\w+)\s*\^\s*(?:\(\s*-\s*(.+)\)|-\s*([0-9]+))\s*\Z")


def read_spectrum(
    row: TomlTable, name: str, shape: tuple[IndexFamily, ...], refused: Mapping[str, str]
) -> Spectrum:
    """The law of a vector of fixed entries.

    ``values`` is a list of numbers, as many as the size of the family says, or a power law such as
    ``i^(-alpha/2)``; in its place ``sums`` are ``sum_i l_i, sum_i l_i^2, ..``.

    Raises :class:`~diagrams.errors.BadInput`.
    """
    if len(shape) != 1:
        raise row.refusal("families", "one family: a spectrum is a vector")
    if len({*row.values} & {*KEYS}) != 1:
        allowed = 'values = [1, "1/2", ..], values = "i^(-alpha)", or sums = ["s1", "s2", ..]'
        raise Missing(row.name("values"), "not just one of values and sums", allowed)
    if "sums" in row.values:
        return Spectrum(sums=tuple(_listed(row, "sums", SUMS_LIMIT, refused)), name=name)
    if isinstance(row.values["values"], str):
        return Spectrum(power=_power(row, refused), name=name)
    given = _listed(row, "values", VALUES_LIMIT, {**refused})
    if any(value.symbols for value in given):
        raise row.refusal("values", "numbers; scales are for sums")
    if str(len(given)) != shape[0].size:
        size = shape[0].size
        allowed = f"as many as the size of {shape[0].name}, a number: it is {size}"
        raise BadInput(row.name("values"), f"{len(given)} numbers", allowed)
    return Spectrum(tuple(sum((c for _, c in v), Fraction(0)) for v in given), name=name)


def _listed(row: TomlTable, key: str, most: int, refused: Mapping[str, str]) -> list[Polynomial]:
    given = row.values[key]
    if not isinstance(given, list) or not 1 <= len(given) <= most:
        raise row.refusal(key, f"an array of 1 to {most}")
    listed = TomlTable(row.name(key), {str(k): one for k, one in enumerate(given, 1)})
    return [listed.monomial(place, "", refused) for place in listed.values]


def _power(row: TomlTable, refused: Mapping[str, str]) -> Polynomial:
    """The a of ``i^(-a)``: a positive number, or a positive multiple of one scale."""
    found = _POWER.match(row.text("values"))
    allowed = "a power law such as i^(-alpha), i^(-alpha/2) or i^(-3/2), or a list of numbers"
    if found is None:
        raise row.refusal("values", allowed)
    power = grammar.parse_monomial(found[2] or found[3], row.name("values"), refused)
    linear = [dict(powers) for powers, coefficient in power.terms if coefficient > 0]
    if len(linear) != 1 or [*linear[0].values()] not in ([], [1]):
        raise row.refusal("values", allowed)
    return power
