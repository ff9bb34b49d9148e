"""Index names: the family each one belongs to, inferred from the slots in which it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from diagrams.errors import BadInput
from diagrams.graphs.tensors import IndexFamily
from diagrams.problems.products import DELTA, Entry

Placed = tuple[str, Entry]
"""The field in which an entry stands, and the entry."""


def families_of(
    entries: Iterable[Placed],
    shapes: Mapping[str, Sequence[IndexFamily]],
    known: Mapping[str, IndexFamily] | None = None,
) -> dict[str, IndexFamily]:
    """Return the family of every index name that occurs.

    ``shapes`` holds the families of the slots of every tensor; a delta takes over what its
    other indices are.  ``known`` holds names whose families are settled beforehand.

    Raises :class:`~diagrams.errors.BadInput` for an index of two families or of none.

    >>> N = IndexFamily("hidden", "N")
    >>> entries = [("output", Entry("a", ("k",))), ("output", Entry("delta", ("k", "l")))]
    >>> sorted(families_of(entries, {"a": [N]}))
    ['k', 'l']
    """
    found = dict(known or {})
    first = dict.fromkeys(found, "elsewhere in the file")
    entries = list(entries)

    def assign(field: str, entry: Entry, families: Sequence[IndexFamily]) -> None:
        for slot, (name, family) in enumerate(zip(entry.indices, families, strict=True)):
            where = f"{field}, {entry.index_places[slot]}" if entry.index_places else field
            place = first.setdefault(name, where)
            if found.setdefault(name, family) != family:
                allowed = (
                    f"an index of one family, not of {found[name].name} ({place})"
                    f" and {family.name}; rename it in one of the two"
                )
                raise BadInput(where, name, allowed)

    deltas = [item for item in entries if item[1].tensor == DELTA]
    for field, entry in entries:
        if entry.tensor != DELTA:
            assign(field, entry, shapes[entry.tensor])
    for _ in deltas:
        for field, entry in deltas:
            for family in [found[name] for name in entry.indices if name in found][:1]:
                assign(field, entry, [family] * len(entry.indices))
    for field, entry in deltas:
        if entry.indices[0] not in found:
            allowed = "indices whose family a tensor entry tells"
            raise BadInput(f"{field}, {entry.place}", str(entry), allowed)
    return found


def no_symbols(families: Iterable[IndexFamily], tensors: Iterable[str]) -> dict[str, str]:
    """Names that are no symbols in monomials, each with what to write instead."""
    families = tuple(families)
    sizes = {family.size for family in families if not family.fixed}
    result = dict.fromkeys(("T", "t"), "sizes and scales; T and t are time")
    result |= {
        family.name: f"sizes and scales; the size of the family {family.name} is {family.size}"
        for family in families
        if family.name not in sizes
    }
    return result | {name: f"sizes and scales; {name} is a tensor" for name in tensors}
