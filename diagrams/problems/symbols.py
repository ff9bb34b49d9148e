"""Sizes and scales of a problem file: their order, and that no index is taken for one."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from diagrams.errors import BadInput
from diagrams.graphs.laws import Drawn, Shaped
from diagrams.graphs.spectrum import Spectrum
from diagrams.graphs.tensors import IndexFamily, Tensor
from diagrams.polynomials.polynomial import Polynomial
from diagrams.problems.losses import Loss
from diagrams.problems.toml_tables import TomlTable

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_LOSS = ("output", "target", "prefactor", "decay", "strength")
"""The keys under which scales can stand, in the tables ``model`` and ``loss``."""


def declared_symbols(
    top: TomlTable, families: Mapping[str, IndexFamily], rows: Collection[IndexFamily]
) -> tuple[str, ...]:
    """Return all words that may be symbols, in the order of the file.

    Sizes come first, those of ``rows`` behind the others, then what stands in model and loss, then
    what stands in tensors.  Nothing is sorted by name: other names leave the order as it is.
    """
    ordered = sorted(families.values(), key=lambda family: family in rows)
    words = {family.size: None for family in ordered if not family.fixed}
    for text in _texts(top):
        words.update(dict.fromkeys(_WORD.findall(text)))
    return tuple(words)


def _texts(top: TomlTable) -> Iterator[str]:
    """The texts of a file in which scales can stand."""
    losses = top.values["loss"]
    tables = [top.values.get("model"), *(losses if isinstance(losses, list) else [losses])]
    rows = top.values["tensors"]
    for table in tables:
        yield from _under(table, _LOSS)
    for row in rows.values() if isinstance(rows, dict) else ():
        yield from _under(row, ("variance", "moments", "rate", "values", "gram", "sums"))
        yield from _under(row.get("mean") if isinstance(row, dict) else None, ("value",))


def _under(table: object, keys: tuple[str, ...]) -> Iterator[str]:
    found = table if isinstance(table, dict) else {}
    for value in map(found.get, keys):
        listed = value if isinstance(value, list) else [value]
        yield from (one for one in listed if isinstance(one, str))


def check_indices(
    loss: Loss, tensors: Mapping[str, Tensor], families: Mapping[str, IndexFamily]
) -> None:
    """Refuse an index that stands where a scale would: it would be taken for a symbol.

    Raises :class:`~diagrams.errors.BadInput`.
    """
    indices = {name for _, entry in loss.entries() for name in entry.indices}
    indices -= {family.size for family in families.values()}
    for field, polynomial in _monomials(loss, tensors):
        for name in polynomial.symbols:
            if name in indices:
                allowed = (
                    f"sizes and scales; {name} is an index, and what depends on one is a vector"
                    " with a spectrum in front; if a scale is meant, another letter for it"
                )
                raise BadInput(field, str(polynomial), allowed)


def _monomials(loss: Loss, tensors: Mapping[str, Tensor]) -> Iterator[tuple[str, Polynomial]]:
    """All monomials of a file, each with the field in which it stands."""
    for name, tensor in tensors.items():
        if isinstance(tensor.law, Drawn):
            yield f"tensors.{name}.variance", tensor.law.variance
            yield f"tensors.{name}.mean.value", tensor.law.mean_value
        if isinstance(tensor.law, Shaped):
            yield from ((f"tensors.{name}.moments", m) for m in tensor.law.shape.moments)
        if isinstance(tensor.law, Spectrum):
            yield from ((f"tensors.{name}.sums", s) for s in tensor.law.sums)
        yield f"tensors.{name}.rate", tensor.rate
    for term in loss.terms:
        for field, terms in term.form.sides.items():
            yield from ((field, one.coefficient) for one in terms)
        yield f"{term.form.loss}.prefactor", term.prefactor
    yield from (("loss.decay", strength) for _, strength in loss.decays)
