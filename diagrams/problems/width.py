"""Which families may be the width of a model, from how its output is summed.

Indices of a width are summed inside the output and meet trained tensors only: they are no free
indices, no data and no teacher stand at them, and no target.  No name plays a part.  Where several
families are like that (the experts and the units of a mixture), a file says which is the width.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from diagrams.errors import BadInput
from diagrams.graphs.tensors import IndexFamily, Role, Tensor
from diagrams.problems.products import DELTA, Entry
from diagrams.problems.toml_tables import TomlTable


def summed_families(
    sides: Iterable[tuple[Iterable[Entry], Iterable[IndexFamily]]],
    tensors: Mapping[str, Tensor],
    families: Sequence[IndexFamily],
) -> tuple[IndexFamily, ...]:
    """Return the families whose indices are summed over trained entries only, as declared.

    ``sides`` are outputs and targets: their entries, and the families of their free indices.

    >>> k, i = IndexFamily("unit", "N"), IndexFamily("feature", "d")
    >>> W, a = Tensor("W", (k, i)), Tensor("a", (k,))
    >>> output = [Entry("a", ("k",)), Entry("W", ("k", "i"))]
    >>> [f.name for f in summed_families([(output, [i])], {"W": W, "a": a}, [k, i])]
    ['unit']
    """
    met: set[IndexFamily] = set()
    barred: set[IndexFamily] = set()
    for entries, free in sides:
        barred.update(free)
        for entry in entries:
            if entry.tensor != DELTA:
                tensor = tensors[entry.tensor]
                (met if tensor.role is Role.TRAINED else barred).update(tensor.families)
    return tuple(family for family in families if family in met - barred and not family.fixed)


def read_width(top: TomlTable, families: Mapping[str, IndexFamily]) -> IndexFamily | None:
    """The family that a file names as the width; ``None`` where it names none.

    Raises :class:`~diagrams.errors.BadInput`.
    """
    if "width" not in top.values:
        return None
    name = top.text("width")
    growing = [family for family in families if not families[family].fixed]
    if name not in growing:
        raise BadInput("width", name, f"a family with a symbol for its size: {', '.join(growing)}")
    return families[name]
