"""Given tensors of problem files: entries listed one by one, or known by their inner products.

``values`` lists the entries of a frozen tensor, the last index first; ``gram`` lists the inner
products ``sum_i x[m,i] x[n,i]`` over its last index, row by row, and nothing else of it is known.
Either may be one symbol, which stands for as many as there are: ``gram = "K"`` is ``K11``,
``K12``, .., and ``K`` where there is one input alone.  The sizes of all other indices are numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from diagrams.errors import BadInput
from diagrams.graphs.laws import Gram, Listed
from diagrams.graphs.tensors import IndexFamily
from diagrams.polynomials.polynomial import Polynomial, check_symbol
from diagrams.problems.toml_tables import TomlTable

GIVEN = ("values", "gram")
"""The keys of a tensor that is given."""

ENTRIES_LIMIT = 64
"""Entries, and inputs of a Gram matrix squared."""


def read_given(
    row: TomlTable, shape: tuple[IndexFamily, ...], refused: Mapping[str, str]
) -> Listed | Gram:
    """The entries of a given tensor, or its Gram matrix.

    Raises :class:`~diagrams.errors.BadInput`.
    """
    key = next(key for key in GIVEN if key in row.values)
    own = shape[:-1] if key == "gram" else shape
    growing = [family.name for family in own if not family.fixed]
    if growing or not shape:
        allowed = "families whose sizes are numbers" + ", but for the last one" * (key == "gram")
        raise row.refusal("families", f"{allowed}, where {key} are given")
    number = prod(int(family.size) for family in own)
    count = number if key == "values" else number**2
    if count > ENTRIES_LIMIT:
        raise BadInput(row.name(key), count, f"at most {ENTRIES_LIMIT} entries")
    if key == "values":
        return Listed(_listed(row, key, number, refused))
    value = row.values[key]
    if number == 1 and not isinstance(value, list):
        products = [row.monomial(key, "", refused)]
    elif isinstance(value, str):
        names = _numbered(check_symbol(value, row.name(key)), number)
        pairs = [(min(a, b), max(a, b)) for a in range(number) for b in range(number)]
        products = [Polynomial.symbol(names[pair]) for pair in pairs]
    else:
        whole = isinstance(value, list) and len(value) == number
        if not isinstance(value, list) or not whole:
            raise row.refusal(key, f"a symbol, or {number} rows of {number} monomials")
        rows = TomlTable(row.name(key), {str(k): one for k, one in enumerate(value, 1)})
        products = [entry for k in rows.values for entry in _listed(rows, k, number, refused)]
    for a in range(number):
        for b in range(a):
            if products[a * number + b] != products[b * number + a]:
                raise row.refusal(key, "a symmetric matrix")
    law = Gram(tuple(products))
    if not law.symbols:
        law.check({}, row.name(key))
    return law


def _listed(
    row: TomlTable, key: str, number: int, refused: Mapping[str, str]
) -> tuple[Polynomial, ...]:
    value = row.values[key]
    if isinstance(value, str) and number > 1:
        symbol = check_symbol(value, row.name(key))
        return tuple(Polynomial.symbol(f"{symbol}{k}") for k in range(1, number + 1))
    entries = value if isinstance(value, list) else [value]
    if len(entries) != number:
        raise row.refusal(key, f"a symbol, or {number} monomials")
    table = TomlTable(row.name(key), {str(k): one for k, one in enumerate(entries, 1)})
    return tuple(table.monomial(k, "", refused) for k in table.values)


def _numbered(symbol: str, number: int) -> dict[tuple[int, int], str]:
    """``K11``, ``K12``, ..: no two alike, as there are fewer than ten."""
    pairs = [(a, b) for a in range(number) for b in range(a, number)]
    return {(a, b): f"{symbol}{a + 1}{b + 1}" for a, b in pairs}
